from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer
from made_up_feeds import fill
from typer.testing import CliRunner, Result

from bureau.history import open_history
from bureau.home import open_home
from features.analysis.style import COLOURS as REPORT_COLOURS
from tradeline.furnishers_command import CadenceName, furnishers
from tradeline.monitor_command import monitor
from tradeline.monitor_data import as_metrics
from tradeline.monitor_pictures import COLOURS, SHIFT_CLASSES

CANARY = "CANARY7731"
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
VOID = {"meta", "br", "img", "hr"}

app = typer.Typer()
app.command()(monitor)
app.add_typer(furnishers, name="furnishers")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home in which everything has happened, and the moment to look at it; tests change it not."""
    root = tmp_path_factory.mktemp("monitor") / "home"
    with open_history(open_home(root, create=True)).write() as connection:
        return root, fill(connection, Path("/srv/in")).isoformat()


@pytest.fixture(scope="module")
def page(filled: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "deep" / "monitor.html"
    result = run("monitor", "--home", str(filled[0]), "--as-of", filled[1], "--html", str(path))
    assert result.exit_code == 0, result.output
    assert f"page  {path}" in result.output.replace("\n", "")
    return path.read_text(encoding="utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def looked_at(filled: tuple[Path, str], *options: str) -> str:
    result = run("monitor", "--home", str(filled[0]), "--as-of", filled[1], *options)
    assert result.exit_code == 0, result.output
    return result.stdout


# -- the table ----------------------------------------------------------------------------------


def test_the_table_has_a_line_a_feed_and_then_what_needs_a_person(filled: tuple[Path, str]) -> None:
    shown = looked_at(filled)
    assert re.search(r"harbour-bank +in time +2021-06-30 +10,785 +1\.7% +0\.2% +0\.05 +25", shown)
    assert re.search(r"corner-shop +overdue 9 days", shown)
    assert re.search(r"old-mill +overdue 29 days.*\n metro2 +1 held", shown)
    assert re.search(r"^held +old-mill: old-mill-2021-04\.txt \(0{8}\), 66 days: 98\.0", shown, flags=re.MULTILINE)
    assert re.search(r"^unusual +bright-power: bright-power-2021-06\.txt: 1\.9", shown, flags=re.MULTILINE)
    assert CANARY not in shown


def test_the_table_fits_a_narrow_terminal(filled: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table = looked_at(filled).partition("\nheld")[0]
    assert "…" not in table
    assert max(map(len, table.splitlines())) <= 80


def test_a_home_without_feeds_says_how_to_begin(tmp_path: Path) -> None:
    open_home(tmp_path / "home", create=True)
    result = run("monitor", "--home", str(tmp_path / "home"), "--html", str(tmp_path / "page.html"))
    assert result.exit_code == 0
    assert "tradeline furnishers add" in result.stdout
    assert "No furnisher is registered" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_one_form_at_a_time(filled: tuple[Path, str]) -> None:
    result = run("monitor", "--home", str(filled[0]), "--json", "--prometheus")
    assert (result.exit_code, "one form at a time" in result.output) == (2, True)
    assert run("monitor", "--home", str(filled[0]), "--as-of", "yesterday").exit_code == 2


# -- for machines -------------------------------------------------------------------------------


def test_json_tells_everything(filled: tuple[Path, str]) -> None:
    told = json.loads(looked_at(filled, "--json"))
    assert (told["as_of"], told["overdue"], told["held"], told["unusual"]) == ("2021-07-09T12:00:00Z", 3, 2, 1)
    feeds = {feed["furnisher"]: feed for feed in told["feeds"]}
    assert feeds["old-mill"]["held"][0]["held_because"]
    assert (feeds["old-mill"]["state"], feeds["old-mill"]["due_on"]) == ("overdue", "2021-06-10")
    assert feeds["new-telecom"]["last"] is None
    assert feeds["bright-power"]["last"]["anomalies"][0]["kind"] == "rejections"
    for feed in feeds.values():
        records = feed["records"]
        assert records["read"] == records["accepted"] + records["quarantined"] + records["duplicate"]
        assert len(feed["recent"]) <= 24
    assert CANARY not in json.dumps(told)


def metrics(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """The samples of an exposition, read by the rules of its text format and nothing of ours."""
    assert text.endswith("\n")
    types: dict[str, str] = {}
    helped: set[str] = set()
    done: set[str] = set()
    current = ""
    for line in text.splitlines():
        if match := re.fullmatch(rf"# HELP ({NAME}) (.*)", line):
            assert match[1] not in helped
            assert not re.search(r"\\(?![\\n])", match[2])
            helped.add(match[1])
        elif match := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram|summary|untyped)", line):
            assert match[1] not in types, "a type stands once, before the samples"
            types[match[1]] = match[2]
        else:
            match = re.fullmatch(rf'({NAME})(?:\{{((?:{NAME}="(?:[^"\\\n]|\\["\\n])*",?)*)\}})? (\S+)', line)
            assert match, line
            name = match[1]
            assert name in types
            if name != current:
                assert name not in done, "the samples of a metric stand together"
                done.add(name)
                current = name
            labels = {
                label: re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), value)
                for label, value in re.findall(rf'({NAME})="((?:[^"\\]|\\.)*)"', match[2] or "")
            }
            yield name, labels, float(match[3])
    assert helped == set(types) == done


def test_metrics_are_read_back(filled: tuple[Path, str]) -> None:
    text = looked_at(filled, "--prometheus")
    found = list(metrics(text))
    values = {(name, *sorted(labels.items())): value for name, labels, value in found}
    assert len(values) == len(found), "no sample stands twice"

    def value(name: str, furnisher: str, **labels: str) -> float:
        (one,) = [
            value
            for sample, told, value in found
            if sample == f"tradeline_{name}" and told["furnisher"] == furnisher and labels.items() <= told.items()
        ]
        return one

    assert value("feed_overdue_days", "old-mill") == 29
    assert value("feed_held_deliveries", "old-mill") == 1
    assert value("feed_held_seconds", "old-mill") == (66 * 24 + 6) * 3600
    assert value("feed_quarantine_records", "harbour-bank", state="open") == 25
    assert value("feed_findings", "harbour-bank", rule="reaged") == 40
    assert value("feed_deliveries", "northwind", status="turned away") == 1
    assert value("feed_anomalies", "bright-power", kind="rejections") == 1
    assert value("feed_refused_deliveries", "corner-shop") == 1
    due = datetime(2021, 8, 10, 23, 59, 59, tzinfo=UTC).timestamp()
    assert value("feed_due_timestamp_seconds", "harbour-bank") == due
    last = json.loads(looked_at(filled, "--json"))["feeds"][0]["last"]
    assert value("feed_field_shift_psi", "bright-power", field="balance") == pytest.approx(
        last["shifts"]["balance"], abs=1e-6
    )
    (named,) = [labels for name, labels, _ in found if name.endswith("info") and labels["furnisher"] == "county-court"]
    assert named["name"] == "County Court <Registry>"
    assert CANARY not in text
    assert ".txt" not in text, "names of files are no labels"


def test_labels_are_escaped() -> None:
    from bureau.monitor import FeedState, Monitoring

    name = 'the "Bank"\\\nof all'
    feed = FeedState("bank", name, "metro2", None, None, 10, None, (), 24, 0, 0, {}, 0)
    samples = list(metrics(as_metrics(Monitoring(datetime.fromisoformat("2020-01-01"), (feed,), ()))))
    assert [labels["name"] for sample, labels, _ in samples if sample == "tradeline_feed_info"] == [name]
    assert samples[0] == ("tradeline_monitor_timestamp_seconds", {}, 1577836800)


# -- the page -----------------------------------------------------------------------------------


class Reader(HTMLParser):
    """Whether tags nest, and what the page refers to."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), f"{tag} has {name}"
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href"):
                self.links.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_complete_in_itself(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    assert not {"script", "link", "img", "iframe", "object"} & set(reader.tags)
    assert all(link.startswith("#") for link in reader.links), "nothing is loaded"
    assert not re.search(r"url\((?!#)|@import", page)
    assert len(set(reader.ids)) == len(reader.ids)
    assert {link[1:] for link in reader.links} <= set(reader.ids)
    assert {link[1:] for link in re.findall(r"url\((#[^)]+)\)", page)} <= set(reader.ids)


def test_the_page_has_a_picture_a_feed_and_one_of_all(page: str) -> None:
    assert page.count("<svg") == 1 + 7, "of eight feeds, one has never delivered"
    assert page.count('role="img"') == 8
    assert "amount_past_due, northwind-2020-09.txt: PSI 0." in page, "cells have tips"
    assert "98.0\N{NO-BREAK SPACE}% of the good records were told before" in page


def test_the_page_tells_what_needs_attention(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    text = " ".join(reader.text.split())
    assert "8 feeds from 8 furnishers. 3 feeds are overdue. 2 deliveries wait for a person" in text
    assert "County Court <Registry>" in text
    assert "<Registry>" not in page, "names are escaped"
    assert "orders-week-101.jsonl" in text
    assert CANARY not in page


def test_the_same_history_gives_the_same_page(filled: tuple[Path, str], page: str, tmp_path: Path) -> None:
    looked_at(filled, "--html", str(tmp_path / "again.html"), "--json")
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_every_colour_can_be_changed_by_the_page(page: str) -> None:
    assert len(set(COLOURS.values())) == len(COLOURS)
    assert REPORT_COLOURS.items() <= COLOURS.items()
    assert {name for _, name, _ in SHIFT_CLASSES} <= COLOURS.keys()
    for name in COLOURS:
        assert f"--{name}:" in page, "the style sheet sets it"
        assert f"var(--{name}" in page, "something has it"


# -- furnishers ---------------------------------------------------------------------------------


def test_a_furnisher_is_registered_and_listed(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    told = [
        "--name",
        "Harbour Bank",
        "--contract",
        "metro2",
        "--jurisdiction",
        "us",
        "--currency",
        "USD",
        "--home",
        home,
    ]
    result = run("furnishers", "add", "harbour-bank", *told, "--place", str(tmp_path))
    assert (result.exit_code, result.stdout.startswith("registered harbour-bank: metro2, monthly, watched in")) == (
        0,
        True,
    )
    changed = json.loads(run("furnishers", "add", "harbour-bank", *told, "--cadence", "weekly", "--json").stdout)
    assert changed["cadence"] == "weekly"
    (listed,) = json.loads(run("furnishers", "--home", home, "--json").stdout)
    assert listed == changed | {"place": str(tmp_path)}
    shown = run("furnishers", "--home", home).stdout
    assert "harbour-bank" in shown
    assert "weekly" in shown


def test_what_cannot_be_registered_is_one_clear_line(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    told = ["--name", "X", "--jurisdiction", "us", "--currency", "USD", "--home", home]
    result = run("furnishers", "add", "x", *told, "--contract", "metro3")
    assert result.exit_code == 1
    assert "unknown contract 'metro3'; it is one of applications, " in str(result.exception)
    assert run("furnishers", "add", "x", *told, "--contract", "metro2", "--cadence", "yearly").exit_code == 2
    assert run("furnishers", "--home", str(tmp_path / "nowhere")).exit_code == 1


def test_the_commands_know_every_cadence() -> None:
    from typing import get_args

    from bureau.contracts import Cadence

    assert [cadence.value for cadence in CadenceName] == list(get_args(Cadence))
