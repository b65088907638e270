"""A decision is explained beside applicants just above the cut-off of the policy that makes it."""

from __future__ import annotations

from made_models import made_bundle, made_counted
from several_cut_offs import OWN, STRICTER, with_several_cut_offs

from features.vectors import matrix
from scoring.scorer import Scorer
from serving.deciding import score_of
from serving.engine import Engine


def test_reasons_are_those_of_the_cut_off_that_decides() -> None:
    bundle = made_bundle(made_counted(), "taiwan-1", 1)
    several = with_several_cut_offs(bundle, matrix(bundle.features, made_counted(), bundle.model.features))
    engine = Engine(several, Scorer(several), "0" * 64)
    person = {name: float(column[3]) for name, column in made_counted().items()}
    strict, own = score_of(person, {}, engine, STRICTER), score_of(person, {}, engine, OWN)
    assert strict.credit_score == own.credit_score
    assert strict.explanation == Scorer(several.at(STRICTER)).score_one(person, "all").explanation
    assert own.explanation == Scorer(bundle).score_one(person, "all").explanation != strict.explanation
