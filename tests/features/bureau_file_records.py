"""Random records beside accounts: court cases, bills, orders, inquiries and what applicants state."""

from __future__ import annotations

from datetime import date, timedelta

from bureau_file_telling import Record, Teller, later_by_months

__all__ = ["application", "inquiry", "recurring_bills", "shop_order", "statuses_of_a_case"]


def statuses_of_a_case(teller: Teller, tradeline_id: int, debtor: int) -> None:
    """Tell how a case in court stands, from when it was filed on; two tradelines of a debtor may be one case."""
    court, number_of_case = teller.one_of("Court", "Court", "High Court"), teller.one_of(f"{debtor}-1", f"{debtor}-2")
    kind = teller.one_of("bankruptcy_7", "bankruptcy_13", "civil_judgment", "tax_lien")
    filed_on = teller.day(-10, 4000)
    currency = teller.currency()
    for number in range(teller.rng.choice((1, 1, 2, 3))):
        status = "filed" if number == 0 else teller.one_of("discharged", "dismissed", "satisfied", "released", "filed")
        day = filed_on + timedelta(days=number * teller.rng.choice((30, 200, 800)))
        if number and teller.rng.random() < 0.3:
            day = max(filed_on, teller.edge(teller.rng.choice((0, 1, 24))))

        def said(status: str | None = status) -> Record:
            return {
                "case_number": number_of_case,
                "court": court,
                "kind": kind,
                "status": status,
                "filed_on": None if teller.rng.random() < 0.05 else filed_on,
                "currency": currency,
                "amount": teller.amount(),
            }

        teller.tell("public_record", {"tradeline_id": tradeline_id, "effective_on": day}, said)


def recurring_bills(teller: Teller, tradeline_id: int) -> None:
    """Tell the monthly bills of a service."""
    rng = teller.rng
    service = teller.one_of("electricity", "gas", "water", "mobile", "internet", "rent")
    currency = teller.currency()
    newest = rng.choice((-1, 0, 0, 1, 1, 5, 20))
    for ago in range(newest, newest + rng.choice((1, 3, 8, 14, 30))):
        if rng.random() < 0.1:
            continue
        month = later_by_months(teller.present.replace(day=1), -ago)
        day = later_by_months(month, 1) - timedelta(days=rng.choice((1, 1, 1, 1, 2, 3, 16)))

        def said(day: date = day) -> Record:
            return {
                "service": service if rng.random() < 0.97 else teller.one_of("gas", "rent"),
                "status": teller.one_of("paid", "paid", "paid", "late", "unpaid", "closed"),
                "currency": currency if rng.random() < 0.97 else teller.currency(),
                "billed": teller.amount(),
                "paid": teller.amount(),
                "due_on": day - timedelta(days=15),
                "paid_on": teller.one_of(day - timedelta(days=rng.randrange(-30, 30))),
                "days_late": teller.late(),
            }

        teller.tell("recurring_payment", {"tradeline_id": tradeline_id, "effective_on": day}, said)


def shop_order(teller: Teller, tradeline_id: int) -> None:
    """Tell how an order stands, from the day it was made on."""
    rng = teller.rng
    ordered_on = teller.day(-20, 1200)
    kind = teller.one_of("prepaid", "invoice", "instalments")
    currency = teller.currency()
    day = ordered_on
    for _ in range(rng.choice((1, 1, 2, 3))):

        def said() -> Record:
            return {
                "ordered_on": ordered_on if rng.random() < 0.95 else teller.day_or_none(0, 1000),
                "status": teller.one_of("paid", "paid", "open", "late", "returned", "written_off"),
                "payment_kind": kind,
                "currency": currency,
                "amount": teller.amount(),
                "paid": teller.amount(),
                "instalments": rng.choice((2, 4, 12)) if kind == "instalments" else None,
                "due_on": teller.one_of(ordered_on + timedelta(days=rng.choice((14, 30, 120)))),
                "paid_on": teller.one_of(ordered_on + timedelta(days=rng.choice((0, 14, 30, 60)))),
            }

        teller.tell("shop_order", {"tradeline_id": tradeline_id, "effective_on": day}, said)
        day += timedelta(days=rng.choice((1, 14, 30, 120)))
        if rng.random() < 0.3:
            day = max(day, teller.edge(rng.choice((0, 1, 12))))


def inquiry(teller: Teller, reference: int, number: int) -> None:
    """Tell that somebody asked for the file of a reference; a correction may move the day."""
    rng = teller.rng

    def said() -> Record:
        return {
            "effective_on": teller.day(-15, rng.choice((20, 100, 400, 900))),
            "kind": teller.one_of("hard", "hard", "hard", "soft"),
            "product": teller.one_of("card", "line", "consumer", "car", "student", "mortgage", "cash"),
            "currency": teller.currency(),
            "decision": teller.one_of("approved", "approved", "declined", "withdrawn", "pending", "refused"),
            "channel": teller.one_of("web", "branch"),
            "amount_asked": teller.amount(),
            "amount_granted": teller.amount(),
            "instalment": teller.amount(),
            "term_months": teller.one_of(0.0, 12.0, 36.0),
        }

    teller.tell("inquiry", {"consumer_id": reference, "inquiry_ref": f"{reference}-{number}"}, said)


def application(teller: Teller, reference: int, day: date) -> None:
    """Tell what an applicant stated on a day."""
    rng = teller.rng

    def said() -> Record:
        return {
            "product": teller.one_of("card", "consumer", "mortgage"),
            "currency": teller.currency(),
            "amount_asked": teller.amount(),
            "instalment": teller.amount(),
            "income": teller.amount(),
            "income_kind": teller.one_of("salary", "self_employed", "pension", "other", "benefits"),
            "housing": teller.one_of("own", "rent", "family", "mortgage"),
            "occupation": teller.one_of("drivers", "managers"),
            "employed_since": teller.day_or_none(-20, 9000),
            "age_years": float(rng.randrange(18, 90)),
            "registered_since": teller.day_or_none(-20, 9000),
            "telephone_since": teller.day_or_none(-20, 9000),
        }

    teller.tell("application", {"consumer_id": reference, "effective_on": day}, said)
