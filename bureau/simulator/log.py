"""The key's tables about what was delivered: faults, what follows from them, and events that are none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import pyarrow as pa

__all__ = ["EVENTS", "Log"]

_FAULTS: Final = pa.schema(
    {
        "fault_id": pa.int64(),
        "delivery_file": pa.string(),
        "line": pa.int64(),
        "furnisher_id": pa.string(),
        "contract": pa.string(),
        "kind": pa.string(),
        "field": pa.string(),
        "detectable": pa.bool_(),
        "criterion": pa.string(),
        "account_ref": pa.string(),
        "month": pa.date32(),
        "true_value": pa.string(),
        "faulty_value": pa.string(),
    }
)
_CONSEQUENCES: Final = pa.schema({"delivery_file": pa.string(), "line": pa.int64(), "because_of": pa.int64()})
_EVENTS: Final = pa.schema(
    {
        "delivery_file": pa.string(),
        "line": pa.int64(),
        "furnisher_id": pa.string(),
        "contract": pa.string(),
        "kind": pa.string(),
        "account_ref": pa.string(),
        "month": pa.date32(),
        "because_of": pa.int64(),
        "expected": pa.string(),
    }
)
EVENTS: Final = {
    "late_month": "accepted",
    "correction": "accepted as a correction",
    "deletion": "accepted; the account is withdrawn",
    "refurnished": "accepted, or set aside because the account was withdrawn",
    "delivered_again": "accepted; the delivery before it was stale",
}
"""Kinds of events, and what is expected of them."""


class Log:
    """Collects the rows of the three tables and passes them on month by month.

    Parameters
    ----------
    write : callable
        Takes the name of a table and its rows.
    """

    def __init__(self, write: Callable[[str, pa.Table], None]) -> None:
        self._write = write
        self._rows: dict[str, list[dict[str, Any]]] = {"faults": [], "consequences": [], "events": []}
        self.faults = 0

    def fault(self, **told: Any) -> int:
        """Note a fault; its number."""
        number = self.faults
        self.faults += 1
        self._rows["faults"].append({"fault_id": number, "detectable": told["criterion"] is not None} | told)
        return number

    def consequence(self, file: str, line: int, because_of: int) -> None:
        """Note a correct record that contradicts an earlier fault."""
        self._rows["consequences"].append({"delivery_file": file, "line": line, "because_of": because_of})

    def event(
        self, kind: str, file: str, line: int | None, furnisher_id: str, contract: str, account_ref: str | None,
        month: date, because_of: int | None = None,
    ) -> None:  # fmt: skip
        """Note an event that is no fault."""
        self._rows["events"].append(
            {
                "delivery_file": file,
                "line": line,
                "furnisher_id": furnisher_id,
                "contract": contract,
                "kind": kind,
                "account_ref": account_ref,
                "month": month,
                "because_of": because_of,
                "expected": EVENTS[kind],
            }
        )

    def pass_on(self) -> None:
        """Write what was collected, which may be nothing."""
        for name, schema in (("faults", _FAULTS), ("consequences", _CONSEQUENCES), ("events", _EVENTS)):
            self._write(name, pa.Table.from_pylist(self._rows[name], schema))
            self._rows[name] = []
