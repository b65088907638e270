# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""Labels: cases derived by hand, and an oracle in plain Python over random files."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fact_book import FactBook

from training.errors import UnfitPopulation
from training.labels import LabelCounts, LabelDefinition, Labels, can_be_labelled, label

DEFINITION = LabelDefinition(grace_days=31)
ON = date(2023, 1, 31)  # the window is 2023-02-01 to 2024-01-31, and counts from 2024-03-02 on
PRESENT = datetime(2024, 3, 2, tzinfo=UTC)
BEFORE, FIRST, MIDDLE, LAST, AFTER = (
    date(2022, 12, 31),
    date(2023, 2, 1),
    date(2023, 6, 30),
    date(2024, 1, 31),
    date(2024, 2, 1),
)

Told = dict[str, Any]

CASES: dict[str, tuple[list[Told], str]] = {
    "never late": ([{"on": BEFORE}, {"on": LAST}], "good: paid as agreed"),
    "89 days": ([{"on": LAST, "days": 89}], "indeterminate: late, but not bad"),
    "60 days": ([{"on": MIDDLE, "days": 60}, {"on": LAST}], "indeterminate: late, but not bad"),
    "59 days": ([{"on": MIDDLE, "days": 59}], "good: paid as agreed"),
    "90 days on the first day": ([{"on": FIRST, "days": 90}, {"on": LAST}], "bad: so many days past due"),
    "90 days on the last day": ([{"on": LAST, "days": 90}], "bad: so many days past due"),
    "90 days after the window": ([{"on": LAST}, {"on": AFTER, "days": 90}], "good: paid as agreed"),
    "charged off": ([{"on": MIDDLE, "days": None, "status": "charged_off"}], "bad: given up by the lender"),
    "another account": ([{"on": MIDDLE}, {"on": MIDDLE, "days": 95, "account": 1}], "bad: so many days past due"),
    "a new account": (
        [{"on": BEFORE}, {"on": MIDDLE}, {"on": LAST, "days": 95, "account": 1, "opened": FIRST}],
        "bad: so many days past due",
    ),
    "bad already": ([{"on": BEFORE, "days": 95}, {"on": LAST, "days": 300}], "excluded: bad at observation"),
    "lost already": ([{"on": BEFORE, "status": "collection"}, {"on": LAST}], "excluded: bad at observation"),
    "cured before": ([{"on": date(2022, 6, 30), "days": 95}, {"on": BEFORE}, {"on": LAST}], "good: paid as agreed"),
    "bad already, told later": (
        [{"on": ON, "days": 95, "known": datetime(2023, 2, 5)}, {"on": FIRST, "days": 96}],
        "bad: so many days past due",
    ),
    "bad already, corrected later": (
        [{"on": BEFORE, "days": 95, "until": datetime(2023, 2, 5)},
         {"on": BEFORE, "known": datetime(2023, 2, 5)}, {"on": LAST}],
        "excluded: bad at observation",
    ),
    "good, corrected to bad": (
        [{"on": MIDDLE, "until": datetime(2024, 2, 20)}, {"on": MIDDLE, "days": 120, "known": datetime(2024, 2, 20)}],
        "bad: so many days past due",
    ),
    "corrected after the present": (
        [{"on": MIDDLE}, {"on": LAST, "days": 120, "known": datetime(2024, 3, 2, 0, 0, 1)}],
        "good: paid as agreed",
    ),
    "nothing in the window": ([{"on": BEFORE}, {"on": AFTER}], "excluded: nothing told in the window"),
    "nobody knows": ([], "excluded: nothing told in the window"),
    "may only use it": (
        [{"on": LAST, "days": 120, "role": "authorised_user"}], "excluded: nothing told in the window"
    ),
    "answers for it no more": (
        [{"on": MIDDLE, "days": 120}, {"on": MIDDLE, "days": 120, "role": "terminated"}],
        "excluded: nothing told in the window",
    ),
    "a month taken back": ([{"on": FIRST}, {"on": LAST, "days": 120, "status": "deleted"}], "good: paid as agreed"),
    "dead": ([{"on": BEFORE, "role": "deceased"}, {"on": LAST, "days": 120}], "excluded: dead at observation"),
    "died, then unpaid": (
        [{"on": FIRST}, {"on": MIDDLE, "role": "deceased", "days": 120}], "excluded: died in the window"
    ),
    "bad, then died": (
        [{"on": FIRST, "days": 120}, {"on": MIDDLE, "role": "deceased"}], "bad: so many days past due"
    ),
    "died after the window": ([{"on": LAST}, {"on": AFTER, "role": "deceased"}], "good: paid as agreed"),
    "closed": ([{"on": BEFORE, "status": "closed"}], "excluded: nothing told in the window"),
    "told of long ago": ([{"on": date(2022, 1, 31)}], "excluded: nothing told in the window"),
    "one closed, one not": (
        [{"on": BEFORE, "status": "closed"}, {"on": BEFORE, "account": 1}, {"on": LAST, "account": 1}],
        "good: paid as agreed",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def new_book(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], FactBook]:
    return lambda: FactBook(tmp_path_factory.mktemp("book"))


def write(book: FactBook, people: dict[int, list[Told]]) -> None:
    """Put what is told of people into a history; each account has ten numbers to itself."""
    associations: dict[tuple[Any, ...], Told] = {}
    months: list[Told] = []
    for who, told in people.items():
        for one in told:
            account = 10 * who + one.get("account", 0)
            known = one.get("known", datetime.combine(one["on"], datetime.min.time()))
            key = (who, account, one.get("role", "individual"))
            held = dict(zip(("consumer_id", "tradeline_id", "role"), key, strict=True))
            since = associations.get(key, {"effective_on": one["on"], "recorded_at": known})
            associations[key] = held | {
                "effective_on": min(since["effective_on"], one["on"]),
                "recorded_at": min(since["recorded_at"], known),
            }
            months.append(
                {"tradeline_id": account, "effective_on": one["on"], "recorded_at": known}
                | {"days_past_due": one.get("days", 0), "payment_status": one.get("status", "current")}
                | {"opened_on": one.get("opened"), "delivery_no": 1 if "until" in one or "known" not in one else 2}
            )
    months = list({(m["tradeline_id"], m["effective_on"], m["recorded_at"]): m for m in months}.values())
    with book.history.write() as connection:
        for who in people:
            connection.execute("INSERT INTO consumer VALUES (?, 'book', ?)", [who, f"ref {who}"])
    book.record({"association": associations.values(), "tradeline_month": months})


def spine_of(consumers: list[int], on: date = ON) -> pd.DataFrame:
    moments = pd.DatetimeIndex([on] * len(consumers), tz="UTC").as_unit("us")
    return pd.DataFrame({"consumer_id": consumers, "event_timestamp": moments})


@pytest.fixture(scope="module")
def book(new_book: Callable[[], FactBook]) -> FactBook:
    book = new_book()
    write(book, {number: told for number, (told, _) in enumerate(CASES.values(), start=1)})
    return book


def outcomes(labels: Labels) -> list[str]:
    return [f"{row.outcome}: {row.reason}" for row in labels.rows.itertuples()]


def one(book: FactBook, case: str, definition: LabelDefinition = DEFINITION, present: datetime = PRESENT) -> str:
    return outcomes(label(book.history, spine_of([1 + list(CASES).index(case)]), definition, present))[0]


def test_every_case(book: FactBook) -> None:
    labels = label(book.history, spine_of(list(range(1, len(CASES) + 1))), DEFINITION, PRESENT)
    assert dict(zip(CASES, outcomes(labels), strict=True)) == {name: expected for name, (_, expected) in CASES.items()}
    told = dict(zip(labels.rows["outcome"], labels.rows["is_bad"].astype(object), strict=True))
    assert told["bad"] is True
    assert told["good"] is False
    assert pd.isna(told["indeterminate"])
    assert pd.isna(told["excluded"])


def test_who_can_be_labelled_is_told_by_what_was_known_then(book: FactBook) -> None:
    """By 31 January 2023: the others are dead, bad as it was told then, or have no account told of that is owing."""
    moment = datetime(ON.year, ON.month, ON.day, tzinfo=UTC)
    can = can_be_labelled(book.history, np.arange(1, len(CASES) + 1), moment, DEFINITION)
    assert {name for name, each in zip(CASES, can, strict=True) if each} == {
        "never late", "a new account", "cured before", "nothing in the window", "one closed, one not",
    }  # fmt: skip


def test_a_window_matures_with_its_days_of_grace(book: FactBook) -> None:
    assert DEFINITION.matures_on(ON) == date(2024, 3, 2)
    just_before = datetime(2024, 3, 1, 23, 59, tzinfo=UTC)
    assert one(book, "90 days on the first day", present=just_before) == "excluded: window not over"
    assert one(book, "90 days on the first day", present=PRESENT) == "bad: so many days past due"
    at_once = replace(DEFINITION, grace_days=0)
    assert one(book, "90 days on the first day", at_once, datetime(2024, 1, 31, tzinfo=UTC)).startswith("bad")


def test_what_bad_means_can_be_chosen(book: FactBook) -> None:
    assert one(book, "89 days", replace(DEFINITION, indeterminate_from=None)) == "good: paid as agreed"
    assert one(book, "59 days", replace(DEFINITION, indeterminate_from=30)) == "indeterminate: late, but not bad"
    assert one(book, "60 days", replace(DEFINITION, days_past_due=60, indeterminate_from=30)).startswith("bad")
    assert one(book, "90 days on the last day", replace(DEFINITION, window_months=11)).startswith("excluded: nothing")
    assert one(book, "a new account", replace(DEFINITION, new_accounts=False)) == "good: paid as agreed"
    for wrong in ({"days_past_due": 0}, {"window_months": 0}, {"grace_days": -1}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))}: -?[01]; at least [01] is needed"):
            LabelDefinition(**wrong)
    with pytest.raises(ValueError, match="indeterminate_from: 90 is not between 1 and the 89 days"):
        LabelDefinition(indeterminate_from=90)


def test_the_definition_in_words() -> None:
    text = LabelDefinition().text
    for part in ("12 months after", "90 or more days", "60 to 89 days", "31 days for late reports"):
        assert part in text
    other = LabelDefinition(indeterminate_from=None, new_accounts=False).text
    assert "opened by the observation date" in other
    assert "No outcome is indeterminate" in other


def test_rows_keep_their_order_their_index_and_their_doubles(book: FactBook) -> None:
    names = ["charged off", "never late", "never late", "60 days"]
    spine = spine_of([1 + list(CASES).index(name) for name in names]).set_axis(["d", "c", "b", "a"])
    labels = label(book.history, spine, DEFINITION, PRESENT)
    assert labels.rows.index.tolist() == ["d", "c", "b", "a"]
    assert outcomes(labels) == [CASES[name][1] for name in names]
    assert labels.counted["is_bad"].tolist() == [True, False, False]


def test_a_row_of_the_future_is_refused(book: FactBook) -> None:
    spine = pd.concat([spine_of([1]), spine_of([2], date(2024, 3, 3))])
    with pytest.raises(UnfitPopulation, match="after the present, 2024-03-02, in 1 of 2 rows; observe people"):
        label(book.history, spine, DEFINITION, PRESENT)


def test_moments_need_a_zone(book: FactBook) -> None:
    with pytest.raises(TypeError, match="known_at: a moment with a time zone"):
        label(book.history, spine_of([1]), DEFINITION, datetime(2024, 3, 2))
    without = spine_of([1]).assign(event_timestamp=pd.Timestamp(ON))
    with pytest.raises(TypeError, match="event_timestamp: moments without a time zone"):
        label(book.history, without, DEFINITION, PRESENT)


def test_nobody_has_no_outcome(book: FactBook) -> None:
    labels = label(book.history, spine_of([1]).head(0), DEFINITION, PRESENT)
    assert labels.counts.total() == 0
    assert len(labels.counted) == 0


# -- an oracle over random files ------------------------------------------------------------------


def random_person(rng: random.Random) -> list[Told]:
    """A year and a half of one or two accounts, with gaps, corrections, deaths and taken back months."""
    told: list[Told] = []
    for account in range(rng.choice((0, 1, 1, 2))):
        role = rng.choice(("individual", "individual", "joint", "authorised_user"))
        opened = date(2022, 1, 1) + timedelta(rng.randrange(500))
        days = 0
        for month in range(rng.randrange(6), rng.randrange(18, 26)):
            on = date(2022 + month // 12, month % 12 + 1, 28)
            days = rng.choice((0, days, days + 30, days + 30, days)) if days else rng.choice((0, 0, 0, 0, 30))
            if rng.random() < 0.1:
                continue
            one = {"on": on, "account": account, "role": role, "days": days, "opened": opened}
            one["status"] = rng.choice(
                ("current", "current", "late", "deleted", "charged_off" if days > 60 else "late")
            )
            if rng.random() < 0.05:
                later = datetime(on.year, on.month, 28) + timedelta(rng.randrange(1, 400))
                told += [one | {"until": later}, one | {"days": rng.choice((0, 95)), "known": later}]
            else:
                told.append(one)
    if told and rng.random() < 0.15:
        told.append(rng.choice(told) | {"role": "deceased"})
    return told


def by_hand(told: list[Told], observed_on: date, present: datetime, definition: LabelDefinition) -> str:
    """The outcome of one person, counted in plain Python from what is told."""

    def known(each: Told) -> datetime:
        return each.get("known", datetime.combine(each["on"], datetime.min.time()))

    def stands(role: str, at: datetime) -> dict[int, date]:
        """The accounts on which the person was known to stand in a role, and since when."""
        found = {}
        for account in {each["account"] for each in told if each["role"] == role}:
            mine = [each for each in told if (each["role"], each["account"]) == (role, account)]
            since = min(each["on"] for each in mine)
            if since <= at.date() and min(map(known, mine)) <= at:
                found[account] = since
        return found

    def counted(at: datetime) -> tuple[list[Told], date]:
        died = min(stands("deceased", at).values(), default=date.max)
        mine = {*stands("individual", at), *stands("joint", at), *stands("deceased", at)}
        seen = [
            each
            for each in told
            if known(each) <= at < each.get("until", datetime(9999, 1, 1)) and each["on"] <= at.date()
        ]
        versions = {(each["account"], each["on"]): each for each in seen}  # roles tell the same month
        return [
            each for each in versions.values()
            if each["account"] in mine and each["status"] != "deleted" and each["on"] < died
        ], died  # fmt: skip

    def bad(each: Told) -> bool:
        return each["days"] >= definition.days_past_due or each["status"] == "charged_off"

    until = date(observed_on.year + 1, observed_on.month, observed_on.day)
    if present.date() < until + timedelta(definition.grace_days):
        return "window not over"
    now = present.replace(tzinfo=None)
    months, died = counted(now)
    if died <= observed_on:
        return "dead at observation"
    before, _ = counted(datetime.combine(observed_on, datetime.min.time()))
    newest = {each["account"]: each for each in sorted(before, key=lambda each: each["on"])}
    if any(bad(each) for each in newest.values()):
        return "bad at observation"
    since = {account: min(each["opened"] for each in months if each["account"] == account)
             for account in {each["account"] for each in months}}  # fmt: skip
    window = [
        each for each in months
        if observed_on < each["on"] <= until and (definition.new_accounts or since[each["account"]] <= observed_on)
    ]  # fmt: skip
    if any(map(bad, window)):
        return "bad"
    if died <= until:
        return "died in the window"
    if not window:
        return "nothing told in the window"
    if any(each["days"] >= (definition.indeterminate_from or 10**9) for each in window):
        return "indeterminate"
    return "good"


@pytest.fixture(scope="module")
def crowd(new_book: Callable[[], FactBook]) -> tuple[FactBook, dict[int, list[Told]]]:
    rng = random.Random(6)  # noqa: S311
    people = {who: random_person(rng) for who in range(1, 301)}
    book = new_book()
    write(book, people)
    return book, people


@pytest.mark.parametrize(
    ("definition", "present"),
    [
        (LabelDefinition(), datetime(2024, 6, 1, tzinfo=UTC)),
        (LabelDefinition(30, 12, None, 0, new_accounts=False), datetime(2023, 9, 28, 12, tzinfo=UTC)),
    ],
)
def test_an_oracle_in_plain_python_agrees(
    crowd: tuple[FactBook, dict[int, list[Told]]], definition: LabelDefinition, present: datetime
) -> None:
    book, people = crowd
    dates = [date(2022, 6, 15), date(2022, 9, 28), date(2022, 10, 5)]
    spine = pd.concat([spine_of(list(people), on) for on in dates], ignore_index=True)
    labels = label(book.history, spine, definition, present)
    counts = Counter()
    for row in labels.rows.itertuples():
        expected = by_hand(people[row.consumer_id], row.event_timestamp.date(), present, definition)
        told = row.outcome if row.outcome != "excluded" else row.reason
        assert told == expected, (row.consumer_id, row.event_timestamp)
        counts[expected] += 1
    assert min(counts.values()) >= 3
    assert len(counts) >= 6
    assert labels.counts.total("bad") == counts["bad"]


# -- counts ---------------------------------------------------------------------------------------


def test_counts_add_up() -> None:
    days = np.array(["2023-02-28", "2023-01-31", "2023-01-31", "2023-01-31", "2023-02-28"], dtype="datetime64[us]")
    outcome = np.array(["bad", "good", "bad", "excluded", "bad"], dtype=object)
    reason = np.array(["late", "fine", "late", "dead", "lost"], dtype=object)
    counts = LabelCounts.of(days, outcome, reason)
    assert counts.by_date.to_numpy().tolist() == [
        [date(2023, 1, 31), "good", "fine", 1],
        [date(2023, 1, 31), "bad", "late", 1],
        [date(2023, 1, 31), "excluded", "dead", 1],
        [date(2023, 2, 28), "bad", "late", 1],
        [date(2023, 2, 28), "bad", "lost", 1],
    ]
    assert (counts.total(), counts.total("bad"), counts.total("indeterminate")) == (5, 3, 0)
    assert counts.by_reason["reason"].tolist() == ["fine", "late", "lost", "dead"]
    assert counts.bad_rates["bad_rate"].tolist() == [0.5, 1.0]
