"""A new generation of online vectors: written beside the current one, compared with training sets, then current.

What training sees and what is served must be the same numbers. So before a generation is read by
anybody, a sample of it is read back and compared, bit for bit, with what Feast's offline store gives
as of the same moments. One difference, and the generation is thrown away.
"""

from __future__ import annotations

import fcntl
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from feast import FeatureStore

from feature_repo.errors import FeatureRepoError, ParityBroken
from feature_repo.packed import Layout, microseconds, moment_of
from feature_repo.packed_store import PackedOnlineStore

__all__ = ["SAMPLE", "Materialisation", "materialise", "packed_store", "records", "values_of"]

SAMPLE: Final = 1_000
"""Consumers a view whose values are compared."""

_ROWS: Final = 65_536
_NAMED: Final = 3
"""Features that an error names."""
_STAMP: Final = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Materialisation:
    """What is kept of a materialisation.

    Parameters
    ----------
    service : str
        Feast's feature service, named after the fingerprint of its definitions.
    generation : str
        Name of the generation.
    as_of : str
        The newest moment that a row speaks of (ISO 8601, UTC); empty if there is no row.
    rows : dict of str to int
        Rows written, by view.
    sample : int
        Rows that were compared with the offline store, over all views.
    seed : int
        By which they were drawn.
    seconds : float
        How long it took.
    refused : str
        Why the generation did not become current; empty if it did.
    """

    service: str
    generation: str
    as_of: str
    rows: dict[str, int]
    sample: int
    seed: int
    seconds: float
    refused: str = ""


@dataclass(frozen=True)
class _Table:
    """A view's table that is to be written online."""

    layout: Layout
    path: Path
    consumer_ids: npt.NDArray[np.int64]


def materialise(
    store: FeatureStore, service: str, tables: Mapping[str, Path], folder: Path, *, sample: int = SAMPLE, seed: int = 0
) -> Materialisation:
    """Write tables to the online store, and make them current if they pass.

    Parameters
    ----------
    store : FeatureStore
        Feast's client; the views were applied, and their sources hold the tables.
    service : str
        Name of the feature service, for the record.
    tables : mapping of str to Path
        View to the Parquet table that was computed.
    folder : Path
        Where the records are kept.
    sample : int
        How many consumers a view are compared.
    seed : int
        By which they are drawn.

    Raises
    ------
    ParityBroken
        If a value online is not, bit for bit, that of the offline store. The generation that was
        current remains so.
    FeatureRepoError
        If another materialisation is under way, or the online store is not one of ours.
    """
    online = packed_store(store)
    started = time.perf_counter()
    generation = secrets.token_hex(8)
    prepared = [_prepared(store, view, path) for view, path in tables.items()]
    views = [table.layout.view for table in prepared]
    everybody = np.unique(np.concatenate([np.empty(0, np.int64), *(table.consumer_ids for table in prepared)]))
    compared, newest, refused = 0, -1, ""
    with _alone(folder):
        try:
            for table in prepared:
                newest = max(newest, _stage(store, online, generation, table))
            for table in prepared:
                compared += _compare(store, online, generation, table, sample, seed)
        except BaseException as error:
            refused = str(error) if isinstance(error, ParityBroken) else type(error).__name__
            online.discard(store.config, generation, views, everybody.tolist())
            raise
        else:
            online.promote(store.config, generation, views, everybody.tolist())
        finally:
            record = Materialisation(
                service=service,
                generation=generation,
                as_of=moment_of(newest).isoformat() if newest >= 0 else "",
                rows={table.layout.view: len(table.consumer_ids) for table in prepared},
                sample=compared,
                seed=seed,
                seconds=round(time.perf_counter() - started, 3),
                refused=refused,
            )
            with (folder / _RECORDS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(record)) + "\n")
    return record


def records(folder: Path) -> list[Materialisation]:
    """All materialisations of a folder, the oldest first."""
    path = folder / _RECORDS
    if not path.is_file():
        return []
    return [Materialisation(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def packed_store(store: FeatureStore) -> PackedOnlineStore:
    """The online store behind Feast's client.

    Raises
    ------
    FeatureRepoError
        If it is not one of ours.
    """
    online = store.provider.online_store
    if not isinstance(online, PackedOnlineStore):
        raise FeatureRepoError(
            f"{type(online).__name__}: keeps no generations; name an online store of feature_repo in the configuration"
        )
    return online


_RECORDS: Final = "materialisations.jsonl"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one at a time: the kernel frees the lock when a process dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "materialising.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FeatureRepoError(f"{folder}: another materialisation is under way; wait until it has ended") from None
        yield


def _prepared(store: FeatureStore, view: str, path: Path) -> _Table:
    consumer_ids = pq.read_table(path, columns=["consumer_id"])["consumer_id"].to_numpy()
    return _Table(Layout.of(store.get_feature_view(view)), path, consumer_ids)


def _stage(store: FeatureStore, online: PackedOnlineStore, generation: str, table: _Table) -> int:
    """Write a table to the generation; the newest moment in it, -1 if it is empty."""
    newest = -1
    layout = table.layout
    columns = ["consumer_id", "event_timestamp", *layout.names]
    for batch in pq.ParquetFile(table.path).iter_batches(_ROWS, columns=columns):
        moments = batch.column("event_timestamp").cast(_STAMP).cast(pa.int64()).to_numpy()
        pieces = layout.pack(values_of(batch, layout.names))
        rows = zip(batch.column("consumer_id").to_numpy().tolist(), moments.tolist(), pieces, strict=True)
        online.stage(store.config, generation, layout, rows)
        newest = max(newest, int(moments.max(initial=-1)))
    return newest


def values_of(rows: pa.RecordBatch | pa.Table, names: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """The values of columns, a row a row, NaN where missing."""
    values = np.empty((rows.num_rows, len(names)), dtype=np.float64)
    for place, name in enumerate(names):
        column = rows.column(name)
        values[:, place] = column.to_numpy() if isinstance(rows, pa.Table) else column.to_numpy(zero_copy_only=False)
    return values


def _compare(
    store: FeatureStore, online: PackedOnlineStore, generation: str, table: _Table, sample: int, seed: int
) -> int:
    """Compare a sample of a view with the offline store; the number of rows that were compared.

    A row is asked of the offline store as of the moment from which it was known: the later of its
    event and its created timestamp.
    """
    everybody = np.unique(table.consumer_ids)
    chosen = np.sort(np.random.default_rng(seed).choice(everybody, min(sample, len(everybody)), replace=False))
    if not len(chosen):
        return 0
    keys = ["consumer_id", "event_timestamp", "created_timestamp"]
    rows = pq.read_table(table.path, columns=keys, filters=[("consumer_id", "in", chosen.tolist())]).to_pandas()
    rows = rows.sort_values(keys).drop_duplicates("consumer_id", keep="last")
    spine = pd.DataFrame(
        {"consumer_id": rows["consumer_id"], "event_timestamp": rows[keys[1:]].max(axis="columns")}
    ).reset_index(drop=True)
    layout = table.layout
    job = store.get_historical_features(
        entity_df=spine,
        features=[f"{layout.view}:{name}" for name in layout.names],
        filter_by_created_timestamp=True,
    )
    offline = values_of(job.to_arrow().combine_chunks(), layout.names)
    pieces = online.staged(store.config, generation, layout.view, spine["consumer_id"].tolist())
    event = [microseconds(moment) for moment in rows["event_timestamp"]]
    absent = sum(piece is None or piece[0] != moment for piece, moment in zip(pieces, event, strict=True))
    if absent:
        raise ParityBroken(
            f"{layout.view}: {absent} of {len(chosen)} sampled rows cannot be read back as of their moment; "
            "nothing was made current, materialise again"
        )
    served = np.array([layout.unpack(piece[1]) for piece in pieces if piece is not None]).reshape(offline.shape)
    _require_same(layout, served, offline)
    return len(chosen)


def _require_same(layout: Layout, served: npt.NDArray[np.float64], offline: npt.NDArray[np.float64]) -> None:
    """Equal to the last bit; any missing value equals any other."""
    same = (served.view(np.int64) == offline.view(np.int64)) | (np.isnan(served) & np.isnan(offline))
    broken = {name: int(count) for name, count in zip(layout.names, (~same).sum(axis=0), strict=True) if count}
    if not broken:
        return
    told = ", ".join(f"{name} in {count}" for name, count in list(broken.items())[:_NAMED])
    more = f", and {len(broken) - _NAMED} more" if len(broken) > _NAMED else ""
    raise ParityBroken(
        f"{layout.view}: online is not what training sets hold: {told} of {len(served)} sampled rows{more}; "
        "nothing was made current, compute the view anew and materialise the table that was computed"
    )
