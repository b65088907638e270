"""Checks of a delivery against what is on file: the same account, the same person, the same case told before."""

from bureau.onfile.checking import check

__all__ = ["check"]
