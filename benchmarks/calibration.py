"""Predicted default probabilities against the true ones of a simulated world.

    python -m benchmarks.calibration [--consumers 12000] [--months 36] [--trials 20] [--cycle 0 1] [--keep FOLDER]

For each amplitude of the macro cycle a world is simulated, its deliveries are taken in, mistakes and all, everybody on
file is labelled and valued at several dates, a `CreditRiskModel` is fitted on the earlier ones and judged on the
later ones. With ``--keep`` worlds and homes stay in the folder, and are used when they are there.

**What is compared.** The key has the probability that an account which is open and not bad at the end of a month is bad
(90 days late) at least once in the twelve months after, for one who knows the account's grade, its holder's job and how
the times will go on. So the label here is: an account opened by the observation date is 90 days past due, or lost,
within twelve months; nothing is indeterminate. People are observed on the sixteenth, when the reports of the month
before are in; the twelve month ends of the window are then those of the key. A consumer's true probability is
``1 - product of (1 - p)`` over the accounts that the bureau holds them to answer for. It leaves out that the accounts
of one person depend on the same job (so it is a little too high for many accounts), and accounts opened in the first
half of the month. How well the truth itself agrees with what happened is printed beside the model, so that nothing is
taken on trust.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score

from bureau.errors import DeliveryRefused
from bureau.feeds import register
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.ingest import ingest
from bureau.kinds.all import KINDS
from bureau.manifest import read_manifest
from bureau.simulator import Options, simulate
from features.analysis.shift import compare_frames
from features.definitions.bureau.pieces import LIABLE_ROLES, listed
from features.sets import feature_set
from scoring.calibration import probability
from training import CreditRiskModel
from training.bureau_population import bureau_population
from training.drift.drift import Drift, Watched, drift
from training.drift.growth import growing, months_told
from training.drift.performance import measure
from training.figures import CALIBRATION_BINS, expected_calibration_error
from training.labels import LabelDefinition
from training.population import Population
from training.samples import Samples, draw_samples

CURRENCY: Final = "USD"
DEFINITION: Final = LabelDefinition(indeterminate_from=None, new_accounts=False)
SEED: Final = 1
MOST_SHIFT: Final = 0.25

_Values = npt.NDArray[np.float64]
_Rows = npt.NDArray[np.int64]


def main() -> None:
    """Each world in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--consumers", type=int, default=12_000)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--cycle", type=float, nargs="+", default=[0.0, 1.0])
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for cycle in asked.cycle:
            options = Options(asked.consumers, asked.months, seed=SEED, cycle=cycle)
            folder = (asked.keep or Path(scratch)) / f"{asked.consumers}x{asked.months}-{cycle:g}"
            _say(f"\n{options.consumers:,} consumers, {options.months} months, cycle {cycle:g}")
            with _timed("world and ingest"):
                history = bureau_of(options, folder)
            judge_world(history, folder / "world" / "answers", options, asked.trials)


# -- the bureau -----------------------------------------------------------------------------------


def bureau_of(options: Options, folder: Path) -> History:
    """A bureau to which a world was delivered."""
    world, home = folder / "world", folder / "home"
    if home.exists():
        return open_history(open_home(home))
    simulate(options, world)
    history = open_history(open_home(home, create=True))
    manifest = read_manifest(world / "deliveries", KINDS, received_at=datetime(2100, 1, 1, tzinfo=UTC))
    with history.write() as connection:
        for feed in manifest.feeds:
            register(connection, feed, KINDS)
    for delivery in manifest.deliveries:
        try:
            ingest(history, delivery)
        except DeliveryRefused:  # a file that cannot be read at all, which is one of the world's mistakes
            continue
    return history


def dates_of(options: Options) -> tuple[list[date], list[date]]:
    """The sixteenth of months to learn from, and of later ones to be judged on; all of them have matured by the end."""
    first = pd.Timestamp(options.start).replace(day=16)
    last = options.months - 14
    learnt = [first + pd.DateOffset(months=month) for month in range(6, last - 6, 3)]
    judged = [first + pd.DateOffset(months=month) for month in (last - 3, last)]
    return [each.date() for each in learnt], [each.date() for each in judged]


# -- the truth ------------------------------------------------------------------------------------

_TRUTH: Final = """
WITH key AS (
    SELECT furnisher_id, unnest([account_ref, later_account_ref]) AS reference, account_id
    FROM read_parquet('{answers}/accounts.parquet')),
account AS (
    SELECT tradeline_id, account_id FROM history.tradeline_reference AS held
    JOIN key ON held.reference_space = key.furnisher_id AND held.tradeline_ref = key.reference),
held AS (
    SELECT consumer_id, tradeline_id FROM known.association GROUP BY ALL
    HAVING bool_or(role IN {liable}) AND NOT bool_or(role = 'terminated')),
answered AS (
    SELECT DISTINCT row_no, month, account_id
    FROM observed LEFT JOIN temp.resolved USING (consumer_id)
    JOIN held ON held.consumer_id = coalesce(resolved.resolved_id, observed.consumer_id)
    JOIN account USING (tradeline_id))
SELECT row_no, 1 - exp(sum(ln(1 - least(default_probability, 0.999999)))) AS probability
FROM answered JOIN read_parquet('{answers}/default_probability.parquet') AS truth
    ON truth.account_id = answered.account_id AND truth.month = answered.month::DATE
GROUP BY row_no ORDER BY row_no"""


def true_probability(history: History, answers: Path, people: Population, known_at: datetime) -> _Values:
    """The true probability of each row; NaN where no account in the key is behind it."""
    month_end = people.observed_at.astype("datetime64[M]").astype("datetime64[us]") - np.timedelta64(1, "D")
    observed = pd.DataFrame({"row_no": np.arange(len(people)), "consumer_id": people.consumer_ids, "month": month_end})
    truth = np.full(len(people), np.nan)
    with history.as_of(known_at) as known:
        known.connection.register("observed", observed)
        statement = _TRUTH.format(answers=str(answers).replace("'", "''"), liable=listed(LIABLE_ROLES))
        found = known.connection.execute(statement).df()
    truth[found["row_no"].to_numpy()] = found["probability"].to_numpy()
    return truth


# -- judging --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Judged:
    """People with the truth and what a model says, as log-odds of bad."""

    name: str
    is_bad: npt.NDArray[np.bool_]
    truth: _Values
    log_odds: _Values

    def line(self) -> str:
        """The figures of the model, and of the truth beside them."""
        ours, best = (roc_auc_score(self.is_bad, each) for each in (self.log_odds, self.truth))
        here = measure(self.log_odds, self.is_bad)
        large = "too few bads" if here is None else f"{here.in_the_large:+.3f}, slope {here.slope:.3f}"
        error, of_truth = (
            expected_calibration_error(probability(each), self.is_bad) for each in (self.log_odds, self.truth)
        )
        return (
            f"  {self.name:24} {len(self.is_bad):6,} rows, {self.is_bad.mean():.4f} bad, predicted "
            f"{probability(self.log_odds).mean():.4f}, true {probability(self.truth).mean():.4f}\n"
            f"    calibration error {error:.4f} (of the truth itself {of_truth:.4f}, by chance {self.by_chance:.4f}); "
            f"in the large {large}\n"
            f"    AUC {ours:.4f}, of the truth {best:.4f}, share of the possible Gini "
            f"{(ours - 0.5) / (best - 0.5):.3f}; correlation of the log-odds with the true ones "
            f"{np.corrcoef(self.log_odds, self.truth)[0, 1]:.3f}"
        )

    @property
    def by_chance(self) -> float:
        """The calibration error that a perfect model would show on so many people (training.figures)."""
        chance = probability(self.truth)
        return float(np.sqrt(2 / np.pi) * np.sqrt(chance * (1 - chance) / (len(chance) / CALIBRATION_BINS)).mean())


def judge_world(history: History, answers: Path, options: Options, trials: int) -> None:
    """Build the population, fit, and print the figures."""
    learnt, judged = dates_of(options)
    present = datetime.combine(options.calendar.last_day(options.months - 1), datetime.min.time(), UTC)
    present += pd.Timedelta(days=20)
    features = feature_set("bureau")
    with _timed(f"population of {len(learnt)} + {len(judged)} dates"):
        built = bureau_population(
            history,
            definition=DEFINITION,
            observation_dates=[*learnt, *judged],
            present=present,
            currency=CURRENCY,
            features=features,
        )
    truth = true_probability(history, answers, built.people, present)
    _say(built.labels.counts.by_reason.to_string(index=False))
    known = np.flatnonzero(~np.isnan(truth))
    _say(f"  no account of the key: {len(truth) - len(known)} rows, left out")
    people, truth = built.people.take(known), np.log(truth[known]) - np.log1p(-truth[known])
    samples = draw_samples(people, out_of_time_from=judged[0], seed=SEED)
    people = without_the_age_of_the_bureau(people, samples)
    with _timed(f"fit on {len(samples.development):,} rows, {trials} trials"):
        model = fit(people.take(samples.development), trials)
    log_odds = model.decision_function(people.frame())
    for name, rows in (
        ("test", samples.test),
        ("out of time", samples.out_of_time),
        ("out of time, unseen", samples.unseen(people)),
        *((f"  {day}", _on(people, day)) for day in judged),
    ):
        _say(Judged(name, people.is_bad[rows], truth[rows], log_odds[rows]).line())
    months = (months_told(history, datetime.combine(day, datetime.min.time())) for day in (learnt[0], judged[-1]))
    grows = growing(features.catalogue, people.features, *months)
    found = drifted(model, people, samples, log_odds, grows)
    _say(f"  drift: {found.level}")
    for alarm in found.alarms:
        _say(f"    {alarm.level:12} {alarm.text}")


def without_the_age_of_the_bureau(people: Population, samples: Samples) -> Population:
    """The people without features that shifted within the development sample, from its first date to its last.

    A young bureau's history grows by a month a month, and whatever looks back over years grows with it.
    """
    developed = people.take(samples.development)
    first, last = (developed.observed_at == day for day in (developed.observed_at.min(), developed.observed_at.max()))
    frame = developed.frame()
    psi = compare_frames(frame[first], frame[last], people.features)["psi"]
    kept = [column for column, name in enumerate(people.features) if psi[name] <= MOST_SHIFT]
    _say(f"  features: {len(kept)} of {len(people.features)} that did not shift within the development sample")
    return replace(people, values=people.values[:, kept], features=tuple(people.features[column] for column in kept))


def fit(people: Population, trials: int) -> CreditRiskModel:
    """The model, with the directions of the catalogue."""
    catalogue = feature_set("bureau").catalogue
    directions = {name: catalogue[name].direction for name in people.features}
    model = CreditRiskModel(
        directions=directions, special_codes=None, n_trials=trials, n_processes=1, random_state=SEED
    )
    return model.fit(people.frame(), people.is_bad, groups=people.consumer_ids)


def drifted(
    model: CreditRiskModel, people: Population, samples: Samples, log_odds: _Values, grows: frozenset[str]
) -> Drift:
    """The people out of time against those of development."""
    parts = []
    for rows, seen in ((samples.development, model.out_of_fold_log_odds_), (samples.out_of_time, None)):
        part = people.take(rows)
        inputs = {name: part.values[:, column] for column, name in enumerate(people.features)}
        parts.append(Watched(inputs, log_odds[rows] if seen is None else seen, part.is_bad, part.consumer_ids))
    return drift(*parts, growing=grows)


def _on(people: Population, day: date) -> _Rows:
    return np.flatnonzero(people.observed_at == np.datetime64(day, "us"))


class _timed:  # noqa: N801 (read as a verb)
    """Print how long a block took."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def __exit__(self, *_: Any) -> None:
        _say(f"  {self.what}: {time.perf_counter() - self.wall:.0f} s, {time.process_time() - self.cpu:.0f} CPU s")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
