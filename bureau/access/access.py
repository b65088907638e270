"""What a caller may do, once its key was checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

__all__ = ["SCOPES", "Access", "Scope"]

Scope = Literal["decide", "score", "read", "batch", "model", "notice"]
"""What a key is good for.

``decide``: ask for decisions. ``score``: ask for scores. ``read``: read one's own decisions. ``batch``: hand in
batches and fetch their results. ``model``: read the model's card. ``notice``: read one's own notices.
"""

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


@dataclass(frozen=True)
class Access:
    """A caller whose key is good.

    Parameters
    ----------
    subscriber : str
        On whose behalf it asks.
    key_id : str
        Under which key.
    scopes : frozenset of str
        What the key is good for.
    purposes : frozenset of str
        The permissible purposes of the key, all of them certified by the subscriber.
    jurisdiction : str
        The subscriber's.
    per_minute, per_day : int
        How many requests the key has, 0 for as many as it likes.
    """

    subscriber: str
    key_id: str
    scopes: frozenset[str]
    purposes: frozenset[str]
    jurisdiction: str
    per_minute: int = 0
    per_day: int = 0
