"""What may be used where and when: the dated table, the scan of every feature's lineage, and what is refused."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
import sqlglot
from sqlglot import exp

from bureau.facts import COMMON_COLUMNS, FACTS
from features.catalogue import Catalogue
from features.declaration import Derived, Feature, View, aggregate
from features.definitions.all import CATALOGUE
from features.derived import Ratio
from features.errors import ProhibitedFeature
from features.permitted import JURISDICTIONS, PROHIBITED_FIELDS, REVIEWED_ON, RULES, FieldRule, fields_in_use, use_of
from features.sets import FEATURE_SETS, FeatureSet

NAMES = [item.name for item in CATALOGUE]
FIELDS = {f"{fact.name}.{column}" for fact in FACTS.values() for column in (*fact.columns, *COMMON_COLUMNS)}
PROHIBITED = [name for name in NAMES if CATALOGUE.use(name)[0] == "prohibited"]
ONLY_COUNTED = ("application", "protected", "disputes")
"""Views whose relations hold prohibited fields, so that asking for them is refused by name."""

EVERYWHERE = pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
EVERY_SET = pytest.mark.parametrize("features", FEATURE_SETS.values(), ids=FEATURE_SETS)


# -- the table --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.field}-{rule.jurisdiction}-{rule.since}")
def test_rule_names_a_field_a_place_a_reason_and_a_time(rule: FieldRule) -> None:
    assert rule.field in FIELDS
    assert rule.jurisdiction in JURISDICTIONS
    assert rule.use in ("consent", "prohibited")
    assert rule.why
    assert rule.until is None or rule.until >= rule.since


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.field}-{rule.jurisdiction}-{rule.since}")
def test_rule_holds_from_its_first_day_to_its_last(rule: FieldRule) -> None:
    ended = dataclasses.replace(rule, until=rule.since + timedelta(days=30))
    place = rule.jurisdiction
    assert not ended.holds(place, rule.since - timedelta(days=1))
    assert ended.holds(place, rule.since)
    assert ended.holds(place, rule.since + timedelta(days=30))
    assert not ended.holds(place, rule.since + timedelta(days=31))


def test_california_stands_on_the_united_states() -> None:
    federal, state = fields_in_use("us"), fields_in_use("us-ca")
    assert set(federal) <= set(state)
    strictness = ("permitted", "consent", "prohibited")
    assert all(strictness.index(state[field][0]) >= strictness.index(federal[field][0]) for field in federal)
    assert not any(rule.holds("us", REVIEWED_ON) for rule in RULES if rule.jurisdiction == "us-ca")


@EVERYWHERE
def test_what_is_prohibited_here_is_prohibited_everywhere(jurisdiction: str) -> None:
    """One model is trained for all: what one of them forbids is in none."""
    forbidden = {field for field, (use, _) in fields_in_use(jurisdiction).items() if use == "prohibited"}
    assert forbidden == set(PROHIBITED_FIELDS)


def test_every_protected_attribute_is_prohibited() -> None:
    attributes = {name for name in FACTS["protected_attribute"].columns if name not in ("consumer_id", "effective_on")}
    assert {f"protected_attribute.{name}" for name in attributes} <= set(PROHIBITED_FIELDS)


@pytest.mark.parametrize(
    ("field", "jurisdiction", "on", "use"),
    [
        ("application.income", "cn", date(2013, 3, 14), "permitted"),  # CIR in force from 15 March 2013
        ("application.income", "cn", date(2013, 3, 15), "consent"),
        ("application.income", "us", REVIEWED_ON, "permitted"),
        ("application.income", "eu", REVIEWED_ON, "permitted"),
        ("public_record.amount", "cn", REVIEWED_ON, "consent"),
        ("application.housing", "cn", REVIEWED_ON, "consent"),
        ("protected_attribute.sex", "us", date(1975, 10, 27), "permitted"),  # ECOA from 28 October 1975
        ("protected_attribute.sex", "us", date(1975, 10, 28), "prohibited"),
        ("tradeline_month.compliance_condition", "us", REVIEWED_ON, "prohibited"),
        ("tradeline_month.balance", "cn", REVIEWED_ON, "permitted"),
    ],
)
def test_use_of_a_field_by_place_and_day(field: str, jurisdiction: str, on: date, use: str) -> None:
    assert use_of({field}, jurisdiction, on)[0] == use


@EVERYWHERE
def test_strictest_use_of_what_is_read_wins_with_its_reason(jurisdiction: str) -> None:
    use, why = use_of({"application.income", "protected_attribute.sex", "tradeline_month.balance"}, jurisdiction)
    assert use == "prohibited"
    assert why == fields_in_use(jurisdiction)["protected_attribute.sex"][1]


def test_unknown_jurisdiction_is_refused() -> None:
    message = "jurisdiction 'atlantis' is not carried; choose one of us, us-ca, eu, cn"
    with pytest.raises(ValueError, match=message):
        use_of(frozenset(), "atlantis")
    with pytest.raises(ValueError, match=message):
        CATALOGUE.require_permitted([], "atlantis")


# -- the scan of lineages -----------------------------------------------------------------------------


def test_what_is_prohibited() -> None:
    assert PROHIBITED == [
        "applicant_age",
        "applicant_sex",
        "applicant_married",
        "applicant_children",
        "disputes_open",
        "disputes_disagreed",
        "disputes_settled",
    ]


@EVERYWHERE
def test_no_permitted_feature_reads_a_prohibited_field(jurisdiction: str) -> None:
    forbidden = {field for field, (use, _) in fields_in_use(jurisdiction).items() if use == "prohibited"}
    for name in NAMES:
        touches = CATALOGUE.reads(name) & forbidden
        assert bool(touches) == (CATALOGUE.use(name, jurisdiction)[0] == "prohibited"), f"{name} reads {touches}"


def scanned(views: tuple[View, ...]) -> dict[str, set[str]]:
    """View to the prohibited fields that its relation names anywhere, whatever its lineage says."""
    forbidden = {field.split(".")[1] for field in PROHIBITED_FIELDS}
    found = {}
    for view in views:
        tree = sqlglot.parse_one(view.relation, dialect="duckdb")
        found[view.name] = {column.name for column in tree.find_all(exp.Column)} & forbidden
    return {name: touched for name, touched in found.items() if touched}


def test_relations_touch_no_prohibited_field() -> None:
    assert set(scanned(CATALOGUE.views)) == set(ONLY_COUNTED)


def test_planted_field_is_found_though_its_lineage_is_silent() -> None:
    accounts = CATALOGUE.view("accounts")
    planted = dataclasses.replace(
        accounts, relation=accounts.relation.replace("month.product,", "month.product, sex,", 1)
    )
    assert planted.relation != accounts.relation
    assert scanned((planted,)) == {"accounts": {"sex"}}


def test_planted_feature_is_refused() -> None:
    view = View(
        "planted",
        "Planted",
        None,
        "SELECT spine.row_no, p.sex FROM spine JOIN protected_attribute AS p ON p.consumer_id = spine.consumer_id",
        {"*": ("protected_attribute.consumer_id",), "sex": ("protected_attribute.sex",)},
        kinds={"sex": "text"},
    )
    sly = aggregate(view, "sly", "count(*) FILTER (sex = 'male')", "sly", unit="count", reason="B01")
    catalogue = Catalogue((*CATALOGUE.views, view), (*CATALOGUE.features, sly), CATALOGUE.derived)
    for jurisdiction in JURISDICTIONS:
        with pytest.raises(ProhibitedFeature, match=rf"^sly: prohibited in a credit decision \({jurisdiction}\): sex"):
            catalogue.require_permitted(["sly"], jurisdiction)


def test_prohibited_field_read_on_the_side_prohibits_too() -> None:
    view = CATALOGUE.view("application")
    sly = aggregate(
        view, "sly", "max(income) FILTER (age_years > 60)", "income of the old", unit="amount", reason="A06"
    )
    assert sly.use[0] == "prohibited"


# -- what is refused ------------------------------------------------------------------------------------


@EVERY_SET
@EVERYWHERE
def test_prohibited_feature_is_refused_by_name_in_every_set(features: FeatureSet, jurisdiction: str) -> None:
    permitted = [name for name in features.names if CATALOGUE.use(name, jurisdiction)[0] == "permitted"][:2]
    for name in PROHIBITED:
        assert name not in features.names
        with pytest.raises(
            ProhibitedFeature, match=rf"^{name}: prohibited in a credit decision \({jurisdiction}\): "
        ) as got:
            features.require([*permitted, name], jurisdiction)
        assert CATALOGUE.use(name, jurisdiction)[1] in str(got.value)


def test_feature_derived_from_a_prohibited_one_is_prohibited() -> None:
    young = Derived("income_by_age", Ratio("income", "applicant_age"), "income by age", "share", 0, "A06")
    catalogue = Catalogue(CATALOGUE.views, CATALOGUE.features, (young,))
    with pytest.raises(ProhibitedFeature, match="income_by_age: prohibited"):
        catalogue.require_permitted(["income_by_age"])
    assert "income_by_age" not in FeatureSet("any", ("application",), frozenset(), catalogue).names


@pytest.mark.parametrize("name", ["stated_income", "owed_by_income", "home_owned", "tax_liens_unpaid_amount"])
def test_consent_is_asked_for_where_it_is_needed_alone(name: str) -> None:
    CATALOGUE.require_permitted([name], "us")
    CATALOGUE.require_permitted([name], "cn", consented=True)
    with pytest.raises(ProhibitedFeature, match=rf"^{name}: only with the person's written consent \(cn\): "):
        CATALOGUE.require_permitted([name], "cn")
    CATALOGUE.require_permitted([name], "cn", date(2013, 3, 14))


@EVERYWHERE
@EVERY_SET
def test_what_is_permitted_of_a_set_is_not_refused(features: FeatureSet, jurisdiction: str) -> None:
    alone, consented = features.permitted(jurisdiction), features.permitted(jurisdiction, consented=True)
    features.require(alone, jurisdiction)
    features.require(consented, jurisdiction, consented=True)
    assert set(alone) <= set(consented) == set(features.names)
    if set(alone) < set(consented):
        with pytest.raises(ProhibitedFeature, match="only with the person's written consent"):
            features.require(consented, jurisdiction)


def test_consent_does_not_help_against_a_prohibition() -> None:
    for jurisdiction in JURISDICTIONS:
        with pytest.raises(ProhibitedFeature, match="applicant_sex: prohibited"):
            CATALOGUE.require_permitted(["applicant_sex"], jurisdiction, consented=True)


def test_soft_inquiries_are_in_no_view_of_the_bureau() -> None:
    """Requirements FC-11: the relations that read inquiries take the hard ones alone."""
    for name in FEATURE_SETS["bureau"].views:
        relation = CATALOGUE.view(name).relation
        for select in sqlglot.parse_one(relation, dialect="duckdb").find_all(exp.Select):
            tables = {table.name: table.alias_or_name for table in select.find_all(exp.Table, bfs=True)}
            own = [join.this for join in select.args.get("joins") or ()]
            for source in own:
                if isinstance(source, exp.Table) and source.name == "inquiry":
                    assert f"{tables['inquiry']}.kind = 'hard'" in select.args["where"].sql(), name


def test_everything_of_a_feature_is_in_its_lineage() -> None:
    """A feature's declared reads are what its SQL names, through the lineage of its view."""
    for item in CATALOGUE.features:
        assert isinstance(item, Feature)
        view = CATALOGUE.view(item.view)
        named = {column.name for column in sqlglot.parse_one(item.sql, dialect="duckdb").find_all(exp.Column)}
        assert {field for column in named if column in view.lineage for field in view.lineage[column]} <= item.reads
