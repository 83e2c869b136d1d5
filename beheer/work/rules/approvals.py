"""When an approval is given, refused or still open; who may still decide; what it was bound to."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from beheer.work.kinds.schema import ApprovalSpec, GroupSpec

Outcome = Literal["asked", "granted", "refused"]


@dataclass(frozen=True, slots=True)
class Vote:
    """One decision: in which group, by which person (id; whom they stand in for, else themselves), and what."""

    group: int
    person: int
    is_approved: bool


def outcome(spec: ApprovalSpec, members: Sequence[frozenset[int]], votes: Sequence[Vote]) -> Outcome:
    """What the votes add up to. `members` are the ids that may decide, for each group.

    Refused as soon as a group cannot reach what it needs; granted when all groups have.
    """
    results = [group_outcome(group, members[n], votes, n) for n, group in enumerate(spec.groups)]
    if "refused" in results:
        return "refused"
    return "granted" if all(result == "granted" for result in results) else "asked"


def group_outcome(group: GroupSpec, members: frozenset[int], votes: Sequence[Vote], number: int) -> Outcome:
    """What the votes of one group add up to. "One" is refused by the first no, as "all" is."""
    mine = [vote for vote in votes if vote.group == number]
    yes = len({vote.person for vote in mine if vote.is_approved})
    no = len({vote.person for vote in mine if not vote.is_approved})
    size = max(len(members), yes + no, 1)
    if group.need == "share":
        needed = math.ceil(size * group.share - 1e-9)
        return "granted" if yes >= needed else "refused" if size - no < needed else "asked"
    if no:
        return "refused"
    needed = size if group.need == "all" else 1
    return "granted" if yes >= needed else "asked"


def open_groups(spec: ApprovalSpec, members: Sequence[frozenset[int]], votes: Sequence[Vote]) -> list[int]:
    """The groups that may decide now: all that are undecided, or, where ordered, the first of them."""
    undecided = [
        number
        for number, group in enumerate(spec.groups)
        if group_outcome(group, members[number], votes, number) == "asked"
    ]
    return undecided[:1] if spec.order == "ordered" else undecided


def digest(bound: Mapping[str, object]) -> str:
    """A fingerprint of what is laid before the deciders."""
    text = json.dumps(bound, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
