"""The evidence of a pair as a page: one self-contained HTML file that loads nothing and runs no script."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradeline.identity_pictures import draw_waterfall
from tradeline.identity_words import COMPARED, FIELDS, bits, chance, reading, step_words, verdict
from training.pages import page_environment

if TYPE_CHECKING:
    from bureau.identity.pair_evidence import Evidence

__all__ = ["render_pair"]

_TEMPLATES: Final = Path(__file__).parent / "templates"
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def render_pair(evidence: Evidence, *, told: bool = False) -> str:
    """The page.

    Parameters
    ----------
    evidence : Evidence
        The pair.
    told : bool
        With what was told of the two, which is personal data.
    """
    shown = evidence if told else replace(evidence, left_told={}, right_told={})
    environment = page_environment(_TEMPLATES)
    environment.filters |= {"bits": bits, "chance": chance, "found": step_words}
    page = environment.get_template("identity_pair.html.j2").render(
        evidence=shown,
        compared=COMPARED,
        picture=draw_waterfall(shown) if shown.steps else "",
        reading=reading(shown),
        verdict=verdict(shown),
        told=[
            (title, shown.left_told.get(name, ""), shown.right_told.get(name, ""))
            for name, title in FIELDS.items()
            if name in shown.left_told or name in shown.right_told
        ],
    )
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", page)
