"""What is counted over the addresses and employers that furnishers told."""

from __future__ import annotations

from datetime import date

from bureau_oracle.arithmetic import count, largest, months_ago, share, smallest, within
from bureau_oracle.known import Known, Values


def features(file: Known) -> Values:
    return _of(file, "address", "addresses") | _of(file, "employer", "employers")


def _of(file: Known, thing: str, things: str) -> Values:
    first: dict[int, date] = {}
    tellers: dict[int, set[str]] = {}
    for record in file.facts["identity"]:
        token = record[f"{thing}_token"]
        if token is not None:
            first[token] = min(first.get(token, record["effective_on"]), record["effective_on"])
            tellers.setdefault(token, set()).add(record["furnisher_id"])
    since = [months_ago(day, file.observed_on) for day in first.values()]
    values: Values = {f"{things}_{n}m": count(within(ago, n) for ago in since) for n in (12, 24, 60)}
    return values | {
        f"{things}_known": count([True for _ in first]),
        f"months_at_newest_{thing}": smallest(since),
        f"{thing}_tellers_max": largest(len(who) for who in tellers.values()) or 0,
        f"{things}_told_once_share": share(len(who) == 1 for who in tellers.values()),
    }
