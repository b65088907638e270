"""Taking a batch in: piece by piece into its sealed file, so that no upload stands in memory as a whole."""

from __future__ import annotations

import hashlib
import io

from features.sets import FeatureSet
from serving.batch_table import LARGEST_FOOTER, count_csv, count_parquet
from serving.blank_lines import Blocks
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
        return count_csv(io.BufferedReader(Blocks(blocks)), features)

    def request(self, purpose: str) -> bytes:
        """What makes this the same request as another: the purpose, the form and the content."""
        return f"{purpose}\n{self.form}\n{self._digest.hexdigest()}".encode()

    def discard(self) -> None:
        """Leave nothing of it."""
        self._writer.discard()
