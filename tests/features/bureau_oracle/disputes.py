"""Accounts in dispute, as their newest months tell."""

from __future__ import annotations

from bureau_oracle.arithmetic import count
from bureau_oracle.holdings import holdings
from bureau_oracle.known import Known, Values

CODES = {"open": ("XB", "XD", "XF", "XJ"), "disagreed": ("XC", "XE", "XG"), "settled": ("XH",)}


def features(file: Known) -> Values:
    newest = [months[-1] for months in holdings(file).values()]
    told = [month["compliance_condition"] for month in newest if month["is_liable"]]
    return {f"disputes_{name}": count(code in codes for code in told) for name, codes in CODES.items()}
