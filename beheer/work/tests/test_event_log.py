"""Event logs of other systems: what the map means, what is refused, what the figures say."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from beheer.lib.errors import DocumentError
from beheer.work.event_log.figures import Figures, Happening, is_reopened, stretches
from beheer.work.event_log.mapping import EventLogMap, read_map
from beheer.work.event_log.reading import LogEvent, instant_reader, staged

MAP = """
item: ticket
at: when
activity: what
resource: who
states: {opened: new, taken: in_progress, note: keep, done: resolved, closed: closed}
"""
HEADER = "ticket,when,what,who\n"


def events_of(folder: Path, content: str | bytes, event_map: str = MAP) -> list[list[LogEvent]]:
    """Write a CSV and read it by a map."""
    path = folder / "log.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with staged(path, read_map(event_map, "map.yaml")) as log:
        return list(log.by_item())


def problems_of(folder: Path, content: str | bytes, event_map: str = MAP) -> str:
    """What reading complains of."""
    with pytest.raises(DocumentError) as caught:
        events_of(folder, content, event_map)
    return str(caught.value)


def test_events_come_by_item_in_time_order_however_the_file_is_sorted(tmp_path: Path) -> None:
    rows = "B,2026-01-03T10:00Z,taken,bob\nA,2026-01-02T10:00Z,opened,alice\nB,2026-01-01T10:00Z,opened,bob\n"
    found = events_of(tmp_path, HEADER + rows)
    assert [[(e.item, e.activity) for e in item] for item in found] == [
        [("B", "opened"), ("B", "taken")],
        [("A", "opened")],
    ]


def test_events_of_one_instant_keep_the_order_of_the_file(tmp_path: Path) -> None:
    rows = "".join(f"A,2026-01-02T10:00Z,{what},bob\n" for what in ("taken", "opened", "done"))
    assert [e.activity for e in events_of(tmp_path, HEADER + rows)[0]] == ["taken", "opened", "done"]


def test_local_times_are_read_in_the_maps_zone(tmp_path: Path) -> None:
    event_map = MAP + 'file: {timestamp: "%d-%m-%Y %H:%M", timezone: Europe/Amsterdam}\n'
    rows = "A,28-03-2026 12:00,opened,\nA,29-03-2026 12:00,done,\n"
    first, last = events_of(tmp_path, HEADER + rows, event_map)[0]
    assert last.at - first.at == timedelta(hours=23)


def test_semicolons_a_byte_order_mark_and_gzip_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "log.csv.gz"
    text = "\ufeff" + HEADER.replace(",", ";").replace("\n", "\r\n") + "A;2026-01-02T10:00Z;opened;Zoë\r\n"
    path.write_bytes(gzip.compress(text.encode()))
    with staged(path, read_map(MAP, "map.yaml")) as log:
        assert [e.resource for e in next(log.by_item())] == ["Zoë"]


def test_one_row_an_item_with_several_moments(tmp_path: Path) -> None:
    event_map = """
item: ticket
moments: [{column: opened_at, activity: opened}, {column: closed_at, activity: closed}]
states: {opened: new, closed: closed}
"""
    rows = "ticket,opened_at,closed_at\nA,2026-01-02T10:00Z,2026-01-03T10:00Z\nB,2026-01-02T11:00Z,\n"
    assert [[e.activity for e in item] for item in events_of(tmp_path, rows, event_map)] == [
        ["opened", "closed"],
        ["opened"],
    ]


def test_a_bad_date_far_down_is_named_by_its_line(tmp_path: Path) -> None:
    rows = ["A,2026-01-02T10:00Z,opened,bob\n"] * 20_000
    rows[17_302] = "A,2026-02-30T10:00Z,opened,bob\n"
    text = problems_of(tmp_path, HEADER + "".join(rows))
    assert text.startswith("log.csv:17304: when: '2026-02-30T10:00Z' is no instant.")


def test_a_time_without_zone_asks_for_one(tmp_path: Path) -> None:
    assert "has no zone. Name one in file.timezone" in problems_of(
        tmp_path, HEADER + "A,2026-01-02T10:00,opened,\n"
    )


def test_an_unknown_activity_asks_for_a_line_in_the_map(tmp_path: Path) -> None:
    assert "Add it under `states`" in problems_of(tmp_path, HEADER + "A,2026-01-02T10:00Z,exploded,\n")


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    text = problems_of(tmp_path, "tickets,when,what,who\nA,2026-01-02T10:00Z,opened,\n")
    assert "There is no column 'ticket'. Did you mean 'tickets'?" in text


def test_a_wrong_encoding_and_an_empty_file_are_told(tmp_path: Path) -> None:
    assert "Name the encoding" in problems_of(
        tmp_path, HEADER.encode() + "A,2026-01-02T10:00Z,opened,Zoë\n".encode("cp1252")
    )
    assert "no row under the header" in problems_of(tmp_path, HEADER)


def test_a_map_is_checked_by_line_and_field() -> None:
    with pytest.raises(
        DocumentError, match=r"map.yaml:6: resurce: There is no such field. Did you mean 'resource'"
    ):
        read_map(MAP.replace("resource", "resurce").replace("\nitem", "\n\nitem"), "map.yaml")
    with pytest.raises(DocumentError, match="not both"):
        read_map("item: a\nstates: {x: new}\n", "map.yaml")
    with pytest.raises(DocumentError, match="no time zone"):
        read_map(MAP + "file: {timezone: Europe/Nowhere}\n", "map.yaml")


def happened(*steps: tuple[int, str, str]) -> list[Happening]:
    """Events at hours of a day."""
    start = datetime(2026, 1, 5, tzinfo=UTC)
    return [Happening(start + timedelta(hours=hour), state, holder) for hour, state, holder in steps]


MAPS = Path(__file__).resolve().parents[3] / "docs" / "examples"


@pytest.fixture
def helpdesk_map() -> EventLogMap:
    """The map that the documentation gives as its first worked example."""
    path = MAPS / "helpdesk-map.yaml"
    return read_map(path.read_text(), path.name)


def phase(state: str) -> str:
    """The phase of the states used here."""
    return {"resolved": "solved", "closed": "closed"}.get(state, "open")


def test_hand_overs_and_ping_pong_are_told_apart() -> None:
    figures = Figures()
    figures.add(happened((0, "new", "alice"), (1, "new", "bob"), (2, "resolved", "charlie")), phase)
    assert (figures.hand_overs, figures.ping_pong_items) == (2, 0)
    figures.add(happened((0, "new", "alice"), (1, "new", "bob"), (2, "resolved", "alice")), phase)
    assert (figures.hand_overs, figures.ping_pong_items) == (4, 1)


def test_the_same_holder_twice_in_a_row_is_no_hand_over() -> None:
    assert stretches(["alice", "alice", "bob"]) == ["alice", "bob"]


def test_closing_what_was_resolved_is_no_reopening() -> None:
    assert not is_reopened(["open", "solved", "closed"])
    assert is_reopened(["open", "solved", "open", "closed"])


def test_time_in_a_state_lasts_until_the_next_event() -> None:
    figures = Figures()
    figures.add(happened((0, "new", ""), (3, "in_progress", ""), (10, "closed", "")), phase)
    plain = figures.as_json()
    assert plain["time_by_state_s"] == {"new": 3 * 3600, "in_progress": 7 * 3600}
    assert plain["mean_duration_s"] == plain["median_duration_s"] == 36_000


def test_the_help_desk_log_gives_its_known_figures(shared_data: Path, helpdesk_map: EventLogMap) -> None:
    figures = Figures()
    with staged(shared_data / "helpdesk" / "finale.csv.gz", helpdesk_map) as log:
        assert (log.items, log.events) == (4580, 21_348)
        for item in log.by_item():
            figures.add([Happening(e.at, e.state or "", e.resource, e.line) for e in item], phase)
    mean = figures.as_json()["mean_duration_s"]
    assert round(mean / 86_400, 2) == 40.86


SHAPES = [
    "%Y/%m/%d %H:%M:%S.%f",
    "%d-%m-%Y %H:%M",
    "%Y%m%d",
    "%H:%M %d.%m.%Y",
    "%d %b %Y",
    "%Y-%m-%d %S",
    "%y-%m-%d",
]


@given(
    some.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31)),  # the zone is the map's
    some.sampled_from(SHAPES),
    some.text("0123/: x", max_size=2),
)
def test_instants_are_read_as_strptime_reads_them(at: datetime, shape: str, more: str) -> None:
    read = instant_reader(shape)
    for text in (at.strftime(shape), at.strftime(shape)[:-1] + more):
        try:
            wanted = datetime.strptime(text, shape)  # noqa: DTZ007  # the zone is the map's
        except ValueError:
            with pytest.raises(ValueError, match=r"."):
                read(text)
        else:
            assert read(text) == wanted
