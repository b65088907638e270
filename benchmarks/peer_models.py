"""Peers of the estimator: LightGBM as it comes, an optimally binned scorecard, and tuned boosters of three kinds.

Each is a function from a table to learn from, its outcomes and a table to judge, to a number a row: higher is
riskier. The tuned ones get as many trials as ours, of Optuna's TPE, on the same folds, with early stopping on each of
them; the best is fitted again on all rows with the mean number of trees.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import optuna
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from training.sizing import tuning_folds, tuning_part
from training.splits import splits

__all__ = ["TUNED", "Setting", "plain_lightgbm", "scorecard", "tuned"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

_MOST_TREES: Final = 1500
_PATIENCE: Final = 50


@dataclass(frozen=True)
class Setting:
    """How much a peer may try.

    Parameters
    ----------
    trials : int
        Trials.
    seed : int
        Seed of the sampler, the folds and the booster.
    threads : int
        Threads of a booster.
    """

    trials: int
    seed: int
    threads: int = 1


@dataclass(frozen=True)
class Kind:
    """A kind of booster: how it is fitted, and what is tuned of it.

    Parameters
    ----------
    fit : callable
        Given parameters, a table, outcomes, a table and outcomes to stop by (or None), the number of trees, and the
        setting: the margins function and the number of trees that was best.
    suggest : callable
        Given a trial of Optuna, the parameters.
    """

    fit: Callable[..., tuple[Callable[[pd.DataFrame], _Values], int]]
    suggest: Callable[[optuna.Trial], dict[str, Any]]


def plain_lightgbm(train: pd.DataFrame, is_bad: _Flags, test: pd.DataFrame, setting: Setting) -> _Values:
    """LightGBM's own defaults, categories its own way."""
    train, test = _categories(train, test)
    model = lgb.LGBMClassifier(random_state=setting.seed, n_jobs=setting.threads, verbose=-1).fit(train, is_bad)
    return np.asarray(model.predict_proba(test)[:, 1])


def scorecard(train: pd.DataFrame, is_bad: _Flags, test: pd.DataFrame, setting: Setting) -> _Values:
    """Weights of evidence of optimal bins (optbinning), then a logistic regression."""
    from optbinning import BinningProcess

    train, test = (table.copy() for table in (train, test))
    text = [name for name in train if train[name].dtype == object]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        process = BinningProcess(list(train), categorical_variables=text)
        learnt = process.fit_transform(train, is_bad.astype(int), metric="woe", metric_missing="empirical")
        judged = process.transform(test, metric="woe", metric_missing="empirical")
        model = LogisticRegression(max_iter=1000, random_state=setting.seed).fit(learnt, is_bad)
    return np.asarray(model.decision_function(judged))


def tuned(kind: str) -> Callable[[pd.DataFrame, _Flags, pd.DataFrame, Setting], _Values]:
    """The tuned peer of a kind, one of :data:`TUNED`."""
    how = TUNED[kind]

    def fitted(train: pd.DataFrame, is_bad: _Flags, test: pd.DataFrame, setting: Setting) -> _Values:
        train, test = _categories(train, test)
        rows = tuning_part(is_bad, setting.seed)
        part, part_is_bad = train.iloc[rows], is_bad[rows]
        drawn = splits(part_is_bad, tuning_folds(len(rows))[0], setting.seed, tuning_folds(len(rows))[1])

        def judge(trial: optuna.Trial) -> float:
            parameters, areas, trees = how.suggest(trial), [], []
            for fit_on, to_judge in drawn:
                held = part.iloc[to_judge], part_is_bad[to_judge]
                margins, best = how.fit(parameters, part.iloc[fit_on], part_is_bad[fit_on], held, _MOST_TREES, setting)
                areas.append(roc_auc_score(held[1], margins(held[0])))
                trees.append(best)
            trial.set_user_attr("trees", int(np.mean(trees)))
            return float(np.mean(areas))

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=setting.seed))
        study.optimize(judge, n_trials=setting.trials)
        trees = study.best_trial.user_attrs["trees"]
        parameters = how.suggest(optuna.trial.FixedTrial(study.best_params))  # type: ignore[arg-type]
        margins, _ = how.fit(parameters, train, is_bad, None, trees, setting)
        return margins(test)

    return fitted


def _categories(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Text as pandas categories, those of the rows to learn from."""
    train, test = train.copy(), test.copy()
    for name in train:
        if train[name].dtype == object:
            kinds = pd.CategoricalDtype(sorted(train[name].dropna().astype(str).unique()))
            train[name] = train[name].astype("string").astype(kinds)
            test[name] = test[name].astype("string").astype(kinds)
    return train, test


def _fit_lightgbm(
    parameters: Mapping[str, Any],
    table: pd.DataFrame,
    is_bad: _Flags,
    held: tuple[pd.DataFrame, _Flags] | None,
    trees: int,
    setting: Setting,
) -> tuple[Callable[[pd.DataFrame], _Values], int]:
    model = lgb.LGBMClassifier(
        n_estimators=trees, subsample_freq=1, random_state=setting.seed, n_jobs=setting.threads, verbose=-1,
        **parameters,
    )  # fmt: skip
    if held is None:
        model.fit(table, is_bad)
    else:
        stop = [lgb.early_stopping(_PATIENCE, verbose=False)]
        model.fit(table, is_bad, eval_X=(held[0],), eval_y=(held[1],), eval_metric="auc", callbacks=stop)
    return lambda rows: np.asarray(model.predict(rows, raw_score=True)), model.best_iteration_ or trees


def _suggest_lightgbm(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 4, 128, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 5, 200, log=True),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "reg_alpha": trial.suggest_float("reg_alpha", 1e-3, 10.0, log=True),
        "reg_lambda": trial.suggest_float("reg_lambda", 1e-3, 100.0, log=True),
    }


def _fit_xgboost(
    parameters: Mapping[str, Any],
    table: pd.DataFrame,
    is_bad: _Flags,
    held: tuple[pd.DataFrame, _Flags] | None,
    trees: int,
    setting: Setting,
) -> tuple[Callable[[pd.DataFrame], _Values], int]:
    import xgboost as xgb

    model = xgb.XGBClassifier(
        n_estimators=trees, tree_method="hist", enable_categorical=True, eval_metric="auc", n_jobs=setting.threads,
        random_state=setting.seed, early_stopping_rounds=None if held is None else _PATIENCE, **parameters,
    )  # fmt: skip
    model.fit(table, is_bad, eval_set=None if held is None else [held], verbose=False)
    best = trees if held is None else int(model.best_iteration) + 1
    return lambda rows: np.asarray(model.predict(rows, output_margin=True)), best


def _suggest_xgboost(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
        "max_depth": trial.suggest_int("max_depth", 2, 8),
        "min_child_weight": trial.suggest_float("min_child_weight", 1.0, 100.0, log=True),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "reg_alpha": trial.suggest_float("reg_alpha", 1e-3, 10.0, log=True),
        "reg_lambda": trial.suggest_float("reg_lambda", 1e-3, 100.0, log=True),
    }


def _fit_catboost(
    parameters: Mapping[str, Any],
    table: pd.DataFrame,
    is_bad: _Flags,
    held: tuple[pd.DataFrame, _Flags] | None,
    trees: int,
    setting: Setting,
) -> tuple[Callable[[pd.DataFrame], _Values], int]:
    import catboost

    text = [name for name in table if isinstance(table[name].dtype, pd.CategoricalDtype)]

    def pool(rows: pd.DataFrame, outcomes: _Flags | None = None) -> Any:
        plain = rows.copy()
        for name in text:
            plain[name] = plain[name].astype(object).fillna("missing").astype(str)
        return catboost.Pool(plain, None if outcomes is None else outcomes.astype(int), cat_features=text)

    model = catboost.CatBoostClassifier(
        iterations=trees, thread_count=setting.threads, random_seed=setting.seed, verbose=False, eval_metric="AUC",
        allow_writing_files=False, **parameters,
    )  # fmt: skip
    model.fit(
        pool(table, is_bad),
        eval_set=None if held is None else pool(*held),
        early_stopping_rounds=None if held is None else _PATIENCE,
    )
    best = trees if held is None else int(model.get_best_iteration()) + 1
    return lambda rows: np.asarray(model.predict(pool(rows), prediction_type="RawFormulaVal")), best


def _suggest_catboost(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.3, log=True),
        "depth": trial.suggest_int("depth", 2, 8),
        "l2_leaf_reg": trial.suggest_float("l2_leaf_reg", 1.0, 30.0, log=True),
        "random_strength": trial.suggest_float("random_strength", 0.1, 10.0, log=True),
        "bagging_temperature": trial.suggest_float("bagging_temperature", 0.0, 1.0),
        "rsm": trial.suggest_float("rsm", 0.2, 1.0),
    }


TUNED: Final = {
    "LightGBM": Kind(_fit_lightgbm, _suggest_lightgbm),
    "XGBoost": Kind(_fit_xgboost, _suggest_xgboost),
    "CatBoost": Kind(_fit_catboost, _suggest_catboost),
}
