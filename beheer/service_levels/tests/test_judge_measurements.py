"""`beheer judge` on measurements, reliability, and several services together: by figures counted by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from beheer.lib.errors import InputError
from beheer.service_levels.commands import judge

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HEAD = """timezone: UTC
calendar: {timezone: UTC, versions: [{valid_from: 2020-01-01, hours: {mon-fri: '08:00-18:00'}}]}
"""
SUMMER = """timezone: Europe/Amsterdam
calendar: 24x7
"""
Row = tuple[str, datetime, str, float]


def run(
    folder: Path, norms: str, rows: list[Row] | str, *more: str, states: str = "", head: str = HEAD
) -> Result:
    (folder / "agreement.yaml").write_text(head + "norms:\n" + norms)
    text = rows
    if not isinstance(rows, str):
        text = "".join(f"{name},{at.isoformat()},{metric},{value}\n" for name, at, metric, value in rows)
        text = "service,at,metric,value\n" + text
    (folder / "m.csv").write_text(str(text))
    arguments = ["--agreement", str(folder / "agreement.yaml"), "--measurements", str(folder / "m.csv")]
    if states:
        (folder / "s.csv").write_text(states)
        arguments += ["--states", str(folder / "s.csv")]
    span = [] if "--from" in more else ["--from", "2026-03-02", "--until", "2026-03-09"]
    return CliRunner().invoke(judge, [*arguments, *span, *more])


def figures(result: Result) -> list[dict[str, Any]]:
    assert result.exception is None, result.exception
    return list(json.loads(result.stdout))


def test_response_is_judged_in_agreed_time(tmp_path: Path) -> None:
    inside: list[Row] = [("web", MONDAY + 8 * HOUR + n * MINUTE, "total_s", n / 100) for n in range(1, 101)]
    rows = [*inside, ("web", MONDAY + 3 * HOUR, "total_s", 99.0), ("web", MONDAY + 9 * HOUR, "dns_s", 50.0)]
    norms = (
        "  - {indicator: response, target: 0.5, settings: {percentile: 0.9}}\n"
        "  - {indicator: response, target: 0.7, settings: {within: 0.75}}\n"
    )
    slow, share = figures(run(tmp_path, norms, rows, "--json"))
    assert slow == {
        "service": "web", "indicator": "response", "from": "2026-03-02T00:00:00Z",
        "until": "2026-03-09T00:00:00Z", "value": 0.9, "unit": "s", "basis": {"measurements": 100},
        "target": 0.5, "verdict": "breached",
    }  # fmt: skip
    assert (share["value"], share["unit"], share["verdict"]) == (0.75, "ratio", "met")


def test_capacity_says_time_above_and_days_until_the_limit(tmp_path: Path) -> None:
    rows: list[Row] = [("disk", MONDAY + n * DAY + 9 * HOUR, "used", 50.0 + 2 * n) for n in range(5)]
    norms = "  - {indicator: capacity, target: 0.55, settings: {metric: used, limit: 100}}\n"
    (found,) = figures(run(tmp_path, norms, rows, "--json"))
    assert (found["value"], found["verdict"], found["basis"]["above_limit_s"]) == (0.58, "breached", 0.0)
    assert found["basis"]["days_until_limit"] == pytest.approx(25 - 6.75 + 0.125, abs=0.2)


@pytest.mark.parametrize(
    ("per", "value", "intervals"),
    [("hour", 2.0, 50), ("day", 48.0, 5), ("week", 192.0 + 48, 1), ("month", None, None)],
)
def test_volume_is_counted_per_interval_that_lies_wholly_in_the_period(
    tmp_path: Path, per: str, value: float | None, intervals: int | None
) -> None:
    rows: list[Row] = [("print", MONDAY + n * HOUR, "pages", 2.0) for n in range(24 * 5)]  # Monday to Friday
    norms = (
        f"  - {{indicator: throughput, target: 2, settings: {{figure: volume, metric: pages, per: {per}}}}}\n"
    )
    (found,) = figures(run(tmp_path, norms, rows, "--json"))
    assert (found["value"], found["basis"].get("intervals")) == (value, intervals)
    assert found["verdict"] == ("no_data" if value is None else "met")


def test_an_interval_without_measurements_is_not_counted_as_nothing_done(tmp_path: Path) -> None:
    rows: list[Row] = [("print", MONDAY + n * DAY + 9 * HOUR, "pages", 10.0 * n) for n in (1, 3)]
    norms = "  - {indicator: throughput, target: 25, settings: {figure: volume, metric: pages}}\n"
    (found,) = figures(run(tmp_path, norms, rows, "--json"))
    assert (found["value"], found["verdict"]) == (20.0, "breached")
    assert found["basis"] == {
        "per": "day",
        "intervals": 2,
        "without_data": 3,
        "lowest": 10.0,
        "highest": 30.0,
    }


def test_a_month_is_that_of_the_agreements_zone_and_has_an_hour_less_in_march(tmp_path: Path) -> None:
    rows: list[Row] = [
        ("print", datetime(2026, 2, 28, tzinfo=UTC) + n * HOUR, "pages", 1.0) for n in range(900)
    ]
    norms = "  - {indicator: throughput, target: 1, settings: {figure: volume, metric: pages, per: month}}\n"
    span = ("--from", "2026-03-01", "--until", "2026-04-01")
    (found,) = figures(run(tmp_path, norms, rows, *span, "--json", head=SUMMER))
    assert found["value"] == 31 * 24 - 1


def test_jobs_by_their_deadline_and_the_backlog(tmp_path: Path) -> None:
    runs = [MONDAY + 6 * HOUR, MONDAY + DAY + 8 * HOUR, MONDAY + 2 * DAY + HOUR, MONDAY + 3 * DAY + 2 * HOUR]
    rows: list[Row] = [("backup", at, "success", 1.0) for at in runs]
    rows += [("backup", MONDAY + 4 * DAY + HOUR, "success", 0.0), ("mail", MONDAY + 9 * HOUR, "queue", 7.0)]
    norms = (
        "  - {services: backup, indicator: throughput, target: 0.9, settings: {deadline: '07:00'}}\n"
        "  - {services: mail, indicator: throughput, target: 5, settings: {figure: backlog, metric: queue}}\n"
    )
    deadline, backlog = figures(run(tmp_path, norms, rows, "--json"))
    assert (deadline["value"], deadline["basis"]["days"]) == (pytest.approx(3 / 5), 5)
    assert deadline["basis"]["missed"] == ["2026-03-03", "2026-03-06"]
    assert (backlog["value"], backlog["verdict"]) == (7.0, "breached")


STATES = """service,at,state
a,2026-03-01T00:00:00Z,up
a,2026-03-02T10:00:00Z,down
a,2026-03-02T11:00:00Z,up
b,2026-03-01T00:00:00Z,up
b,2026-03-03T08:00:00Z,down
b,2026-03-03T13:00:00Z,up
b,2026-03-04T09:00:00Z,down
b,2026-03-04T10:00:00Z,up
"""


def test_reliability_is_judged_from_states(tmp_path: Path) -> None:
    norms = "".join(
        f"  - {{services: b, indicator: reliability, target: {target}, settings: {{figure: {figure}}}}}\n"
        for figure, target in [("outages", 1), ("mtrs", 10_800), ("longest", 17_000), ("mtbf", 79_200)]
    )
    found = figures(run(tmp_path, norms, [], "--json", states=STATES))
    assert [(one["value"], one["unit"], one["verdict"]) for one in found] == [
        (2.0, "", "breached"), (10_800.0, "s", "met"), (18_000.0, "s", "breached"), (79_200.0, "s", "met"),
    ]  # fmt: skip
    assert found[0]["classes"]["down"] == 6 * 3600


@pytest.mark.parametrize(
    ("aggregate", "ratio"),
    [("worst", 1 - 6 / 50), ("mean", 1 - 7 / 100), ("weighted", 1 - (3 * 1 + 6) / 200)],
)
def test_all_services_of_a_norm_together(tmp_path: Path, aggregate: str, ratio: float) -> None:
    norms = (
        f"  - {{indicator: availability, target: 0.95, settings: {{weights: {{a: 3}}}}, "
        f"rules: {{aggregate: {aggregate}}}}}\n"
    )
    alone = figures(run(tmp_path, norms, [], "--json", states=STATES))
    assert [one["service"] for one in alone] == ["a", "b"]
    found = figures(run(tmp_path, norms, [], "--json", "--together", states=STATES))
    assert [one["service"] for one in found] == ["a", "b", "*"]
    assert found[-1]["ratio"] == pytest.approx(ratio)
    assert found[-1]["verdict"] == ("met" if ratio >= 0.95 else "breached")


def test_together_other_figures_are_those_of_the_worst(tmp_path: Path) -> None:
    rows: list[Row] = [
        (name, MONDAY + 9 * HOUR, "total_s", value) for name, value in [("a", 0.2), ("b", 0.9)]
    ]
    norms = "  - {indicator: response, target: 0.5}\n  - {indicator: reliability, target: 1}\n"
    found = figures(run(tmp_path, norms, rows, "--json", "--together", states=STATES))
    assert [(one["service"], one["value"]) for one in found] == [
        ("a", 0.2), ("b", 0.9), ("*", 0.9), ("a", 1.0), ("b", 2.0), ("*", 2.0),
    ]  # fmt: skip


def test_tables_show_figures_in_their_unit(tmp_path: Path) -> None:
    rows: list[Row] = [
        ("web", MONDAY + 9 * HOUR, "total_s", 0.123),
        ("disk", MONDAY + 9 * HOUR, "used", 66.66666),
    ]
    norms = (
        "  - {services: web, indicator: response, target: 0.5}\n"
        "  - {services: disk, indicator: capacity, target: 0.8, settings: {metric: used, limit: 100}}\n"
        "  - {services: b, indicator: reliability, target: 7200, settings: {figure: mtrs}}\n"
    )
    result = run(tmp_path, norms, rows, states=STATES)
    assert result.exception is None, result.exception
    assert "0.123 s" in result.stdout and "target 80 %" in result.stdout
    assert "66.667 %" in result.stdout  # rounded toward worse: up
    assert "3h" in result.stdout


@pytest.mark.parametrize(
    ("norm", "field", "text"),
    [
        ("{indicator: respons, target: 0.5}", "norms.0.indicator", "Did you mean 'response'"),
        ("{indicator: response, target: 0}", "norms.0.target", "number above 0"),
        ("{indicator: response, target: 1, settings: {percentile: 95}}", "norms.0.settings.percentile", "1"),
        (
            "{indicator: response, target: 1, settings: {precentile: 1}}",
            "norms.0.settings.precentile",
            "Did you mean",
        ),
        (
            "{indicator: response, target: 1, settings: {checks: [web]}}",
            "norms.0.settings.checks",
            "no checks",
        ),
        ("{indicator: capacity, target: 1}", "norms.0.indicator", "metric, limit"),
        (
            "{indicator: throughput, target: 1, settings: {figure: volume}}",
            "norms.0.settings",
            "needs a metric",
        ),
        ("{indicator: throughput, target: 1, settings: {per: week}}", "norms.0.settings", "figure 'volume'"),
        ("{indicator: availability, target: 0.9}", "norms.0.indicator", "Give --states or --outages too"),
    ],
)
def test_a_wrong_norm_names_its_field(tmp_path: Path, norm: str, field: str, text: str) -> None:
    result = run(tmp_path, f"  - {norm}\n", [("a", MONDAY, "x", 1.0)])
    assert isinstance(result.exception, InputError), result.output
    assert [one.field for one in result.exception.problems] == [field]
    assert text in str(result.exception)


def test_a_wrong_file_names_line_and_field(tmp_path: Path) -> None:
    text = "service,at,metric,value\nweb,noon,total_s,1\nweb,2026-03-02T09:00:00Z,,1\nweb,2026-03-02T09:00:00Z,x,fast\n"
    result = run(tmp_path, "  - {indicator: response, target: 1}\n", text)
    assert isinstance(result.exception, InputError)
    assert [(one.line, one.field) for one in result.exception.problems] == [
        (2, "at"),
        (3, "metric"),
        (4, "value"),
    ]
    missing = run(tmp_path, "  - {indicator: response, target: 1}\n", "service,at,value\n")
    assert "no column 'metric'" in str(missing.exception)


def test_a_service_without_measurements_has_no_data(tmp_path: Path) -> None:
    result = run(tmp_path, "  - {services: web, indicator: response, target: 1}\n", [], "--json")
    (found,) = figures(result)
    assert (found["value"], found["verdict"]) == (None, "no_data")
    assert "'web' has no measurements" in result.stderr
