"""``tradeline monitor --model``: the champion's population against that of today, as table, JSON and page."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_people_of_the_same_delivery_have_not_drifted(command: Any, run_home: Any, tmp_path: Path) -> None:
    page = tmp_path / "drift.html"
    shown = command("monitor", "--model", "--home", run_home.root, "--html", page)
    assert shown.code == 0, shown.err
    assert "were not seen by the fit" in " ".join(shown.out.split())
    assert "PSI of score" in " ".join(shown.out.split())
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 2
    assert "<script" not in text
    assert "http" not in text.replace("http://www.w3.org", "")

    found = command("monitor", "--model", "--portfolio", "home-credit", "--home", run_home.root, "--json").json
    assert found["model_version"].startswith("home-credit-")
    assert max(found["psi"].values()) > 0
    levels = {each["key"]: each["level"] for each in found["alarms"]}
    assert levels["input_shift"] in ("fine", "watch")  # the score of 60 people may move: it was fitted on 240
    assert levels["migration"] == "not assessed"  # nobody of development is among them


def test_wrong_usage(command: Any) -> None:
    assert "only --model watches" in " ".join(command("monitor", "--portfolio", "taiwan").err.split())
    assert "no metrics for Prometheus" in " ".join(command("monitor", "--model", "--prometheus").err.split())
