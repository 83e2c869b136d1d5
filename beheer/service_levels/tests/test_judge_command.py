"""`beheer judge`: figures of files, and a clear word about every file that is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from beheer.lib.errors import InputError
from beheer.service_levels.commands import judge

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("BEHEER_SHARED_DATA", ROOT.parent / "shared" / "data"))

AGREEMENT = """
timezone: Europe/Amsterdam
calendar: 24x7
norms:
  - {services: "*", indicator: availability, target: 0.999, period: month}
"""
STATES = """service,at,state
web,2026-03-01T00:00:00Z,up
web,2026-03-02T10:00:00Z,down
web,2026-03-02T11:00:00Z,up
"""
DAY = ["--from", "2026-03-02T00:00:00Z", "--until", "2026-03-03T00:00:00Z"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "agreement.yaml").write_text(AGREEMENT)
    (tmp_path / "states.csv").write_text(STATES)
    return tmp_path


def run(folder: Path, *more: str, states: str | None = "states.csv", outages: str | None = None) -> Result:
    arguments = ["--agreement", str(folder / "agreement.yaml"), *(more or DAY)]
    if states:
        arguments += ["--states", str(folder / states)]
    if outages:
        arguments += ["--outages", str(folder / outages)]
    return CliRunner().invoke(judge, arguments)


def figures(result: Result) -> list[dict[str, Any]]:
    assert result.exception is None, result.exception
    return list(json.loads(result.stdout))


def problems_of(result: Result) -> list[Any]:
    assert isinstance(result.exception, InputError), result.output
    return list(result.exception.problems)


def test_a_figure_has_exactly_the_agreed_keys(folder: Path) -> None:
    (found,) = figures(run(folder, *DAY, "--json"))
    assert found == {
        "service": "web",
        "indicator": "availability",
        "from": "2026-03-02T01:00:00+01:00",
        "until": "2026-03-03T01:00:00+01:00",
        "classes": {"outside": 0, "excluded": 0, "no_data": 0, "down": 3600, "degraded": 0, "up": 82800},
        "counted_s": 86400,
        "lost_s": 3600,
        "ratio": 1 - 1 / 24,
        "band": [1 - 1 / 24, 1 - 1 / 24],
        "outages": 1,
        "longest_s": 3600,
        "mtrs_s": 3600,
        "mtbf_s": 82800,
        "target": 0.999,
        "verdict": "breached",
    }


def test_before_its_first_row_a_service_is_without_data_and_says_so(folder: Path) -> None:
    (found,) = figures(
        run(folder, "--from", "2026-02-01T00:00:00Z", "--until", "2026-02-02T00:00:00Z", "--json")
    )
    assert (found["classes"]["no_data"], found["ratio"], found["band"], found["verdict"]) == (
        86400,
        None,
        [0.0, 1.0],
        "no_data",
    )


def test_outside_its_outages_a_service_is_up_and_where_they_overlap_the_worst_holds(folder: Path) -> None:
    (folder / "outages.csv").write_text(
        "service,start,end,state\n"
        "web,2026-03-02T12:00:00+01:00,2026-03-02T13:00:00+01:00,degraded\n"
        "web,2026-03-02T11:30:00Z,2026-03-02T12:30:00Z,down\n"
        "web,2026-03-02T12:30:00Z,2026-03-02T12:45:00Z,\n"
        "web,2026-03-02T23:00:00Z,,\n"
    )
    (found,) = figures(run(folder, *DAY, "--json", states=None, outages="outages.csv"))
    assert (found["classes"]["degraded"], found["classes"]["down"]) == (1800, 4500 + 3600)
    assert (found["outages"], found["longest_s"], found["mtrs_s"]) == (2, 4500, 4050)


def test_periods_are_those_of_the_agreements_zone_cut_to_what_was_asked(folder: Path) -> None:
    found = figures(run(folder, "--from", "2026-03-15", "--until", "2026-05-02", "--by", "month", "--json"))
    assert [(one["from"], one["until"]) for one in found] == [
        ("2026-03-15T00:00:00+01:00", "2026-04-01T00:00:00+02:00"),
        ("2026-04-01T00:00:00+02:00", "2026-05-01T00:00:00+02:00"),
        ("2026-05-01T00:00:00+02:00", "2026-05-02T00:00:00+02:00"),
    ]
    assert sum(sum(one["classes"].values()) for one in found) == (48 * 24 - 1) * 3600


def test_a_window_announced_exactly_at_its_notice_is_kept_and_later_is_not(folder: Path) -> None:
    for announced, excluded in (("2026-02-28T09:00:00Z", 3600), ("2026-02-28T09:00:00.000001Z", 0)):
        (folder / "agreement.yaml").write_text(
            AGREEMENT.replace("period: month", "period: month, rules: {planned_notice: 48h}")
            + "windows: [{service: web, start: 2026-03-02T09:00:00Z, end: 2026-03-02T10:00:00Z, "
            + f"announced: {announced}}}]\n"
        )
        (found,) = figures(run(folder, *DAY, "--json"))
        assert found["classes"]["excluded"] == excluded


def test_half_a_day_planned_and_a_tenth_down_is_eighty_or_ninety_percent(folder: Path) -> None:
    (folder / "states.csv").write_text(
        "service,at,state\nweb,2026-03-01T00:00:00Z,up\n"
        "web,2026-03-02T00:00:00Z,down\nweb,2026-03-02T02:24:00Z,up\n"
    )
    window = "windows: [{start: 2026-03-02T12:00:00Z, end: 2026-03-03T00:00:00Z}]\n"
    for rule, ratio in (("exclude", 0.8), ("as_up", 0.9), ("as_down", 0.4)):
        rules = AGREEMENT.replace("period: month", f"period: month, rules: {{planned: {rule}}}")
        (folder / "agreement.yaml").write_text(rules + window)
        (found,) = figures(run(folder, *DAY, "--json"))
        assert found["ratio"] == pytest.approx(ratio, abs=1e-15)
        assert found["classes"]["excluded"] == 43200


def test_a_service_named_by_a_norm_but_without_rows_is_told_of_and_never_a_silent_hundred(
    folder: Path,
) -> None:
    (folder / "agreement.yaml").write_text(AGREEMENT.replace('"*"', "[web, mail]"))
    result = run(folder, *DAY, "--json")
    assert [(one["service"], one["verdict"]) for one in figures(result)] == [
        ("web", "breached"),
        ("mail", "no_data"),
    ]
    assert "'mail' has no rows" in result.stderr


def test_a_window_for_a_service_without_rows_is_told_of(folder: Path) -> None:
    (folder / "agreement.yaml").write_text(
        AGREEMENT + "windows: [{service: ftp, start: 2026-03-02T09:00:00Z, end: 2026-03-02T10:00:00Z}]\n"
    )
    assert "no row is about 'ftp'" in run(folder, *DAY, "--json").stderr


def test_short_outages_count_as_up_and_are_listed(folder: Path) -> None:
    (folder / "agreement.yaml").write_text(AGREEMENT.replace("month}", "month, rules: {min_outage: 2h}}"))
    result = run(folder)
    assert "100.000 %" in result.stdout
    assert "web: down for 1h 0m at 2026-03-02 11:00 counts as up, being shorter than 2h 0m" in result.stdout


def test_an_outage_is_as_long_as_it_lasted_even_where_the_period_cuts_it(folder: Path) -> None:
    (folder / "agreement.yaml").write_text(AGREEMENT.replace("month}", "month, rules: {min_outage: 1h}}"))
    (found,) = figures(
        run(folder, "--from", "2026-03-02T00:00:00Z", "--until", "2026-03-02T10:01:00Z", "--json")
    )
    assert (found["outages"], found["longest_s"]) == (1, 60)


def test_a_csv_from_dutch_excel_is_read(folder: Path) -> None:
    text = STATES.replace(",", ";").replace("\n", "\r\n")
    (folder / "states.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (found,) = figures(run(folder, *DAY, "--json"))
    assert found["classes"]["down"] == 3600


def test_the_line_with_which_excel_names_its_separator_is_passed_over(folder: Path) -> None:
    (folder / "states.csv").write_text("sep=;\n" + STATES.replace(",", ";").replace("up\nweb", "up\n\nweb"))
    (found,) = figures(run(folder, *DAY, "--json"))
    assert found["classes"]["down"] == 3600
    (folder / "states.csv").write_text("sep=;\n" + STATES.replace(",", ";").replace("10:00", "25:00"))
    (problem,) = problems_of(run(folder))
    assert problem.line == 4


def test_rows_need_no_order(folder: Path) -> None:
    header, *rows = STATES.strip().split("\n")
    (folder / "states.csv").write_text("\n".join([header, *reversed(rows)]))
    (found,) = figures(run(folder, *DAY, "--json"))
    assert found["classes"]["down"] == 3600


def test_foreign_columns_are_renamed_and_rows_chosen(folder: Path) -> None:
    (folder / "foreign.csv").write_text(
        "id,downtime_start,downtime_end,impact\n"
        "1,2026-03-02T01:00:00Z,2026-03-02T02:00:00Z,major\n"
        "2,2026-03-02T03:00:00Z,2026-03-02T04:00:00Z,maintenance\n"
        "3,2026-03-02T05:00:00Z,2026-03-02T06:00:00Z,minor\n"
    )
    foreign = [
        "--column",
        "start=downtime_start",
        "--column",
        "end=downtime_end",
        "--service",
        "web",
        "--json",
    ]
    for wheres, down in (
        (["impact != maintenance"], 7200),
        (["impact=major"], 3600),
        (["impact in major, maintenance"], 7200),
        (["impact in (minor, maintenance)", "id != 2"], 3600),
    ):
        chosen = [word for where in wheres for word in ("--where", where)]
        (found,) = figures(run(folder, *DAY, *foreign, *chosen, states=None, outages="foreign.csv"))
        assert found["classes"]["down"] == down


def test_a_bad_date_far_down_a_file_is_named_with_its_line(folder: Path) -> None:
    rows = [
        "service,at,state",
        *(f"web,2026-03-01T00:00:00Z,{'up' if i % 2 else 'down'}" for i in range(20000)),
    ]
    rows[17303] = "web,2026-02-30T00:00:00Z,up"
    (folder / "states.csv").write_text("\n".join(rows))
    (problem,) = problems_of(run(folder))
    assert (problem.line, problem.field) == (17304, "at")
    assert str(problem).startswith(f"{folder / 'states.csv'}:17304: at: '2026-02-30T00:00:00Z' is not a date")


@pytest.mark.parametrize(
    ("text", "line", "field", "message"),
    [
        ("service,at,state\nweb,2026-03-01T00:00:00,up\n", 2, "at", "UTC or an offset is required"),
        ("service,at,state\nweb,2026-03-01T00:00:00Z,dwn\n", 2, "state", "Is it 'down'?"),
        ("service,at,state\n,2026-03-01T00:00:00Z,up\n", 2, "service", "no name"),
        ("service,at,state\nweb,2026-03-01T00:00:00Z\n", 2, "", "has 2 fields, the header 3"),
        ("service,att,state\nweb,2026-03-01T00:00:00Z,up\n", 1, "", "Is it 'att'?"),
        ("service;when;state\n", 1, "", "no column 'at'"),
        ("", None, "", "empty"),
        ('service,at,state\n"web\n",2026-03-01T00:00:00Z,up\nweb,x,up\n', 4, "at", "not a date"),
    ],
)
def test_a_wrong_row_or_header_is_named(
    folder: Path, text: str, line: int | None, field: str, message: str
) -> None:
    (folder / "states.csv").write_text(text)
    problem = problems_of(run(folder))[0]
    assert (problem.line, problem.field) == (line, field)
    assert message in str(problem)
    assert problem.remedy


def test_an_outage_that_ends_before_it_begins_is_named(folder: Path) -> None:
    (folder / "o.csv").write_text("service,start,end\nweb,2026-03-02T02:00:00Z,2026-03-02T03:00:00+02:00\n")
    (problem,) = problems_of(run(folder, states=None, outages="o.csv"))
    assert (problem.line, problem.field) == (2, "end")
    assert "before the start" in problem.message


def test_a_file_of_another_encoding_is_refused(folder: Path) -> None:
    (folder / "states.csv").write_bytes(STATES.encode("utf-16"))
    assert "UTF-8" in str(problems_of(run(folder))[0])


BACKWARD = "windows: [{start: 2026-03-02T00:00:00Z, end: 2026-03-01T00:00:00Z}]"
NAIVE = "windows: [{start: 2026-03-02T00:00:00, end: 2026-03-03T00:00:00Z}]"
ODD = "corrections: [{service: web, start: 2026-03-02T00:00:00Z, end: 2026-03-03T00:00:00Z, makes: good}]"


@pytest.mark.parametrize(
    ("change", "line", "field", "message"),
    [
        (("target: 0.999", "target: 99.9"), 5, "norms.0.target", "0.999 for 99.9 %"),
        (("target: 0.999", "target: 100"), 5, "norms.0.target", "0.999 for 99.9 %"),
        (("target: 0.999", "target: 0.0"), 5, "norms.0.target", "0.999 for 99.9 %"),
        (("target: 0.999", "target: 1.0"), 5, "norms.0.target", "leaves no time"),
        (("target: 0.999", "target: -0.5"), 5, "norms.0.target", "0.999 for 99.9 %"),
        (("target: 0.999", 'target: "99.9%"'), 5, "norms.0.target", "0.999 for 99.9 %"),
        (("target: 0.999", "target: .nan"), 5, "norms.0.target", "0.999 for 99.9 %"),
        (("period: month", "period: fortnight"), 5, "norms.0.period", "rolling 90d"),
        (("period: month", "periot: month"), 5, "norms.0.periot", "Did you mean 'period'"),
        (("period: month", "rules: {planed: exclude}"), 5, "norms.0.rules.planed", "Did you mean 'planned'"),
        (("period: month", "rules: {planned: never}"), 5, "norms.0.rules.planned", "exclude, as_up, as_down"),
        (("period: month", "rules: {degraded: 1.5}"), 5, "norms.0.rules.degraded", "weight from 0 to 1"),
        (("period: month", "rules: {min_outage: 5}"), 5, "norms.0.rules.min_outage", "number and a unit"),
        (('"*"', "5"), 5, "norms.0.services", "not a list"),
        (('{services: "*", indicator: availability, target: 0.999, period: month}', "5"), 5, "norms.0", "of fields"),
        (("24x7", "[mon, tue]"), 3, "calendar", "not a calendar"),
        (("indicator: availability", "indicator: mood"), 5, "norms.0.indicator", "Write availability"),
        (("Europe/Amsterdam", "Europe/Amsterdan"), 2, "timezone", "Did you mean 'Europe/Amsterdam'"),
        (("24x7", "office.yaml"), 3, "calendar", "no calendar file"),
        (("norms:", f"{BACKWARD}\nnorms:"), 4, "windows.0.end", "ends before it begins"),
        (("norms:", f"{NAIVE}\nnorms:"), 4, "windows.0.start", "offset is required"),
        (("norms:", f"{ODD}\nnorms:"), 4, "corrections.0.makes", "exclude, up, down or degraded"),
    ],
)  # fmt: skip
def test_a_wrong_agreement_names_line_field_and_remedy(
    folder: Path, change: tuple[str, str], line: int, field: str, message: str
) -> None:
    (folder / "agreement.yaml").write_text(AGREEMENT.replace(*change))
    problem = problems_of(run(folder))[-1]
    assert (problem.file, problem.line, problem.field) == (str(folder / "agreement.yaml"), line, field)
    assert message in str(problem)
    assert problem.remedy


def test_a_field_without_a_value_is_as_if_it_were_left_out(folder: Path) -> None:
    (folder / "agreement.yaml").write_text(AGREEMENT + "windows:\ncorrections:\n")
    assert len(figures(run(folder, *DAY, "--json"))) == 1


def test_a_calendar_beside_the_agreement_is_used_and_its_mistakes_are_named_there(folder: Path) -> None:
    (folder / "agreement.yaml").write_text(AGREEMENT.replace("24x7", "office.yaml"))
    office = (
        "timezone: Europe/Amsterdam\nversions: [{valid_from: 2020-01-01, hours: {mon-fri: '08:00-18:00'}}]\n"
    )
    (folder / "office.yaml").write_text(office)
    (found,) = figures(run(folder, *DAY, "--json"))
    assert found["counted_s"] == 36000
    (folder / "office.yaml").write_text(office.replace("18:00", "18:00 17:00-19:00"))
    (problem,) = problems_of(run(folder))
    assert (problem.file, problem.line) == (str(folder / "office.yaml"), 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "2026-03-02", "--until", "2026-03-02"], "not after"),
        (["--from", "2026-03-02", "--until", "tomorrow"], "not a date"),
        ([*DAY, "--where", "impact is bad"], "not a condition"),
        ([*DAY, "--where", "impact=bad"], "no column 'impact'"),
        ([*DAY, "--column", "start"], "renames nothing"),
        ([*DAY, "--column", "begin=at"], "no column 'begin' to rename"),
        ([*DAY, "--service", " "], "needs a name"),
    ],
)
def test_wrong_arguments_are_named(folder: Path, arguments: list[str], message: str) -> None:
    problem = problems_of(run(folder, *arguments))[0]
    assert message in str(problem)
    assert problem.remedy


def test_states_and_outages_together_or_neither_are_refused(folder: Path) -> None:
    assert "--states or --outages" in str(problems_of(run(folder, states=None))[0])
    assert "--states or --outages" in str(problems_of(run(folder, outages="states.csv"))[0])


def test_a_header_without_rows_gives_no_figures(folder: Path) -> None:
    (folder / "states.csv").write_text("service,at,state\n")
    result = run(folder)
    assert "no service" in str(result.stderr)
    assert "No norm is about a service" in str(problems_of(result)[0])


def test_the_command_needs_no_installation_and_ends_with_code_two_on_wrong_input(folder: Path) -> None:
    code = (
        "import sys; from beheer.cli import main\n"
        "try: main()\n"
        "finally: sys.stderr.write('loaded' if 'django' in sys.modules else 'free')"
    )
    arguments = [
        "judge",
        "--states",
        str(folder / "states.csv"),
        "--agreement",
        str(folder / "agreement.yaml"),
    ]
    good = subprocess.run(
        [sys.executable, "-c", code, *arguments, *DAY], capture_output=True, text=True, cwd=ROOT
    )
    assert (good.returncode, good.stderr) == (0, "free")
    bad = subprocess.run(
        [sys.executable, "-c", code, *arguments, "--from", "x", "--until", "y"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert bad.returncode == 2
    assert bad.stderr.startswith("Error: --from: 'x' is not a date and time.")


GITHUB = ["--column", "start=downtime_start", "--column", "end=downtime_end", "--service", "github"]
CHOSEN = ["--where", "impact != maintenance", "--json"]


def github(folder: Path, day: str, *more: str) -> list[dict[str, Any]]:
    file = DATA / "github-statuses" / f"downtime_windows-{day}.csv"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    (folder / "agreement.yaml").write_text(
        "timezone: UTC\nnorms: [{services: '*', target: 0.999, period: rolling 90d}]\n"
    )
    arguments = ["--from", "2022-06-11T00:00:00Z", "--until", "2026-08-04T06:39:57Z", *GITHUB, *CHOSEN, *more]
    return figures(
        CliRunner().invoke(
            judge, ["--agreement", str(folder / "agreement.yaml"), "--outages", str(file), *arguments]
        )
    )


def test_githubs_published_record_gives_its_known_figure(folder: Path) -> None:
    (found,) = github(folder, "2026-08-04")
    assert f"{found['ratio']:.2%}" == "95.29%"


def test_githubs_best_and_worst_rolling_windows_are_the_known_ones(folder: Path) -> None:
    ratios = [one["ratio"] for one in github(folder, "2026-08-04", "--by", "day")]
    assert (f"{max(ratios):.2%}", f"{min(ratios):.2%}") == ("98.90%", "84.31%")


def test_githubs_past_was_changed_by_post_mortems(folder: Path) -> None:
    ratios = [one["ratio"] for one in github(folder, "2026-08-22", "--by", "day")]
    assert f"{min(ratios):.2%}" == "84.01%"
