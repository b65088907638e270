"""No delivery brings a special category in, whatever it calls the column; and no innocent one is turned away."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_files import numbered, written

from bureau.content import BytesContent
from bureau.contracts import Format
from bureau.delivery import Delivery
from bureau.door import RULE, TERMS, refuse_special_categories, special_category
from bureau.errors import DeliveryRefused
from bureau.formats.opening import open_records
from bureau.history import History
from bureau.ingest import ingest
from bureau.kinds.all import KINDS
from bureau.portfolios.home_credit import HomeCredit
from bureau.portfolios.taiwan import Taiwan
from bureau.vault.fields import IDENTITY_FIELDS, SPECIAL_CATEGORIES

REFUSED = {
    "religion": "religion Religion RELIGIOUS_AFFILIATION religiousBelief faith 宗教 宗教信仰 zongjiao churchMember "
    "custreligion applicantreligion 信教 "
    "RELI\u00adGION re\u200bligion \ufeffreligion relіgion rεligiοn ｒｅｌｉｇｉｏｎ",
    "ethnicity": "race applicant_race raceEthnicity ethnic-group 民族 民族代码 种族 種族 skin_colour minzu caste "
    "racecode customerrace applicantethnicity",
    "politics": "political_opinion politicalParty party_membership 政治面貌 党派 是否党员 黨員 partyaffiliation",
    "union": "trade_union tradeUnionMembership union_member UNION_DUES labor_union unionised 工会会员 "
    "tradeunion unionmember",
    "genes": "gene genes geneticTest genome DNA dna_sample genotype 基因 基因检测 遗传病史 geneticdata DNAprofile",
    "biometrics": "fingerprint finger_prints FingerPrintHash biometricTemplate face_id faceTemplate iris_scan "
    "voiceprint 指纹 指纹模板 指紋 人脸特征 虹膜 声纹 生物识别信息 fingerprinthash irisscan "
    "profile_fingerprint",
    "blood type": "blood_type bloodType bloodtype BLOOD-GROUP 血型 xuexing 血型RH "
    "bloodgrp blood_grp abo_group rh_factor",
    "health": "health healthStatus health_insurance_premium disease chronic_diseases medicalHistory diagnosis_code "
    "icd10 HIVStatus disability disabled_person pregnancy mental_illness hospital_name 健康状况 疾病 疾病病史 病史 "
    "残疾证号 诊断 hivstatus isHIVpositive med_hist 患者 病情 传染病 health_check_result patient_diagnostic_code",
    "sex life": "sexual_orientation sexuality lgbt sex_life 性取向 genderidentity",
}
LET_IN = (
    *("trace_id", "grace_period", "embraces", "race_track", "horse_race", "race_condition"),
    *("general_ledger", "generation", "gender", "sex", "nationality", "citizenship", "country_of_birth", "heritage"),
    *("device_fingerprint", "browserFingerprint", "file_fingerprint", "设备指纹", "delivery_fingerprint"),
    *("financial_health", "account_health", "wealth", "instrumental", "environmental", "fundamental_value"),
    *("credit_union", "credit_union_member", "western_union_reference", "reunion", "european_union", "union_square"),
    *("third_party", "counterparty", "politically_exposed_person", "iris", "surface_id", "is_disabled", "disabled_at"),
    *("system_diagnostics", "health_check", "healthCheckUrl", "diagnostic_code", "facial_value", "devicefingerprint"),
    *("trace_code", "archiv_status", "invoice_print_date", "interface_template", "counterparty_membership"),
    *("gen_eticket_no", "creditunionmember", "терминал", "κωδικός"),
    *("good_faith_deposit", "remark", "customer_ref", "备注", "民事判决", "政策", "工作单位", "健", "客户编号", "地址"),
)


@pytest.mark.parametrize(
    ("category", "name"), [(category, name) for category, names in REFUSED.items() for name in names.split()]
)
def test_a_column_of_a_special_category_is_known_by_its_name(category: str, name: str) -> None:
    found = special_category(name)
    assert found is not None
    assert found[0] == category


@pytest.mark.parametrize("name", LET_IN)
def test_an_innocent_column_is_let_in(name: str) -> None:
    assert special_category(name) is None


def test_every_category_that_the_vault_declares_has_its_words() -> None:
    assert set(TERMS) == set(SPECIAL_CATEGORIES) == set(REFUSED)


def test_no_column_of_ours_is_refused() -> None:
    contracts = (*KINDS.values(), *HomeCredit().contracts(), *Taiwan().contracts())
    names = [
        name
        for contract in contracts
        for name in (*contract.not_taken, *(each for c in contract.columns for each in (c.name, *c.aliases)))
    ]
    assert len(names) > 300
    assert not [name for name in (*names, *IDENTITY_FIELDS) if special_category(name)]


_STYLES = (" ".join, "_".join, "-".join, ".".join, lambda words: words[0] + "".join(w.capitalize() for w in words[1:]))


@given(
    name=st.sampled_from([("blood", "type"), ("medical", "history"), ("political", "opinion"), ("trade", "union")]),
    before=st.lists(st.sampled_from(["client", "is", "new", "x"]), max_size=2),
    after=st.lists(st.sampled_from(["code", "flag", "old", "y"]), max_size=2),
    style=st.sampled_from(_STYLES),
    upper=st.booleans(),
)
def test_however_the_words_are_joined(
    name: tuple[str, str], before: list[str], after: list[str], style: object, upper: bool
) -> None:
    joined = style([*before, *name, *after])  # type: ignore[operator]
    assert special_category(joined) is not None
    if upper and style is not _STYLES[-1]:
        assert special_category(joined.upper()) is not None


@given(st.text())
def test_any_name_is_judged(name: str) -> None:
    special_category(name)


# -- in the formats -----------------------------------------------------------------------------


def _read(form: Format, data: bytes) -> None:
    """Read a delivery to its end, and let the door look at what was met."""
    name = f"x.{form}"
    with open_records(BytesContent(name, data), form) as records:
        for _ in records.chunks([each for each in records.names if "." not in each][:1], 1_000):
            pass
        refuse_special_categories(name, records.paths)


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _lines(*records: object) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


_PERSON = pa.struct([("ref", pa.string()), ("blood", pa.struct([("type", pa.string())]))])
_PLAIN = {"ref": "A"}
BROUGHT: Sequence[tuple[Format, bytes]] = (
    ("csv", b"ref,religion\nA,x\n"),
    ("csv", "ref,血型\nA,x\n".encode()),
    ("csv", b'ref,"Blood Type"\nA,x\n'),
    ("jsonl", _lines({**_PLAIN, "religion": None})),
    ("jsonl", _lines(_PLAIN, {**_PLAIN, "更多": {"病史": "x"}})),
    ("jsonl", _lines({**_PLAIN, "more": [{"a": 1}, {"genetic_marker": 1}]})),
    ("jsonl", _lines({**_PLAIN, "more": [{"a": 1}, [1], {"b": {"genetic_marker": 1}}]})),
    ("jsonl", _lines(*[_PLAIN] * 5_000, {**_PLAIN, "disease": "x"})),
    ("jsonl", _lines(_PLAIN) + b'{"ref": "B", "disease": "x"\n'),
    ("jsonl", _lines(_PLAIN) + b'{"ref": "B\0", "disease": "x"}\n'),
    ("jsonl", _lines(_PLAIN) + b'{"ref": "B", "dis\\u0065ase": "x"}\n'),
    ("jsonl", _lines(_PLAIN) + b'{"ref": "B", "a": ' + b"[" * 3_000 + b'{"disease": 1}' + b"]" * 3_000 + b"}\n"),
    ("parquet", _parquet(pa.table({"ref": ["A"], "religion": ["x"]}))),
    ("parquet", _parquet(pa.table({"ref": ["A"], "person": pa.array([{"ref": "A"}], _PERSON)}))),
    ("parquet", _parquet(pa.table({"ref": ["A"], "person": pa.array([[{"ref": "A"}]], pa.list_(_PERSON))}))),
)


@pytest.mark.parametrize(("form", "data"), BROUGHT)
def test_no_format_brings_it_in(form: Format, data: bytes) -> None:
    with pytest.raises(
        DeliveryRefused, match=rf"^x\.{form}, column \d+: {RULE}: its name holds '.+', so it would tell of"
    ):
        _read(form, data)


LET_PAST: Sequence[tuple[Format, bytes]] = (
    ("csv", b"ref,remark\nA,religion: none\n"),
    ("jsonl", _lines({**_PLAIN, "remark": 'he said "religion": none, {"disease": 1}'})),
    ("jsonl", _lines({**_PLAIN, "remark": "disease", "more": {"a": ["religion", "x", ":"]}})),
    ("jsonl", _lines(_PLAIN) + b'{"ref": "disease", "remark": "x", ":": "y"\n'),
    ("parquet", _parquet(pa.table({"ref": ["religion"], "more": pa.array([{"a": "disease"}])}))),
)  # fmt: skip


@pytest.mark.parametrize(("form", "data"), LET_PAST)
def test_what_stands_in_a_value_is_no_column(form: Format, data: bytes) -> None:
    _read(form, data)


def test_the_error_tells_nothing_of_a_header_that_is_somebodys_data() -> None:
    with pytest.raises(DeliveryRefused, match=RULE) as refused:
        refuse_special_categories("x.csv", ["Ada", "Healthsmith, 12 Quay Street"])
    assert str(refused.value) == (
        "x.csv, column 2: special-category: its name holds 'health', so it would tell of health (GDPR Art. 9, "
        "CIR Art. 14, FCRA § 604(g), PIPL Art. 28); deliver the file without it (nothing was loaded)"
    )


def _keys(value: object, above: str = "") -> set[str]:
    """An independent walk through a JSON value: the paths of its keys."""
    if isinstance(value, list):
        return {key for each in value for key in _keys(each, above)}
    if isinstance(value, dict):
        inner = {above + key for key in value}
        return inner | {key for name, each in value.items() for key in _keys(each, f"{above}{name}.")}
    return set()


_KEY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3)
_JSON = st.recursive(
    st.none() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEY, inner, max_size=3),
    max_leaves=12,
)


@given(records=st.lists(st.dictionaries(_KEY, _JSON, min_size=1, max_size=3), min_size=1, max_size=3))
def test_every_key_of_json_lines_is_met(records: list[dict[str, object]]) -> None:
    with open_records(BytesContent("x.jsonl", _lines(*records)), "jsonl") as file:
        for _ in file.batches([]):
            pass
        met = set(file.paths)
    # A key below values of different kinds may be met without the keys above it.
    for path in {path for record in records for path in _keys(record)}:
        assert any(path == each or path.endswith(f".{each}") for each in met)


def test_all_categories_are_told_with_their_provisions() -> None:
    for category, names in REFUSED.items():
        with pytest.raises(DeliveryRefused, match=RULE) as refused:
            refuse_special_categories("x.csv", ["ref", names.split()[0]])
        assert all(provision in str(refused.value) for provision in SPECIAL_CATEGORIES[category].forbidden_by)


# -- at ingest ----------------------------------------------------------------------------------


def _with_more(kind: str, name: str) -> bytes:
    """A clean delivery of a kind, whose records tell one thing more."""
    data = written(kind, numbered(kind, 3))
    match KINDS[kind].format:
        case "csv":
            header, *lines = data.decode().splitlines()
            return "\n".join([f"{header},{name}", *(f"{line},x" for line in lines)]).encode()
        case "jsonl":
            first, *lines = data.decode().splitlines()
            return "\n".join(
                [first, *(json.dumps(json.loads(line) | {"more": {name: "x"}}) for line in lines)]
            ).encode()
        case _:
            table = pq.read_table(io.BytesIO(data))
            return _parquet(table.append_column(name, pa.array(["x"] * len(table))))


@pytest.mark.parametrize("kind", ["court_records", "shop_orders", "lender_customers"])
def test_a_delivery_with_a_special_category_leaves_nothing_behind(history: History, kind: str) -> None:
    def delivery(name: str) -> Delivery:
        content = BytesContent(f"{name}.{KINDS[kind].format}", _with_more(kind, name))
        return Delivery(KINDS[kind], content, datetime.fromisoformat("2024-07-04"), furnisher_id="f")

    for name in ("religion", "血型"):
        with pytest.raises(DeliveryRefused, match=f"column .+: {RULE}"):
            ingest(history, delivery(name))
    with history.read() as connection:
        assert connection.execute("SELECT count(*) FROM identity").fetchone() == (0,)
        refused = connection.execute("SELECT rule FROM refused_delivery").fetchall()
    assert len(refused) == 2
    assert all(RULE in rule for (rule,) in refused)
    receipt = ingest(history, delivery("remark"))
    assert (receipt.accepted, receipt.quarantined) == (3, 0)
