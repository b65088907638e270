"""Features of lateness now and in the past, over the view of accounts: by account, product group and window."""

from __future__ import annotations

from typing import Final

from features.declaration import Direction, Feature
from features.definitions.bureau.accounts import LEVEL_MONTHS, VIEW
from features.definitions.bureau.pieces import declared_over, share_of

__all__ = ["FEATURES"]

_declare = declared_over(VIEW)

_CREDIT: Final = "is_liable AND product_group <> 'collection'"
_OWING: Final = f"{_CREDIT} AND is_owing"
_LEVELS: Final = {30: 1, 60: 2, 90: 3}
_GROUPS: Final = {
    "revolving": ("cards and credit lines", "B15"),
    "instalment": ("instalment loans", "B16"),
    "mortgage": ("mortgages", "B17"),
}


def _now() -> list[Feature]:
    return [
        *(
            _declare(
                f"late_{days}_accounts_now",
                f"count(*) FILTER ({_OWING} AND level >= {level})",
                f"accounts still owing that are {days} or more days past due, or lost, in their newest month",
                "count",
                "B13",
                1,
            )
            for days, level in _LEVELS.items()
        ),
        _declare(
            "worst_level_now",
            f"max(level) FILTER ({_OWING})",
            "worst level of an account still owing, in its newest month",
            "level",
            "B13",
            1,
        ),
        *(
            _declare(
                f"worst_level_now_{group}",
                f"max(level) FILTER ({_OWING} AND product_group = '{group}')",
                f"worst level of {of} still owing, in their newest month",
                "level",
                reason,
                1,
            )
            for group, (of, reason) in _GROUPS.items()
        ),
        _declare(
            "past_due_total", f"sum(amount_past_due) FILTER ({_OWING})", "amounts past due now", "amount", "B14", 1
        ),
        _declare(
            "past_due_by_owed",
            share_of("amount_past_due", "balance", _OWING),
            "amounts past due by balances, of accounts still owing that tell both and have a balance",
            "share",
            "B14",
            1,
        ),
        _declare(
            "late_owed_share",
            "sum(CASE WHEN level >= 1 THEN balance ELSE 0 END) "
            f"FILTER ({_OWING} AND balance > 0 AND level IS NOT NULL) "
            f"/ nullif(sum(balance) FILTER ({_OWING} AND balance > 0 AND level IS NOT NULL), 0)",
            "balances of accounts 30 or more days past due, or lost, by balances of all that tell how late they are, "
            "of accounts still owing with a balance",
            "share",
            "B13",
            1,
        ),
    ]


def _ever() -> list[Feature]:
    return [
        *(
            _declare(
                f"late_{days}_accounts_{months}m",
                f"count(*) FILTER ({_CREDIT} AND worst_{months}m >= {level})",
                f"accounts that were {days} or more days past due, or lost, in the last {months} months",
                "count",
                "B18" if level == 1 else "B19",
                1,
                window=months,
            )
            for days, level in _LEVELS.items()
            for months in (6, 12, 24)
        ),
        *(
            _declare(
                f"never_late_accounts_share_{months}m",
                f"avg(CASE WHEN worst_{months}m = 0 THEN 1 ELSE 0 END) "
                f"FILTER ({_CREDIT} AND worst_{months}m IS NOT NULL)",
                f"share of the accounts told of in the last {months} months that were never 30 days past due in them",
                "share",
                "B18",
                -1,
                window=months,
            )
            for months in (12, 24)
        ),
    ]


_LOSSES: Final = {
    "charge_off": ("accounts first told as charged off", "B20"),
    "repossession": ("accounts whose goods were first told as repossessed or surrendered", "B21"),
    "foreclosure": ("accounts first told as foreclosed or given up by deed", "B22"),
}


def _lost() -> list[Feature]:
    counts = [
        _declare(
            f"{event}_accounts_{months}m",
            f"count(*) FILTER ({_CREDIT} AND {event}_ago < {months})",
            f"{of} in the last {months} months",
            "count",
            reason,
            1,
            window=months,
        )
        for event, (of, reason) in _LOSSES.items()
        for months in ((24, 84) if event == "charge_off" else (84,))
    ]
    since = [
        _declare(
            f"months_since_{event}",
            f"min({event}_ago) FILTER ({_CREDIT} AND {event}_ago < 84)",
            f"months since the newest of the {of} in the last 84 months",
            "months",
            reason,
            -1,
            window=84,
            missing="none in 84 months",
            expected=(0.0, 83.0),
        )
        for event, (of, reason) in _LOSSES.items()
    ]
    return [
        *counts,
        *since,
        _declare(
            "charge_off_owed",
            f"sum(balance) FILTER ({_OWING} AND charge_off_ago < 84 AND is_lost)",
            "balances of accounts still owing that are lost and were first told as charged off in the last 84 months",
            "amount",
            "B20",
            1,
            window=84,
        ),
        _declare(
            "charge_off_paid_accounts_84m",
            f"count(*) FILTER ({_CREDIT} AND charge_off_ago < 84 AND is_over)",
            "accounts first told as charged off in the last 84 months that are paid by now",
            "count",
            "B20",
            window=84,
        ),
        _declare(
            "lost_accounts_now",
            f"count(*) FILTER ({_CREDIT} AND is_lost)",
            "accounts whose newest month tells them as lost",
            "count",
            "B20",
            1,
            grows=True,
        ),
    ]


def _steps(condition: str) -> str:
    """SQL for the number of an account's steps from a month to the next, of the last twelve, that meet a condition."""
    cases = (
        "CASE WHEN " + condition.format(before=f"level_{k + 1}", after=f"level_{k}") + " THEN 1 ELSE 0 END"
        for k in range(LEVEL_MONTHS)
    )
    return f"sum({' + '.join(cases)}) FILTER ({_CREDIT})"


_KNOWN_STEP: Final = "{before} < 7 AND {after} IS NOT NULL"
_LATE_STEP: Final = "{before} >= 1 AND {before} < 7 AND {after} IS NOT NULL"


def _rolls() -> list[Feature]:
    def counted(name: str, condition: str, meaning: str, reason: str, direction: Direction) -> Feature:
        return _declare(name, _steps(condition), meaning, "count", reason, direction, window=13)

    def share(name: str, condition: str, of: str, meaning: str, reason: str, direction: Direction) -> Feature:
        sql = f"{_steps(condition)} / nullif({_steps(of)}, 0)"
        missing = "no two months in a row that count"
        return _declare(name, sql, meaning, "share", reason, direction, window=13, missing=missing)

    return [
        counted(
            "rolls_12m",
            "{before} < 7 AND {after} > {before}",
            "steps from a month to the next, of the last twelve, in which an account not yet lost rose in level",
            "B23",
            1,
        ),
        counted(
            "cures_12m",
            "{before} >= 1 AND {before} < 7 AND {after} = 0",
            "steps from a month to the next, of the last twelve, in which an account of level 1 to 6 came to level 0",
            "B24",
            0,
        ),
        share(
            "roll_share_12m",
            "{before} < 7 AND {after} > {before}",
            _KNOWN_STEP,
            "share of the steps between two months told in a row, of the last twelve, in which an account not yet lost "
            "rose in level",
            "B23",
            1,
        ),
        share(
            "roll_late_share_12m",
            "{before} >= 1 AND {before} < 7 AND {after} > {before}",
            _LATE_STEP,
            "share of the steps, of the last twelve, of accounts of level 1 to 6 that rose further",
            "B23",
            1,
        ),
        share(
            "cure_share_12m",
            "{before} >= 1 AND {before} < 7 AND {after} = 0",
            _LATE_STEP,
            "share of the steps, of the last twelve, of accounts of level 1 to 6 that came to level 0",
            "B24",
            -1,
        ),
    ]


FEATURES: Final = (*_now(), *_ever(), *_lost(), *_rolls())
