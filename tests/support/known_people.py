"""People put straight into a history and its vault: what was told of each reference, its keys, and who is who."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import pyarrow as pa

from bureau.facts import IDENTITY_FIELDS
from bureau.history import History
from bureau.identity.blocking import record_tokens
from bureau.identity.hubs import without_hubs
from bureau.identity.models import current_model, key_salt
from bureau.identity.standard import standard_record
from bureau.identity.told import as_linked

__all__ = ["MOMENT", "Told", "know", "resolve_as"]

MOMENT = datetime.fromisoformat("2026-01-01")

Told = Mapping[str, str]
"""A told identity: fields of :data:`bureau.facts.IDENTITY_FIELDS`."""


def know(history: History, people: Mapping[int, Sequence[Told]], who: Mapping[int, int] | None = None) -> None:
    """Tell of references, each once or several times, and who is who among them."""
    vault, salt, hubs = history.vault, key_salt(history.vault), current_model(history.vault).hubs
    entries, keys = [], set()
    for reference, tellings in people.items():
        for name, told in enumerate(tellings):
            fields = dict.fromkeys(IDENTITY_FIELDS) | dict(told)
            entries.append((reference, name, "identity", json.dumps(fields).encode()))
            record = without_hubs(standard_record(as_linked(fields)), hubs)
            keys.update((token, reference) for token in record_tokens(record, salt=salt))
    with history.write() as connection:
        vault.seal("consumer", entries, delivery_no=1)
        vault.index.add("consumer", keys, delivery_no=1)
        connection.register("known", pa.table({"consumer_id": pa.array(list(people), pa.int64())}))
        connection.execute("INSERT INTO consumer SELECT consumer_id, 'space', consumer_id::VARCHAR FROM known")
    resolve_as(history, who or {})


def resolve_as(history: History, who: Mapping[int, int], moment: datetime = MOMENT) -> None:
    """From a moment on, references belong to these consumers."""
    with history.write() as connection:
        for reference, consumer in who.items():
            connection.execute(
                "UPDATE resolution SET superseded_at = ? WHERE consumer_id = ? AND superseded_at IS NULL",
                [moment, reference],
            )
            connection.execute("INSERT INTO resolution VALUES (?, ?, ?, NULL, 'test')", [reference, consumer, moment])
