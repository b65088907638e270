# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""What must hold between features of the bureau, whatever is on file; and a few small files counted by hand."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from bureau_files import random_group
from bureau_world import BUREAU_VIEWS, computed, rows_of, write

from features.declaration import Feature
from features.definitions.all import CATALOGUE
from features.units import UNITS

if TYPE_CHECKING:
    from bureau_world import Values
    from conftest import FactBook

FEATURES = [item for view in BUREAU_VIEWS for item in CATALOGUE.of_view(view)]
DIFFERENCES = re.compile(r"_(change|growth)_|_by_(mean|lowest|highest)_")


@pytest.fixture(scope="module")
def vectors(new_book: Callable[[], FactBook]) -> list[Values]:
    """All features of the bureau for random credit files."""
    groups = [random_group(seed, place) for place, seed in enumerate(range(7000, 7200))]
    book = new_book()
    write(book, groups)
    return computed(book, BUREAU_VIEWS, rows_of(groups))


def nested() -> Iterator[tuple[str, str]]:
    """Features that differ in nothing but their window, a shorter and the next longer one."""
    families: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for item in FEATURES:
        found = re.fullmatch(r"(.*)_(\d+)m", item.name)
        if found and not DIFFERENCES.search(item.name):
            families[found[1]].append((int(found[2]), item.name))
    for family in families.values():
        yield from ((shorter, longer) for (_, shorter), (_, longer) in pairwise(sorted(family)))


NESTED = list(nested())


def grows(item: Feature) -> bool:
    """Whether what a feature counts can only become more with a longer window."""
    return item.unit == "count" or item.written.lower().startswith("max(")


@pytest.mark.parametrize(("shorter", "longer"), [each for each in NESTED if grows(CATALOGUE[each[0]])])  # type: ignore[arg-type]
def test_longer_window_counts_no_less(vectors: list[Values], shorter: str, longer: str) -> None:
    for vector in vectors:
        short, long = vector[shorter], vector[longer]
        assert short is None or (long is not None and short <= long)


@pytest.mark.parametrize(("shorter", "longer"), NESTED)
def test_window_in_the_name_is_the_one_that_is_declared_and_filtered(shorter: str, longer: str) -> None:
    for name in (shorter, longer):
        item = CATALOGUE[name]
        assert isinstance(item, Feature)
        months = int(re.fullmatch(r".*_(\d+)m", name)[1])  # type: ignore[index]
        assert item.window in (months, months + 1), name  # steps between twelve months are told by thirteen
        assert re.search(rf"< {months}\b|worst_{months}m", item.written), item.written


@pytest.mark.parametrize("item", FEATURES, ids=lambda item: item.name)
def test_value_is_of_its_unit(vectors: list[Values], item: Feature) -> None:
    kind = UNITS[item.unit].type
    for vector in vectors:
        value = vector[item.name]
        if value is not None:
            assert math.isfinite(value)
            assert kind != "whole" or value == int(value) >= 0
            assert kind != "flag" or value in (0.0, 1.0)


PARTS = re.compile(r"^(avg|max)\(CASE WHEN .* THEN 1 ELSE 0 END\)", re.IGNORECASE)


@pytest.mark.parametrize("item", [item for item in FEATURES if PARTS.match(item.written)], ids=lambda item: item.name)
def test_share_of_records_lies_between_none_and_all(vectors: list[Values], item: Feature) -> None:
    assert item.expected in ((0.0, 1.0), None)
    assert all(vector[item.name] is None or 0 <= vector[item.name] <= 1 for vector in vectors)  # type: ignore[operator]


def at_most(vectors: list[Values], parts: tuple[str, ...], whole: str) -> None:
    for vector in vectors:
        told = [vector[name] or 0.0 for name in parts]
        assert sum(told) <= (vector[whole] or 0.0), (parts, whole)


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (("accounts_open", "accounts_over", "accounts_sold", "lost_accounts_now"), "accounts_total"),
        (("collections_unpaid", "collections_paid"), "collections_84m"),
        (("bankruptcies_pending", "bankruptcies_discharged", "bankruptcies_dismissed"), "bankruptcies_120m"),
        (("judgments_unpaid", "judgments_paid"), "judgments_84m"),
        (("tax_liens_unpaid", "tax_liens_paid"), "tax_liens_84m"),
        (("hard_inquiries_card_12m", "hard_inquiries_mortgage_12m", "hard_inquiries_car_12m"), "hard_inquiries_12m"),
        (("hard_inquiries_approved_24m", "hard_inquiries_declined_24m"), "hard_inquiries_24m"),
        (("opened_revolving_12m", "opened_instalment_12m", "opened_mortgage_12m"), "opened_12m"),
        (("utility_late_12m", "telecom_late_12m", "rent_late_12m"), "bills_late_12m"),
        (("bills_late_12m", "bills_unpaid_12m"), "bills_12m"),
        (("orders_invoice_12m", "orders_instalments_12m"), "credit_orders_12m"),
        (("revolving_late_30_months_24m", "instalment_late_30_months_24m"), "late_30_months_24m"),
        (("shared_accounts",), "accounts_open"),
        (("file_without_accounts",), "thin_file"),
    ],
)
def test_parts_are_no_more_than_the_whole(vectors: list[Values], parts: tuple[str, ...], whole: str) -> None:
    at_most(vectors, parts, whole)


@pytest.mark.parametrize("months", [6, 12, 24])
@pytest.mark.parametrize("of", ["late_{}_accounts_{}m", "late_{}_months_{}m"])
def test_later_is_rarer(vectors: list[Values], of: str, months: int) -> None:
    for more, less in ((30, 60), (60, 90)):
        at_most(vectors, (of.format(less, months),), of.format(more, months))


def test_worst_level_and_counts_tell_the_same_of_lateness(vectors: list[Values]) -> None:
    for vector in vectors:
        worst = vector["worst_level_12m"]
        assert (vector["late_30_months_12m"] or 0) > 0 or worst is None or worst == 0
        assert (worst is not None and worst >= 3) == ((vector["late_90_months_12m"] or 0) > 0)
        since = vector["months_since_90_days_late"]
        assert (since is not None and since < 12) == ((vector["late_90_months_12m"] or 0) > 0)


# -- small files, counted by hand -------------------------------------------------------------------

ON = date(2024, 3, 16)
KNOWN_AT = datetime(2024, 3, 1)
MONTH_ENDS = [date(2024, 2, 29), date(2024, 1, 31), date(2023, 12, 31), date(2023, 11, 30)]


def month(day: date, **told: Any) -> dict[str, Any]:
    base = {"tradeline_id": 1, "product": "card", "currency": "EUR", "payment_status": "current", "days_past_due": 0}
    return base | {"effective_on": day, "recorded_at": KNOWN_AT} | told


def role(name: str = "individual", **told: Any) -> dict[str, Any]:
    base = {"consumer_id": 1, "tradeline_id": 1, "role": name, "effective_on": MONTH_ENDS[-1], "recorded_at": KNOWN_AT}
    return base | told


def features(book: FactBook, views: tuple[str, ...], facts: dict[str, list[dict[str, Any]]]) -> Values:
    book.record(facts)
    return computed(book, views, [(1, datetime(ON.year, ON.month, ON.day))])[0]


ACCOUNTS = ("accounts", "account_months")


def test_utilisation_now_and_before(book: FactBook) -> None:
    balances = (800.0, 600.0, 400.0, 200.0)  # the newest first, 1,000 each may be used
    months = [month(day, balance=b, credit_limit=1000.0) for day, b in zip(MONTH_ENDS, balances, strict=True)]
    later = month(MONTH_ENDS[0], balance=999.0, credit_limit=1000.0, delivery_no=2)
    later["recorded_at"] = datetime(2024, 4, 1)
    vector = features(book, ACCOUNTS, {"association": [role()], "tradeline_month": [*months, later]})
    assert vector["revolving_utilisation"] == 0.8
    assert vector["revolving_utilisation_3m"] == 1800 / 3000
    assert vector["revolving_utilisation_change_6m"] == 1800 / 3000 - 200 / 1000
    assert vector["revolving_75_percent_count"] == 1.0
    assert vector["revolving_90_percent_count"] == 0.0


def test_an_account_that_gets_later_and_is_cured(book: FactBook) -> None:
    days = (0, 65, 35, 0)  # the newest first
    statuses = ("current", "late", "late", "current")
    months = [
        month(day, days_past_due=late, payment_status=status, balance=100.0)
        for day, late, status in zip(MONTH_ENDS, days, statuses, strict=True)
    ]
    vector = features(book, ACCOUNTS, {"association": [role()], "tradeline_month": months})
    assert vector["worst_level_now"] == 0.0
    assert vector["worst_level_6m"] == 2.0
    assert vector["late_30_months_12m"] == 2.0
    assert vector["late_60_accounts_12m"] == 1.0
    assert vector["months_since_60_days_late"] == 1.0
    assert vector["rolls_12m"] == 2.0  # from on time to 30, from 30 to 60
    assert vector["cures_12m"] == 1.0
    assert vector["roll_share_12m"] == 2 / 3
    assert vector["cure_share_12m"] == 1 / 2  # of the two steps from a late month


ROLES = {
    1: (["individual"], 1.0, 0.0),
    2: (["authorised_user"], 0.0, 1.0),
    3: (["authorised_user", "joint"], 1.0, 0.0),
    4: (["individual", "terminated"], 0.0, 0.0),
    5: (["business"], 0.0, 0.0),
    6: ([], 0.0, 0.0),
}
"""Consumer to the roles on one account: how many open accounts it answers for, and how many it may only use."""


def test_who_answers_for_an_account(book: FactBook) -> None:
    roles = [role(name, consumer_id=who) for who, (names, _, _) in ROLES.items() for name in names]
    taken_back = role("individual", consumer_id=6, withdrawn=True)
    book.record({"association": [*roles, taken_back], "tradeline_month": [month(MONTH_ENDS[0])]})
    found = computed(book, ("accounts",), [(who, datetime(ON.year, ON.month, ON.day)) for who in ROLES])
    assert [(each["accounts_open"], each["authorised_accounts"]) for each in found] == [
        (accounts, authorised) for _, accounts, authorised in ROLES.values()
    ]


def test_debt_of_another_creditor_is_a_collectors(book: FactBook) -> None:
    told = {"product": "other", "payment_status": "collection", "original_creditor": "a bank", "days_past_due": 700}
    debt = month(MONTH_ENDS[0], balance=500.0, opened_on=date(2023, 6, 1), **told)
    vector = features(book, ACCOUNTS, {"association": [role()], "tradeline_month": [debt]})
    assert (vector["collections_unpaid"], vector["collections_owed"], vector["months_since_collection"]) == (1, 500, 9)
    assert (vector["accounts_total"], vector["owed_total"], vector["worst_level_12m"]) == (0, None, None)


def test_soft_inquiries_do_not_count(book: FactBook) -> None:
    asked = [
        {"consumer_id": 1, "inquiry_ref": kind, "effective_on": date(2024, 2, 1), "kind": kind, "recorded_at": KNOWN_AT}
        for kind in ("soft", "hard")
    ]
    vector = features(book, ("credit_inquiries", "file"), {"inquiry": asked})
    assert vector["hard_inquiries_3m"] == 1.0
    assert vector["things_on_file"] == 1.0


def test_nobody_heard_of_has_nothing_and_a_name_alone_has_zeros(book: FactBook) -> None:
    nothing = features(book, BUREAU_VIEWS, {})
    assert set(nothing.values()) == {None}
    told = {"furnisher_id": "f", "told_as": 1, "address_token": 7, "effective_on": MONTH_ENDS[0]}
    vector = features(book, BUREAU_VIEWS, {"identity": [{"consumer_id": 1, "recorded_at": KNOWN_AT} | told]})
    assert vector["accounts_total"] == 0.0
    assert vector["addresses_12m"] == 1.0
    assert vector["thin_file"] == 1.0
    assert vector["owed_total"] is None
