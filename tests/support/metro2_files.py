"""Metro 2 files that are made up, and a slow oracle of what their columns hold."""

from __future__ import annotations

import datetime
import gzip
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from hypothesis import strategies as st

from bureau.metro2.layout import APPENDED, BASE, LAYOUTS, Field, FieldKind
from bureau.metro2.packed import Numbers
from bureau.metro2.records import Record, Refused, Segment
from bureau.metro2.totals import TOTALS

__all__ = [
    "CLEAN",
    "as_bytes",
    "base",
    "build_file",
    "cfpb_files",
    "count_totals",
    "expected_rows",
    "files",
    "header",
    "mutated",
    "trailer",
]

CLEAN = {
    "processing_indicator": "1",
    "time_stamp": "02012019030405",
    "identification_number": "HARBOUR01",
    "account_number": "ACCT0001",
    "portfolio_type": "R",
    "account_type": "18",
    "date_opened": "05312015",
    "credit_limit": "5000",
    "highest_credit": "3100",
    "terms_duration": "REV",
    "terms_frequency": "M",
    "scheduled_payment": "50",
    "actual_payment": "75",
    "account_status": "11",
    "payment_history_profile": "0" * 12 + "B" * 12,
    "current_balance": "1200",
    "account_information_date": "01312019",
    "last_payment_date": "01202019",
    "surname": "DOE",
    "first_name": "JANE",
    "ssn": "123456789",
    "birth_date": "02291980",
    "telephone": "2025550147",
    "ecoa": "1",
    "country": "US",
    "address_1": "1 HARBOUR STREET",
    "city": "SPRINGFIELD",
    "state": "IL",
    "zip": "62701",
}
"""A base segment that breaks no rule."""


def header(numbers: Numbers = Numbers.CHARACTERS, **values: str) -> Segment:
    told = {"reporter_name": "HARBOUR BANK", "activity_date": "01312019", "created_date": "02012019"}
    return Segment.make("HEADER", numbers, **(told | values))


def base(numbers: Numbers = Numbers.CHARACTERS, **values: str) -> Segment:
    return Segment.make("BASE", numbers, **(CLEAN | values))


def trailer(records: Sequence[Sequence[Segment]], numbers: Numbers = Numbers.CHARACTERS, blocks: int = 0) -> Segment:
    totals = count_totals(records) | {"blocks": blocks}
    return Segment.make("TRAILER", numbers, **{name: str(count) for name, count in totals.items()})


def build_file(
    records: Sequence[Sequence[Segment]],
    *,
    numbers: Numbers = Numbers.CHARACTERS,
    blocked: bool = False,
    line_end: bytes = b"\n",
    frame: bool = True,
) -> list[Record]:
    """Records with a header and a trailer around them."""
    written = (
        [[header(numbers)], *records, [trailer(records, numbers, (len(records) + 2) * blocked)]] if frame else records
    )
    return [
        Record.build(line, segments, blocked=blocked, line_end=line_end) for line, segments in enumerate(written, 1)
    ]


def as_bytes(records: Iterable[Record | Refused]) -> bytes:
    return b"".join(record.raw for record in records)


# -- an oracle ----------------------------------------------------------------------------------


def count_totals(records: Sequence[Sequence[Segment]]) -> dict[str, int]:
    """The totals of a trailer, one segment at a time."""
    totals: Counter[str] = Counter(dict.fromkeys(TOTALS, 0))
    for segments in records:
        for segment in segments:
            kind = segment.kind.lower()
            if segment.kind in APPENDED and set("".join(segment.values().values())) <= {" ", "9"}:
                continue
            totals[kind] += 1
            if segment.kind == "BASE" and f"status_{segment['account_status'].lower()}" in totals:
                totals[f"status_{segment['account_status'].lower()}"] += 1
            if "ecoa" not in segment.layout:
                continue
            totals["ecoa_z"] += segment["ecoa"] == "Z"
            for name, nothing in (("ssn", "09"), ("birth_date", "0")):
                told = segment[name] and all(set(segment.text(name)) - {" "} != {each} for each in nothing)
                totals[f"{name}_{kind}"] += bool(told)
                totals[f"{name}_all"] += bool(told)
            totals["telephone_all"] += bool(segment["telephone"].strip("0 "))
    return dict(totals)


def expected_rows(records: Iterable[Record | Refused]) -> list[dict[str, object]]:
    """What the columns of a file hold, by its records."""
    rows = []
    for record in records:
        if isinstance(record, Refused) or record.kind != "BASE":
            continue
        row: dict[str, object] = {name: _told(record.segments[0], BASE[name]) for name in BASE.columns}
        for kind, names in (
            ("K1", ("original_creditor", "creditor_classification")),
            ("K2", ("sale_indicator", "sale_name")),
            ("L1", ("change_indicator", "new_account_number")),
            ("N1", ("employer", "occupation")),
        ):
            found = record.appended(kind)
            row |= {name: _told(found[0], found[0].layout[name]) if found else "" for name in names}
        consumers = [segment for segment in record.segments if segment.kind in ("J1", "J2")]
        row["associated"] = [_consumer(segment) for segment in consumers]
        row["line"] = record.line
        rows.append(row)
    return rows


def _consumer(segment: Segment) -> dict[str, str]:
    names = [name for name in APPENDED["J2"].columns if name not in ("address_indicator", "residence")]
    told = {name: _told(segment, segment.layout[name]) if name in segment.layout else "" for name in names}
    return {"kind": segment.kind, **told}


def _told(segment: Segment, field: Field) -> str:
    text = segment[field.name]
    if field.kind is not FieldKind.DATE or not text:
        return text
    if text == "00000000":
        return ""
    try:
        if len(text) != 8 or not (text.isascii() and text.isdigit()):
            return text
        return datetime.date(int(text[4:]), int(text[:2]), int(text[2:4])).isoformat()
    except ValueError:
        return text


# -- files to try -------------------------------------------------------------------------------


def cfpb_files(folder: Path) -> dict[str, bytes]:
    """The public files of the Consumer Financial Protection Bureau, unpacked, by name."""
    found = {}
    for path in sorted(folder.glob("cfpb_*")):
        data = path.read_bytes()
        found[path.name] = gzip.decompress(data) if path.suffix == ".gz" else data
    return found


_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
_DATES = st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)).map(lambda day: day.strftime("%m%d%Y"))


@st.composite
def _segments(draw: st.DrawFn, kind: str, numbers: Numbers) -> Segment:
    values: dict[str, str] = {}
    for field in LAYOUTS[kind].fields:
        if field.kind is FieldKind.TEXT:
            values[field.name] = draw(_TEXT)[: field.length].rstrip()
        elif field.kind is FieldKind.DATE:
            values[field.name] = draw(st.just("") | _DATES)
        elif field.kind is FieldKind.NUMBER:
            values[field.name] = str(draw(st.integers(0, 10**field.length - 1)))
    if kind == "BASE":
        values["time_stamp"] = draw(_DATES) + "123456"
        values["portfolio_type"] = draw(st.sampled_from("CIMOR"))
        values["account_type"] = "18"
        values["date_opened"] = draw(_DATES)
        values["account_status"] = draw(st.sampled_from(("05", "11", "13", "71", "97", "DA")))
        values["processing_indicator"] = "1"
    return Segment.make(kind, numbers, **values)


@st.composite
def files(draw: st.DrawFn) -> list[Record]:
    """A file of some sort: its format, its framing, a few records with what is appended."""
    numbers = draw(st.sampled_from(list(Numbers)))
    records = []
    for _ in range(draw(st.integers(1, 5))):
        kinds = draw(st.lists(st.sampled_from(list(APPENDED)), max_size=5))
        records.append([draw(_segments("BASE", numbers)), *(draw(_segments(kind, numbers)) for kind in kinds)])
    line_end = draw(st.sampled_from([b"\n", b"\r\n", b"\r", b""])) if numbers is Numbers.CHARACTERS else b""
    return build_file(
        records, numbers=numbers, blocked=draw(st.booleans()), line_end=line_end, frame=draw(st.booleans())
    )


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The same with some damage: bytes changed, put in, taken out, stretches moved, doubled or cut off."""
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(damaged) + 1)
        end = min(len(damaged), place + chance.choice((1, 1, 2, 4, 34, 100, 426)))
        what = chance.randrange(7)
        if what == 0:
            damaged[place:end] = chance.randbytes(end - place)
        elif what == 1:
            damaged[place:place] = chance.choice((b"\0", b"\n", b"\r", b" ", b"J1", b"0426", b"\xe9", b"X" * 20))
        elif what == 2:
            del damaged[place:end]
        elif what == 3:
            damaged[place:place] = damaged[place:end]
        elif what == 4:
            del damaged[place:]
        elif what == 5:
            damaged[place : place + 4] = b"%04d" % chance.choice((0, 6, 426, 526, 9999))
        else:
            damaged[place:end] = bytes(chance.choice(b"0 9AZ\x00\xff") for _ in range(end - place))
        if not damaged:
            return b""
    return bytes(damaged)
