"""A made-up Home Credit folder: a few hundred applicants, every table, risk that can be learned."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from bureau.contracts import Column, Contract
from bureau.portfolios.home_credit import HomeCredit

FIRST_REF = 100_001
CONTRACTS = {contract.name: contract for contract in HomeCredit().contracts()}
_EDUCATION = ("Secondary / secondary special", "Higher education", "Incomplete higher")


def write_home_credit(folder: Path, applicants: int = 300, seed: int = 7, shift: int = 0) -> Path:
    """Write a made-up Home Credit folder, every table of it: plausible columns, risk that can be learned.

    Parameters
    ----------
    folder : Path
        Where the tables go.
    applicants : int
        How many; their references count up from ``FIRST_REF``.
    seed : int
        Seed of the random numbers.
    shift : int
        Added to every reference, so that two folders speak of different people.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    refs = shift + np.arange(FIRST_REF, FIRST_REF + applicants)
    risk = rng.normal(size=applicants)
    target = (rng.random(applicants) < 1 / (1 + np.exp(1.2 - 1.5 * risk))).astype(int)
    asked = np.round(rng.lognormal(12.8, 0.5, applicants), -2)
    squashed = 1 / (1 + np.exp(risk[:, None] + rng.normal(size=(applicants, 3))))
    own = {
        "SK_ID_CURR": refs,
        "TARGET": target,
        "AMT_CREDIT": asked,
        "AMT_ANNUITY": np.round(asked / rng.uniform(10, 30, applicants), 1),
        "AMT_GOODS_PRICE": np.round(asked * 0.9, 1),
        "AMT_INCOME_TOTAL": np.round(rng.lognormal(11.9, 0.4, applicants), -2),
        "EXT_SOURCE_1": np.where(rng.random(applicants) < 0.5, np.nan, squashed[:, 0]),
        "EXT_SOURCE_2": squashed[:, 1],
        "EXT_SOURCE_3": squashed[:, 2],
        "NAME_EDUCATION_TYPE": rng.choice(_EDUCATION, applicants),
        "DAYS_BIRTH": -rng.integers(20 * 366, 65 * 365, applicants),
        "DAYS_EMPLOYED": -rng.integers(30, 8000, applicants),
        "CODE_GENDER": rng.choice(("F", "M"), applicants),
        "FLAG_OWN_CAR": rng.choice(("Y", "N"), applicants),
    }
    _write(folder / "application_train.csv", CONTRACTS["home_credit_application"], own, rng, extra=("TARGET",))
    lines = np.repeat(np.arange(applicants), rng.integers(0, 4, applicants))
    bureau_ids = shift + np.arange(5_000_000, 5_000_000 + len(lines))
    opened = rng.integers(40, 2500, len(lines))
    _write(
        folder / "bureau.csv",
        CONTRACTS["home_credit_bureau"],
        {
            "SK_ID_CURR": refs[lines],
            "SK_ID_BUREAU": bureau_ids,
            "CREDIT_ACTIVE": rng.choice(("Active", "Closed"), len(lines)),
            "CREDIT_CURRENCY": np.full(len(lines), "currency 1"),
            "CREDIT_TYPE": rng.choice(("Consumer credit", "Credit card"), len(lines)),
            "DAYS_CREDIT": -opened,
            "DAYS_CREDIT_UPDATE": -rng.integers(1, 40, len(lines)),
            "DAYS_CREDIT_ENDDATE": rng.integers(-500, 1500, len(lines)),
            "CREDIT_DAY_OVERDUE": np.where(risk[lines] > 1, rng.integers(0, 60, len(lines)), 0),
            "AMT_CREDIT_SUM": np.round(rng.lognormal(11.5, 1, len(lines))),
            "AMT_CREDIT_SUM_DEBT": np.round(rng.lognormal(10.5, 1, len(lines))),
        },
        rng,
    )
    at = np.repeat(np.arange(len(lines)), 6)
    late = rng.random(len(at)) < 1 / (1 + np.exp(2.5 - risk[lines][at]))
    _write(
        folder / "bureau_balance.csv",
        CONTRACTS["home_credit_bureau_balance"],
        {
            "SK_ID_BUREAU": bureau_ids[at],
            "MONTHS_BALANCE": -np.tile(np.arange(6), len(lines)),
            "STATUS": np.where(late, "1", "0"),
        },
        rng,
    )
    _write_months(folder, refs, risk, rng, shift)
    asked_before = np.repeat(np.arange(applicants), rng.integers(0, 4, applicants))
    _write(
        folder / "previous_application.csv",
        CONTRACTS["home_credit_previous_application"],
        {
            "SK_ID_PREV": shift + np.arange(3_000_000, 3_000_000 + len(asked_before)),
            "SK_ID_CURR": refs[asked_before],
            "NAME_CONTRACT_STATUS": np.where(
                risk[asked_before] + rng.normal(size=len(asked_before)) > 1, "Refused", "Approved"
            ),
            "NAME_CONTRACT_TYPE": rng.choice(("Cash loans", "Consumer loans"), len(asked_before)),
            "DAYS_DECISION": -rng.integers(1, 1500, len(asked_before)),
            "AMT_APPLICATION": np.round(rng.lognormal(11, 1, len(asked_before))),
        },
        rng,
    )
    return folder


def _write_months(
    folder: Path, refs: npt.NDArray[np.int64], risk: npt.NDArray[np.float64], rng: np.random.Generator, shift: int
) -> None:
    """Six months of own loans and cards, each of some of the applicants."""
    for name, contract, first in (
        ("POS_CASH_balance", CONTRACTS["home_credit_pos_cash_balance"], 1_000_000),
        ("credit_card_balance", CONTRACTS["home_credit_card_balance"], 2_000_000),
    ):
        who = np.flatnonzero(rng.random(len(refs)) < 0.6)
        at = np.repeat(who, 6)
        months = {
            "SK_ID_PREV": shift + first + at,
            "SK_ID_CURR": refs[at],
            "MONTHS_BALANCE": -np.tile(np.arange(1, 7), len(who)),
            "NAME_CONTRACT_STATUS": np.full(len(at), "Active"),
            "SK_DPD": np.where(rng.random(len(at)) < 1 / (1 + np.exp(3 - risk[at])), rng.integers(1, 40, len(at)), 0),
            "SK_DPD_DEF": np.zeros(len(at), dtype=int),
            "CNT_INSTALMENT": np.full(len(at), 12),
            "CNT_INSTALMENT_FUTURE": rng.integers(0, 12, len(at)),
            "AMT_BALANCE": np.round(rng.lognormal(10, 0.5, len(at))),
            "AMT_CREDIT_LIMIT_ACTUAL": np.full(len(at), 90000),
            "AMT_PAYMENT_CURRENT": np.round(rng.lognormal(8, 0.5, len(at))),
        }
        wanted = {column.name for column in contract.columns}
        _write(folder / f"{name}.csv", contract, {key: months[key] for key in months if key in wanted}, rng)


def _write(
    path: Path,
    contract: Contract,
    values: dict[str, npt.NDArray[np.generic]],
    rng: np.random.Generator,
    extra: tuple[str, ...] = (),
) -> None:
    """Write a table under the contract's header; what is not given is made up within the contract's bounds."""
    rows = len(next(iter(values.values())))
    columns = {column.name: values.get(column.name, _made_up(column, rows, rng)) for column in contract.columns}
    columns |= {name: values[name] for name in extra}
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(
            ["" if pd.isna(value) else value for value in row] for row in zip(*columns.values(), strict=True)
        )


def _made_up(column: Column, rows: int, rng: np.random.Generator) -> npt.NDArray[np.generic]:
    if column.allowed:
        return rng.choice(column.allowed, rows)
    if column.type == "text":
        return np.full(rows, "Other")
    low, high = max(column.minimum or 0.0, -3000.0), min(0.0 if column.maximum is None else column.maximum, 3.0)
    return rng.integers(int(min(low, high)), int(max(low, high)) + 1, rows)


def hide_outcomes(folder: Path) -> Path:
    """Turn a folder's `application_train` into an `application_test`, as for applicants to be scored."""
    train = folder / "application_train.csv"
    pd.read_csv(train, dtype=str).drop(columns="TARGET").to_csv(folder / "application_test.csv", index=False)
    train.unlink()
    return folder


def table_path(folder: Path, name: str) -> Path:
    """The file of a table in a Home Credit folder, packed or not."""
    return next(path for path in sorted(folder.glob(f"{name}.*")))
