"""Files of the institution's own folder: what is right is put in force, what is wrong is told and changes nothing."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import create, publish_kind
from beheer.work.actions.targets import renew_some
from beheer.work.clocks import clocks_on
from beheer.work.definitions import BUILT_IN, PRIORITIES, current_version, own_folder, table
from beheer.work.models import Item
from beheer.work.own_files import own_files
from beheer.work.tasks import take_up_own_kinds
from beheer.work.tests.conftest import MONDAY, Estate

pytestmark = pytest.mark.django_db
OWN = (BUILT_IN / "test.yaml").read_text()
TABLE = (BUILT_IN.parent / PRIORITIES).read_text()


def put(name: str, text: str | bytes) -> Path:
    own_folder().mkdir(parents=True, exist_ok=True)
    path = own_folder() / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def named(name: str) -> str:
    return OWN.replace("nl: Test, en: Test", f"nl: {name}, en: {name}")


def turn() -> int:
    return take_up_own_kinds(timezone.now())


def test_what_is_published_on_a_page_after_a_file_stays_in_force() -> None:
    put("test.yaml", named("Proefje"))
    assert turn() == 1
    publish_kind(actor=SYSTEM, text=named("Toets"), name="test.yaml", now=timezone.now())
    assert turn() == 0
    assert "Toets" in current_version("test").text
    [file] = own_files()
    assert file.state == "overtaken"
    assert "was published by beheer after this file" in file.problems[0].message


def test_a_file_that_is_saved_again_is_put_in_force_again() -> None:
    path = put("test.yaml", named("Proefje"))
    turn()
    publish_kind(actor=SYSTEM, text=named("Toets"), name="test.yaml", now=timezone.now())
    later = (timezone.now() + timedelta(seconds=5)).timestamp()
    os.utime(path, (later, later))
    assert turn() == 1
    assert "Proefje" in current_version("test").text
    assert turn() == 0


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("wrong.yaml", OWN.replace("initial: prepared", "initial: nowhere"), "wrong.yaml:"),
        ("latin.yaml", b"kind: caf\xe9\n", "latin.yaml:1: This is not UTF-8."),
        ("taken.yaml", OWN.replace("kind: test", "kind: mine"), "The prefix TST is that of"),
        ("notes.txt", "Remember", "its name says no kind of work"),
    ],
)
def test_a_file_that_is_wrong_is_told_once_in_the_log_and_stands_on_the_page(
    caplog: pytest.LogCaptureFixture, client: Client, alice: User, name: str, text: str | bytes, said: str
) -> None:
    put(name, text)
    assert (turn(), turn()) == (0, 0)
    assert caplog.text.count("is not in force") == 1
    assert said in caplog.text
    client.force_login(alice)
    assert name in client.get("/work-items/kinds/").text


def test_a_wrong_file_keeps_no_other_from_being_taken_up() -> None:
    put("a.yaml", b"\xff\xfe\x00")
    put("test.yaml", named("Proefje"))
    assert turn() == 1


def test_a_wrong_table_of_priorities_leaves_the_one_before_in_force(
    estate: Estate, client: Client, alice: User
) -> None:
    put(PRIORITIES, TABLE.replace("medium: {high: 2, medium: 3", "medium: {high: 2, medium: 5"))
    turn()
    put(PRIORITIES, TABLE.replace("medium: {high: 2, medium: 3", "medium: {high: 2, medum: 9"))
    turn()
    assert table().priority(2, 2) == 5
    client.force_login(alice)
    page = client.get("/work-items/rules/").text
    assert "what held before holds on" in page
    assert "priorities.yaml:15" in page


def test_a_table_that_never_was_right_leaves_the_one_of_beheer_in_force() -> None:
    put(PRIORITIES, b"\xff")
    turn()
    assert table().priority(2, 2) == 3
    (own_folder() / PRIORITIES).unlink()
    turn()
    assert table().priority(2, 2) == 3


def test_running_items_follow_the_targets_of_a_changed_table_and_keep_their_priority(incident: Item) -> None:
    turn()
    assert incident.priority == 3
    changed = TABLE.replace("medium: {high: 2, medium: 3", "medium: {high: 2, medium: 5")
    put(PRIORITIES, changed.replace("resolution: 20h}", "resolution: 30h}"))
    turn()
    while renew_some(MONDAY + timedelta(minutes=30)):
        pass
    incident.refresh_from_db()
    assert incident.priority == 3
    reading = clocks_on(incident)["resolution"].at(MONDAY + timedelta(hours=1))
    assert reading.target_us == 30 * 3600 * 1_000_000


def test_a_new_item_gets_its_priority_from_the_changed_table(estate: Estate) -> None:
    put(PRIORITIES, TABLE.replace("high: {high: 1,", "high: {high: 2,"))
    values = {"title": "x", "service": "webmail", "impact": "high", "urgency": "high"}
    assert create(actor=SYSTEM, kind="incident", values=values, now=MONDAY).priority == 2
