import dataclasses
import sqlite3
from collections.abc import Callable

import pytest

from bureau.credit_file import consumer_id_of
from bureau.delivery import Delivery
from bureau.errors import UnknownConsumer
from bureau.history import History
from bureau.home import Home
from bureau.ingest import ingest
from bureau.references import open_references, publish_references

HEADER = "PERSON,MONTH,STATUS,BALANCE\n"


def test_references_lead_to_the_consumers_of_the_history(
    home: Home, history: History, deliver: Callable[..., Delivery]
) -> None:
    ingest(history, deliver(HEADER + "REFERENCE-A,1,A,1\nREFERENCE-B,1,A,1\n"))
    references = open_references(home, "toy")
    assert publish_references(history, references) == 2
    ingest(history, deliver(HEADER + "REFERENCE-C,1,A,1\n"))
    assert publish_references(history, references) == 3
    connection = sqlite3.connect(home.references)
    try:
        for ref in ("REFERENCE-A", "REFERENCE-B", "REFERENCE-C"):
            assert references.find(connection, ref) == consumer_id_of(history, "toy", ref)
        for other in (dataclasses.replace(references, key=bytes(32)), open_references(home, "other")):
            with pytest.raises(
                UnknownConsumer, match=r"no consumer of (toy|other) has this reference; ingest"
            ) as caught:
                other.find(connection, "REFERENCE-A")
            assert "REFERENCE-A" not in str(caught.value)
    finally:
        connection.close()
    content = b"".join(path.read_bytes() for path in home.root.glob("references.db*"))
    assert b"REFERENCE" not in content
    assert repr(references.key) not in repr(references)
