"""Writing a validation down: the page, the PDF and the data files."""

from __future__ import annotations

from pathlib import Path

from training.validation.data import write_data
from training.validation.html import render_html
from training.validation.pdf import render_pdf
from training.validation.validation import Validation

__all__ = ["write_validation"]


def write_validation(validation: Validation, folder: Path) -> tuple[Path, ...]:
    """Write ``report.html``, ``report.pdf``, ``figures.json`` and ``tables/*.csv``, making the folder.

    Parameters
    ----------
    validation : Validation
        What is written.
    folder : Path
        Where.

    Returns
    -------
    tuple of Path
        Everything that was written; the same validation gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page, paper = folder / "report.html", folder / "report.pdf"
    page.write_text(render_html(validation), encoding="utf-8", newline="\n")
    paper.write_bytes(render_pdf(validation))
    return page, paper, *write_data(validation, folder)
