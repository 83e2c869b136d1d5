"""Mail in and out, with real servers on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from pytest_django.fixtures import Settings

from beheer.catalogue.models import Service
from beheer.people.actions import create_user, grant_role
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions.conversation import reply, watch
from beheer.work.actions.steps import take_step
from beheer.work.mail.incoming import fetch, take_in
from beheer.work.mail.outgoing import send
from beheer.work.models import Item
from beheer.work.models.conversation import MessageKind
from beheer.work.models.mail import MailIn, MailOut, Outcome
from beheer.work.tests.mail_servers import MailServers, mail_servers

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def running() -> Iterator[MailServers]:
    """Both servers, for all tests of this file."""
    with mail_servers() as servers:
        yield servers


@pytest.fixture
def servers(running: MailServers, settings: Settings, desk: Service) -> MailServers:
    """The servers, with Beheer reading from and sending to them; what earlier tests left has been read."""
    settings.IMAP_HOST, settings.IMAP_PORT, settings.IMAP_TLS = "127.0.0.1", running.imap_port, False
    settings.IMAP_USER, settings.IMAP_PASSWORD = "desk", "secret"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.smtp_port
    settings.MAIL_ADDRESS = "desk@example.org"
    fetch(NOW - timedelta(days=2))
    MailIn.objects.all().delete()
    Item.objects.all().delete()
    return running


@pytest.fixture
def desk(settings: Settings) -> Service:
    """The service that mails are about."""
    settings.MAIL_SERVICE = "desk"
    return Service.objects.create(key="desk", name="Service desk", users_served=100)


@pytest.fixture
def alice() -> User:
    user, _ = create_user(actor=SYSTEM, username="alice", email="alice@example.org", now=NOW)
    grant_role(actor=SYSTEM, user=user, role="user", now=NOW)
    return user


@pytest.fixture
def bob() -> User:
    user, _ = create_user(actor=SYSTEM, username="bob", email="bob@example.org", now=NOW)
    grant_role(actor=SYSTEM, user=user, role="member", now=NOW)
    return user


def raw_mail(text: str = "There is no sound in hall 3.", **headers: str) -> bytes:
    """A mail from alice; underscores in names become dashes."""
    message = EmailMessage()
    given = {
        "From": "Alice <alice@example.org>",
        "To": "desk@example.org",
        "Subject": "No sound",
        "Message-ID": "<1@x>",
    }
    for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        message[name] = value
    message.set_content(text)
    return message.as_bytes()


@pytest.mark.real
def test_a_mail_opens_an_item_and_the_answer_to_our_answer_comes_back_to_it(
    servers: MailServers, alice: User, bob: User
) -> None:
    servers.send(raw_mail())
    assert fetch(NOW) == 1
    item = Item.objects.get()
    assert (item.title, item.requester, item.channel) == ("No sound", alice, "mail")
    reply(actor=bob, item=item, text="Is the mixer on?", now=NOW)
    before = servers.count()
    assert send(NOW) == 1
    servers.wait_for(before + 1)
    ours = servers.newest()
    assert f"[{item.number}] No sound".encode() in ours
    answer = raw_mail(
        "It was not. Thanks!\n\nOn Monday Desk wrote:\n> Is the mixer on?",
        Subject=f"Re: [{item.number}] No sound",
        In_Reply_To=MailOut.objects.get().mail_id,
        Message_ID="<2@x>",
    )
    servers.send(answer)
    fetch(NOW + timedelta(minutes=5))
    said = item.messages.get(kind=MessageKind.MESSAGE)
    assert said.text == "It was not. Thanks!"
    assert Item.objects.count() == 1


@pytest.mark.real
def test_our_own_mail_that_comes_back_is_left_alone(servers: MailServers, alice: User, bob: User) -> None:
    servers.send(raw_mail())
    fetch(NOW)
    item = Item.objects.get()
    reply(actor=bob, item=item, text="Is the mixer on?", now=NOW)
    before = servers.count()
    send(NOW)
    servers.wait_for(before + 1)
    fetch(NOW + timedelta(minutes=1))
    assert (
        MailIn.objects.get(subject="No sound", outcome=Outcome.LEFT).reason
        == "a mail of our own that came back"
    )
    assert item.messages.count() == 1


@pytest.mark.real
def test_thirty_megabytes_are_taken_in_and_what_is_too_large_is_named(servers: MailServers) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "alice@example.org", "A large file"
    message.set_content("See the file.")
    message.add_attachment(
        b"%PDF-" + b"x" * 27_000_000, maintype="application", subtype="pdf", filename="scan.pdf"
    )
    servers.send(message.as_bytes())
    assert fetch(NOW) == 1
    item = Item.objects.get()
    assert item.attachments.count() == 0
    assert "scan.pdf" in item.messages.get(kind=MessageKind.NOTE).text


@pytest.mark.real
def test_a_mail_over_the_limit_is_flagged_and_not_asked_for_again(
    servers: MailServers, settings: Settings
) -> None:
    settings.MAIL_MOST_BYTES = 2_000
    servers.send(raw_mail("x" * 900 + "\n" + "y" * 900 + "\n" + "z" * 900))
    assert fetch(NOW) == 0
    assert servers.count("UNSEEN") == 0
    assert not Item.objects.exists()


@pytest.mark.real
def test_a_server_that_refuses_is_tried_again_later_and_the_reason_is_kept(
    servers: MailServers, alice: User, bob: User
) -> None:
    servers.send(raw_mail())
    fetch(NOW)
    item = Item.objects.get()
    User.objects.filter(pk=alice.pk).update(email="nobody@example.org")
    reply(actor=bob, item=item, text="Is the mixer on?", now=NOW)
    assert send(NOW) == 0
    row = MailOut.objects.get()
    assert "no such mailbox" in row.error
    assert send(NOW + timedelta(seconds=30)) == 0
    User.objects.filter(pk=alice.pk).update(email="alice@example.org")
    MailOut.objects.update(to_address="alice@example.org")
    assert send(NOW + timedelta(minutes=2)) == 1
    assert MailOut.objects.get().sent_at is not None


def test_the_same_mail_twice_is_one_item(desk: Service, alice: User) -> None:
    first, second = take_in(raw_mail(), NOW), take_in(raw_mail(), NOW)
    assert first == second
    assert Item.objects.count() == 1


def test_a_bounce_becomes_a_note_and_never_an_item(desk: Service, alice: User) -> None:
    take_in(raw_mail(), NOW)
    item = Item.objects.get()
    bounce = raw_mail("Undeliverable", From="MAILER-DAEMON@x.org", In_Reply_To="<1@x>", Message_ID="<3@x>")
    assert take_in(bounce, NOW).outcome == Outcome.NOTED
    assert (
        take_in(raw_mail("Undeliverable", From="MAILER-DAEMON@x.org", Message_ID="<4@x>"), NOW).outcome
        == Outcome.LEFT
    )
    assert item.messages.get().kind == MessageKind.NOTE
    assert Item.objects.count() == 1


def test_a_stranger_who_names_a_number_becomes_a_note_that_the_reporter_does_not_see(
    desk: Service, alice: User
) -> None:
    take_in(raw_mail(), NOW)
    item = Item.objects.get()
    mail = raw_mail("Close it.", From="mallory@evil.org", Subject=f"Re: [{item.number}]", Message_ID="<5@x>")
    assert take_in(mail, NOW).outcome == Outcome.NOTED
    assert item.messages.get().kind == MessageKind.NOTE


def test_a_forged_sender_that_was_found_out_opens_nothing(desk: Service, alice: User) -> None:
    forged = raw_mail(Authentication_Results="mx.example.org; dmarc=fail header.from=example.org")
    assert take_in(forged, NOW).outcome == Outcome.LEFT
    assert not Item.objects.exists()


def test_two_machines_that_answer_each_other_are_stopped(desk: Service) -> None:
    for number in range(25):
        take_in(raw_mail(f"Answer {number}", Message_ID=f"<loop{number}@x>"), NOW + timedelta(seconds=number))
    assert Item.objects.count() == 20
    assert "it looks like a loop" in MailIn.objects.filter(outcome=Outcome.LEFT)[0].reason


def test_an_answer_to_what_is_closed_opens_anew_and_names_it(desk: Service, alice: User) -> None:
    take_in(raw_mail(), NOW)
    item = Item.objects.get()
    take_step(
        actor=SYSTEM, item=item, step="resolve", version=None, now=NOW, values={"solution": "Mixer on."}
    )
    take_step(actor=SYSTEM, item=item, step="close", version=None, now=NOW)
    mail = raw_mail("It is silent again.", Subject=f"Re: [{item.number}] No sound", Message_ID="<6@x>")
    found = take_in(mail, NOW + timedelta(days=1))
    assert found.outcome == Outcome.OPENED
    assert found.item is not None and found.item != item
    assert item.number in found.item.description


def test_a_broken_encoding_keeps_its_words(desk: Service) -> None:
    raw = b"From: a@example.org\r\nSubject: =?utf-99?q?x?=\r\nContent-Type: text/plain; charset=new\r\n\r\ncaf\xe9"
    found = take_in(raw, NOW)
    assert found.item is not None
    assert found.item.description == "café"


@pytest.mark.parametrize(
    ("sender", "is_answer", "state"),
    [
        ("alice@example.org", True, "in_progress"),
        ("alice@example.org", False, "waiting_user"),  # only who got our mail knows its Message-ID
        ("bob@example.org", True, "waiting_user"),
    ],
)
def test_an_answer_to_our_mail_wakes_what_waits_for_the_reporter(
    desk: Service, alice: User, bob: User, sender: str, is_answer: bool, state: str
) -> None:
    item = take_in(raw_mail(), NOW).item
    assert item is not None
    take_step(actor=SYSTEM, item=item, step="take", version=None, now=NOW)
    asked = {"reply": "Is the mixer on?"}
    take_step(actor=SYSTEM, item=item, step="ask_user", version=None, now=NOW, values=asked)
    watch(actor=SYSTEM, item=item, user=bob, is_watching=True, now=NOW)
    said = item.messages.get(kind=MessageKind.REPLY)
    ours = MailOut.objects.create(
        item=item, message=said, to_address="alice@example.org", mail_id="<ours@x>", sent_at=NOW
    )
    refers = {"In_Reply_To": ours.mail_id} if is_answer else {}
    subject = f"Re: [{item.number}] No sound"
    answer = raw_mail("It is.", From=f"X <{sender}>", Subject=subject, Message_ID="<2@x>", **refers)
    take_in(answer, NOW + timedelta(minutes=5))
    item.refresh_from_db()
    assert item.state == state
    assert item.messages.latest("pk").text == "It is."
