"""How fast Metro 2 files are written, read to columns and checked, against limits measured beside them.

``python -m benchmarks.metro2 [--megabytes 200] [--runs 3] [--json]``

Every figure is processor time of one core, the best of several runs, as megabytes of the file a
second. The limits read the same bytes and do less:

- *copy*: the bytes are read and copied once;
- *cut*: every field of every record is copied into an Arrow array of its own as it stands, neither
  trimmed nor checked, without looking for the ends of the records;
- *lines*: pyarrow's CSV reader makes one text column of the lines.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from bureau.metro2.columns import read_columns
from bureau.metro2.encode import Appended, Values, encode_header, encode_records, encode_trailer
from bureau.metro2.framing import BLOCK_BYTES
from bureau.metro2.inspect import inspect_file
from bureau.metro2.layout import BASE
from bureau.metro2.packed import Numbers
from bureau.metro2.records import Record, read_records, write_records
from bureau.metro2.totals import Totals

__all__ = ["Figure", "measure", "write_file"]

_AT_ONCE = 20_000
_SLOW_SHARE = 20
_SOME = ("account_number", "account_status", "current_balance", "amount_past_due", "account_information_date")


@dataclass(frozen=True)
class Figure:
    """One measurement: megabytes a second, and its share of the limit *cut*."""

    name: str
    megabytes_a_second: float
    share_of_cut: float | None = None


def columns(rows: int, rng: np.random.Generator) -> dict[str, Values]:
    """Made-up records as columns."""
    month = np.datetime64("2019-01-31")
    surnames = pa.array(["DOE", "SMITH", "O'NEIL-BAKER", "VAN DER BERG", "LEE"]).dictionary_encode()
    streets = pa.array([f"{number} HARBOUR STREET" for number in range(1, 400)]).dictionary_encode()
    late = rng.random(rows) < 0.05
    return {
        "identification_number": "HARBOUR01",
        "time_stamp": np.datetime64("2019-02-01T03:04:05"),
        "account_number": pa.array(rng.integers(10**11, 10**12, rows).astype("U12")),
        "portfolio_type": "R",
        "account_type": "18",
        "date_opened": month - rng.integers(30, 6000, rows),
        "credit_limit": rng.integers(1, 500, rows) * 100,
        "highest_credit": rng.integers(0, 50_000, rows),
        "terms_duration": "REV",
        "terms_frequency": "M",
        "scheduled_payment": rng.integers(0, 900, rows),
        "actual_payment": rng.integers(0, 900, rows),
        "account_status": pa.array(np.where(late, "71", "11")),
        "payment_history_profile": pa.array(["0" * 24, "0" * 12 + "B" * 12]).take(pa.array(rng.integers(0, 2, rows))),
        "current_balance": rng.integers(0, 50_000, rows),
        "amount_past_due": np.where(late, 90, 0),
        "account_information_date": month,
        "first_delinquency_date": np.where(late, month - 31, np.datetime64("NaT")),
        "last_payment_date": month - rng.integers(0, 31, rows),
        "surname": surnames.take(pa.array(rng.integers(0, 5, rows))),
        "first_name": pa.array(["JANE", "CHRISTOPHER", "JO"]).take(pa.array(rng.integers(0, 3, rows))),
        "ssn": rng.integers(10**8, 9 * 10**8, rows),
        "birth_date": np.datetime64("1999-12-31") - rng.integers(0, 20_000, rows),
        "telephone": rng.integers(2 * 10**9, 10**10, rows),
        "ecoa": "1",
        "country": "US",
        "address_1": streets.take(pa.array(rng.integers(0, len(streets), rows))),
        "city": pa.array(["SPRINGFIELD", "ALTON"]).take(pa.array(rng.integers(0, 2, rows))),
        "state": "IL",
        "zip": "62701",
    }


def segments(rows: int, rng: np.random.Generator) -> dict[str, Appended]:
    """An associated consumer for a fourth of the records, an original creditor for a tenth."""
    joint, bought = (np.flatnonzero(rng.random(rows) < share) for share in (0.25, 0.1))
    return {
        "J2": Appended(joint, {"surname": "ROE", "first_name": "RICHARD", "ecoa": "2", "birth_date": "1980-02-29",
                               "address_1": "2 HARBOUR STREET", "city": "ALTON"}),
        "K1": Appended(bought, {"original_creditor": "ROE BANK", "creditor_classification": "08"}),
    }  # fmt: skip


def write_file(path: Path, megabytes: float, *, appended: bool) -> float:
    """Write made-up records; the processor seconds that this took, without making them up."""
    rng = np.random.default_rng(2026)
    made = [(columns(_AT_ONCE, rng), segments(_AT_ONCE, rng) if appended else None) for _ in range(4)]
    totals, spent, written = Totals(), 0.0, 0
    with path.open("wb") as file:
        file.write(encode_header({"reporter_name": "HARBOUR BANK", "activity_date": "2019-01-31"}))
        while written < megabytes * 1e6:
            told, more = made[written % len(made)]
            begun = time.process_time()
            data = encode_records(told, more, totals=totals)
            spent += time.process_time() - begun
            written += file.write(data)
        file.write(encode_trailer(totals))
    return spent


def write_packed(source: Path, path: Path) -> None:
    """The records of a file in the packed format, with block descriptor words."""
    with source.open("rb") as file, path.open("wb") as packed:
        write_records(_packed(file), packed)


def _packed(file: BinaryIO) -> Iterator[Record]:
    for record in read_records(file):
        if isinstance(record, Record):
            recoded = [segment.recoded(Numbers.DECIMAL) for segment in record.segments]
            yield Record.build(record.line, recoded, blocked=True, line_end=b"")


def measure(folder: Path, megabytes: float, runs: int) -> list[Figure]:
    """Write files, then read them in several ways."""
    pa.set_cpu_count(1)
    plain, mixed, packed, small = (folder / f"{name}.m2" for name in ("plain", "mixed", "packed", "small"))
    figures = []
    for path, appended in ((plain, False), (mixed, True)):
        spent = write_file(path, megabytes, appended=appended)
        name = "write, with appended segments" if appended else "write"
        figures.append(Figure(name, path.stat().st_size / 1e6 / spent))
    write_file(small, megabytes / _SLOW_SHARE, appended=True)
    write_packed(small, packed)
    cut = _rate(plain, lambda: _cut(plain), runs)
    figures += [
        Figure("limit: copy", _rate(plain, lambda: _copy(plain), runs)),
        Figure("limit: cut", cut, 1.0),
        Figure("limit: lines", _rate(plain, lambda: _lines(plain), runs)),
    ]
    for name, path, run in (
        ("to columns, all of them", plain, lambda: _columns(plain)),
        ("to columns, five of them", plain, lambda: _columns(plain, _SOME)),
        ("to columns, with appended segments", mixed, lambda: _columns(mixed)),
        ("to columns, packed and blocked", packed, lambda: _columns(packed)),
        ("inspect: all rules and totals", mixed, lambda: inspect_file(mixed)),
        ("one record at a time", small, lambda: _records(small)),
    ):
        rate = _rate(path, run, runs)
        figures.append(Figure(name, rate, rate / cut))
    return figures


def _rate(path: Path, run: Callable[[], object], runs: int) -> float:
    """Megabytes of the file a second of processor time, in the best run."""
    taken = []
    for _ in range(runs):
        begun = time.process_time()
        run()
        taken.append(time.process_time() - begun)
    return path.stat().st_size / 1e6 / min(taken)


def _copy(path: Path) -> None:
    with path.open("rb") as file:
        while piece := file.read(BLOCK_BYTES):
            np.frombuffer(piece, dtype=np.uint8).copy()


def _cut(path: Path) -> None:
    stride = BASE.length + 1
    with path.open("rb") as file:
        while piece := file.read(BLOCK_BYTES // stride * stride):
            rows = np.frombuffer(piece, dtype=np.uint8).reshape(-1, stride)
            for each in BASE.fields:
                data = pa.py_buffer(np.ascontiguousarray(rows[:, each.place]))
                pa.FixedSizeBinaryArray.from_buffers(pa.binary(each.length), len(rows), [None, data])


def _lines(path: Path) -> None:
    options = pa_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=["line"])
    parsing = pa_csv.ParseOptions(delimiter="\1", quote_char=False)
    for _ in pa_csv.open_csv(path, options, parsing, pa_csv.ConvertOptions(column_types={"line": pa.string()})):
        pass


def _columns(path: Path, wanted: tuple[str, ...] | None = None) -> None:
    with path.open("rb") as file:
        for _ in read_columns(file) if wanted is None else read_columns(file, columns=wanted):
            pass


def _records(path: Path) -> None:
    with path.open("rb") as file:
        for _ in read_records(file):
            pass


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=200)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = measure(Path(scratch), options.megabytes, options.runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if options.json:
        told = {"megabytes": options.megabytes, "peak_memory_mb": round(peak), "figures": [asdict(x) for x in figures]}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return
    sys.stdout.write(f"| {options.megabytes:.0f} MB, peak memory {peak:.0f} MB | MB/s a core | share of the limit |\n")
    sys.stdout.write("|---|---|---|\n")
    for figure in figures:
        share = "" if figure.share_of_cut is None else f"{figure.share_of_cut:.2f}"
        sys.stdout.write(f"| {figure.name} | {figure.megabytes_a_second:.0f} | {share} |\n")


if __name__ == "__main__":
    main()
