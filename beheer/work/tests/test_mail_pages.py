"""Pages of mails: what became of each and why, who may read it, and trying again."""

from __future__ import annotations

import ast
import inspect
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from beheer.people.models import User
from beheer.work.actions import reply
from beheer.work.mail.incoming import take_in
from beheer.work.mail.rules import Decision
from beheer.work.mail.rules import decide as decide_mail
from beheer.work.mail.words import REASONS, with_state
from beheer.work.models import Item, MailIn, MailOut
from beheer.work.models.mail import Outcome
from beheer.work.tests.conftest import MONDAY, Estate
from beheer.work.tests.test_mail import raw_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def loop(estate: Estate, settings: Settings) -> MailIn:
    """An automatic answer that belongs to nothing: left alone."""
    settings.MAIL_SERVICE = "webmail"
    return take_in(raw_mail("I am away.", Subject="Away", Auto_Submitted="auto-replied"), MONDAY)


@pytest.fixture
def given_up(incident: Item, bob: User, charlie: User) -> MailOut:
    """A reply that the mail server never took."""
    Item.objects.filter(pk=incident.pk).update(requester=charlie)
    message = reply(actor=bob, item=Item.objects.get(), text="Is it better?", now=MONDAY)
    return MailOut.objects.create(
        item=incident,
        message=message,
        to_address="old@example.org",
        mail_id="<a@x>",
        attempts=6,
        error="550 no",
    )


def test_the_lists_tell_what_became_of_each(
    client: Client, bob: User, loop: MailIn, given_up: MailOut
) -> None:
    client.force_login(bob)
    page = client.get("/work-items/mails/", headers={"accept-language": "nl"}).content.decode()
    assert "een automatisch antwoord" in page
    assert "1 mail kon niet worden verstuurd" in page
    assert "Away" in client.get("/work-items/mails/?outcome=left").content.decode()
    assert "Away" not in client.get("/work-items/mails/?outcome=opened").content.decode()
    assert "550 no" in client.get("/work-items/mails/out/?state=failed").content.decode()
    assert "550 no" not in client.get("/work-items/mails/out/?state=sent").content.decode()


def test_what_a_mail_says_is_for_who_leads(client: Client, alice: User, bob: User, loop: MailIn) -> None:
    client.force_login(bob)
    assert "I am away." not in client.get(f"/work-items/mails/{loop.pk}/").content.decode()
    assert client.get(f"/work-items/mails/{loop.pk}/raw/").status_code == 403
    assert client.post(f"/work-items/mails/{loop.pk}/take-up/").status_code == 403
    client.force_login(alice)
    assert "I am away." in client.get(f"/work-items/mails/{loop.pk}/").content.decode()
    raw = client.get(f"/work-items/mails/{loop.pk}/raw/")
    assert b"Auto-Submitted: auto-replied" in raw.content
    assert raw.headers["Content-Disposition"].startswith("attachment")


def test_a_mail_that_was_left_alone_becomes_work_by_hand_once(
    client: Client, alice: User, loop: MailIn
) -> None:
    client.force_login(alice)
    client.post(f"/work-items/mails/{loop.pk}/take-up/")
    loop.refresh_from_db()
    assert (loop.outcome, loop.item.title if loop.item else "") == (Outcome.OPENED, "Away")
    assert client.post(f"/work-items/mails/{loop.pk}/take-up/").status_code == 409


def test_a_mail_is_sent_again_to_the_address_of_now(client: Client, bob: User, given_up: MailOut) -> None:
    client.force_login(bob)
    assert "550 no" in client.get(f"/work-items/mails/out/{given_up.pk}/").content.decode()
    client.post(f"/work-items/mails/out/{given_up.pk}/retry/")
    row = with_state(MailOut.objects.all()).get()
    assert (row.to_address, row.attempts, getattr(row, "state")) == ("charlie@example.org", 0, "waiting")  # noqa: B009
    MailOut.objects.update(sent_at=MONDAY, next_at=None)
    assert client.post(f"/work-items/mails/out/{given_up.pk}/retry/").status_code == 409


def test_a_reporter_without_address_is_told_so(client: Client, bob: User, given_up: MailOut) -> None:
    User.objects.filter(username="charlie").update(email="")
    client.force_login(bob)
    answer = client.post(f"/work-items/mails/out/{given_up.pk}/retry/", follow=True)
    assert "Who is to read it has no e-mail address." in answer.content.decode()


def test_a_mail_that_bounced_stands_as_returned_with_the_reason(given_up: MailOut) -> None:
    MailOut.objects.update(sent_at=MONDAY, next_at=None, error="", mail_id="<ours@x>")
    report = (
        b"From: MAILER-DAEMON@example.org\r\nTo: desk@example.org\r\nSubject: Undelivered\r\n"
        b'Message-ID: <b@x>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nNo such mailbox here.\r\n"
        b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: desk@example.org\r\n"
        b"Message-ID: <ours@x>\r\n\r\n--b--\r\n"
    )
    found = take_in(report, MONDAY + timedelta(minutes=1))
    row = with_state(MailOut.objects.all()).get()
    assert (found.outcome, found.item) == (Outcome.NOTED, given_up.item)
    assert (getattr(row, "state"), row.error) == ("returned", "No such mailbox here.")  # noqa: B009


def test_every_reason_of_the_rules_is_worded_for_readers() -> None:
    tree = ast.parse(inspect.getsource(decide_mail))
    said = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    }
    plain = {text for text in said if not text.startswith(("What to do", "more than", " mails an hour"))}
    assert plain <= set(REASONS)
    assert Decision.__doc__


def test_the_api_lists_and_retries(client: Client, bob: User, loop: MailIn, given_up: MailOut) -> None:
    client.force_login(bob)
    (came,) = client.get("/api/mails/in?outcome=left").json()
    assert (came["reason"], came["item"]) == ("an automatic answer", None)
    (went,) = client.get("/api/mails/out?state=failed").json()
    assert went["error"] == "550 no"
    assert client.post(f"/api/mails/out/{went['id']}/retry").json()["to"] == "charlie@example.org"
    assert client.post(f"/api/mails/in/{came['id']}/item").status_code == 403
