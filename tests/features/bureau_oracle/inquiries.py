"""What is counted over hard inquiries."""

from __future__ import annotations

from bureau_oracle.arithmetic import count, largest, months_ago, ratio, smallest, total, within
from bureau_oracle.known import Known, Values, in_currency


def features(file: Known) -> Values:
    hard = [record for record in file.facts["inquiry"] if record["kind"] == "hard"]
    for record in hard:
        record["ago"] = months_ago(record["effective_on"], file.observed_on)
        record["asked"] = in_currency(file, record, "amount_asked")
    last = {n: [record for record in hard if within(record["ago"], n)] for n in (1, 3, 6, 12, 24)}
    values: Values = {f"hard_inquiries_{n}m": count(last[n]) for n in last}
    for n in (6, 12):
        for product in ("card", "line", "consumer", "car", "student", "mortgage"):
            values[f"hard_inquiries_{product}_{n}m"] = count(r["product"] == product for r in last[n])
        values[f"asked_amount_{n}m"] = total(r["asked"] for r in last[n])
    for n in (6, 12, 24):
        for decision in ("approved", "declined", "withdrawn"):
            values[f"hard_inquiries_{decision}_{n}m"] = count(r["decision"] == decision for r in last[n])
    for n in (12, 24):
        decided = [r for r in last[n] if r["decision"] in ("approved", "declined")]
        values[f"declined_share_{n}m"] = ratio(count(r["decision"] == "declined" for r in decided), len(decided))
    values["months_since_hard_inquiry"] = smallest(r["ago"] for r in last[24])
    values["months_since_declined"] = smallest(r["ago"] for r in last[24] if r["decision"] == "declined")
    values["asked_amount_max_12m"] = largest(r["asked"] for r in last[12])
    return values
