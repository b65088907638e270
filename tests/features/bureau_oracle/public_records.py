"""What is counted over cases in court, each as its newest record tells it."""

from __future__ import annotations

from bureau_oracle.arithmetic import count, months_ago, smallest, total, within
from bureau_oracle.known import Known, Record, Values, in_currency

KEPT = {"bankruptcy_7": 120, "bankruptcy_13": 120, "civil_judgment": 84, "tax_lien": 84}
"""For how many months from its filing a case counts."""


def features(file: Known) -> Values:
    cases = [case for case in _cases(file) if within(case["filed_ago"], KEPT.get(case["kind"], 0))]
    bankrupt = [case for case in cases if case["kind"].startswith("bankruptcy")]
    discharged = [case for case in bankrupt if case["status"] == "discharged"]
    values: Values = {
        "bankruptcies_120m": count(bankrupt),
        "bankruptcies_24m": count(within(case["filed_ago"], 24) for case in bankrupt),
        "bankruptcies_pending": count(case["status"] == "filed" for case in bankrupt),
        "bankruptcies_discharged": count(discharged),
        "bankruptcies_dismissed": count(case["status"] == "dismissed" for case in bankrupt),
        "bankruptcies_chapter_13": count(case["kind"] == "bankruptcy_13" for case in bankrupt),
        "months_since_bankruptcy": smallest(case["filed_ago"] for case in bankrupt),
        "months_since_discharge": smallest(case["status_ago"] for case in discharged),
        "public_records_24m": count(within(case["filed_ago"], 24) for case in cases),
    }
    for kind, name in (("civil_judgment", "judgments"), ("tax_lien", "tax_liens")):
        values |= _debts(name, [case for case in cases if case["kind"] == kind])
    return values


def _debts(name: str, cases: list[Record]) -> Values:
    unpaid = [case for case in cases if case["status"] == "filed"]
    return {
        f"{name}_84m": count(cases),
        f"{name}_24m": count(within(case["filed_ago"], 24) for case in cases),
        f"{name}_unpaid": count(unpaid),
        f"{name}_paid": count(case["status"] in ("satisfied", "released") for case in cases),
        f"{name}_unpaid_amount": total(case["amount"] for case in unpaid),
        f"months_since_{name}": smallest(case["filed_ago"] for case in cases),
    }


def _cases(file: Known) -> list[Record]:
    """One record a case: the one from the newest date, of several the one with the largest tradeline."""
    newest: dict[tuple[str | None, str | None], Record] = {}
    for record in sorted(
        file.facts["public_record"], key=lambda record: (record["effective_on"], record["tradeline_id"])
    ):
        newest[record["court"] or "", record["case_number"] or ""] = record
    for case in newest.values():
        case["amount"] = in_currency(file, case, "amount")
        case["filed_ago"] = months_ago(case["filed_on"], file.observed_on)
        case["status_ago"] = months_ago(case["effective_on"], file.observed_on)
    return list(newest.values())
