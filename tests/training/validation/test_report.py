"""The page, the PDF and the data files: complete in themselves, and the same bytes for the same evidence."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import pytest
from pdf_text import pdf_text

from training.report.shown import shown
from training.validation import Column, Finding, Interval, Section, Table, Validation, write_validation
from training.validation.columns import widths_of
from training.validation.data import figures_json, table_csv
from training.validation.html import render_html
from training.validation.pdf import render_pdf

_VOID = {"meta", "br", "hr", "img", "link", "input"}


class _Page(HTMLParser):
    """Reads a page, and fails on a tag that is not closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.shown: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"{tag}: an attribute stands twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> stands in the wrong place"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.shown.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.shown).split())


@pytest.fixture(scope="module")
def page(validation: Validation) -> str:
    return render_html(validation)


@pytest.fixture(scope="module")
def paper(validation: Validation) -> bytes:
    return render_pdf(validation)


def _short(validation: Validation) -> Validation:
    return replace(validation, sections=validation.sections[4:5])


def test_page_loads_nothing_and_runs_nothing(page: str) -> None:
    tags = _Page(page).tags
    assert not {tag for tag, _ in tags} & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    for tag, attributes in tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in {"href", "src", "xlink:href", "srcset", "data", "action"}:
                assert (value or "").startswith("#"), (tag, name, value)
    addresses = set(re.findall(r"\w+://[^\s\"'<>)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}, "names of namespaces alone"
    assert not re.findall(r"@import|@font-face|url\((?!#)", page)
    assert len(page) < 3_000_000


def test_every_reference_within_the_page_leads_somewhere(page: str) -> None:
    tags = _Page(page).tags
    names = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(names) == len(set(names))
    used = re.findall(r'(?:href="|url\()#([^")]+)', page)
    used += [name for _, attributes in tags for name in (attributes.get("aria-labelledby") or "").split()]
    assert used
    assert set(used) <= set(names)


def test_pictures_are_xml_with_a_title_and_a_description(page: str, validation: Validation) -> None:
    pictures = re.findall(r'<svg role="img".*?</svg>', page, flags=re.DOTALL)
    assert len(pictures) == sum(len(section.pictures) for section in validation.sections) > 10
    for picture in pictures:
        root = ET.fromstring(picture)  # noqa: S314
        assert root[0].text
        assert root[1].text


def test_everything_that_was_found_is_on_the_page(page: str, validation: Validation) -> None:
    text = _Page(page).text
    for section in validation.sections:
        assert section.title in text
        for finding in section.findings:
            assert " ".join(finding.text.split()) in text
        for table in section.tables:
            assert table.title in text
            for row in table.rows[:3]:
                for cell, column in zip(row, table.columns, strict=True):
                    assert " ".join(shown(cell, column).split()) in text
    assert "nan" not in text.lower().split()


def test_same_evidence_gives_same_bytes_whatever_the_settings_of_matplotlib(validation: Validation) -> None:
    part = _short(validation)
    page, paper = render_html(part), render_pdf(part)
    with mpl.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.grid": False}):
        assert render_html(part) == page
        assert render_pdf(part) == paper


def test_paper_has_its_pages_contents_and_date(paper: bytes, validation: Validation) -> None:
    assert paper.startswith(b"%PDF-")
    assert paper.rstrip().endswith(b"%%EOF")
    assert b"/CreationDate (D:20261128000000Z)" in paper
    pages = int(re.findall(rb"/Count (\d+)", paper)[0])
    assert pages > 10
    assert paper.count(b"/Title ") >= len(validation.sections)
    assert b"/FontFile2" in paper, "fonts are embedded"
    assert len(paper) < 3_000_000


def test_files_are_written_where_they_are_told(validation: Validation, tmp_path: Path) -> None:
    part = _short(validation)
    written = write_validation(part, tmp_path / "a" / "b")
    names = {path.relative_to(tmp_path / "a" / "b").as_posix() for path in written}
    assert {"report.html", "report.pdf", "figures.json", "tables/discrimination.samples.csv"} <= names
    assert {path for path in (tmp_path / "a" / "b").rglob("*") if path.is_file()} == set(written)
    with (tmp_path / "a" / "b" / "tables" / "discrimination.samples.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[1]["auc"]) == validation.figures["discrimination.auc_test"]
    assert float(rows[1]["auc_interval_low"]) < float(rows[1]["auc"])


def test_figures_and_findings_are_json(validation: Validation) -> None:
    content = json.loads(figures_json(validation))
    assert content["figures"]["discrimination.auc_test"] == validation.figures["discrimination.auc_test"]
    assert content["findings"].keys() == validation.findings.keys()
    assert {each["verdict"] for each in content["findings"].values()} <= {"passed", "failed", "not assessed"}


def test_unknown_values_are_empty_in_the_data_and_a_dash_on_the_page() -> None:
    table = Table("t", "T", (Column("a", "A", "figure"), Column("b", "B", "share")),
                  ((float("nan"), Interval(0.1, 0.2)), (None, None)))  # fmt: skip
    assert table_csv(table) == [["a", "b_low", "b_high"], ["", "0.1", "0.2"], ["", "", ""]]
    assert shown(None, table.columns[0]) == shown(float("nan"), table.columns[0]) == "–"
    assert shown(Interval(0.1, 0.2), table.columns[1]).replace("\N{NO-BREAK SPACE}", " ") == "10.0 to 20.0 %"


def test_hostile_words_are_shown_and_do_nothing(validation: Validation) -> None:
    hostile = "<script>alert(1)</script>\"'&\x00\udcff 信用"
    table = Table("t", hostile, (Column("a", hostile),), ((hostile,),), hostile)
    section = Section(
        "hostile", hostile, (hostile,), (table,), (), (Finding("f", False, hostile, hostile),), (hostile,)
    )
    page = render_html(replace(validation, sections=(section,)))
    read = _Page(page)
    assert "script" not in {tag for tag, _ in read.tags}
    assert "<script>alert(1)</script>\"'&\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} 信用" in read.text
    assert page.encode("utf-8")
    assert "信用" in pdf_text(render_pdf(replace(validation, sections=(section,))))


def test_columns_are_as_wide_as_their_text_or_narrowed_to_their_words() -> None:
    rows = [["name", "a very long heading indeed"], ["x", "y"]]
    wide = widths_of(rows, len, 100, padding=2)
    assert wide.widths == (6.0, 28.0)
    assert wide.fits
    narrow = widths_of(rows, len, 20, padding=2)
    assert sum(narrow.widths) == pytest.approx(20)
    assert narrow.fits
    assert not widths_of(rows, len, 10, padding=2).fits
