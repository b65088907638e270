"""Optuna, for once without its log lines and warnings."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from optuna import logging
from optuna.exceptions import ExperimentalWarning

__all__ = ["silence"]


@contextmanager
def silence() -> Iterator[None]:
    """Nothing from Optuna but errors, as long as this lasts; then as it was."""
    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", category=ExperimentalWarning)
            yield
    finally:
        logging.set_verbosity(before)
