"""The model: how much each level of each comparison speaks for one person or for two, and from where pairs link."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from bureau.errors import BureauError
from bureau.identity.comparisons import COMPARISONS

__all__ = ["Chance", "Model", "ModelError", "default_model"]

_FORMAT: Final = 1


class ModelError(BureauError):
    """A model of identity cannot be used as it is."""


@dataclass(frozen=True)
class Chance:
    """How often a level is met.

    Parameters
    ----------
    m : float
        Among pairs of records of one person, between 0 and 1.
    u : float
        Among pairs of records of two persons, between 0 and 1.
    """

    m: float
    u: float

    @property
    def weight(self) -> float:
        """Match weight in bits, ``log2(m / u)`` (Fellegi and Sunter, 1969)."""
        return math.log2(self.m / self.u)


@dataclass(frozen=True)
class Model:
    """A Fellegi-Sunter model over :data:`bureau.identity.comparisons.COMPARISONS`, and all that is frozen with it.

    Parameters
    ----------
    version : str
        Its name.
    made : str
        How it came to be, for people.
    records : int
        How many records it was made from or for.
    prior : float
        Chance that two records drawn at random speak of one person.
    chances : mapping
        Comparison to a tuple of :class:`Chance`, one a level.
    frequencies : mapping
        Column to the frequencies of its frequent terms; what is rare is not in it, so no person is either.
    rare : mapping
        Column to the frequency taken for every other term.
    hubs : mapping
        Column to the digests of the values that too many share to mean anything (:mod:`bureau.identity.hubs`).
    link_at, review_at : float
        Match weight (bits, prior included) from which a pair is linked, and from which it goes to review.
    mean_at : float
        Mean match weight between two parts of a component from which they are one person.
    key_limit : int
        Records that may share a key; a key of more says nothing and is left out.
    pairs_per_record : float
        Candidate pairs a record at most.
    households : bool
        Whether several persons of one name and home are met: twins, father and son. Only of records that give good
        reason to believe that there are none is it false; the contradictions then are less strict
        (:mod:`bureau.identity.veto`).
    """

    version: str
    made: str
    records: int
    prior: float
    chances: Mapping[str, tuple[Chance, ...]]
    frequencies: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    rare: Mapping[str, float] = field(default_factory=dict)
    hubs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    link_at: float = 2.5
    review_at: float = -2.0
    mean_at: float = -2.0
    key_limit: int = 24
    pairs_per_record: float = 8.0
    households: bool = True

    def __post_init__(self) -> None:
        for comparison in COMPARISONS:
            given = self.chances.get(comparison.name, ())
            if len(given) != len(comparison.levels):
                raise ModelError(
                    f"model {self.version}: comparison {comparison.name} has {len(given)} levels, "
                    f"{len(comparison.levels)} are needed; train it anew"
                )
            if not all(0 < chance.m <= 1 and 0 < chance.u <= 1 for chance in given):
                raise ModelError(
                    f"model {self.version}: a chance of {comparison.name} is not between 0 and 1; train it anew"
                )

    @property
    def prior_weight(self) -> float:
        """Match weight of two records of which nothing is known, in bits."""
        return math.log2(self.prior / (1 - self.prior))

    def frequency(self, column: str, term: str | None) -> float | None:
        """Frequency of a term; None for a missing term, and where the model knows of no frequencies."""
        if term is None or column not in self.frequencies:
            return None
        return self.frequencies.get(column, {}).get(term, self.rare.get(column, 1e-4))

    def to_json(self) -> str:
        """The model as JSON text, the same for the same model."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, indent=1, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Model:
        """The model of a JSON text.

        Raises
        ------
        ModelError
            The text is no model, or one of another format.
        """
        try:
            told: dict[str, Any] = json.loads(text)
            if told.pop("format") != _FORMAT:
                raise ModelError("the model is of another format; train it anew")
            told["chances"] = {
                name: tuple(Chance(**chance) for chance in chances) for name, chances in told["chances"].items()
            }
            told["hubs"] = {column: tuple(digests) for column, digests in told["hubs"].items()}
            return cls(**told)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"the text is no model of identity ({type(error).__name__}); train it anew") from None

    def but(self, **changes: Any) -> Model:
        """The same model with some of its parts changed."""
        return replace(self, **changes)


# Of records of one person: how often each level is met. Of two persons: a fixed chance, and one that is a multiple of
# the prior, because who shares a home, a telephone or a number with somebody is one of a few, however many records
# there are.
_GIVEN: Final = {
    "initial": (0.04, 0.012, 0),
    "same": (0.78, 0.006, 0),
    "same sound": (0.005, 0.0005, 0),
    "nickname": (0.04, 0.002, 0),
    "swapped": (0.01, 0.00002, 0),
    "middle": (0.01, 0.001, 0),
    "other hanzi": (0.003, 0.05, 0),
    "near pinyin": (0.015, 0.012, 0),
    "near": (0.07, 0.005, 0),
    "like": (0.012, 0.01, 0),
    "nearly swapped": (0.003, 0.0001, 0),
    "other": (0.015, 0.9, 0),
}
_SURNAMES: Final = {"same": (0.88, 0.006), "near": (0.06, 0.004), "other": (0.05, 0.96), "missing": (0.01, 0.01)}
_PLACES: Final = {
    "phone and home": (0.28, 0.0, 0.5),
    "home": (0.22, 0.0, 0.9),
    "phone": (0.15, 0.0, 0.5),
    "area": (0.12, 0.002, 0),
    "elsewhere": (0.19, 0.95, 0),
    "nowhere": (0.04, 0.04, 0),
}
_SHARED_SURNAME: Final = {"same": 0.72, "near": 0.02, "other": 0.25, "missing": 0.01}
"""Of two persons of one household."""
_BIRTH: Final = {
    "same": (0.9, 0.00005, 0),
    "day and month swapped": (0.015, 0.00002, 0),
    "one keying error": (0.05, 0.0008, 0),
    "two parts of three": (0.015, 0.007, 0),
    "same year": (0.005, 0.015, 0),
    "other": (0.015, 0.977, 0),
}
_NUMBER: Final = {"same": (0.9, 0.0, 0.03), "one keying error": (0.07, 0.000002, 0), "other": (0.03, 1.0, 0)}
_EMAIL: Final = {
    "same": (0.7, 0.0, 0.1),
    "same mailbox or one keying error": (0.08, 0.0001, 0),
    "other": (0.22, 0.9999, 0),
}
_MIDDLE: Final = {"same": (0.7, 0.02, 0), "initial": (0.2, 0.06, 0), "other": (0.1, 0.92, 0)}
_LEAST: Final = 1e-12


def default_model(records: int, *, matches_per_record: float = 1.0) -> Model:
    """The model for records too few to train on.

    Parameters
    ----------
    records : int
        How many records are to be linked; the prior follows from it.
    matches_per_record : float
        Pairs of records of one person that are expected for each record.

    Notes
    -----
    Its chances are set by hand from what is commonly seen in consumer files, not estimated from any data set.
    Frequencies of names come from the records themselves (:func:`bureau.identity.training.with_frequencies`).

    Examples
    --------
    >>> model = default_model(1_000)
    >>> round(model.prior_weight, 1), Model.from_json(model.to_json()) == model
    (-9.0, True)
    """
    prior = min(0.1, 2 * matches_per_record / max(records - 1, 1))
    chances = {
        name: tuple(Chance(m, max(_LEAST, min(1.0, fixed + multiple * prior))) for m, fixed, multiple in table.values())
        for name, table in (
            ("given", _GIVEN),
            ("birth", _BIRTH),
            ("number", _NUMBER),
            ("email", _EMAIL),
            ("middle", _MIDDLE),
        )
    }
    household = []
    for surname, (surname_m, surname_u) in _SURNAMES.items():
        for place_m, place_u, multiple in _PLACES.values():
            u = surname_u * place_u + _SHARED_SURNAME[surname] * multiple * prior
            household.append(Chance(surname_m * place_m, max(_LEAST, u)))
    chances["household"] = tuple(household[:-1])
    return Model(
        version=f"default-{_FORMAT}",
        made="set by hand from what is commonly seen in consumer files; not estimated",
        records=records,
        prior=prior,
        chances=chances,
    )
