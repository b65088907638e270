"""A decision is explained beside applicants just above the cut-off of the policy that makes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from made_models import ON, made_bundle, made_counted
from several_cut_offs import STRICTER, with_several_cut_offs

from features.vectors import matrix
from scoring.policy import Circumstances
from scoring.scorer import Scorer
from serving.deciding import decide, score_of
from serving.engine import Engine
from serving.inputs import Inputs
from serving.shadows import shadow_record


def test_reasons_are_those_of_the_cut_off_that_decides() -> None:
    bundle = made_bundle(made_counted(), "taiwan-1", 1)
    several = with_several_cut_offs(bundle, matrix(bundle.features, made_counted(), bundle.model.features))
    engine = Engine(several, Scorer(several), "0" * 64)
    person = {name: float(column[3]) for name, column in made_counted().items()}
    strict, own = (score_of(person, {}, engine, several.policies.in_force(ON, place)) for place in ("us-ca", "us"))
    assert strict.credit_score == own.credit_score
    assert strict.explanation == Scorer(several.at(STRICTER)).score_one(person, "all").explanation
    assert own.explanation == Scorer(bundle).score_one(person, "all").explanation != strict.explanation


def test_a_shadow_tells_the_reasons_that_it_would_give_if_it_decided() -> None:
    counted = made_counted()
    bundle = made_bundle(counted, "taiwan-1", 1)
    several = with_several_cut_offs(bundle, matrix(bundle.features, counted, bundle.model.features))
    engine = Engine(several, Scorer(several), "0" * 64)
    told = 0
    for row in range(12):
        inputs = Inputs(
            decision_id="d",
            decided_at=datetime(ON.year, ON.month, ON.day, 12, tzinfo=UTC),
            jurisdiction="us-ca",
            model_version="taiwan-1",
            manifest_sha256="0" * 64,
            values={name: float(column[row]) for name, column in counted.items()},
            known_at=datetime(ON.year, ON.month, ON.day, tzinfo=UTC),
            application={},
            circumstances=Circumstances(features_age_days=1),
        )
        answer = json.loads(decide(inputs, engine).answer)
        (shadow,) = json.loads(shadow_record(inputs, (engine,)))
        assert shadow["decision"] == answer["decision"]
        assert shadow["reasons"] == [each["code"] for each in answer["reasons"]]
        told += bool(shadow["reasons"])
    assert told
