"""What all HTML pages share: the templates' environment, and the style sheet of the reports."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

__all__ = ["page_environment"]

_REPORT_TEMPLATES: Final = Path(__file__).parent / "validation" / "templates"


def page_environment(*folders: Path) -> Environment:
    """An environment that escapes everything and knows nothing undefined.

    Parameters
    ----------
    folders : Path
        Folders of templates, before that of the validation's report, whose style sheet all pages include.
    """
    return Environment(
        loader=FileSystemLoader([*folders, _REPORT_TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
