"""Ratios of an application against itself, computed by Feast from what a request states.

They are the catalogue's derived features whose operands are all statements of the applicant, by the
same expressions as in training and in a batch (:mod:`features.derived`). A request names a statement
with ``stated_`` before it, so that it is never taken for the one on file. What is not stated is null,
as is a ratio that cannot be computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from feast import Field, OnDemandFeatureView, RequestSource
from feast.transformation.udf_rehydrate import rehydrate_udf_from_source
from feast.types import Float64

from feature_repo.packed import DEFINITION_TAG
from features.declaration import Derived, Feature
from features.sets import FeatureSet, feature_set

__all__ = ["STATED", "ratios", "stated_ratios"]

STATED: Final = "stated_"
"""Before the name of a statement in a request."""

_SOURCE: Final = """def {name}(inputs):
    from feature_repo.on_demand import ratios

    return ratios({portfolio!r}, inputs)
"""
"""What Feast keeps of the computation in its registry and runs in any of its clients: text, not bytes of Python."""


def stated_ratios(features: FeatureSet) -> OnDemandFeatureView | None:
    """The on-demand view of a portfolio; None if it has no ratio of statements alone."""
    derived = _derived(features)
    if not derived:
        return None
    name = f"{features.portfolio.replace('-', '_')}_stated_ratios"
    source = _SOURCE.format(name=name, portfolio=features.portfolio)
    operands = sorted(frozenset().union(*(item.expression.operands for item in derived)))
    request = RequestSource(
        name=f"{name}_request", schema=[Field(name=f"{STATED}{operand}", dtype=Float64) for operand in operands]
    )
    return OnDemandFeatureView(
        name=name,
        sources=[request],
        # Without descriptions: Feast compares these fields with those it finds by calling the function.
        schema=[Field(name=item.name, dtype=Float64) for item in derived],
        mode="python",
        udf=rehydrate_udf_from_source(source, preferred_name=name),
        udf_string=source,
        description=f"What an application to {features.portfolio} says against itself",
        tags={DEFINITION_TAG: features.catalogue.fingerprint(item.name for item in derived)},
    )


def ratios(portfolio: str, inputs: Mapping[str, Sequence[float | None]]) -> dict[str, list[float | None]]:
    """The ratios of each row of statements.

    Parameters
    ----------
    portfolio : str
        Name of the portfolio.
    inputs : mapping of str to sequence
        Statements under their names in a request, of equal length; None where nothing was stated.

    Examples
    --------
    >>> columns = {"stated_income": [None, 50.0], "stated_instalment": [5.0, 5.0]}
    >>> columns |= {f"stated_{name}": [None, None] for name in ("amount_asked", "goods_price")}
    >>> columns |= {f"stated_external_score_{n}": [None, None] for n in (1, 2, 3)}
    >>> ratios("home-credit", columns)["instalment_by_income"]
    [None, 0.1]
    """
    derived = _derived(feature_set(portfolio))
    operands = frozenset().union(*(item.expression.operands for item in derived))
    values = {operand: _numbers(inputs[f"{STATED}{operand}"]) for operand in operands}
    with np.errstate(over="ignore", invalid="ignore"):
        return {item.name: _nullable(item.expression(values)) for item in derived}


def _derived(features: FeatureSet) -> tuple[Derived, ...]:
    """The derived features whose operands are all stated."""

    def is_stated(name: str) -> bool:
        item = features.catalogue[name]
        return isinstance(item, Feature) and bool(item.stated_as)

    return tuple(item for item in features.derived if all(map(is_stated, item.expression.operands)))


def _numbers(column: Sequence[float | None]) -> Any:
    return np.array([np.nan if value is None else value for value in column], dtype=np.float64)


def _nullable(column: Any) -> list[float | None]:
    return [None if np.isnan(value) else value for value in column.tolist()]
