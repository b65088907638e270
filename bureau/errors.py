"""Everything that can go wrong in the credit database, under one base class.

::

    BureauError
    ├── HomeError           the home folder is missing, foreign or of another format
    ├── WrongKey            the master key does not open this home
    ├── HistoryBusy         another process holds the history for too long
    ├── DiskFull            there is no room for what has to be written
    ├── DeliveryRefused     a file as a whole cannot be taken in; nothing was loaded
    ├── NotMetro2           a file holds no Metro 2 records
    ├── FeedError           a furnisher cannot be registered as described
    ├── ManifestError       a folder of deliveries cannot be understood
    ├── ReviewError         what a person decided cannot be done
    ├── CaseworkError       the casework store cannot be used as it is
    │   ├── CaseworkBusy    another process writes to the casework for too long
    │   ├── CaseworkDamaged what the casework holds is not what was written
    │   ├── AlreadyKept     this request has been answered and recorded before
    │   ├── NotOnRecord     nothing is recorded under this name, or it is another subscriber's
    │   ├── NotSent         a letter cannot have been sent on that day, or another day is noted
    │   └── ContentGone     the time for which content is kept is over, and its key destroyed
    ├── AccessError         a subscriber, a key, a purpose or a flag that is not as the rules ask
    ├── AuditBroken         the audit log is not what was written
    ├── SelfTestError       attributes for fairness tests cannot be kept or read
    ├── SignatureRefused    a signature that does not fit, or of somebody who is not trusted
    ├── UnknownConsumer     no credit file under this reference
    └── VaultError          the vault cannot be used as it is
        ├── VaultBusy       another process writes to the vault for too long
        ├── VaultDamaged    what the vault or its key store holds is not what was written
        ├── Erased          the person has been erased
        └── ErasureRefused  a hold forbids to erase the person
"""

from __future__ import annotations

__all__ = [
    "AccessError",
    "AlreadyKept",
    "AuditBroken",
    "BureauError",
    "CaseworkBusy",
    "CaseworkDamaged",
    "CaseworkError",
    "ContentGone",
    "DeliveryRefused",
    "DiskFull",
    "Erased",
    "ErasureRefused",
    "FeedError",
    "HistoryBusy",
    "HomeError",
    "ManifestError",
    "NotMetro2",
    "NotOnRecord",
    "NotSent",
    "ReviewError",
    "SelfTestError",
    "SignatureRefused",
    "UnknownConsumer",
    "VaultBusy",
    "VaultDamaged",
    "VaultError",
    "WrongKey",
]


class BureauError(Exception):
    """Base of all errors raised by :mod:`bureau`; its text is one line for people."""


class HomeError(BureauError):
    """The home folder cannot be used as it is."""


class WrongKey(BureauError):
    """The master key is not the one this home was made with."""


class HistoryBusy(BureauError):
    """Another process kept the history locked for longer than we were told to wait."""


class DiskFull(BureauError):
    """The disk has no room; the history is as it was before the transaction."""


class NotMetro2(BureauError):
    """A file holds no Metro 2 records at all.

    Parameters
    ----------
    file : str
        Name of the file, without its folder.
    reason : str
        What was found instead, as a sentence without its full stop.
    """

    def __init__(self, file: str, reason: str) -> None:
        self.file = file
        self.reason = reason
        super().__init__(f"{file} is no Metro 2 file: {reason}; check that it is the right file")

    def __reduce__(self) -> tuple[type[NotMetro2], tuple[str, str]]:
        """Let the error cross a process boundary with all its parts."""
        return (type(self), (self.file, self.reason))


class FeedError(BureauError):
    """A furnisher cannot be registered as it was described."""


class ManifestError(BureauError):
    """A manifest, or the folder it stands in, cannot be understood."""


class ReviewError(BureauError):
    """A decision about a record or delivery that waits for a person cannot be carried out."""


class SelfTestError(BureauError):
    """Self-test attributes cannot be taken from a file, or their store cannot be opened."""


class SignatureRefused(BureauError):
    """A signature does not fit what it stands under, or its signer is not one who may sign it."""


class UnknownConsumer(BureauError):
    """No consumer is known under the given reference."""


class DeliveryRefused(BureauError):
    """A delivery is refused as a whole: nothing of it was loaded.

    Parameters
    ----------
    file : str
        Name of the file, without its folder.
    rule : str
        The rule that was broken, as a sentence without its full stop.
    remedy : str
        What the furnisher or the operator can do about it.
    column : str, optional
        The column the rule speaks of, if it speaks of one.
    """

    def __init__(self, file: str, rule: str, remedy: str, column: str | None = None) -> None:
        self.file = file
        self.rule = rule
        self.remedy = remedy
        self.column = column
        where = file if column is None else f"{file}, column {column}"
        super().__init__(f"{where}: {rule}; {remedy} (nothing was loaded)")

    def __reduce__(self) -> tuple[type[DeliveryRefused], tuple[str, str, str, str | None]]:
        """Let the error cross a process boundary with all its parts."""
        return (type(self), (self.file, self.rule, self.remedy, self.column))


class CaseworkError(BureauError):
    """The casework store cannot be used as it is, or what it is asked to keep is not as the rules ask."""


class CaseworkBusy(CaseworkError):
    """Another process kept the casework for longer than we were told to wait."""


class CaseworkDamaged(CaseworkError):
    """What the casework holds is not what was written there."""


class AlreadyKept(CaseworkError):
    """A request under this idempotency key has been recorded before; nothing was written.

    Parameters
    ----------
    object_id : str
        What was recorded then, for example the decision.
    same_request : bool
        Whether it was the same request.
    """

    def __init__(self, object_id: str, *, same_request: bool) -> None:
        self.object_id = object_id
        self.same_request = same_request
        what = "the same request" if same_request else "another request"
        super().__init__(f"{object_id}: {what} under this idempotency key was recorded before; take another key")


class NotSent(CaseworkError):
    """A letter that cannot be noted as sent on the day that is named."""


class NotOnRecord(CaseworkError):
    """No decision, batch or notice is recorded under a name, or it is another subscriber's."""


class ContentGone(CaseworkError):
    """The time for which content is kept is over; its key was destroyed, and nothing opens it."""


class AccessError(BureauError):
    """A subscriber, a key, a purpose or a flag is not known, or not as the rules ask."""


class AuditBroken(BureauError):
    """The audit log is not what was written."""


class VaultError(BureauError):
    """The vault or its key store cannot be used as it is."""


class VaultBusy(VaultError):
    """Another process kept the vault for longer than we were told to wait."""


class VaultDamaged(VaultError):
    """What the vault or its key store holds is not what was written there."""


class Erased(VaultError):
    """The owner has been erased: nothing can be opened, and nothing sealed again."""


class ErasureRefused(VaultError):
    """A hold is in force; nobody was erased."""
