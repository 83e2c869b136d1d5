"""A mail that cannot be taken in is kept, told, and tried again; the ones behind it do not wait for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.test import Client
from pytest_django.fixtures import Settings

from beheer.catalogue.models import Service
from beheer.people.models import User
from beheer.work.commands import work
from beheer.work.files import content_of
from beheer.work.mail.again import take_in_left
from beheer.work.mail.incoming import COULD_NOT, fetch, take_in
from beheer.work.mail.standing import NO_SERVICE, NO_SUCH_KIND, NO_SUCH_SERVICE
from beheer.work.models import Item, MailIn
from beheer.work.models.mail import Outcome
from beheer.work.tests.conftest import MONDAY, Estate
from beheer.work.tests.mail_servers import MailServers, mail_servers
from beheer.work.tests.test_mail import raw_mail

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=2)


@pytest.fixture(scope="module")
def running() -> Iterator[MailServers]:
    """Both servers, for all tests of this file."""
    with mail_servers() as servers:
        yield servers


@pytest.fixture
def no_service(estate: Estate, settings: Settings) -> Settings:
    """Nobody has set what mails are about."""
    settings.MAIL_SERVICE = ""
    return settings


@pytest.fixture
def left(no_service: Settings) -> MailIn:
    """A mail that could not become an item."""
    return take_in(raw_mail(), MONDAY)


@pytest.mark.real
def test_a_mailbox_is_read_on_past_mails_that_cannot_be_taken_in(
    running: MailServers, no_service: Settings
) -> None:
    no_service.IMAP_HOST, no_service.IMAP_PORT, no_service.IMAP_TLS = "127.0.0.1", running.imap_port, False
    no_service.IMAP_USER, no_service.IMAP_PASSWORD = "desk", "secret"
    for number in (1, 2):
        running.send(raw_mail(Message_ID=f"<left-{number}@x>", Subject=f"Mail {number}"))
    running.send(raw_mail("Away.", Message_ID="<left-3@x>", Auto_Submitted="auto-replied"))
    assert fetch(MONDAY) == 3
    assert fetch(MONDAY) == 0
    assert running.count("UNSEEN") == 0
    assert MailIn.objects.filter(outcome=Outcome.LEFT, reason=NO_SERVICE).count() == 2
    assert MailIn.objects.filter(reason="an automatic answer", tried_with="").count() == 1
    no_service.MAIL_SERVICE = "webmail"
    assert take_in_left(LATER) == 2
    assert {item.title for item in Item.objects.all()} == {"Mail 1", "Mail 2"}
    assert (take_in_left(LATER), fetch(LATER), Item.objects.count()) == (0, 0, 2)


def test_it_is_kept_with_the_reason_and_not_tried_again_while_nothing_changed(left: MailIn) -> None:
    assert (left.outcome, left.reason, left.subject) == (Outcome.LEFT, NO_SERVICE, "No sound")
    assert content_of(left.digest) == raw_mail()
    assert take_in(raw_mail(), LATER).pk == left.pk
    assert take_in_left(LATER) == 0


def test_a_setting_that_is_wrong_is_tried_once_and_tells_its_own_reason(
    left: MailIn, no_service: Settings
) -> None:
    no_service.MAIL_SERVICE = "nowhere"
    assert take_in_left(LATER) == 0
    left.refresh_from_db()
    assert left.reason == NO_SUCH_SERVICE
    Service.objects.create(key="nowhere", name="Nowhere", users_served=1)
    no_service.MAIL_KIND = "complaint"
    assert take_in_left(LATER) == 0
    left.refresh_from_db()
    assert left.reason == NO_SUCH_KIND
    no_service.MAIL_KIND = "incident"
    assert take_in_left(LATER) == 1
    left.refresh_from_db()
    assert (left.outcome, left.reason, left.tried_with) == (Outcome.OPENED, "", "")
    assert left.item is not None


def test_mails_that_wait_do_not_count_as_a_loop_until_they_are_taken_in(no_service: Settings) -> None:
    for number in range(22):
        take_in(raw_mail(Message_ID=f"<many-{number}@x>"), MONDAY + timedelta(seconds=number))
    assert MailIn.objects.exclude(tried_with="").count() == 22
    no_service.MAIL_SERVICE = "webmail"
    take_in_left(LATER)
    assert Item.objects.count() == 20
    assert MailIn.objects.filter(reason__contains="looks like a loop", tried_with="").count() == 2


def test_a_mail_that_nobody_thought_of_is_left_alone_with_what_went_wrong(
    estate: Estate, settings: Settings
) -> None:
    settings.MAIL_SERVICE = "webmail"
    row = take_in(raw_mail(From="desk <no at sign>"), MONDAY)
    odd = take_in(
        b"From: =?utf-8?q?a=ED=A0=80?= <x@" + b"y" * 300 + b">\r\nSubject: long\r\n\r\nHello", MONDAY
    )
    for one in (row, odd):
        assert one.outcome == Outcome.LEFT
        assert Item.objects.count() == 0
    assert (odd.reason, odd.problem != "", odd.tried_with != "") == (COULD_NOT, True, True)


def test_the_page_tells_the_remedy_and_takes_in_by_a_button(
    client: Client, alice: User, bob: User, left: MailIn, no_service: Settings
) -> None:
    client.force_login(bob)
    page = client.get("/work-items/mails/", headers={"accept-language": "nl"}).content.decode()
    assert "1 mail kon niet worden aangenomen" in page
    assert "zet BEHEER_MAIL_SERVICE" in page
    assert client.post("/work-items/mails/take-in/").status_code == 403
    assert client.post(f"/work-items/mails/{left.pk}/take-in/").status_code == 403
    client.force_login(alice)
    told = client.post(f"/work-items/mails/{left.pk}/take-in/", follow=True).content.decode()
    assert "set BEHEER_MAIL_SERVICE to the key of a service" in told
    assert client.post("/work-items/mails/take-in/", follow=True).status_code == 200
    no_service.MAIL_SERVICE = "webmail"
    client.post("/work-items/mails/take-in/")
    assert Item.objects.get().title == "No sound"
    assert client.post(f"/work-items/mails/{left.pk}/take-in/").status_code == 409


def test_the_api_takes_in_by_hand(client: Client, alice: User, left: MailIn, no_service: Settings) -> None:
    client.force_login(alice)
    (came,) = client.get("/api/mails/in").json()
    assert (came["is_waiting"], came["reason"]) == (True, NO_SERVICE)
    refused = client.post(f"/api/mails/in/{left.pk}/take-in")
    assert refused.status_code == 422
    assert "BEHEER_MAIL_SERVICE" in refused.json()["problems"][0]["message"]
    opened = client.post(f"/api/mails/in/{left.pk}/item")
    assert opened.json()["problems"][0]["field"] == "BEHEER_MAIL_SERVICE"
    no_service.MAIL_SERVICE = "webmail"
    assert client.post(f"/api/mails/in/{left.pk}/take-in").json()["item"] == Item.objects.get().number


def test_the_command_line_lists_and_takes_in(left: MailIn, no_service: Settings) -> None:
    run = CliRunner()
    (came,) = json.loads(run.invoke(work, ["mails", "list", "--waiting", "--json"]).output)
    assert came["reason"] == NO_SERVICE
    refused = run.invoke(work, ["mails", "take-in", "--all"])
    assert "BEHEER_MAIL_SERVICE" in str(refused.exception)
    assert "Which mails?" in str(run.invoke(work, ["mails", "take-in"]).exception)
    no_service.MAIL_SERVICE = "webmail"
    taken = run.invoke(work, ["mails", "take-in", str(left.pk)])
    assert taken.output == f"{left.pk} opened {Item.objects.get().number}\n"
    assert run.invoke(work, ["mails", "list", "--waiting"]).output == "none\n"


def test_the_command_line_sets_lists_and_removes_deputies(alice: User, bob: User) -> None:
    run = CliRunner()
    set_it = ["deputies", "set", "alice", "bob", "--from", "2099-01-01", "--until", "2099-02-01T09:00"]
    assert "bob decides for alice" in run.invoke(work, set_it).output
    (row,) = json.loads(run.invoke(work, ["deputies", "list", "--json"]).output)
    assert (row["person"], row["deputy"]) == ("alice", "bob")
    assert "no time" in str(run.invoke(work, [*set_it[:4], "--until", "soon"]).exception)
    assert "There is nobody called 'dave'" in str(
        run.invoke(work, ["deputies", "set", "dave", *set_it[3:]]).exception
    )
    run.invoke(work, ["deputies", "remove", str(row["id"])])
    assert run.invoke(work, ["deputies", "list"]).output == "none\n"
    assert "There is no deputy" in str(run.invoke(work, ["deputies", "remove", "999"]).exception)
