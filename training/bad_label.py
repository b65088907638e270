"""Which of two labels means bad, where nobody says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

__all__ = ["bad_label_of"]

_BAD: Final = frozenset({"bad", "default", "defaulted", "charged off", "delinquent", "late", "chargeoff", "charge off"})
_GOOD: Final = frozenset({"good", "paid", "fully paid", "repaid", "paid off", "current", "no default", "non default",
                          "not default", "not defaulted", "performing"})  # fmt: skip
_BETWEEN_WORDS: Final = re.compile(r"[\s_-]+")


def bad_label_of(labels: Sequence[Any]) -> Any:
    """The label that reads bad; else the one beside a label that reads good; else the second.

    Parameters
    ----------
    labels : sequence of two labels
        In ascending order, as scikit-learn keeps them.

    Examples
    --------
    >>> bad_label_of(["default", "paid"]), bad_label_of(["Charged Off", "Fully Paid"]), bad_label_of([0, 1])
    ('default', 'Charged Off', 1)
    """
    read = [_BETWEEN_WORDS.sub(" ", str(label)).strip().lower() for label in labels]
    bad = [label for label, text in zip(labels, read, strict=True) if text in _BAD]
    if len(bad) == 1:
        return bad[0]
    good = [text in _GOOD for text in read]
    return labels[good.index(False)] if sum(good) == 1 else labels[1]
