"""What a training leaves in its folder, so that it can be validated and repeated to the byte.

::

    runs/<version>/
      population.parquet    consumer_id, observed_at (UTC), is_bad, sample, and the features
      out_of_fold.parquet   log-odds of the development sample, each by a model that had not seen the person
      segments.parquet      segments of everybody, if there are any
      champion.parquet      the features of the champion of that time, if the population lacks one of them
      training.json         options, parameters, trials, fingerprints, label, developer
      tuning.journal        the trials as the tuning kept them, unless its storage is elsewhere

People stand in it under ``consumer_id`` alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.bundle_folder import as_json
from scoring.whole_file import write_whole
from training.boosting import BoostingParameters
from training.errors import RecordDamaged
from training.fingerprints import data_fingerprint
from training.population import Population
from training.samples import Samples
from training.tuning import Trial, Tuned

__all__ = [
    "JOURNAL",
    "POPULATION",
    "TRAINING",
    "TrainingRecord",
    "plain_tuned",
    "read_record",
    "tuned_of",
    "write_json",
    "write_record",
]

POPULATION: Final = "population.parquet"
TRAINING: Final = "training.json"
JOURNAL: Final = "tuning.journal"

_OUT_OF_FOLD: Final = "out_of_fold.parquet"
_SEGMENTS: Final = "segments.parquet"
_CHAMPION: Final = "champion.parquet"
_SAMPLES: Final = ("development", "test", "out of time")
_NONE: Final = "none"
_WHO: Final = ("consumer_id", "observed_at", "is_bad", "sample")


@dataclass(frozen=True, eq=False)
class TrainingRecord:
    """A training as it was recorded.

    Parameters
    ----------
    people : Population
        Everybody, with the model's features in its order.
    samples : Samples
        Who was in which sample.
    out_of_fold_log_odds : ndarray of shape (development,)
        Calibrated log-odds of the development sample, out of fold.
    training : mapping of str to object
        What ``training.json`` holds.
    segments : mapping of str to ndarray of str
        Segment of everybody by the name of the division.
    champion_values : DataFrame, optional
        Features of the champion of that time, a row a person; None where the population has them.
    """

    people: Population
    samples: Samples
    out_of_fold_log_odds: npt.NDArray[np.float64]
    training: Mapping[str, Any]
    segments: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    champion_values: pd.DataFrame | None = None

    def values_of(self, names: Sequence[str]) -> npt.NDArray[np.float64] | None:
        """Values of some features for everybody, from the population or the champion's; None where one is unknown."""
        known = dict(zip(self.people.features, self.people.values.T, strict=True))
        if self.champion_values is not None:
            known |= {str(name): column.to_numpy() for name, column in self.champion_values.items()}
        if not set(names) <= set(known):
            return None
        return np.column_stack([known[name] for name in names])


def write_record(folder: Path, record: TrainingRecord) -> None:
    """Write a record; ``training.json`` comes last, so that a folder with it is whole.

    Raises
    ------
    ValueError
        If a feature has the name of another column.
    """
    people = record.people
    sample = np.full(len(people), _NONE, dtype=object)
    for name, rows in zip(_SAMPLES, _rows(record.samples), strict=True):
        sample[rows] = name
    taken = sorted(set(people.features) & set(_WHO))
    if taken:
        raise ValueError(f"{taken[0]}: a column of the record itself has this name; give the feature another")
    columns = {
        "consumer_id": pa.array(people.consumer_ids, pa.int64()),
        "observed_at": pa.array(people.observed_at, pa.timestamp("us")),
        "is_bad": pa.array(people.is_bad, pa.bool_()),
        "sample": pa.array(sample, pa.string()).dictionary_encode(),
    }
    for place, name in enumerate(people.features):
        columns[name] = pa.array(people.values[:, place], pa.float64())
    _write_table(folder / POPULATION, columns)
    _write_table(folder / _OUT_OF_FOLD, {"log_odds": pa.array(record.out_of_fold_log_odds, pa.float64())})
    if record.segments:
        _write_table(folder / _SEGMENTS, {name: pa.array(each, pa.string()) for name, each in record.segments.items()})
    if record.champion_values is not None:
        _write_table(folder / _CHAMPION, {str(name): pa.array(each) for name, each in record.champion_values.items()})
    write_json(folder / TRAINING, dict(record.training))


def read_record(folder: Path) -> TrainingRecord:
    """Read a record.

    Raises
    ------
    RecordDamaged
        If a part is missing, cannot be read, or the population is not the one that was trained on.
    """
    try:
        training = json.loads((folder / TRAINING).read_bytes())
        table = pq.read_table(folder / POPULATION)
        out_of_fold = pq.read_table(folder / _OUT_OF_FOLD)["log_odds"].to_numpy()
        people, samples = _people(table)
        segments = _read_frame(folder / _SEGMENTS)
        champion_values = _read_frame(folder / _CHAMPION)
        expected = training["data_fingerprint"]
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowInvalid) as error:
        raise RecordDamaged(
            f"{folder}: no record of a training that can be read ({type(error).__name__}); restore it or train again"
        ) from None
    if data_fingerprint(people, samples) != expected or len(out_of_fold) != len(samples.development):
        raise RecordDamaged(
            f"{folder / POPULATION}: not the population that was trained on; restore it from a backup, or train again"
        )
    divisions = {} if segments is None else {str(name): each.to_numpy() for name, each in segments.items()}
    return TrainingRecord(people, samples, out_of_fold, training, divisions, champion_values)


def plain_tuned(tuned: Tuned | None) -> dict[str, Any] | None:
    """A tuning as JSON holds it; trials of the front and the chosen one by their numbers."""
    if tuned is None:
        return None
    return {
        "chosen": tuned.chosen.number,
        "front": [trial.number for trial in tuned.front],
        "cost_cap": tuned.cost_cap,
        "tolerance": tuned.tolerance,
        "trials": [asdict(trial) for trial in tuned.trials],
    }


def tuned_of(plain: Mapping[str, Any] | None) -> Tuned | None:
    """The tuning that :func:`plain_tuned` told."""
    if plain is None:
        return None
    trials = tuple(
        Trial(
            **each
            | {
                "parameters": BoostingParameters(**each["parameters"]),
                "auc_by_fold": tuple(each["auc_by_fold"]),
                "dropped": tuple(each["dropped"]),
            }
        )
        for each in plain["trials"]
    )
    by_number = {trial.number: trial for trial in trials}
    front = tuple(by_number[number] for number in plain["front"])
    return Tuned(by_number[plain["chosen"]], trials, front, plain["cost_cap"], plain["tolerance"])


def write_json(path: Path, content: object) -> None:
    """Write JSON so that the file is whole or as it was, and outlives a loss of power."""
    write_whole(path, as_json(content))


def _people(table: pa.Table) -> tuple[Population, Samples]:
    features = tuple(name for name in table.column_names if name not in _WHO)
    values = np.empty((table.num_rows, len(features)))
    for place, name in enumerate(features):
        values[:, place] = table[name].to_numpy()
    people = Population(
        consumer_ids=table["consumer_id"].to_numpy(),
        observed_at=table["observed_at"].to_numpy().astype("datetime64[us]"),
        values=values,
        features=features,
        is_bad=table["is_bad"].to_numpy(),
    )
    sample = np.array(table["sample"].to_pylist())
    return people, Samples(*(np.flatnonzero(sample == name).astype(np.int64) for name in _SAMPLES))


def _read_frame(path: Path) -> pd.DataFrame | None:
    frame: pd.DataFrame | None = pq.read_table(path).to_pandas() if path.exists() else None
    return frame


def _rows(samples: Samples) -> tuple[npt.NDArray[np.int64], ...]:
    return samples.development, samples.test, samples.out_of_time


def _write_table(path: Path, columns: Mapping[str, pa.Array]) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    pq.write_table(pa.table(dict(columns)), unfinished, compression="zstd")
    unfinished.replace(path)
