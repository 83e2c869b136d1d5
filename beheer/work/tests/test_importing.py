"""Taking over an event log, and the figures on it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from beheer.lib.errors import Conflict, DocumentError, InputError, NotAllowed
from beheer.people.actions import create_user, grant_role
from beheer.people.models import Team, User
from beheer.permissions.rules import SYSTEM, Actor
from beheer.work.definitions import current_kinds, current_version, kind_of
from beheer.work.dry_run import dry_run
from beheer.work.event_log.mapping import read_map
from beheer.work.event_log.reading import staged
from beheer.work.import_command import READY, import_group, load_map
from beheer.work.importing import Imported, import_event_log
from beheer.work.models import Event, Item
from beheer.work.search import matching
from beheer.work.statistics import WorkFilter, statistics
from beheer.work.statistics.command import statistics_command

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
DOCS = Path(__file__).resolve().parents[3] / "docs" / "examples"
MAP = """
source: old-desk
item: ticket
at: when
activity: what
resource: who
team: team
line: line
lines: {L1: first}
fields: [product]
states: {opened: new, taken: in_progress, asked: waiting_user, note: keep, done: resolved, closed: closed}
"""
LOG = """ticket,when,what,who,team,line,product
A,2026-01-05T09:00Z,opened,alice,Desk,L1,mail
A,2026-01-05T10:00Z,taken,bob,Desk,L1,mail
A,2026-01-05T12:00Z,note,bob,Desk,L1,calendar
A,2026-01-05T13:00Z,asked,bob,Desk,L1,calendar
A,2026-01-06T13:00Z,taken,alice,Desk,L1,calendar
A,2026-01-06T14:00Z,done,alice,Desk,L1,calendar
B,2025-12-31T23:30Z,opened,carol,,L9,mail
"""
pytestmark = pytest.mark.django_db


def take_over(folder: Path, text: str = LOG, event_map: str = MAP, actor: Actor = SYSTEM) -> Imported:
    """Import a CSV."""
    path = folder / "log.csv"
    path.write_text(text)
    found = read_map(event_map, "map.yaml")
    definition = current_version(found.kind)
    with staged(path, found) as log:
        return import_event_log(
            actor=actor, event_map=found, log=log, definition=definition, kind=kind_of(definition), now=NOW
        )


def test_items_stand_where_their_last_event_left_them(tmp_path: Path) -> None:
    desk = Team.objects.create(key="desk", name="Desk")
    bob, _ = create_user(actor=SYSTEM, username="bob", email="bob@example.org", now=NOW)
    assert take_over(tmp_path) == Imported(2, 7)
    item = Item.objects.get(values__imported__item="A")
    assert (item.state, item.phase, item.team, item.line) == ("resolved", "solved", desk, "first")
    assert item.opened_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert item.solved_at == item.changed_at == item.state_since == datetime(2026, 1, 6, 14, tzinfo=UTC)
    assert item.values["imported"]["fields"] == {"product": "calendar"}
    assert item.events.get(position=2).assignee == bob
    assert [event.verb for event in item.events.order_by("position")] == [
        "created", "step", "changed", "step", "step", "step",
    ]  # fmt: skip


def test_numbers_follow_the_local_year_and_go_on_where_they_were(tmp_path: Path) -> None:
    take_over(tmp_path)
    other = LOG.replace("A,", "C,").replace("B,", "D,")
    take_over(tmp_path, other)
    numbers = sorted(Item.objects.values_list("number", flat=True))
    assert numbers == ["INC-2026-00001", "INC-2026-00002", "INC-2026-00003", "INC-2026-00004"]


def test_items_whose_names_are_numbers_are_known_again_too(tmp_path: Path) -> None:
    numbered = LOG.replace("A,", "17,").replace("B,", "1e3,")
    take_over(tmp_path, numbered)
    with pytest.raises(Conflict, match=r"2 items of source 'old-desk' were imported before \(17, 1e3\)"):
        take_over(tmp_path, numbered)


def test_the_same_source_twice_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    take_over(tmp_path)
    with pytest.raises(Conflict, match=r"2 items of source 'old-desk' were imported before"):
        take_over(tmp_path)
    assert Item.objects.count() == 2


def test_a_state_that_the_kind_does_not_have_is_named_and_nothing_is_half_done(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"states\.done: The kind 'incident' has no state 'finished'\. It has: new"
    ):
        take_over(tmp_path, event_map=MAP.replace("resolved", "finished"))
    with pytest.raises(InputError, match="There is no line 'zeroth'"):
        take_over(tmp_path, event_map=MAP.replace("first", "zeroth"))
    assert not Item.objects.exists()
    assert not Event.objects.exists()


def test_bob_may_not_import(tmp_path: Path) -> None:
    bob, _ = create_user(actor=SYSTEM, username="bob", email="bob@example.org", now=NOW)
    grant_role(actor=SYSTEM, user=bob, role="member", now=NOW)
    with pytest.raises(NotAllowed):
        take_over(tmp_path, actor=User.objects.get(pk=bob.pk))


def test_what_was_imported_can_be_searched(tmp_path: Path) -> None:
    take_over(tmp_path)
    assert matching("calendar") == [Item.objects.get(values__imported__item="A").pk]


def test_figures_count_what_the_events_say(tmp_path: Path) -> None:
    take_over(tmp_path)
    found = statistics(WorkFilter())
    assert (found["items"], found["events"]) == (2, 7)
    assert found["by_state"] == {"resolved": 1, "new": 1}
    assert found["by_line"] == {"first": 1, "L9": 1}
    assert (found["hand_overs"], found["ping_pong_items"], found["reopened_items"]) == (2, 1, 0)
    assert found["by_field"] == {"product": {"calendar": 1, "mail": 1}}
    assert found["within_target"] is None
    assert found["mean_duration_s"] == 29 * 3600 / 2


def test_a_filter_chooses_by_imported_fields_and_by_day(tmp_path: Path) -> None:
    take_over(tmp_path)
    assert statistics(WorkFilter(fields=(("product", "mail"),)))["items"] == 1
    assert statistics(WorkFilter(since=datetime(2026, 1, 1, tzinfo=UTC)))["items"] == 1
    assert statistics(WorkFilter(source="another"))["mean_duration_s"] is None


@pytest.mark.parametrize(("target", "share"), [("5h", 1.0), ("4h59m59s", 0.0)])
def test_waiting_does_not_count_against_the_target(tmp_path: Path, target: str, share: float) -> None:
    take_over(tmp_path)
    result = CliRunner().invoke(statistics_command, ["--target", target, "--json"], catch_exceptions=False)
    assert json.loads(result.output)["within_target"] == share


def test_only_agreed_hours_count_against_the_target(tmp_path: Path) -> None:
    take_over(tmp_path)
    calendar = tmp_path / "office.yaml"
    calendar.write_text(
        "timezone: UTC\nversions: [{valid_from: 2020-01-01, hours: {mon-fri: '12:00-18:00'}}]\n"
    )
    arguments = ["--target", "2h", "--calendar", str(calendar), "--json"]
    result = CliRunner().invoke(statistics_command, arguments, catch_exceptions=False)
    assert json.loads(result.output)["within_target"] == 1.0


def test_wrong_options_name_themselves() -> None:
    for arguments, message in (
        (["--where", "product"], "--where: 'product' is no condition"),
        (["--from", "yesterday"], "--from: 'yesterday' is no day"),
        (["--target", "4h", "--calendar", "nowhere.yaml"], "--calendar: There is no file"),
    ):
        with pytest.raises(InputError, match=message):
            CliRunner().invoke(statistics_command, arguments, catch_exceptions=False)


@pytest.mark.parametrize("name", sorted(path.stem for path in READY.glob("*.yaml")))
def test_each_ready_map_fits_the_kind_and_reads_its_own_columns(tmp_path: Path, name: str) -> None:
    event_map = load_map(name)
    delimiter = event_map.file.delimiter or ","
    wanted = event_map.file.timestamp or "%Y-%m-%d %H:%M:%S"
    at = datetime(2026, 1, 31, 14, 5).strftime(wanted)  # exports write local times
    moments = {moment.column for moment in event_map.moments}
    cells = [at if column in moments else "x1" for column in event_map.columns()]
    path = tmp_path / "export.csv"
    path.write_text(delimiter.join(event_map.columns()) + "\n" + delimiter.join(cells) + "\n")
    result = CliRunner().invoke(import_group, ["work", str(path), "--map", name], catch_exceptions=False)
    assert f"{len(moments)} events of 1 items imported" in result.output


def test_a_map_that_is_not_there_names_the_ready_ones() -> None:
    with pytest.raises(InputError, match="Ready ones: glpi, servicenow, topdesk, zammad"):
        load_map("jira")


def test_checking_changes_nothing_and_mistakes_have_their_line(tmp_path: Path) -> None:
    path, event_map = tmp_path / "log.csv", tmp_path / "map.yaml"
    path.write_text(LOG)
    event_map.write_text(MAP)
    arguments = ["work", str(path), "--map", str(event_map)]
    result = CliRunner().invoke(import_group, [*arguments, "--check"], catch_exceptions=False)
    assert "7 events of 2 items, all of them right" in result.output
    path.write_text(LOG.replace("2026-01-06T14:00Z", "soon"))
    with pytest.raises(DocumentError, match=r"log\.csv:7: when: 'soon' is no instant"):
        CliRunner().invoke(import_group, arguments, catch_exceptions=False)
    assert not Item.objects.exists()


def test_the_help_desk_log_comes_in_whole(shared_data: Path) -> None:
    path = shared_data / "helpdesk" / "finale.csv.gz"
    arguments = ["work", str(path), "--map", str(DOCS / "helpdesk-map.yaml")]
    result = CliRunner().invoke(import_group, arguments, catch_exceptions=False)
    assert "21,348 events of 4,580 items imported" in result.output
    found = statistics(WorkFilter(source="helpdesk"))
    assert (found["items"], found["events"]) == (4580, 21_348)
    assert round(found["mean_duration_s"] / 86_400, 2) == 40.86
    assert sum(found["by_field"]["product"].values()) == 4580


def test_an_export_of_windows_is_read_by_naming_its_encoding(tmp_path: Path) -> None:
    head = "number,short_description,priority,category,contact_type,assigned_to,assignment_group"
    path = tmp_path / "incident.csv"
    row = "INC0010001,Café is traag,3,x,phone,Beth,Desk,2026-01-12 09:14:07,,"
    path.write_bytes(f"{head},opened_at,resolved_at,closed_at\r\n{row}\r\n".encode("cp1252"))
    arguments = ["work", str(path), "--map", "servicenow"]
    with pytest.raises(DocumentError, match="--encoding cp1252"):
        CliRunner().invoke(import_group, arguments, catch_exceptions=False)
    with pytest.raises(InputError, match="There is no encoding 'ebcdicc'"):
        CliRunner().invoke(import_group, [*arguments, "--encoding", "ebcdicc"], catch_exceptions=False)
    CliRunner().invoke(import_group, [*arguments, "--encoding", "cp1252"], catch_exceptions=False)
    assert Item.objects.get().title == "Café is traag"


def test_what_was_imported_is_not_held_to_the_steps_of_a_changed_kind(tmp_path: Path) -> None:
    take_over(tmp_path)
    trial = dry_run(current_kinds()["incident"], now=datetime(2026, 2, 1, tzinfo=UTC))
    assert (trial.steps, trial.blocked) == (0, [])
