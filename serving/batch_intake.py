"""Taking a batch in: piece by piece into its sealed file, so that no upload stands in memory as a whole."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

from features.sets import FeatureSet
from serving.batch_table import LARGEST_FOOTER, count_csv, count_parquet
from serving.sealed_file import SealedWriter, read_sealed

__all__ = ["Intake"]


class Intake:
    """A batch that is being handed in; it is kept once :meth:`finish` has returned, and else :meth:`discard` ends it.

    Parameters
    ----------
    writer : SealedWriter
        Where it is written.
    key : bytes
        What it is sealed under.
    batch_id : str
        Identifier of the batch.
    form : {'csv', 'parquet'}
        What it is.
    """

    def __init__(self, writer: SealedWriter, key: bytes, batch_id: str, form: str) -> None:
        self.batch_id = batch_id
        self.form = form
        self._writer = writer
        self._key = key
        self._digest = hashlib.sha256()
        self._end = b""

    def write(self, piece: bytes) -> None:
        """Add a piece."""
        self._writer.write(piece)
        self._digest.update(piece)
        if self.form == "parquet":
            self._end = (self._end + piece)[-(LARGEST_FOOTER + 8) :]

    def finish(self, features: FeatureSet) -> int:
        """End the file, and look whether it can be a batch; the number of its rows.

        Raises
        ------
        BatchRefused
            If it can be none.
        OSError
            If it cannot be written.
        """
        self._writer.finish()
        if self.form == "parquet":
            return count_parquet(self._end, features)
        blocks = read_sealed(self._writer.path, self._key, self._writer.name)
        return count_csv(io.BufferedReader(_Blocks(blocks)), features)

    def request(self, purpose: str) -> bytes:
        """What makes this the same request as another: the purpose, the form and the content."""
        return f"{purpose}\n{self.form}\n{self._digest.hexdigest()}".encode()

    def discard(self) -> None:
        """Leave nothing of it."""
        self._writer.discard()


class _Blocks(io.RawIOBase):
    """Blocks, to be read as a file from its beginning to its end."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        super().__init__()
        self._blocks = blocks
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._held:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._held = memoryview(block)
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count
