"""What a person concluded: sealed, kept as long as its decision, and in casework that was made before there was any."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from made_casework import NOW, behind, record

from bureau.casework.casework import Casework
from bureau.casework.conclusions import Conclusion
from bureau.casework.opening import open_casework
from bureau.errors import CaseworkDamaged, CaseworkError, ContentGone
from bureau.home import Home

END = NOW.replace(year=2029, month=4, day=1)
DECISION = "decision-000001"
DECLINED = Conclusion(DECISION, NOW, "decline", "Halvorsen", ("A02", "R08"), "why it was so")


def test_the_last_conclusion_stands(either: Casework) -> None:
    either.keep(record(1))
    assert (either.conclusions.last(DECISION), either.conclusions.standing()) == (None, {})
    assert either.conclusions.keep(DECLINED) == DECLINED
    later = replace(DECLINED, concluded_at=NOW + timedelta(days=1), outcome="approve", reasons=(), number=2)
    assert either.conclusions.keep(later, correct=True) == later
    assert either.conclusions.of(DECISION) == [DECLINED, later]
    assert either.conclusions.last(DECISION) == later
    assert either.conclusions.standing() == {DECISION: later}
    assert either.conclusions.standing(later.concluded_at.date()) == {DECISION: DECLINED}
    assert "Halvorsen" not in repr(later)


def test_it_is_kept_with_its_decision_and_goes_with_it(either: Casework) -> None:
    either.keep(record(1))
    either.keep(record(2))
    either.conclusions.keep(DECLINED)
    either.conclusions.keep(replace(DECLINED, decision_id="decision-000002"))
    either.holds.place(DECISION, "case 12", NOW)
    either.holds.destroy_expired(END)
    assert either.conclusions.standing() == {DECISION: DECLINED}
    with pytest.raises(ContentGone, match="nothing can be concluded of it"):
        either.conclusions.keep(replace(DECLINED, decision_id="decision-000002", concluded_at=END), correct=True)
    either.holds.lift(DECISION, "case 12", END)
    either.holds.destroy_expired(END)
    with pytest.raises(ContentGone, match="its content is gone"):
        either.conclusions.of(DECISION)


def test_a_conclusion_that_was_changed_or_moved_does_not_open(either: Casework, either_home: Home) -> None:
    either.keep(record(1))
    either.keep(record(2))
    either.conclusions.keep(DECLINED)
    behind(either_home.casework, "UPDATE conclusion SET conclusion_id = 'decision-000002/1'")
    with pytest.raises(CaseworkDamaged, match="changed or moved"):
        either.conclusions.of(DECISION)


def test_casework_of_before_gets_the_table(either: Casework, either_home: Home) -> None:
    either.keep(record(1))
    either.close()
    behind(either_home.casework, "DROP TABLE conclusion", "UPDATE about SET told = '1' WHERE name = 'format'")
    if isinstance(either_home.casework, Path):
        behind(either_home.casework, "VACUUM")  # the table needs new pages, which are in no file before the commit
    for _ in range(2):
        with open_casework(either_home) as opened:
            assert opened.decision(DECISION, None) == record(1)
            number = len(opened.conclusions.of(DECISION)) + 1
            kept = opened.conclusions.keep(DECLINED, correct=number > 1)
            assert kept.number == number


def test_what_nobody_decided_is_refused() -> None:
    with pytest.raises(CaseworkError, match="nobody is named as the one who decided"):
        replace(DECLINED, by=" ")
    with pytest.raises(CaseworkError, match="a reason is no code"):
        replace(DECLINED, reasons=("did not qualify",))
