"""`beheer judge` from files to JSON gives what the slow oracle says, over the days the clock is moved."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from beheer.lib.durations import format_duration
from beheer.service_levels.commands import judge
from beheer.service_levels.tests.oracle import AMSTERDAM, World, expected
from beheer.service_levels.tests.test_figures_oracle import (
    LENGTH,
    ORIGINS,
    QUARTER,
    facts_of_a_service,
    hours,
    pairs,
    rules,
)


def at(world: World, tick: int) -> str:
    """The instant of a tick, in one zone or another."""
    instant = world.origin.astimezone(dt.UTC) + tick * dt.timedelta(minutes=15)
    return instant.astimezone(AMSTERDAM if tick % 2 else dt.UTC).isoformat().replace("+00:00", "Z")


def agreement(world: World) -> str:
    written = {
        **world.rules,
        "planned_notice": format_duration(int(str(world.rules["planned_notice"])) * QUARTER),
        "min_outage": format_duration(int(str(world.rules["min_outage"])) * QUARTER),
    }
    calendar: Any = "24x7"
    if world.hours:
        first = world.origin.date()
        latest = {offset: (opens, closes) for offset, opens, closes in world.hours}
        calendar = {
            "timezone": "Europe/Amsterdam",
            "versions": [
                {
                    "valid_from": str(first + dt.timedelta(days=offset)),
                    "hours": {"mon-sun": f"{opens:02}:00-{closes:02}:00"},
                }
                for offset, (opens, closes) in latest.items()
            ],
        }
    windows = [
        {
            "start": at(world, start),
            "end": at(world, end),
            "announced": None if told is None else at(world, told),
        }
        for start, end, told in world.windows
    ]
    corrections = [
        {"service": "*", "start": at(world, start), "end": at(world, end), "makes": makes}
        for start, end, makes in world.corrections
    ]
    return json.dumps(
        {
            "timezone": "Europe/Amsterdam",
            "calendar": calendar,
            "norms": [{"target": 0.9, "rules": written}],
            "windows": windows,
            "corrections": corrections,
        }
    )


@settings(max_examples=40)
@given(st.sampled_from(ORIGINS), facts_of_a_service(), hours, rules, pairs)
def test_the_command_gives_the_figures_of_the_oracle(
    origin: dt.datetime,
    service: dict[str, Any],
    hours: list[tuple[int, int, int]],
    rules: dict[str, Any],
    span: list[int],
) -> None:
    world = World(origin, LENGTH, hours=hours, rules=rules, **service)
    rows = "".join(f"web,{at(world, tick)},{state}\n" for tick, state in world.changes)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "agreement.yaml").write_text(agreement(world))
        (folder / "states.csv").write_text(f"service,at,state\n{rows}other,{at(world, 0)},up\n")
        arguments = ["--agreement", str(folder / "agreement.yaml"), "--states", str(folder / "states.csv")]
        edges = ["--from", at(world, span[0]), "--until", at(world, span[1])]
        result = CliRunner().invoke(judge, [*arguments, *edges, "--json"])
        assert result.exception is None, result.exception
        found = [one for one in json.loads(result.stdout) if one["service"] == "web"]
    wanted = expected(world, span[0], span[1])
    assert len(found) == (1 if world.changes else 0)
    for one in found:
        assert one["classes"] == {name: ticks * 900 for name, ticks in wanted.classes.items()}
        assert (one["counted_s"], one["lost_s"]) == (wanted.counted * 900, float(wanted.lost * 900))
        assert one["ratio"] == (None if wanted.ratio is None else float(wanted.ratio))
        assert one["band"] == (None if wanted.band is None else [float(ratio) for ratio in wanted.band])
        assert one["outages"] == len(wanted.downs)
        assert one["longest_s"] == (max(wanted.downs) * 900 if wanted.downs else None)
        verdict = "no_data" if wanted.ratio is None else "met" if wanted.ratio * 10 >= 9 else "breached"
        assert one["verdict"] == verdict
