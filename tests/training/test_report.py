"""The report: complete in itself, the same bytes for the same figures, readable whatever the population."""

from __future__ import annotations

import dataclasses
import itertools
import re
import xml.etree.ElementTree as ET
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta
from sklearn.metrics import roc_auc_score

from scoring.calibration import probability
from scoring.policy import Policy
from scoring.scale import ScoreScale
from training.figures import figures
from training.observed import Group, groups_by, roc
from training.pictures import draw_reasons
from training.report import Example, FeatureWeight, Report, render_report, write_report

_VOID = {"meta", "br", "hr", "img", "link", "input"}
_WEIGHTS = (("Late payments", 0.9), ("Card limit granted", -0.3), ("Length of credit history", 0.2))


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

    def rows(self, page: str, section: str) -> list[list[str]]:
        part = page.split(f'<section id="{section}">')[1].split("</section>", maxsplit=1)[0]
        return [
            [
                " ".join(re.sub(r"<[^>]+>", " ", cell).split())
                for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
            ]
            for row in re.findall(r"<tr[^>]*>(.*?)</tr>", part, re.DOTALL)
        ]


def _example(weights: tuple[tuple[str, float], ...] = _WEIGHTS, decision: str = "decline") -> Example:
    log_odds = -1.2 + sum(weight for _, weight in weights)
    score = int(ScoreScale().to_score(log_odds))
    return Example("one declined applicant", float(probability(log_odds)), score, decision, -1.2, weights)


def _delivery(**changes: Any) -> dict[str, Any]:
    usual = {
        "file": "statements.csv",
        "furnisher_id": "bank",
        "contract": "statement",
        "read": 1_010,
        "accepted": 1_000,
    }
    return usual | {"quarantined": 7, "duplicate": 3, "rules": {"range:LIMIT": 6, "known:STATUS": 2}} | changes


def _report(log_odds: npt.NDArray[np.float64], is_bad: npt.NDArray[np.bool_], **changes: Any) -> Report:
    chance = probability(log_odds)
    measured = dataclasses.asdict(figures(chance, is_bad)) if is_bad.any() and not is_bad.all() else {}
    report = Report(
        portfolio="taiwan",
        title="Training report taiwan-1",
        summary={"n_train": len(is_bad), "n_bad": int(is_bad.sum()), "model_version": "taiwan-1", **measured},
        is_bad=is_bad,
        default_probability=chance,
        credit_score=ScoreScale().to_score(log_odds),
        refer_below=534,
        decline_below=502,
        features=tuple(FeatureWeight(f"f_{n}", f"meaning {n}", "C01", "Share in use", 1 / (n + 1)) for n in range(25)),
        deliveries=(_delivery(), _delivery(file="outcomes.csv", quarantined=10, duplicate=0)),
        example=_example(),
        parameters={"learning_rate": 0.05, "seed": 2026, "lambda_l2": 8.3e-5},
        notes=("Cut-offs are examples.",),
    )
    return dataclasses.replace(report, **changes)


def _simulated(size: int, seed: int = 7) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    random = np.random.default_rng(seed)
    log_odds = random.normal(-1.6, 1.2, size)
    return log_odds, random.random(size) < probability(log_odds)


@pytest.fixture(scope="module")
def report() -> Report:
    return _report(*_simulated(3_000))


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return render_report(report)


# -- the file -----------------------------------------------------------------------------------


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


def test_every_reference_within_the_page_leads_somewhere(page: str) -> None:
    tags = _Page(page).tags
    names = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(names) == len(set(names))
    used = re.findall(r'(?:href="|url\()#([^")]+)', page)
    used += [name for _, attributes in tags for name in (attributes.get("aria-labelledby") or "").split()]
    assert used
    assert set(used) <= set(names)


def test_same_report_gives_same_bytes_whatever_the_settings_of_matplotlib(report: Report, page: str) -> None:
    before = dict(mpl.rcParams)
    with mpl.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.grid": False}):
        assert render_report(report) == page
    assert dict(mpl.rcParams) == before


def test_file_is_written_where_it_is_told(report: Report, page: str, tmp_path: Path) -> None:
    path = write_report(report, tmp_path / "reports" / "one.html")
    assert path.read_bytes() == page.encode("utf-8")
    assert len(page) < 400_000


def test_pictures_are_xml_with_a_title_and_a_description(page: str) -> None:
    pictures = re.findall(r'<svg role="img".*?</svg>', page, flags=re.DOTALL)
    assert len(pictures) == 4
    for picture in pictures:
        root = ET.fromstring(picture)  # noqa: S314
        title, told = root[0], root[1]
        assert (title.tag.split("}")[1], told.tag.split("}")[1]) == ("title", "desc")
        assert title.text
        assert told.text


# -- the figures --------------------------------------------------------------------------------


def test_every_figure_of_the_summary_appears(report: Report, page: str) -> None:
    text = _Page(page).text
    for name, value in report.summary.items():
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.4f}" if isinstance(value, float) else str(value)
        assert f"{name} {shown}" in text, name
    assert "seed 2026" in text
    assert "lambda_l2 8.3e-05" in text


def test_decisions_are_those_of_the_policy(report: Report, page: str) -> None:
    policy = Policy("taiwan", "1", date(2005, 1, 1), report.refer_below, report.decline_below)
    decisions = np.array([policy.decide(int(score)) for score in report.credit_score])
    rows = {row[0]: row for row in _Page(page).rows(page, "decisions")}
    for name, decision in (("Declined", "decline"), ("Referred", "refer"), ("Approved", "approve")):
        chosen = report.is_bad[decisions == decision]
        assert rows[name][2] == f"{len(chosen):,}"
        assert rows[name][4] == f"{chosen.sum():,}"
        assert rows[name][5] == f"{100 * chosen.mean():.1f} %"
    assert rows["All"][2] == "3,000"


def test_bands_and_deciles_hold_everybody_once(report: Report) -> None:
    for groups in (report.bands, report.score_groups, report.risk_groups):
        assert sum(group.count for group in groups) == len(report.is_bad)
        assert sum(group.bad for group in groups) == report.is_bad.sum()
    assert len(report.risk_groups) == 10
    assert {group.count for group in report.risk_groups} == {300}


def test_curve_agrees_with_another_implementation(report: Report) -> None:
    curve = roc(report.is_bad, report.default_probability)
    assert curve is not None
    assert curve.auc == pytest.approx(roc_auc_score(report.is_bad, report.default_probability))
    held_back = report.default_probability >= curve.ks_default_probability
    assert curve.ks == pytest.approx(held_back[report.is_bad].mean() - held_back[~report.is_bad].mean())


@given(st.lists(st.integers(300, 310), min_size=1, max_size=60), st.integers(1, 12))
def test_groups_hold_every_row_once_and_never_part_equal_values(values: list[int], count: int) -> None:
    scores = np.array(values)
    groups = groups_by(scores, count)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(values)))
    assert len(groups) <= count
    for lower, higher in itertools.pairwise(groups):
        assert scores[lower].max() < scores[higher].min()


@given(st.integers(1, 500), st.data())
def test_interval_is_that_of_jeffreys_and_holds_the_rate(count: int, data: st.DataObject) -> None:
    bad = data.draw(st.integers(0, count))
    low, high = Group("", count, bad, 0.0).interval
    assert low <= bad / count <= high
    if 0 < bad < count:
        assert (low, high) == pytest.approx(tuple(beta(bad + 0.5, count - bad + 0.5).ppf([0.025, 0.975])))


# -- the example --------------------------------------------------------------------------------


def test_steps_add_up_and_the_smallest_are_taken_together() -> None:
    weights = tuple((f"Reason {n}", 0.01 * n * (-1) ** n) for n in range(30))
    example = _example(weights)
    assert sum(weight for _, weight in example.steps) == pytest.approx(sum(weight for _, weight in weights))
    assert example.steps[0] == weights[-1]
    assert example.steps[-1][0] == "All 20 other reasons"


def test_reasons_told_raise_the_risk_and_are_at_most_four() -> None:
    weights = tuple((f"Reason {n}", 0.1 * (n - 2)) for n in range(9))
    assert _example(weights).told == ("Reason 8", "Reason 7", "Reason 6", "Reason 5")
    assert _example().told == ("Late payments", "Length of credit history")
    assert _example(decision="approve").told == ()


def test_example_whose_reasons_do_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match=r"add up to a default probability of 0\.\d+, the prediction is 0\.5000"):
        Example("one declined applicant", 0.5, 500, "decline", -1.2, _WEIGHTS)


def test_reasons_in_another_script_are_drawn_as_text() -> None:
    assert "信用卡账户逾期还款" in draw_reasons(-1.0, (("信用卡账户逾期还款", 0.5), ("$x$ < 1 & <b>", 0.2)), "one")


# -- the deliveries -----------------------------------------------------------------------------


def test_deliveries_add_up_and_name_the_rules(report: Report, page: str) -> None:
    rows = _Page(page).rows(page, "deliveries")
    assert rows[1] == ["statements.csv", "bank", "statement", "1,010", "1,000", "7", "3", "yes"]
    assert rows[2] == ["broken: range:LIMIT 6×, known:STATUS 2×"]
    assert rows[-1][:5] == ["All 2", "2,020", "2,000", "17", "3"]


def test_delivery_that_lost_a_record_is_pointed_at(report: Report) -> None:
    lossy = render_report(dataclasses.replace(report, deliveries=(_delivery(accepted=998),)))
    assert "no: 2 unaccounted for" in _Page(lossy).text


def test_hostile_names_are_shown_and_do_nothing(report: Report) -> None:
    hostile = "<script>alert(1)</script>\"'&\x00\udcff.csv"
    page = render_report(
        dataclasses.replace(
            report,
            title=hostile,
            deliveries=(_delivery(file=hostile, rules={hostile: 1}),),
            example=_example(((hostile.replace("\x00", "").replace("\udcff", ""), 0.4),)),
            features=(FeatureWeight(hostile, hostile, hostile, hostile, 0.1),),
            summary={hostile: hostile},
            notes=(hostile,),
        )
    )
    read = _Page(page)
    assert "script" not in {tag for tag, _ in read.tags}
    assert "<script>alert(1)</script>\"'&\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}.csv" in read.text
    assert page.encode("utf-8")


# -- populations at the edge --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("log_odds", "is_bad"),
    [
        ([-1.0], [True]),
        ([-1.0, -2.0], [False, False]),
        ([-1.0, 1.0, 0.0], [False, True, False]),
        ([-1.0] * 50, [True] * 10 + [False] * 40),
        ([-9.0] * 40 + [-8.0] * 5, [True] + [False] * 44),
        ([9.0] * 40, [True] * 39 + [False]),
        ([-40.0, 40.0] * 10, [False, True] * 10),
    ],
    ids=["one", "nobody bad", "three", "all alike", "all approved", "all declined", "certain"],
)
def test_page_reads_for_any_population(log_odds: list[float], is_bad: list[bool]) -> None:
    page = render_report(_report(np.array(log_odds), np.array(is_bad)))
    text = _Page(page).text
    assert "nan" not in text.lower()
    assert ("There is no ROC curve" in text) == (len(set(is_bad)) == 1)


@settings(max_examples=6, deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**16), st.integers(300, 850), st.integers(0, 60))
def test_page_reads_for_any_cut_offs(size: int, seed: int, decline_below: int, between: int) -> None:
    report = _report(*_simulated(size, seed), decline_below=decline_below, refer_below=decline_below + between)
    _Page(render_report(report))


def test_page_without_features_deliveries_and_notes_reads(report: Report) -> None:
    bare = dataclasses.replace(report, features=(), deliveries=(), notes=(), parameters={}, summary={"x": None})
    assert "x –" in _Page(render_report(bare)).text


@pytest.mark.parametrize("rows", [0, 2])
def test_arrays_of_different_lengths_are_refused(report: Report, rows: int) -> None:
    with pytest.raises(ValueError, match="pass one of each for every consumer"):
        dataclasses.replace(report, is_bad=report.is_bad[:rows])


def test_cut_offs_that_cross_are_refused(report: Report) -> None:
    with pytest.raises(ValueError, match="declines below 600, above its referral"):
        dataclasses.replace(report, decline_below=600)
