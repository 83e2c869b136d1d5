"""A slow oracle, written from the specification and from nothing else: looks at every quarter of an hour by itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from zoneinfo import ZoneInfo

QUARTER = dt.timedelta(minutes=15)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@dataclass
class World:
    """Facts in quarters of an hour since `origin`; `length` quarters exist, and the last state goes on for ever."""

    origin: dt.datetime
    length: int
    changes: list[tuple[int, str]]
    windows: list[tuple[int, int, int | None]]
    corrections: list[tuple[int, int, str]]
    hours: list[tuple[int, int, int]]  # from day (ordinal from origin's), opening and closing hour
    rules: dict[str, object]

    @cached_property
    def stretches(self) -> list[tuple[int, int | None]]:
        return outage_stretches(self)


def agreed(world: World, tick: int) -> bool:
    if not world.hours:
        return True
    wall = (world.origin.astimezone(dt.UTC) + tick * QUARTER).astimezone(AMSTERDAM)
    first = world.origin.astimezone(AMSTERDAM).date()
    valid = [hours for hours in world.hours if (wall.date() - first).days >= hours[0]]
    return bool(valid) and valid[-1][1] <= wall.hour < valid[-1][2]


def state(world: World, tick: int) -> str:
    """The state at a tick, with what corrections make of it."""
    made = {makes for start, end, makes in world.corrections if start <= tick < end}
    for word in ("down", "degraded", "up"):
        if word in made:
            return word
    known = [(at, number, word) for number, (at, word) in enumerate(world.changes) if at <= tick]
    return max(known)[2] if known else "unknown"


def outage_stretches(world: World) -> list[tuple[int, int | None]]:
    found: list[tuple[int, int | None]] = []
    begin = None
    for tick in range(world.length + 1):
        is_down = tick < world.length and state(world, tick) == "down"
        if is_down and begin is None:
            begin = tick
        if not is_down and begin is not None:
            found.append((begin, None if tick == world.length else tick))
            begin = None
    return found


def is_short(world: World, outage: tuple[int, int | None]) -> bool:
    start, end = outage
    least = world.rules["min_outage"]
    assert isinstance(least, int)
    return end is not None and end - start < least


def classify(world: World, tick: int) -> tuple[str, bool]:
    """The class at a tick, and whether it is planned time that the rule `planned` may count."""
    if not agreed(world, tick):
        return "outside", False
    if any(start <= tick < end and makes == "exclude" for start, end, makes in world.corrections):
        return "excluded", False
    notice = world.rules["planned_notice"]
    assert isinstance(notice, int)
    for start, end, announced in world.windows:
        kept = announced is None or announced <= start - notice
        if start <= tick < end and kept:
            return "excluded", True
    word = state(world, tick)
    if word == "unknown":
        return "no_data", False
    if word == "down":
        mine = [
            stretch
            for stretch in outage_stretches(world)
            if stretch[0] <= tick < (stretch[1] or world.length)
        ]
        return ("up" if is_short(world, mine[0]) else "down"), False
    return word, False


@dataclass
class Expected:
    """What the specification says of a period, in quarters of an hour."""

    classes: dict[str, int]
    counted: int
    lost: Fraction
    ratio: Fraction | None
    band: tuple[Fraction, Fraction] | None
    downs: list[int]
    short: int


def expected(world: World, start: int, end: int) -> Expected:
    classes = dict.fromkeys(("outside", "excluded", "no_data", "down", "degraded", "up"), 0)
    planned = 0
    stretches = world.stretches
    downs = dict.fromkeys(range(len(stretches)), 0)
    shorts = set()
    for tick in range(start, end):
        word, is_planned = classify(world, tick)
        classes[word] += 1
        planned += is_planned
        for number, (begin, finish) in enumerate(stretches):
            if begin <= tick < (finish or world.length):
                if word == "down":
                    downs[number] += 1
                elif word == "up" and is_short(world, stretches[number]):
                    shorts.add(number)

    def figure(no_data: str) -> tuple[int, Fraction]:
        counted = classes["up"] + classes["down"] + classes["degraded"]
        weight = {"as_up": Fraction(0), "as_down": Fraction(1)}.get(str(world.rules["degraded"]))
        if weight is None:
            weight = Fraction(str(world.rules["degraded"]))
        lost = classes["down"] + weight * classes["degraded"]
        for rule, amount in ((no_data, classes["no_data"]), (world.rules["planned"], planned)):
            counted += amount if rule != "exclude" else 0
            lost += amount if rule == "as_down" else 0
        return counted, lost

    def ratio(counted: int, lost: Fraction) -> Fraction | None:
        return (counted - lost) / counted if counted else None

    counted, lost = figure(str(world.rules["no_data"]))
    low, high = ratio(*figure("as_down")), ratio(*figure("as_up"))
    return Expected(
        classes,
        counted,
        lost,
        ratio(counted, lost),
        None if low is None or high is None else (low, high),
        [amount for amount in downs.values() if amount],
        len(shorts),
    )
