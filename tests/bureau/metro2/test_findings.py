"""Every rule is broken on purpose, and found; a clean file has none."""

from __future__ import annotations

import io
import random
from collections import Counter

import pytest
from hypothesis import given
from metro2_files import as_bytes, base, build_file, count_totals, files, header, mutated

from bureau.metro2.batches import read_batches
from bureau.metro2.findings import CHECKED, find
from bureau.metro2.inspect import inspect_records
from bureau.metro2.packed import Numbers
from bureau.metro2.records import Record, Segment, read_records
from bureau.metro2.rules import RULES, Severity
from bureau.metro2.totals import TOTALS, Totals

J1 = {"surname": "ROE", "ssn": "987654321", "ecoa": "2"}
LATE = {"account_status": "71", "amount_past_due": "80", "first_delinquency_date": "12012018"}
PAID = {"account_status": "13", "payment_rating": "0", "current_balance": "0"}
LOSS = {"account_status": "97", "charge_off_amount": "900", "first_delinquency_date": "12012018"}

CLEAN: list[list[Segment]] = [
    [base()],
    [base(**LATE)],
    [base(**PAID)],
    [base(**LOSS), Segment.make("K1", original_creditor="ROE BANK", creditor_classification="08")],
    [base(account_status="05"), Segment.make("K2", sale_indicator="2", sale_name="ROE BANK")],
    [base(account_status="DA"), Segment.make("L1", change_indicator="3", new_account_number="B1")],
    [base(ssn="0"), Segment.make("J1", **J1), Segment.make("J1", **(J1 | {"ssn": "", "birth_date": "01011990"}))],
    [base(birth_date=""), Segment.make("J2", **J1, address_1="2 HARBOUR STREET", city="ALTON")],
    [base(consumer_information="A", first_delinquency_date="12012018", compliance_condition="XB")],
    [base(portfolio_type="C", terms_duration="LOC"), Segment.make("N1", employer="HARBOUR MILLS")],
    [base(portfolio_type="I", terms_duration="060"), Segment.make("K4", special_payment="01", balloon_due="01012030")],
    [base(portfolio_type="M", terms_duration="030"), Segment.make("K3", agency="01", mortgage_number="123")],
]

BROKEN: list[tuple[str, str | None, list[Segment]]] = [
    ("segment-repeated", None, [base(), *[Segment.make("K1", original_creditor="ROE BANK")] * 2]),
    ("not-ascii", "surname", [base(surname="MÜLLER")]),
    ("digits", "current_balance", [base(current_balance="12A4")]),
    ("digits", "amount_past_due", [base(account_status="88", payment_rating="1", amount_past_due="-00000015",
                                        first_delinquency_date="12012018")]),
    ("digits", "telephone", [base(), Segment.make("J1", **J1, telephone="555 0147")]),
    ("date", "last_payment_date", [base(last_payment_date="02302019")]),
    ("date", "deferred_start", [base(), Segment.make("K4", special_payment="02", deferred_start="13012019")]),
    ("identification-number", "identification_number", [base(identification_number="0" * 20)]),
    ("identification-number", "identification_number", [base(identification_number="9" * 20)]),
    ("identification-number", "identification_number", [base(identification_number="")]),
    ("account-number", "account_number", [base(account_number="")]),
    ("portfolio-type", "portfolio_type", [base(portfolio_type="Z")]),
    ("date-opened", "date_opened", [base(date_opened="0")]),
    ("account-information-date", "account_information_date", [base(account_information_date="")]),
    ("opened-after", "date_opened", [base(date_opened="02012019")]),
    ("terms-duration", "terms_duration", [base(terms_duration="060")]),
    ("account-status", "account_status", [base(account_status="42")]),
    ("payment-rating", "payment_rating", [base(payment_rating="0")]),
    ("payment-rating-missing", "payment_rating", [base(**(PAID | {"payment_rating": ""}))]),
    ("payment-rating-code", "payment_rating", [base(**(PAID | {"payment_rating": "7"}))]),
    ("payment-history", "payment_history_profile", [base(payment_history_profile="0" * 23 + "X")]),
    ("payment-history", "payment_history_profile", [base(payment_history_profile="0" * 23)]),
    ("payment-history-gap", "payment_history_profile", [base(payment_history_profile="0B" + "0" * 22)]),
    ("compliance-condition", "compliance_condition", [base(compliance_condition="XI")]),
    ("past-due-current", "amount_past_due", [base(amount_past_due="1")]),
    ("past-due-missing", "amount_past_due", [base(**(LATE | {"amount_past_due": "0"}))]),
    ("balance-of-paid", "current_balance", [base(**(PAID | {"current_balance": "1"}))]),
    ("charge-off-missing", "charge_off_amount", [base(**(LOSS | {"charge_off_amount": ""}))]),
    ("first-delinquency-current", "first_delinquency_date", [base(first_delinquency_date="12012018")]),
    ("first-delinquency-missing", "first_delinquency_date", [base(**(LATE | {"first_delinquency_date": "0"}))]),
    ("first-delinquency-missing", "first_delinquency_date", [base(**(PAID | {"payment_rating": "L"}))]),
    ("first-delinquency-range", "first_delinquency_date", [base(**(LATE | {"first_delinquency_date": "12012014"}))]),
    ("first-delinquency-range", "first_delinquency_date", [base(**(LATE | {"first_delinquency_date": "02012019"}))]),
    ("name-missing", "surname", [base(), Segment.make("J1", **(J1 | {"surname": ""}))]),
    ("address-missing", "address_1", [base(address_1="")]),
    ("identity-missing", "ssn", [base(ssn="999999999", birth_date="")]),
    ("identity-missing", "ssn", [base(), Segment.make("J2", **(J1 | {"ssn": ""}), address_1="X", city="Y")]),
    ("ecoa-obsolete", "ecoa", [base(ecoa="4")]),
    ("ecoa", "ecoa", [base(), Segment.make("J1", **(J1 | {"ecoa": ""}))]),
    ("sale-indicator", "sale_indicator", [base(), Segment.make("K2", sale_indicator="3", sale_name="ROE")]),
    ("change-indicator", "change_indicator", [base(), Segment.make("L1", new_account_number="B1")]),
]  # fmt: skip


def _rules(data: bytes) -> list[tuple[int, str, str | None]]:
    summary = inspect_records(io.BytesIO(data))
    return [(each["line"], each["rule"], each.get("field")) for each in summary.findings]


@pytest.mark.parametrize("numbers", list(Numbers))
def test_clean_records_break_no_rule(numbers: Numbers) -> None:
    records = [[each.recoded(numbers) for each in segments] for segments in CLEAN]
    line_end = b"\n" if numbers is Numbers.CHARACTERS else b""
    assert _rules(as_bytes(build_file(records, numbers=numbers, line_end=line_end))) == []


@pytest.mark.parametrize(("rule", "field", "segments"), BROKEN)
def test_a_broken_rule_is_found_alone(rule: str, field: str | None, segments: list[Segment]) -> None:
    assert _rules(as_bytes(build_file([CLEAN[0], segments, CLEAN[1]]))) == [(3, rule, field)]


def test_a_record_of_another_length_than_told() -> None:
    built = build_file([[base()]])
    data = as_bytes([built[0]]) + b"0006" + built[1].raw[4:] + built[2].raw.rstrip() + b"\n"
    assert _rules(data) == [(2, "record-length", None), (3, "record-length", None)]


def test_header_and_trailer_are_missed() -> None:
    (record,) = build_file([[base()]], frame=False)
    assert _rules(record.raw) == [(1, "header-missing", None), (1, "trailer-missing", None)]
    assert _rules(Record.build(1, [header()]).raw) == [(1, "trailer-missing", None)]


def test_every_rule_is_checked_and_broken_here() -> None:
    findings = {name for name, rule in RULES.items() if rule.severity is not Severity.REFUSED}
    assert findings - CHECKED == {"header-missing", "trailer-missing", "trailer-total"}
    assert {rule for rule, _, _ in BROKEN} | {"record-length"} == CHECKED
    for rule in RULES.values():
        assert rule.sentence.endswith("."), rule.name
        assert rule.rests_on, rule.name


@pytest.mark.parametrize("name", TOTALS)
def test_a_wrong_total_is_found(name: str) -> None:
    blocked = name == "blocks"
    built = build_file(CLEAN, blocked=blocked)
    counted = int(built[-1].segments[0][name])
    lying = built[-1].segments[0].with_values(**{name: str(counted + 1)})
    built[-1] = Record.build(len(built), [lying], blocked=blocked)
    summary = inspect_records(io.BytesIO(as_bytes(built)))
    assert list(summary.findings) == [
        {"line": len(built), "rule": "trailer-total", "severity": "error", "segment": "TRAILER", "field": name,
         "told": counted + 1, "counted": counted}
    ]  # fmt: skip


def test_totals_begin_anew_after_a_trailer() -> None:
    once = as_bytes(build_file(CLEAN))
    assert _rules(once * 3) == []
    assert {rule for _, rule, _ in _rules(once + as_bytes(build_file(CLEAN)[1:]))} == set()


@given(files())
def test_totals_are_those_of_the_records(built: list[Record]) -> None:
    totals = Totals()
    for batch in read_batches(io.BytesIO(as_bytes(built))):
        for record, differences in totals.follow(batch):
            assert not differences, record.line
    if built[-1].kind != "TRAILER":
        blocks = sum(bool(record.before) for record in built)
        assert totals.counts == count_totals([record.segments for record in built]) | {"blocks": blocks}


@given(files())
def test_findings_do_not_depend_on_the_format(built: list[Record]) -> None:
    records = [[each.recoded(Numbers.CHARACTERS) for each in record.segments] for record in built]
    plain = [Record.build(line, segments) for line, segments in enumerate(records, 1)]
    assert _rules(as_bytes(plain)) == _rules(as_bytes(built))


def test_nothing_makes_the_checks_fail() -> None:
    chance = random.Random(11)  # noqa: S311
    data = as_bytes(build_file(CLEAN))
    found: Counter[str] = Counter()
    for _ in range(200):
        damaged = mutated(data, chance)
        records = list(read_records(io.BytesIO(damaged)))
        lines = {each.line for each in records if isinstance(each, Record)}
        for batch in read_batches(io.BytesIO(damaged)) if lines else ():
            for broken in find(batch):
                assert broken.rule in CHECKED
                assert set(broken.lines.tolist()) <= lines
                found[broken.rule] += 1
    assert len(found) > 10
