"""Whether what is told of somebody may tell of a certain person, by the comparisons and weights of who is who.

A record that was set aside was never compared with anybody. Here it is, as it would be if it were good: so a
nickname, a keying error, or hanzi in the place of pinyin does not hide whom it tells of, where a birth date, a
number, an address or the like says the same. Whatever would at least wait for a person to decide counts, since
in doubt a record set aside goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bureau.identity.hubs import without_hubs
from bureau.identity.model import Model
from bureau.identity.scoring import pair_weight
from bureau.identity.standard import standard_record
from bureau.identity.told import as_linked

__all__ = ["Alike", "alike_to"]

_Telling = Mapping[str, str | None]


@dataclass(frozen=True)
class Alike:
    """A person, to be compared with; made by :func:`alike_to`.

    Parameters
    ----------
    model : Model
        Whose weights.
    records : tuple of mapping
        What was told of the person, in standard form. Never shown by ``repr``.
    """

    model: Model
    records: tuple[Mapping[str, Any], ...]

    def __repr__(self) -> str:
        return "Alike(***)"

    def to(self, telling: _Telling) -> bool:
        """Whether a telling is like enough one of the person's, and does not contradict it.

        Parameters
        ----------
        telling : mapping of str to str
            Fields of :data:`bureau.facts.IDENTITY_FIELDS`, whatever stands in them.
        """
        record = _standard(telling, self.model)
        scored = (pair_weight(self.model, each, record) for each in self.records)
        return any(each.veto is None and each.weight >= self.model.review_at for each in scored)


def alike_to(tellings: Iterable[_Telling], model: Model) -> Alike:
    """A person of whom certain things were told, to be compared with under a model."""
    return Alike(model, tuple(_standard(each, model) for each in tellings))


def _standard(telling: _Telling, model: Model) -> Mapping[str, Any]:
    return without_hubs(standard_record(as_linked(telling)), model.hubs)
