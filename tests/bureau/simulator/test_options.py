from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from bureau.errors import BureauError
from bureau.simulator import Options, SimulationError


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"consumers": 9}, "consumers must lie between 10 and"),
        ({"months": 0}, "months must lie between 1 and"),
        ({"seed": -1}, "seed must lie between 0 and"),
        ({"fault_rate": 0.3}, r"fault-rate must lie between 0 and 0\.2"),
        ({"fault_rate": float("nan")}, "fault-rate must lie"),
        ({"cycle": -0.1}, "cycle must lie between 0 and 3"),
        ({"start": date(1900, 1, 1)}, "start must lie between 1990 and 2100"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(SimulationError, match=told):
        Options(**({"consumers": 100, "months": 3} | wrong))


def test_errors_are_those_of_the_bureau() -> None:
    assert issubclass(SimulationError, BureauError)


def test_calendar_knows_its_months() -> None:
    calendar = Options(100, 3, start=date(2020, 1, 17)).calendar
    assert calendar.name(0) == "2020-01"
    assert calendar.last_day(1) == date(2020, 2, 29)
    assert calendar.end(np.array([-1, 0])).tolist() == [date(2019, 12, 31), date(2020, 1, 31)]
    days = np.array(["2019-12-31", "2020-01-01", "2021-01-31"], dtype="datetime64[D]")
    assert calendar.number(days).tolist() == [-1, 0, 12]
    assert calendar.day(np.array([0, 1]), np.array([5, 29])).tolist() == [date(2020, 1, 5), date(2020, 2, 29)]
