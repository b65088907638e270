"""From a table or a labelled population to a model, and from the model to the evidence that it holds.

:class:`CreditRiskModel` stands on its own: ``from training import CreditRiskModel``. It is imported when it is asked
for, so that the other modules do without LightGBM and scikit-learn where they can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.model import CreditRiskModel

__all__ = ["CreditRiskModel"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from training.model import CreditRiskModel

        return CreditRiskModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
