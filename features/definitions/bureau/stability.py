"""The view of addresses and employers that furnishers told, and what is counted over it."""

from __future__ import annotations

from typing import Final

from features.asof import known, months_before
from features.declaration import Feature, View
from features.definitions.bureau.pieces import declared_over

__all__ = ["FEATURES", "VIEW"]

_IDENTITY: Final = "identity."
_THINGS: Final = ("address", "employer")


def _told(thing: str) -> str:
    """SQL for one row an address, or an employer."""
    columns = ", ".join(
        f"told.{thing}_token AS {name}" if name == thing else f"CAST(NULL AS BIGINT) AS {name}" for name in _THINGS
    )
    return f"""
        SELECT spine.row_no, {columns},
            max({months_before("told.effective_on")}) AS first_ago,
            count(DISTINCT told.furnisher_id) AS tellers
        FROM spine JOIN identity AS told ON told.consumer_id = spine.consumer_id
        WHERE {known("told")} AND told.{thing}_token IS NOT NULL
        GROUP BY spine.row_no, told.{thing}_token
    """


VIEW: Final = View(
    name="stability",
    title="Addresses and employers that furnishers told",
    record_kind=None,
    relation=" UNION ALL ".join(_told(thing) for thing in _THINGS),
    lineage={
        "*": tuple(f"{_IDENTITY}{thing}_token" for thing in _THINGS),
        **{thing: (f"{_IDENTITY}{thing}_token",) for thing in _THINGS},
        "first_ago": (_IDENTITY + "effective_on",),
        "tellers": (_IDENTITY + "furnisher_id",),
    },
    kinds={"address": "whole", "employer": "whole", "first_ago": "whole", "tellers": "whole"},
    rows=(
        "A row is an address or an employer, known by its token alone: two furnishers who write the same give the "
        "same token. The bureau notes of each furnisher when it first told something of a person; so a row says "
        "how many months ago the address or employer was first told by anybody, and by how many furnishers."
    ),
)

_declare = declared_over(VIEW)


def _of(thing: str, plural: str, reason: str) -> list[Feature]:
    is_one = f"{thing} IS NOT NULL"
    return [
        _declare(
            f"{plural}_known",
            f"count({thing})",
            f"different {plural} ever told",
            "count",
            reason,
            grows=True,
        ),
        *(
            _declare(
                f"{plural}_{months}m",
                f"count({thing}) FILTER (first_ago < {months})",
                f"{plural} that were first told by anybody in the last {months} months",
                "count",
                reason,
                1,
                window=months,
            )
            for months in (12, 24, 60)
        ),
        _declare(
            f"months_at_newest_{thing}",
            f"min(first_ago) FILTER ({is_one})",
            f"months since the newest {thing} was first told by anybody",
            "months",
            reason,
            -1,
            missing=f"no {thing} was told",
            expected=(0.0, 240.0),
            grows=True,
        ),
        _declare(
            f"{thing}_tellers_max",
            f"max(tellers) FILTER ({is_one})",
            f"most furnishers that tell one and the same {thing}",
            "count",
            "H03",
            -1,
            grows=True,
        ),
        _declare(
            f"{plural}_told_once_share",
            f"avg(CASE WHEN tellers = 1 THEN 1 ELSE 0 END) FILTER ({is_one})",
            f"share of the {plural} that only one furnisher tells",
            "share",
            "H03",
            missing=f"no {thing} was told",
        ),
    ]


FEATURES: Final = (*_of("address", "addresses", "H01"), *_of("employer", "employers", "H02"))
