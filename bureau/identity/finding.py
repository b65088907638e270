"""Finding an applicant among all who are known, in milliseconds.

The keys of what an applicant tells are looked up in the vault's blind index: first come the references that share
an exact key with it (a national number, an e-mail address), then those that share the most of the others. Of these
the vault gives what was told, and they are weighed with the same match weights, under the same contradictions, as
in bulk. A consumer fits if a reference of it is likely to be the applicant, none contradicts, and all of them
together speak for it: what linking would do with the applicant's record as one more reference.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from types import TracebackType
from typing import Any, Final

from bureau.errors import HistoryBusy
from bureau.history import History
from bureau.identity.applicant import told_of
from bureau.identity.blocking import NEIGHBOURS, is_chain, limit_of, record_tokens
from bureau.identity.clusters import LARGEST
from bureau.identity.comparisons import COMPARISONS
from bureau.identity.found import Candidate, Found, Weighed, decide
from bureau.identity.hubs import without_hubs
from bureau.identity.likeness import Likeness, together
from bureau.identity.model import Model
from bureau.identity.models import current_model, key_salt
from bureau.identity.scoring import Scored, pair_weight
from bureau.identity.snapshot import Snapshot, file_state, take_snapshot
from bureau.identity.standard import STANDARD_COLUMNS, standard_record
from bureau.identity.told import as_linked
from bureau.vault import Vault

__all__ = ["Finder", "find", "open_finder"]

_AT_MOST: Final = 96
"""References that share a key and are weighed."""
_SHOWN: Final = 10
"""Candidates that are told."""
_NOT_AT_ALL: Final = -1.0
"""Seconds to wait for a writer: even the first pause between two attempts is too long for an inquiry."""

_Record = dict[str, Any]


@dataclass(frozen=True, eq=False)
class _State:
    """Everything but the vault that a search needs, as of one state of the history."""

    file: tuple[object, ...]
    snapshot: Snapshot
    model: Model
    salt: str


class Finder:
    """Finds applicants; made by :func:`open_finder`, and used by many threads if need be.

    What was told stays in the vault: it is opened for each search anew, so who has been erased is never found. Who
    is who is read from the history when the finder is opened, and again when the history has changed. While
    somebody writes to the history, searches go on with what was known before.
    """

    def __init__(self, history: History) -> None:
        self._vault = history.vault
        self._history = history
        self._refreshing = threading.Lock()
        self._state = self._read(history)

    def __repr__(self) -> str:
        return f"Finder({str(self._history.path)!r})"

    def __enter__(self) -> Finder:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """Nothing is held open that is not the history's."""

    def refresh(self) -> None:
        """Read who is who, if the history has changed: about a second for each four million references.

        :meth:`find` does it by itself; a service can call it beforehand, so that no inquiry waits for it.
        """
        if file_state(self._history.path) == self._state.file or not self._refreshing.acquire(blocking=False):
            return
        try:
            self._state = self._read(self._history.waiting(_NOT_AT_ALL))
        except HistoryBusy:
            pass  # somebody writes: until that is done nothing has changed
        finally:
            self._refreshing.release()

    def _read(self, history: History) -> _State:
        with history.read() as connection:
            state = file_state(history.path)
            snapshot = take_snapshot(connection)
        return _State(state, snapshot, current_model(self._vault), key_salt(self._vault))

    def knows(self, consumer_id: int) -> bool:
        """Whether somebody is, or was, on file under a number, as who is who was last read."""
        snapshot = self._state.snapshot
        return bool(snapshot.consumers_of([consumer_id]) or snapshot.references_of(consumer_id))

    def references_of(self, consumer_id: int) -> list[int]:
        """All numbers under which a person is on file, as who is who was last read; the person's own number first."""
        snapshot = self._state.snapshot
        person = snapshot.consumers_of([consumer_id]).get(consumer_id, consumer_id)
        return [person, *sorted({consumer_id, *snapshot.references_of(person)} - {person})]

    def find(
        self, applicant: Mapping[str, str | date | None], *, day_first: bool = False, refresh: bool = True
    ) -> Found:
        """Find an applicant.

        Parameters
        ----------
        applicant : mapping
            What the inquiry tells (:func:`bureau.identity.applicant.told_of`): field to text.
        day_first : bool
            How a birth date such as 03/04/1980 is read.
        refresh : bool
            Read who is who first, if it has changed; False where that is seen to elsewhere.

        Raises
        ------
        ApplicantError
            If a field is not known or no text.
        VaultError
            If the vault cannot be read.
        """
        told = told_of(applicant)
        if refresh:
            self.refresh()
        state = self._state
        search = _Search(self._vault, state, without_hubs(standard_record(told, day_first=day_first), state.model.hubs))
        return search.result()


class _Search:
    """One search: what was opened for it is forgotten with it."""

    def __init__(self, vault: Vault, state: _State, applicant: _Record) -> None:
        self.vault, self.state, self.model, self.applicant = vault, state, state.model, applicant
        self.records: dict[int, list[_Record]] = {}
        self.scored: dict[int, list[Scored]] = {}
        self.likenesses: dict[int, Likeness] = {}

    def result(self) -> Found:
        """Look for the applicant."""
        ranked = self._ranked()
        consumers = self.state.snapshot.consumers_of(ranked)
        wanted = [reference for reference in ranked if reference in consumers][:_AT_MOST]
        self._weigh(wanted)
        of: dict[int, list[int]] = defaultdict(list)
        for reference in self.likenesses:
            of[consumers[reference]].append(reference)
        near = [
            consumer
            for consumer, references in of.items()
            if any(self.likenesses[each].weight >= self.model.review_at for each in references)
        ]
        whole = {consumer: self.state.snapshot.references_of(consumer)[:LARGEST] for consumer in near}
        self._weigh([each for consumer in near for each in whole[consumer]])
        weighed = [
            Weighed(consumer, [self.likenesses[each] for each in whole[consumer] if each in self.likenesses])
            for consumer in near
        ]
        outcome, matched = decide(self.model, weighed, self._between)
        candidates = sorted(
            (self._candidate(each) for each in weighed),
            key=lambda each: (each.consumer_id != matched, each.veto is not None, -each.weight, each.consumer_id),
        )
        mismatch = matched is not None and candidates[0].address_mismatch
        return Found(outcome, matched, mismatch, tuple(candidates[:_SHOWN]), self.model.version)

    def _ranked(self) -> list[int]:
        """References that share a key which few share, those with an exact key first, then by how many they share."""
        tokens = record_tokens(self.applicant, salt=self.state.salt)
        exact = record_tokens(_NOTHING | {name: self.applicant[name] for name in _EXACT}, salt=self.state.salt)
        matches = self.vault.index.lookup("consumer", tokens, limit=self.model.key_limit)
        shared: Counter[int] = Counter()
        for token, references in matches.numbers.items():
            if is_chain(token):
                references = references[:NEIGHBOURS]  # noqa: PLW2901
            elif token in matches.crowded or len(references) > limit_of(token, self.model.key_limit):
                continue
            for reference in references:
                shared[reference] += _FIRST if token in exact else 1
        return sorted(shared, key=lambda reference: (-shared[reference], reference))

    def _weigh(self, references: Iterable[int]) -> None:
        """Weigh references that are not weighed yet; of who was erased there is nothing to weigh."""
        for reference, records in self._opened(references).items():
            self.records[reference] = records
            self.scored[reference] = scored = [pair_weight(self.model, self.applicant, each) for each in records]
            self.likenesses[reference] = together(_APPLICANT, reference, ((s.weight, s.veto) for s in scored))

    def _opened(self, references: Iterable[int]) -> dict[int, list[_Record]]:
        fresh = [each for each in references if each not in self.records]
        opened: dict[int, list[_Record]] = defaultdict(list)
        for entry in self.vault.open("consumer", fresh) if fresh else ():
            if entry.field == "identity":
                record = standard_record(as_linked(json.loads(entry.content)))
                opened[entry.number].append(without_hubs(record, self.model.hubs))
        return opened

    def _between(self, references: Sequence[int]) -> list[Likeness]:
        """The likenesses between references that were weighed, with what people decided about them."""
        found = []
        for left, right in combinations(sorted(references), 2):
            pairs = [pair_weight(self.model, one, two) for one in self.records[left] for two in self.records[right]]
            likeness = together(left, right, ((each.weight, each.veto) for each in pairs))
            if (left, right) in self.state.snapshot.kept_apart:
                likeness = likeness._replace(veto="decided")
            found.append(likeness)
        return found

    def _candidate(self, weighed: Weighed) -> Candidate:
        likest = min(weighed.likenesses, key=lambda each: (each.veto is not None, -each.weight, each.right))
        best = min(self.scored[likest.right], key=lambda each: (each.veto is not None, -each.weight))
        agreement = {
            comparison.name: comparison.levels[level].name
            for comparison, level in zip(COMPARISONS, best.levels, strict=True)
            if level >= 0
        }
        vetoes = (each.veto for each in (likest, *weighed.likenesses) if each.veto is not None)
        fits = {
            _address_fits(self.applicant, record, scored)
            for likeness in weighed.likenesses
            for record, scored in zip(self.records[likeness.right], self.scored[likeness.right], strict=True)
        }
        return Candidate(
            weighed.consumer,
            likest.right,
            round(likest.weight, 3),
            next(vetoes, None),
            agreement,
            address_mismatch=False in fits and True not in fits,
        )


def _address_fits(applicant: _Record, record: _Record, scored: Scored) -> bool | None:
    """Whether an address is the applicant's; None if one of the two is not told."""
    if scored.levels[_HOUSEHOLD] in _AT_HOME:
        return True
    for part in ("street", "postcode", "city"):
        if applicant[part] is not None and record[part] is not None:
            return part != "street" and bool(applicant[part] == record[part])
    return None


_APPLICANT: Final = -1
"""In place of a reference; no identifier is negative."""
_EXACT: Final = ("number", "email")
_FIRST: Final = 100
"""An exact key counts for more than all others together."""
_NOTHING: Final[_Record] = dict.fromkeys(STANDARD_COLUMNS)
_HOUSEHOLD: Final = next(at for at, each in enumerate(COMPARISONS) if each.name == "household")
_AT_HOME: Final = frozenset(
    at
    for at, level in enumerate(COMPARISONS[_HOUSEHOLD].levels)
    if level.name.endswith(("place home", "phone and home"))
)


def open_finder(history: History) -> Finder:
    """A finder over the consumers of a history.

    Parameters
    ----------
    history : History
        The history; its vault stays open.

    Raises
    ------
    HistoryBusy
        If somebody writes to the history for too long.
    WrongKey
        If the key does not open the history or its vault.

    Examples
    --------
    ::

        with open_finder(history) as finder:
            found = finder.find({"first_name": "Bob", "last_name": "Moore", "birth_date": "1980-03-02"})
    """
    return Finder(history)


def find(history: History, applicant: Mapping[str, str | date | None], *, day_first: bool = False) -> Found:
    """Find one applicant: :meth:`Finder.find` of a finder opened for it alone. For many, open one finder."""
    with open_finder(history) as finder:
        return finder.find(applicant, day_first=day_first)
