"""Random credit files: records of one consumer with everything that happens to them, from a seeded generator."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

Record = dict[str, Any]
File = dict[str, list[Record]]

KINDS = ("application", "card_month", "instalment_month", "tradeline", "tradeline_month", "inquiry")
VERSIONS = 3
"""A record and at most two corrections; version n comes with delivery n."""


def random_files(seed: int, consumers: range, observed_on: date, currency: str = "EUR") -> dict[int, File]:
    """A credit file a consumer. Neighbours may share an account: each has its records then."""
    rng = random.Random(seed)  # noqa: S311 (a reproducible test)
    files: dict[int, File] = {}
    shared: File = {}
    for consumer_id in consumers:
        maker = _Maker(rng, consumer_id, observed_on, currency)
        files[consumer_id] = maker.file(shared)
        shared = maker.lend()
    return files


class _Maker:
    """Makes one consumer's records."""

    def __init__(self, rng: random.Random, consumer_id: int, observed_on: date, currency: str) -> None:
        self.rng = rng
        self.consumer_id = consumer_id
        self.observed_on = observed_on
        self.currency = currency
        self.records: File = {}

    def file(self, shared: File) -> File:
        names = ("association", "tradeline_month", "tradeline", "inquiry", "application", "protected_attribute")
        self.records = {name: [] for name in (*names, "coverage")}
        for kind in KINDS:
            if self.rng.random() < 0.85:
                late = timedelta(days=self.rng.choice((0, 0, 0, 0, 0, 0, 1)))
                known = datetime.combine(self.observed_on, time()) + late
                self._add("coverage", known, record_kind=kind, effective_on=self.observed_on)
        if self.rng.random() < 0.08:
            return self.records  # an empty file
        for place in range(self.rng.choice((0, 1, 1, 2, 3))):
            self._account(place, "card", self._card_month)
        for place in range(10, 10 + self.rng.choice((0, 1, 2, 3))):
            self._account(place, "instalment", self._instalment_month)
        for place in range(20, 20 + self.rng.choice((0, 1, 2, 4))):
            self._account(place, "reported", self._reported_month)
            self._reports(place)
        if shared and self.rng.random() < 0.5:
            self._join(shared)
        for number in range(self.rng.choice((0, 1, 2, 4, 8))):
            self._inquiry(number)
        for _ in range(self.rng.choice((0, 1, 1, 3))):
            self._statement()
        return self.records

    def lend(self) -> File:
        """Records of one of the accounts, for another consumer to stand on as well."""
        accounts = sorted({record["tradeline_id"] for record in self.records["tradeline_month"]})
        if not accounts:
            return {}
        account = self.rng.choice(accounts)
        return {
            fact: [record for record in self.records[fact] if record["tradeline_id"] == account]
            for fact in ("tradeline_month", "tradeline")
        }

    def _join(self, shared: File) -> None:
        self._associate(shared["tradeline_month"][0]["tradeline_id"])
        for fact, records in shared.items():
            self.records[fact] += records

    def _add(self, fact: str, recorded_at: datetime, delivery_no: int = 1, **values: Any) -> None:
        whose = {} if "tradeline_id" in values and fact != "association" else {"consumer_id": self.consumer_id}
        self.records[fact].append(whose | values | {"recorded_at": recorded_at, "delivery_no": delivery_no})

    def _versions(self, fact: str, key: Record, content: Callable[[], Record]) -> None:
        """A record, now and then corrected, each version recorded some time after the day it speaks of.

        A correction may be recorded before what it follows: it came late. No two versions say the
        same, since the bureau keeps no record that repeats the one before it.
        """
        said = content()
        told = [said]
        for version in range(1, VERSIONS + 1):
            wait = timedelta(
                days=self.rng.choice((0, 0, 1, 5, 30, 80, 200)), seconds=self.rng.choice((0, 0, 1, 40_000))
            )
            day = key.get("effective_on", said.get("effective_on"))
            self._add(fact, datetime.combine(day, time()) + wait, version, **(key | said))
            if self.rng.random() < 0.8:
                return
            said = said | {name: value for name, value in content().items() if self.rng.random() < 0.5}
            if said in told:
                return
            told.append(said)

    def _associate(self, tradeline_id: int) -> None:
        for role in self.rng.choice((("individual",), ("joint",), ("joint", "authorised user"))):
            day = self.observed_on - timedelta(days=self.rng.choice((-30, 0, 400, 2000, 2000, 2000, 2000, 2000)))
            wait = timedelta(days=self.rng.choice((0, 0, 0, 10, 500)))
            recorded_at = datetime.combine(day, time()) + wait
            self._add("association", recorded_at, tradeline_id=tradeline_id, role=role, effective_on=day)

    def _account(self, place: int, product: str, month: Callable[[str | None], Record]) -> None:
        tradeline_id = self.consumer_id * 100 + place
        self._associate(tradeline_id)
        told = self.rng.choices((self.currency, "USD", None), (88, 9, 3))[0]
        for day in self._days():
            self._versions(
                "tradeline_month",
                {"tradeline_id": tradeline_id, "effective_on": day},
                lambda: {"product": product} | month(told),
            )

    def _days(self) -> Iterator[date]:
        """Days of months, ends mostly, from the future back, with gaps and a beginning."""
        cycle = self.rng.choice((31, 31, 31, 31, 14, 30))
        first = self.rng.choice((-2, 0, 1, 1, 7))
        for ago in range(first, first + self.rng.choice((1, 3, 8, 16, 30))):
            if self.rng.random() < 0.85:
                index = self.observed_on.year * 12 + self.observed_on.month - 1 - ago
                following = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
                end = following - timedelta(days=1)
                yield end.replace(day=min(cycle, end.day))

    # -- contents -------------------------------------------------------------------------------

    def _amount(self, *, signed: bool = False) -> float | None:
        value = self.rng.choice((None, 0.0, 100.0, 950.0, 1000.0, round(self.rng.uniform(0, 5000), 2)))
        return -value if signed and value and self.rng.random() < 0.2 else value

    def _one_of(self, *values: Any) -> Any:
        return self.rng.choice((*values, None))

    def _day(self, low: int, high: int) -> date | None:
        """A day from `low` to `high` days before the observation."""
        if self.rng.random() < 0.15:
            return None
        ends = (date(2023, 12, 31), date(2024, 2, 29), self.observed_on)
        near = self.observed_on - timedelta(days=self.rng.randint(low, high))
        return self.rng.choice((near, near, near, near, *ends))

    def _late(self) -> int | None:
        return self._one_of(0, 0, 0, 0, 1, 29, 30, 31, 60, 91)

    def _card_month(self, currency: str | None) -> Record:
        return {
            "currency": currency,
            "payment_status": self._one_of("unused", "paid_in_full", "revolving", "active", "late"),
            "days_past_due": self._late(),
            "days_past_due_tolerated": self._late(),
            "balance": self._amount(signed=True),
            "credit_limit": self.rng.choice((None, 0.0, 1000.0, 1000.0, 2500.0)),
            "payment": self._amount(),
            "minimum_payment": self._amount(),
            "drawings": self._amount(),
            "cash_drawings": self._amount(),
            "drawings_count": self._one_of(0.0, 1.0, 7.0),
        }

    def _instalment_month(self, currency: str | None) -> Record:
        return {
            "currency": currency,
            "payment_status": self._one_of("active", "active", "completed", "signed"),
            "days_past_due": self._late(),
            "days_past_due_tolerated": self._late(),
            "instalments_total": self._one_of(0.0, 6.0, 12.0, 24.0),
            "instalments_remaining": self._one_of(0.0, 3.0, 12.0),
        }

    def _reported_month(self, currency: str | None) -> Record:
        status = self._one_of("current", "late", "closed", "unknown")
        return {"currency": currency, "payment_status": status, "days_past_due": self._late()}

    def _reports(self, place: int) -> None:
        """Some reports of an account at another lender."""
        opened = self._day(0, 3000)
        told = self.rng.choices((self.currency, "USD", None), (85, 12, 3))[0]
        days = {
            self.observed_on - timedelta(days=self.rng.randint(-20, 400)) for _ in range(self.rng.choice((1, 1, 3)))
        }
        for day in sorted(days):
            key = {"tradeline_id": self.consumer_id * 100 + place, "effective_on": day}
            self._versions("tradeline", key, lambda: self._report(opened, told))

    def _report(self, opened: date | None, currency: str | None) -> Record:
        return {
            "furnisher_id": "other",
            "product": self._one_of("consumer", "consumer", "card", "mortgage", "micro", "car"),
            "status": self._one_of("active", "active", "active", "closed", "closed", "sold"),
            "currency": currency,
            "opened_on": opened,
            "due_on": self._day(-9000, 700),
            "closed_on": self._day(-60, 900),
            "credit_amount": self._amount(),
            "credit_limit": self._amount(),
            "balance": self._amount(signed=True),
            "amount_past_due": self._one_of(0.0, 0.0, 0.0, 80.5),
            "max_amount_past_due": self._one_of(0.0, 0.0, 0.0, 300.0),
            "days_past_due": self._one_of(0, 0, 0, 12),
            "instalment": self._amount(),
            "prolongations": self._one_of(0, 0, 1, 2),
        }

    def _inquiry(self, number: int) -> None:
        self._versions("inquiry", {"inquiry_ref": f"{self.consumer_id}-{number}"}, self._asked)

    def _asked(self) -> Record:
        return {
            "effective_on": self.observed_on - timedelta(days=self.rng.choice((-3, 0, 40, 40, 183, 365, 366, 800))),
            "kind": self.rng.choice(("hard", "hard", "hard", "soft")),
            "product": self._one_of("cash", "consumer", "consumer", "card"),
            "currency": self.rng.choices((self.currency, "USD", None), (90, 7, 3))[0],
            "decision": self._one_of("approved", "approved", "approved", "refused", "canceled"),
            "refusal_reason": self._one_of("sco", "limit", "hc"),
            "channel": None,
            "yield_group": self._one_of("high", "low_normal"),
            "amount_asked": self._amount(),
            "amount_granted": self._amount(),
            "goods_price": self._amount(),
            "down_payment": self._amount(),
            "instalment": self._amount(),
            "term_months": self._one_of(0.0, 6.0, 12.0, 12.0, 36.0),
            "insured": None,
            "first_due_on": self._day(-40, 700),
            "last_due_first_version_on": self._day(-900, 500),
            "last_due_on": self._day(-200, 500),
            "terminated_on": self._day(-200, 500),
        }

    def _statement(self) -> None:
        day = self.observed_on - timedelta(days=self.rng.choice((-5, 0, 0, 1, 300)))
        if all(record["effective_on"] != day for record in self.records["application"]):
            self._versions("application", {"effective_on": day}, self._stated)
            self._versions("protected_attribute", {"effective_on": day}, self._protected)

    def _stated(self) -> Record:
        numbers = (
            "car_age_years", "region_population", "region_city_rating", "external_score_1", "external_score_2",
            "external_score_3", "circle_observed", "circle_defaulted_30", "inquiries_quarter", "inquiries_year",
            "age_years",
        )  # fmt: skip
        amounts = ("amount_asked", "instalment", "goods_price", "income")
        since = ("employed_since", "registered_since", "identity_document_since", "telephone_since")
        return {
            "currency": self.rng.choices((self.currency, "USD", None), (88, 9, 3))[0],
            "income_kind": self._one_of("working", "pensioner"),
            "education": self._one_of("higher education", "secondary / secondary special", "hogwarts"),
            "housing": self._one_of("rented apartment", "house / apartment", "boat"),
            "occupation": self._one_of("drivers", "managers", "it staff", "wizard"),
            "employer_kind": self._one_of("school", "trade: type 3", "transport: type 4", "circus"),
            "owns_car": self._one_of(0.0, 1.0),
            **{name: self._amount() for name in amounts},
            **{name: self._one_of(0.0, round(self.rng.random(), 6)) for name in numbers},
            **{name: self._day(-30, 9000) for name in since},
        }

    def _protected(self) -> Record:
        return {
            "sex": self._one_of("male", "female"),
            "marital_status": self._one_of("married", "single", "single / not married", "other"),
            "children": self._one_of(0.0, 2.0),
            "age_years": self._one_of(19.0, 62.0),
        }
