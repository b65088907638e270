"""What an inquiry tells of its applicant, checked and under the names of linking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from bureau.errors import BureauError
from bureau.facts import IDENTITY_FIELDS
from bureau.identity.standard import TOLD_COLUMNS
from bureau.identity.told import as_linked

__all__ = ["ApplicantError", "told_of"]


class ApplicantError(BureauError):
    """What an inquiry tells of its applicant cannot be understood."""


_OTHER_NAMES: Final = {
    column: field
    for column, field in as_linked({name: name for name in IDENTITY_FIELDS}).items()
    if field is not None and field != column
}
"""Column of linking to the field of a told identity, where the two are called differently."""

_NAMES: Final = tuple(dict.fromkeys((*IDENTITY_FIELDS, *TOLD_COLUMNS)))


def told_of(applicant: Mapping[str, str | date | None]) -> dict[str, str | None]:
    """What is told of an applicant, under the names of linking.

    Parameters
    ----------
    applicant : mapping
        Field to text, None or empty where it is not told; any field may be absent. The names are those of
        :data:`bureau.facts.IDENTITY_FIELDS` or of :data:`bureau.identity.standard.TOLD_COLUMNS`
        (``surname`` is also ``last_name``, ``generation`` ``suffix``, ``national_number`` ``national_id``). A birth
        date may be a date.

    Raises
    ------
    ApplicantError
        If a field is not known, told twice under two names, or no text.

    Examples
    --------
    >>> told_of({"surname": "Moore", "birth_date": date(1980, 3, 2)})["birth_date"]
    '1980-03-02'
    >>> told_of({"sirname": "Moore"})
    Traceback (most recent call last):
    ...
    bureau.identity.applicant.ApplicantError: applicant: there is no field 'sirname'; the fields are surname, ...
    """
    fields: dict[str, str | None] = {}
    for name, value in applicant.items():
        if name not in _NAMES:
            raise ApplicantError(f"applicant: there is no field {_shown(name)}; the fields are {', '.join(_NAMES)}")
        field = _OTHER_NAMES.get(name, name)
        text = _text(name, value)
        if text is not None and fields.get(field) is not None:
            raise ApplicantError(f"applicant: {field} is told twice, under two names; leave one out")
        fields[field] = fields.get(field) if text is None else text
    return as_linked(fields)


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, date) and name == "birth_date":
        value = (value.date() if isinstance(value, datetime) else value).isoformat()
    if not isinstance(value, str):
        raise ApplicantError(f"applicant: {name} is {type(value).__name__}, and must be text; write it in quotes")
    # Half a character, such as a broken emoji, is no text that could be looked up.
    return value.encode("utf-8", "replace").decode() or None


def _shown(name: object) -> str:
    """A field's name, short enough for a line; somebody's name may stand in its place by mistake, if it is long."""
    text = repr(name)
    return text if len(text) <= _LONGEST else f"of {len(text)} characters"


_LONGEST: Final = 40
