"""The estimator: from any table to calibrated, explained, verified probabilities and credit scores."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from scoring.calibration import probability
from scoring.scale import ScoreScale
from training.arguments import (
    bad_label_among,
    boosting_of,
    directions_of,
    groups_of,
    labels_of,
    require_settings,
    seed_of,
)
from training.averaging import fit_average
from training.boosting import BoostingParameters
from training.crossfit import FOLDS, Rows, calibrate, folds, out_of_fold_margins
from training.encoding import Encoder
from training.errors import UnfitArgument, UnfitTable
from training.leaks import refuse_outcome_among_columns, warn_of_near_outcome
from training.monotonicity import verify_directions
from training.sizing import is_worth_tuning, taken, tuning_folds, tuning_part, untuned
from training.special_codes import Declared
from training.splits import splits
from training.table import as_frame

if TYPE_CHECKING:
    from training.tuning import Progress

__all__ = ["CreditRiskModel"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

_ROWS_FOR_PROCESSES: Final = 2_000
"""Below this, starting another process takes longer than it saves."""


_TUNING_SEED_OFFSET: Final = 7919
"""The folds of the tuning are others than those of the calibration."""


class CreditRiskModel(ClassifierMixin, BaseEstimator):
    """Default probability, credit score and explanation from a table of any columns.

    Fitting encodes the table (:mod:`training.encoding`), tunes a LightGBM booster on stratified folds
    (:mod:`training.tuning`), calibrates it on margins out of fold, fits it on all rows, and verifies the directions
    on the result, tree by tree. Everything is reproducible to the byte, whatever the number of processes.

    Parameters
    ----------
    directions : mapping from str to int, optional
        Direction of risk by column: 1 if a larger value means a higher probability of bad, -1 if a lower one,
        0 for none, as for columns not named. Not for categories without an order.
    special_codes : "auto", None or mapping from str to sequence of float
        Numbers that stand for words: found by the rule of :mod:`training.special_codes`, none, or declared.
    bad_label : object, optional
        The label of bad. By default the one that reads so, or beside one that reads good (:mod:`training.bad_label`),
        and ``classes_[1]`` otherwise.
    n_trials : int
        Trials of the tuning.
    max_seconds : float, optional
        Begin no round of trials after so many seconds; the model then depends on the machine's speed.
    n_averaged : int
        On a table of less than 5,000 rows the booster is the mean of so many of the best trials
        (:mod:`training.averaging`); 1 takes the best alone.
    n_processes : int, optional
        How many boosters are fitted at a time, one thread each. By default one a core for large tables.
    parameters : BoostingParameters or mapping of str to float, optional
        Fit with these, without tuning.
    storage : str or Path, optional
        Where the trials are kept, so that a tuning that was broken off goes on: a journal file, or the URL of a
        database.
    base_score : int
        Credit score at the base odds.
    base_odds : float
        Odds of good to bad at the base score.
    points_to_double : float
        Points that double the odds.
    random_state : int, RandomState or None
        Same number, same model.
    verbose : bool or callable
        Write a line of progress a round to the standard error stream, or tell it a function.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels.
    bad_label_ : object
        The label of bad.
    n_features_in_ : int
        Columns of the table.
    feature_names_in_ : ndarray of str
        Their names, if it was a frame.
    encoder_ : Encoder
        From table to matrix.
    risk_encoding_ : RiskEncoding
        Risks of categories.
    booster_ : lightgbm.Booster
        The booster, fitted on all rows.
    calibration_ : Calibration
        From margin to log-odds.
    scale_ : ScoreScale
        From log-odds to score.
    parameters_ : BoostingParameters
        Parameters of the booster; those of the best trial if it is the mean of several.
    averaged_ : tuple of BoostingParameters
        Those of all that it is the mean of.
    tuned_ : Tuned or None
        The tuning; None if there was none.
    verified_directions_ : tuple of VerifiedDirection
        How each direction was verified.
    out_of_fold_log_odds_ : ndarray of shape (n,)
        Log-odds of bad of the rows it was fitted on, each by a booster fitted on the other folds.

    Notes
    -----
    Raises `UnfitTable`, a `ValueError`, on: one class only, a single row of a class, more than two classes, a missing
    outcome or group, infinities, two columns of one name, values of several parts, no column that varies, and a column
    that tells the classes apart without an error; at prediction, on dates in place of numbers and the reverse.
    Raises `UnfitArgument`, a `ValueError` too, on a setting that is none, or that does not fit the table. A
    constant or all-missing column contributes nothing. With fewer bads than folds there are fewer folds. At
    prediction, columns must be those of the fit in the same order, and an unseen category counts as the average one.

    Examples
    --------
    >>> import numpy as np
    >>> late = np.random.default_rng(0).poisson(1.0, size=(150, 1))
    >>> model = CreditRiskModel().fit(late, late[:, 0] > 1)
    >>> bool(model.to_score([[0]])[0] > model.to_score([[3]])[0])
    True
    """

    def __init__(
        self,
        *,
        directions: Mapping[str, int] | None = None,
        special_codes: Literal["auto"] | Declared | None = "auto",
        bad_label: Any = None,
        n_trials: int = 50,
        n_averaged: int = 5,
        max_seconds: float | None = None,
        n_processes: int | None = None,
        parameters: BoostingParameters | Mapping[str, Any] | None = None,
        storage: str | Path | None = None,
        base_score: int = 600,
        base_odds: float = 30.0,
        points_to_double: float = 20.0,
        random_state: Any = 0,
        verbose: bool | Callable[[Progress], None] = False,
    ) -> None:
        self.directions = directions
        self.special_codes = special_codes
        self.bad_label = bad_label
        self.n_trials = n_trials
        self.n_averaged = n_averaged
        self.max_seconds = max_seconds
        self.n_processes = n_processes
        self.parameters = parameters
        self.storage = storage
        self.base_score = base_score
        self.base_odds = base_odds
        self.points_to_double = points_to_double
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Fit on a table and its outcomes.

        Parameters
        ----------
        X : DataFrame or array of shape (n, columns)
            Numbers, truth values, dates, categories, text; missing values are welcome.
        y : array of shape (n,)
            Two labels.
        groups : array of shape (n,), optional
            Whose rows they are, where a person has several. All rows of a person are then in one fold, in the tuning
            and in the calibration: else a booster knows those that it is judged on. None may be missing.

        Raises
        ------
        UnfitTable, UnfitArgument
            As the notes say.
        BrokenMonotonicity
            If the booster turns against a direction.
        """
        require_settings(self.get_params(deep=False))
        declared, seed = directions_of(self.directions), seed_of(self.random_state)
        frame, is_bad = self._checked(X, y)
        self.scale_ = ScoreScale(self.base_score, self.base_odds, self.points_to_double)
        self.encoder_ = Encoder.learn(frame, special_codes=self.special_codes, directions=declared)
        directions, features = self.encoder_.directions(declared), _safe_names(self.encoder_.names)
        values = self.encoder_.apply(frame)
        _refuse_nothing_that_varies(values)
        refuse_outcome_among_columns(values, is_bad, self.encoder_.names)
        warn_of_near_outcome(values, is_bad, self.encoder_.names)
        rows = Rows(values, is_bad, self.encoder_.risk_columns, self.encoder_.risk_sizes, groups_of(groups, frame))
        if rows.fewest < 2:
            raise UnfitTable("there is one group only with bad or without in groups; at least 2 of each are needed")
        processes = self._processes(len(is_bad))
        self.tuned_, self.averaged_ = self._tune(rows, features, directions, seed, processes)
        self.parameters_ = self.averaged_[0]

        count = min(FOLDS, rows.fewest)
        margins = out_of_fold_margins(
            rows, features, directions, self.averaged_, count=count, seed=seed, processes=processes
        )
        self.calibration_ = calibrate(margins, is_bad)
        self.out_of_fold_log_odds_ = self.calibration_.log_odds(margins)
        self.risk_encoding_ = rows.encoding()
        encoded = self.risk_encoding_.apply_out_of_fold(values, is_bad, seed, rows.groups)
        self.booster_ = fit_average(encoded, is_bad, features, directions, self.averaged_, seed)
        self.verified_directions_ = verify_directions(self.booster_, self.encoder_.names, directions, encoded)
        return self

    def decision_function(self, X: Any) -> _Values:
        """Calibrated log-odds of ``classes_[1]``, an array of shape (n,)."""
        matrix = self._matrix(X)
        margins = self.booster_.predict(matrix, raw_score=True, num_threads=1)
        return self._sign() * self.calibration_.log_odds(margins)

    def predict_proba(self, X: Any) -> _Values:
        """Probability of each class, an array of shape (n, 2)."""
        second = probability(self.decision_function(X))
        return np.column_stack([1.0 - second, second])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The likelier class, an array of shape (n,)."""
        is_second = self.decision_function(X) > 0
        chosen: npt.NDArray[Any] = self.classes_[is_second.astype(np.intp)]
        return chosen

    def to_score(self, X: Any) -> npt.NDArray[np.int64]:
        """Credit score, an array of shape (n,): higher is better, whichever label is bad."""
        log_odds = self.decision_function(X)
        return self.scale_.to_score(self._sign() * log_odds)

    def explain(self, X: Any) -> pd.DataFrame:
        """Contribution of each column of the table to the log-odds of ``classes_[1]``, and the base.

        Contributions are exact TreeSHAP values (S. Lundberg et al., From local explanations to global understanding
        with explainable AI for trees, 2020), summed over what a column was encoded to.

        Returns
        -------
        DataFrame of shape (n, columns + 1)
            The last column is ``base`` (``base_`` where a column of the table has that name); a row sums to its
            `decision_function`.
        """
        matrix = self._matrix(X)
        rows = X.index if isinstance(X, pd.DataFrame) else None
        both = self.booster_.predict(matrix, pred_contrib=True, num_threads=1)
        slope, intercept = self.calibration_.slope, self.calibration_.intercept
        told = np.column_stack([slope * self.encoder_.by_source(both[:, :-1]), intercept + slope * both[:, -1]])
        names = [column.name for column in self.encoder_.columns]
        base = "base"
        while base in names:
            base += "_"
        return pd.DataFrame(self._sign() * told, columns=[*names, base], index=rows)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    # -- inside ------------------------------------------------------------------------------------

    def _checked(self, X: Any, y: Any) -> tuple[pd.DataFrame, _Flags]:
        frame = as_frame(X)
        validate_data(self, _named(X, frame), skip_check_array=True)
        labels = labels_of(y)
        check_consistent_length(frame, labels)
        check_classification_targets(labels)
        self.classes_ = np.unique(labels.to_numpy())
        if len(self.classes_) > 2:
            kind = type_of_target(labels)
            raise UnfitTable(f"Only binary classification is supported. The type of the target is {kind}.")
        if len(self.classes_) < 2:
            raise UnfitTable("there is one class only in y; a model needs rows of both")
        self.bad_label_ = bad_label_among(self.classes_, self.bad_label)
        is_bad = labels.to_numpy() == self.bad_label_
        if min(is_bad.sum(), (~is_bad).sum()) < 2:
            raise UnfitTable("there is one row only of a class in y; at least 2 of each are needed to judge the model")
        return frame, is_bad

    def _sign(self) -> int:
        return 1 if self.classes_[1] == self.bad_label_ else -1

    def _matrix(self, X: Any) -> _Values:
        check_is_fitted(self)
        frame = as_frame(X)
        validate_data(self, _named(X, frame), reset=False, skip_check_array=True)
        return self.risk_encoding_.apply(self.encoder_.apply(frame))

    def _processes(self, rows: int) -> int:
        if self.n_processes is not None:
            return int(joblib.effective_n_jobs(self.n_processes))  # -1 is one a core, as everywhere in scikit-learn
        return joblib.cpu_count() if rows >= _ROWS_FOR_PROCESSES else 1

    def _tune(
        self, rows: Rows, features: tuple[str, ...], directions: tuple[int, ...], seed: int, processes: int
    ) -> tuple[Any, tuple[BoostingParameters, ...]]:
        if self.parameters is not None:
            return None, (_drawing_rows(boosting_of(self.parameters), len(rows.is_bad)),)
        if not is_worth_tuning(rows.is_bad):
            return None, (untuned(len(rows.is_bad)),)
        from training.tuning import Budget, tune  # Optuna is heavy

        part = rows.take(tuning_part(rows.is_bad, seed))
        count, repeats = tuning_folds(len(part.is_bad))
        drawn = splits(part.is_bad, count, (seed + _TUNING_SEED_OFFSET) % 2**32, repeats, part.groups)
        tuned = tune(
            list(folds(part, drawn, seed)),
            features,
            directions,
            budget=Budget(self.n_trials, self.max_seconds),
            seed=seed,
            processes=processes,
            storage=self.storage,
            progress=self.verbose if callable(self.verbose) else _tell if self.verbose else None,
        )
        return tuned, taken(tuned, len(rows.is_bad), self.n_averaged)


def _named(table: Any, frame: pd.DataFrame) -> Any:
    """What scikit-learn is to take names of columns from: none from an array."""
    return frame if hasattr(table, "columns") else table


def _tell(progress: Any) -> None:
    sys.stderr.write(f"{progress.done} of {progress.total} trials, best AUC {progress.auc:.4f}\n")


def _drawing_rows(parameters: BoostingParameters, rows: int) -> BoostingParameters:
    """Parameters whose trees draw a row at least, of as few as the half that two folds leave to be fitted on."""
    share = parameters.bagging_fraction
    if share * (rows // 2) < 1:
        raise UnfitArgument(f"parameters: bagging_fraction is {share!r}, of {rows} rows, which draws none; give more")
    return parameters


def _refuse_nothing_that_varies(values: _Values) -> None:
    present = ~np.isnan(values)
    first = values[present.argmax(axis=0), np.arange(values.shape[1])]
    varies = (present & (values != first)).any(axis=0) | (present.any(axis=0) & ~present.all(axis=0))
    if not varies.any():
        raise UnfitTable("no column varies: all are constant or missing; check what was given")


def _safe_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Different names without the characters that LightGBM refuses."""
    safe: dict[str, None] = {}
    for place, name in enumerate(names):
        plain = re.sub(r"\W+", "_", name) or "_"
        while plain in safe:
            plain = f"{plain}_{place}"
        safe[plain] = None
    return tuple(safe)
