"""What comes of looking for an applicant, and how it is decided: by the rules that cluster references in bulk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bureau.identity.likeness import Likeness
from bureau.identity.model import Model
from bureau.identity.veto import DOUBTS

__all__ = ["Candidate", "Found", "Outcome", "Weighed", "decide"]

Outcome = Literal["match", "no match", "ambiguous"]


@dataclass(frozen=True)
class Candidate:
    """A consumer who may be the applicant; nothing in it is personal.

    Parameters
    ----------
    consumer_id : int
        The consumer.
    reference : int
        Its reference that is likest, by the identifier of its own.
    weight : float
        Match weight of that reference in bits, prior included.
    veto : str or None
        What contradicts (:data:`bureau.identity.veto.VETOES`), in any of its references.
    agreement : mapping of str to str
        Comparison to the level at which the likest reference agrees; where one of the two tells nothing
        the comparison is left out.
    address_mismatch : bool
        An address is told of both, and none that was told of the consumer is the applicant's.
    """

    consumer_id: int
    reference: int
    weight: float
    veto: str | None
    agreement: Mapping[str, str]
    address_mismatch: bool


@dataclass(frozen=True)
class Found:
    """What came of looking for an applicant; nothing in it is personal.

    Parameters
    ----------
    outcome : str
        ``match``, ``no match`` or ``ambiguous``: several consumers fit, or one fits not well enough, and a
        person has to decide.
    consumer_id : int or None
        The consumer who was matched, as the history resolves it now.
    address_mismatch : bool
        The applicant was matched, and the address fits none that was told of the consumer.
    candidates : tuple of Candidate
        Who may be meant, the likest first, the one who was matched before all; those who contradict are told, too.
    model : str
        Version of the model that weighed.
    """

    outcome: Outcome
    consumer_id: int | None = None
    address_mismatch: bool = False
    candidates: tuple[Candidate, ...] = ()
    model: str = ""


@dataclass(frozen=True)
class Weighed:
    """A consumer and how like the applicant its references are.

    Parameters
    ----------
    consumer : int
        The consumer.
    likenesses : sequence of Likeness
        One a reference, which is ``right``.
    """

    consumer: int
    likenesses: Sequence[Likeness]
    best: float = field(init=False)
    """Weight of the likest reference that does not contradict; minus infinity if all do."""

    def __post_init__(self) -> None:
        weights = (each.weight for each in self.likenesses if each.veto is None)
        object.__setattr__(self, "best", max(weights, default=-float("inf")))


def decide(
    model: Model, weighed: Sequence[Weighed], between: Callable[[Sequence[int]], Sequence[Likeness]]
) -> tuple[Outcome, int | None]:
    """Who the applicant is.

    Parameters
    ----------
    model : Model
        Whose thresholds hold.
    weighed : sequence of Weighed
        The consumers who may be the applicant; of those who are likely to be, every reference.
    between : callable
        Gives the likenesses between some references; asked only if several consumers are likely.

    Returns
    -------
    tuple
        The outcome, and the consumer who was matched or None.

    Notes
    -----
    The applicant's record is clustered with the references of the likely consumers, each of which stays together.
    If it ends up with one of them, and no other is nearly as likely, that is the match: the odds between the two
    must be those from which a pair is linked.
    """
    likely = [each for each in weighed if each.best >= model.link_at]
    if not likely:
        doubt = any(
            each.weight >= model.review_at and (each.veto is None or each.veto in DOUBTS)
            for weigh in weighed
            for each in weigh.likenesses
        )
        return ("ambiguous" if doubt else "no match"), None
    if len(likely) == 1 and all(e.veto is None and e.weight >= model.review_at for e in likely[0].likenesses):
        joined = likely
    else:
        joined = _clustered(model, likely, between)
    if len(joined) != 1:
        return "ambiguous", None
    others = max((each.best for each in likely if each is not joined[0]), default=-float("inf"))
    if joined[0].best - others < model.link_at:
        return "ambiguous", None
    return "match", joined[0].consumer


def _clustered(
    model: Model, likely: Sequence[Weighed], between: Callable[[Sequence[int]], Sequence[Likeness]]
) -> list[Weighed]:
    """The consumers with whom the applicant's record ends up in one cluster."""
    import numpy as np

    from bureau.identity.clusters import Edges, cluster

    place = {each.right: at for at, each in enumerate((e for w in likely for e in w.likenesses), 1)}
    edges = [
        (0, place[each.right], each.weight, each.veto is not None) for weigh in likely for each in weigh.likenesses
    ]
    for weigh in likely:
        first, *others = (place[each.right] for each in weigh.likenesses)
        edges += [(first, other, float("inf"), False) for other in others]
    if len(likely) > 1:
        owner = {each.right: weigh.consumer for weigh in likely for each in weigh.likenesses}
        edges += [
            (place[each.left], place[each.right], each.weight, each.veto is not None)
            for each in between(list(place))
            if owner[each.left] != owner[each.right]
        ]
    left, right, weight, forbidden = zip(*edges, strict=True)
    labels = cluster(
        len(place) + 1,
        Edges(np.array(left), np.array(right), np.array(weight), np.array(forbidden)),
        link_at=model.link_at,
        review_at=model.review_at,
        mean_at=model.mean_at,
    ).labels
    return [weigh for weigh in likely if labels[place[weigh.likenesses[0].right]] == labels[0]]
