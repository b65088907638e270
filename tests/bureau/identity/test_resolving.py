"""Resolution of the whole bureau: models are trained, kept and used, and nothing that was known changes."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from people_told import partition, tell, who_is_who

from bureau.history import History, open_history
from bureau.home import open_home
from bureau.identity.models import current_model, kept_models
from bureau.identity.resolving import resolve

START: Final = datetime.fromisoformat("2024-02-05T06:00:00")
FIRST: Final = (
    "Abel", "Bea", "Cyril", "Dora", "Emil", "Freya", "Gustav", "Hilda", "Ivor", "Jutta", "Kofi", "Lena", "Marek",
    "Nadia", "Otis", "Petra",
)  # fmt: skip
LAST: Final = (
    "Nkrumah", "Lindqvist", "Petrov", "Yamada", "Rossi", "Haddad", "Kowalski", "Mbeki", "Okafor", "Castellano",
    "Brandt", "Duarte",
)  # fmt: skip


def person(dice: random.Random, number: int) -> dict[str, Any]:
    return {
        "first_name": dice.choice(FIRST),
        "surname": dice.choice(LAST),
        "birth_date": f"{dice.randint(1940, 1999)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}",
        "national_number": f"{dice.randint(100, 599)}{dice.randint(10, 99)}{1000 + number:04}",
        "phone": f"312555{number:04}",
        "email": f"person{number}@example.org",
        "address": f"{number + 1} {dice.choice(['Larch Ave', 'Quarry Rd', 'Vine St'])}",
        "postcode": f"604{dice.randint(10, 99)}",
    }


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """A hundred and twenty people at three lenders, one of whom writes some names wrong and knows no e-mail."""
    folder: Path = tmp_path_factory.mktemp("bureau")
    made = open_history(open_home(folder / "home", create=True), memory_limit="500MB")
    dice = random.Random(11)  # noqa: S311
    people = {f"P{number}": person(dice, number) for number in range(120)}
    wrong = {
        ref: told | {"email": None, "surname": told["surname"][:-1] if dice.random() < 0.2 else told["surname"]}
        for ref, told in people.items()
    }
    for day, (furnisher, told) in enumerate((("harbour", people), ("meridian", people), ("civic", wrong))):
        tell(made, furnisher, told, START + timedelta(day))
    return made


def test_a_model_is_trained_kept_and_used(history: History) -> None:
    before = partition(who_is_who(history))
    assert len(before) == 120
    first = resolve(history, START + timedelta(10), train_anew=True, seed=1)
    assert (first.model, first.references, first.consumers) == ("1", 360, 120)
    assert resolve(history, START + timedelta(11)).model == "1"
    second = resolve(history, START + timedelta(12), train_anew=True, seed=1)
    assert second.model == "2"
    models = kept_models(history.vault)
    assert [model.version for model in models] == ["1", "2"]
    assert models[0].but(version="2") == models[1], "the same records and seed make the same model"
    assert current_model(history.vault) == models[1]
    assert partition(who_is_who(history)) == before
    assert partition(who_is_who(history, START + timedelta(5))) == before


def test_a_delivery_after_the_training_is_joined_under_the_new_model(history: History) -> None:
    dice = random.Random(11)  # noqa: S311
    known = {f"Q{number}": person(dice, number) | {"phone": None} for number in range(5)}
    tell(history, "quarry", known, START + timedelta(20))
    who = who_is_who(history)
    assert all(who["quarry", f"Q{number}"] == who["harbour", f"P{number}"] for number in range(5))
    with history.read() as connection:
        assert {version for (version,) in connection.execute("SELECT DISTINCT model FROM likeness").fetchall()} == {"2"}
