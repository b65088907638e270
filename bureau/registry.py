"""The tables beside the facts: who furnishes what, which deliveries came, what was set aside and who decided.

``furnisher``, ``feed``
    who reports, and which kind of delivery how often from where;
``delivery``, ``delivery_profile``, ``refused_delivery``
    what came in: its counts, the distribution of its fields, and the files that could not be read
    at all;
``quarantine``, ``review``, ``finding``
    records set aside with the rules they break, what people decided about them, and what was
    noticed about records that were accepted; the records themselves, and the bytes of a held
    delivery, lie in the vault;
``consumer``, ``tradeline_reference``, ``observed_consumer``
    the bureau's identifiers for the furnishers' own references;
``resolution``
    who is who: the consumer that a reference's own identifier belongs to, from when the bureau knew
    it until it knew better. An identifier without a row is a consumer of its own;
``likeness``, ``identity_decision``
    pairs of references that are alike, with the match weight in bits under a model and what
    contradicts it, and what people decided about pairs: the smaller identifier is always the left.

Moments are UTC. ``status`` of a delivery: ``taken in``; ``held`` (waits for a person, all its
records count as quarantined); ``released`` (was held, then taken in); ``turned away`` (was held,
then refused by a person; its records stay quarantined).
"""

from __future__ import annotations

from typing import Final

__all__ = ["REGISTRY"]

REGISTRY: Final = (
    """CREATE TABLE furnisher (
        furnisher_id VARCHAR, name VARCHAR, jurisdiction VARCHAR, currency VARCHAR)""",
    "CREATE TABLE feed (furnisher_id VARCHAR, contract VARCHAR, cadence VARCHAR, place VARCHAR)",
    """CREATE TABLE delivery (
        delivery_no INTEGER, delivery_id VARCHAR, furnisher_id VARCHAR, contract VARCHAR,
        file VARCHAR, status VARCHAR, covers DATE, bytes BIGINT, received_at TIMESTAMP, recorded_at TIMESTAMP,
        read BIGINT, accepted BIGINT, quarantined BIGINT, duplicate BIGINT,
        held_because VARCHAR[], corrects INTEGER, columns VARCHAR[])""",
    "CREATE TABLE delivery_profile (delivery_no INTEGER, field VARCHAR, bin VARCHAR, count BIGINT)",
    """CREATE TABLE refused_delivery (
        delivery_id VARCHAR, furnisher_id VARCHAR, contract VARCHAR, file VARCHAR, refused_at TIMESTAMP,
        rule VARCHAR, remedy VARCHAR)""",
    "CREATE TABLE quarantine (delivery_no INTEGER, line BIGINT, rules VARCHAR[], reference_token BIGINT)",
    """CREATE TABLE review (
        delivery_no INTEGER, line BIGINT, decision VARCHAR, reviewer VARCHAR, reason VARCHAR,
        decided_at TIMESTAMP, by_delivery INTEGER)""",
    "CREATE TABLE finding (delivery_no INTEGER, line BIGINT, rule VARCHAR, evidence VARCHAR)",
    "CREATE TABLE consumer (consumer_id BIGINT, reference_space VARCHAR, consumer_ref VARCHAR)",
    "CREATE TABLE tradeline_reference (tradeline_id BIGINT, reference_space VARCHAR, tradeline_ref VARCHAR)",
    """CREATE TABLE resolution (
        consumer_id BIGINT, resolved_id BIGINT, recorded_at TIMESTAMP, superseded_at TIMESTAMP, because VARCHAR)""",
    "CREATE TABLE likeness (left_id BIGINT, right_id BIGINT, weight DOUBLE, veto VARCHAR, model VARCHAR)",
    """CREATE TABLE identity_decision (
        left_id BIGINT, right_id BIGINT, verdict VARCHAR, reviewer VARCHAR, reason VARCHAR, decided_at TIMESTAMP)""",
    "CREATE TABLE observed_consumer (delivery_no INTEGER, consumer_id BIGINT)",
)
"""The statements that make them."""
