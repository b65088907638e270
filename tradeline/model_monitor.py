"""``tradeline monitor --model``: whether the champion still works on the people of today."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from training.pages import page_environment
from training.report.drawing import to_svg
from training.report.shown import shown

if TYPE_CHECKING:
    from training.drift.drift import Drift
    from training.drift.estimated import Estimated
    from training.drift.performance import Performance
    from training.report.section import Section

__all__ = ["as_json", "render_page", "show_drift"]

_TEMPLATES: Final = Path(__file__).parent / "templates"
_COLOURS: Final = {"alarm": "bold red", "watch": "yellow", "fine": "green", "not assessed": "dim"}


def show_drift(drift: Drift, told: str, *, age: str | None = None) -> None:
    """Print a line for everything that was looked at.

    Parameters
    ----------
    drift : Drift
        What has changed.
    told : str
        Model and populations.
    age : str, optional
        That the data are old.
    """
    console = Console()
    console.print(escape(told), highlight=False, soft_wrap=True)
    if age is not None:
        console.print(f"[yellow]note[/]  {escape(age)}", highlight=False, soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("level", no_wrap=True)
    table.add_column("found")
    for each in drift.alarms:
        table.add_row(f"[{_COLOURS[each.level]}]{each.level}[/]", escape(each.text))
    console.print(table)
    console.print(f"[{_COLOURS[drift.level]}]{drift.level}[/]", highlight=False)


def as_json(drift: Drift, model_version: str, as_of: datetime, told: str, *, age: str | None = None) -> dict[str, Any]:
    """The same for machines; figures that are not known are None."""
    return {
        "model_version": model_version,
        "as_of": as_of.isoformat(),
        "told": told,
        "data_are_old": age,
        "level": drift.level,
        "alarms": [
            {"key": each.key, "level": each.level, "value": _known(each.value), "text": each.text}
            for each in drift.alarms
        ],
        "score_psi": _known(float(drift.score["psi"])),
        "growing": sorted(drift.growing),
        "psi": {str(name): _known(float(value)) for name, value in drift.shifts["psi"].items()},
        "expected": {
            "development": _expected(drift.expected_before),
            "now": _expected(drift.expected_now),
            "matured": None if drift.expected_matured is None else _expected(drift.expected_matured),
        },
        "performance": {"development": _performance(drift.before), "matured": _performance(drift.now)},
        "grades": {
            "names": drift.grades.names,
            "development": drift.grades.shares_before,
            "now": drift.grades.shares_now,
            "concentration": {"development": _known(drift.grades.before), "now": _known(drift.grades.now)},
        },
        "migration": None if drift.moved is None else drift.moved.counts.tolist(),
    }


def render_page(section: Section, drift: Drift, model_version: str, as_of: datetime, *, age: str | None = None) -> str:
    """A self-contained page that loads nothing and runs no script.

    Parameters
    ----------
    section : Section
        From :func:`training.drift.section.drift_section`.
    drift : Drift
        What has changed.
    model_version : str
        The champion.
    as_of : datetime
        The present (UTC, naive).
    age : str, optional
        That the data are old.
    """
    environment = page_environment(_TEMPLATES)
    environment.filters |= {"shown": shown}
    return environment.get_template("model_monitor.html.j2").render(
        section=section,
        level=drift.level,
        alarms=drift.alarms,
        model_version=model_version,
        as_of=as_of,
        age=age,
        draw=lambda picture: Markup(to_svg(picture, section.key)),  # noqa: S704 - drawn here, its words are escaped
    )


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _expected(found: Estimated) -> dict[str, float | int | None]:
    return {
        "count": found.count,
        "auc": _known(found.auc),
        "auc_error": _known(found.auc_error),
        "bad_rate": _known(found.bad_rate),
    }


def _performance(found: Performance | None) -> dict[str, float | int | None] | None:
    if found is None:
        return None
    return {
        "count": found.count,
        "bad": found.bad,
        "predicted": found.predicted,
        "observed": found.observed,
        "auc": found.auc,
        "auc_error": found.auc_error,
        "in_the_large": _known(found.in_the_large),
        "slope": _known(found.slope),
    }
