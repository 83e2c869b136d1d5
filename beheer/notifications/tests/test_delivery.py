"""From `notify` to a real mail server and a real web server."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import transaction
from django.utils.translation import gettext_lazy
from pytest_django import Settings

from beheer.audit.models import Entry
from beheer.catalogue.models import Service
from beheer.lib.errors import Conflict, InputError, NotAllowed
from beheer.notifications.actions import (
    change_channel,
    create_channel,
    notify,
    retry,
    send_test,
    subscribe,
)
from beheer.notifications.models import Attempt, Channel, Delivery, DeliveryState, Message
from beheer.notifications.outbox import CLAIM_LASTS, deliver_due
from beheer.notifications.rules import PAUSES_S
from beheer.notifications.tests.real_parts import Mailbox, Receiver, mail_server, web_server
from beheer.people.actions import create_user, grant_role
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)  # a Monday, 10:00 in Amsterdam
LATER = NOW + timedelta(seconds=30)
pytestmark = [pytest.mark.django_db, pytest.mark.real]


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with mail_server() as (box, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = port
        yield box


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW = ["127.0.0.0/8"]
    with web_server() as found:
        yield found


def person(name: str, role: str = "member", language: str = "nl") -> User:
    user, _ = create_user(
        actor=SYSTEM, username=name, email=f"{name}@example.org", language=language, now=NOW
    )
    grant_role(actor=SYSTEM, user=user, role=role, now=NOW)
    return User.objects.get(pk=user.pk)


def mail_channel(key: str = "ops", **values: Any) -> Channel:
    values = {"settings": {"to": "ops@example.org"}, **values}
    channel, _ = create_channel(
        actor=SYSTEM, values={"key": key, "name": key.title(), "kind": "email", **values}, now=NOW
    )
    subscribe(actor=SYSTEM, channel=channel, events=[], now=NOW)
    return channel


def hook(receiver: Receiver, **values: Any) -> tuple[Channel, str]:
    url = f"http://127.0.0.1:{receiver.port}/hook?room=7"
    channel, secret = create_channel(
        actor=SYSTEM,
        values={"key": "hook", "name": "Hook", "kind": "webhook", "settings": {"url": url}, **values},
        now=NOW,
    )
    subscribe(actor=SYSTEM, channel=channel, events=[], now=NOW)
    return channel, secret


def tell(
    title: Any = "Website is down", *, now: datetime = NOW, key: str = "incident:1", severity: str = "warning"
) -> int:
    return notify(
        event="incident.opened",
        subject="incident:1",
        title=title,
        body="No answer from 192.0.2.1.",
        severity=severity,
        key=key,
        now=now,
        path="/work-items/1/",
    )


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_mail_arrives_as_text_and_html_with_a_link(mailbox: Mailbox, settings: Settings) -> None:
    mail_channel()
    assert tell() == 1
    assert deliver_due(LATER) == 1
    mail = mailbox.mails[0]
    assert (mail["Subject"], mail["To"]) == ("[Beheer] Incident opened: Website is down", "ops@example.org")
    for kind in ("plain", "html"):
        assert "No answer from 192.0.2.1." in text_of(mail, kind)
        assert f"{settings.BASE_URL}/work-items/1/" in text_of(mail, kind)
    assert Delivery.objects.get().state == DeliveryState.DELIVERED


def test_each_person_reads_his_own_language(mailbox: Mailbox) -> None:
    for name, language in (("alice", "nl"), ("bob", "en")):
        mail_channel(name, user=person(name, language=language), settings={})
    tell(gettext_lazy("Dutch"))
    deliver_due(LATER)
    subjects = {str(mail["To"]): str(mail["Subject"]) for mail in mailbox.mails}
    assert subjects == {
        "alice@example.org": "[Beheer] Storing geopend: Nederlands",
        "bob@example.org": "[Beheer] Incident opened: Dutch",
    }


def test_messages_that_come_together_go_in_one_mail(mailbox: Mailbox) -> None:
    mail_channel(gather_s=60)
    tell("First")
    tell("Second", now=NOW + timedelta(seconds=50), key="incident:2")
    assert deliver_due(NOW + timedelta(seconds=59)) == 0
    assert deliver_due(NOW + timedelta(seconds=61)) == 2
    assert len(mailbox.mails) == 1
    assert "First" in text_of(mailbox.mails[0]) and "Second" in text_of(mailbox.mails[0])


def test_a_critical_message_goes_at_once(mailbox: Mailbox) -> None:
    mail_channel(gather_s=600)
    tell(severity="critical")
    assert deliver_due(NOW) == 1


def test_in_quiet_hours_only_critical_messages_pass(mailbox: Mailbox) -> None:
    mail_channel(quiet_from=time(22), quiet_until=time(7))
    night = datetime(2026, 11, 2, 23, tzinfo=UTC)
    tell("Slow", now=night)
    tell("Down", now=night, severity="critical")
    assert deliver_due(night + timedelta(minutes=5)) == 1
    assert mailbox.mails[0]["Subject"] == "[Beheer] Incident opened: Down"
    morning = datetime(2026, 11, 3, 6, tzinfo=UTC)
    assert deliver_due(morning - timedelta(seconds=1)) == 0
    assert deliver_due(morning) == 1
    assert mailbox.mails[1]["Subject"] == "[Beheer] Incident opened: Slow"


def test_critical_messages_wait_too_where_the_channel_says_so(mailbox: Mailbox) -> None:
    mail_channel(quiet_from=time(22), quiet_until=time(7), critical_passes=False)
    night = datetime(2026, 11, 2, 23, tzinfo=UTC)
    tell(now=night, severity="critical")
    assert deliver_due(night) == 0


def test_what_the_mail_server_refuses_is_tried_again_and_the_reason_is_kept(mailbox: Mailbox) -> None:
    mail_channel()
    mailbox.answer = "451 greylisted, come back"
    tell()
    assert deliver_due(LATER) == 0
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.next_at) == (
        DeliveryState.WAITING,
        1,
        LATER + timedelta(seconds=PAUSES_S[0]),
    )
    assert "451 greylisted" in Attempt.objects.get().error
    mailbox.answer = "250 OK"
    assert deliver_due(LATER) == 0
    assert deliver_due(LATER + timedelta(seconds=PAUSES_S[0])) == 1


def test_what_never_arrives_fails_visibly_and_can_be_retried(mailbox: Mailbox) -> None:
    mail_channel()
    mailbox.answer = "550 no such user"
    tell()
    now = LATER
    for _attempt in range(len(PAUSES_S) + 1):
        assert deliver_due(now) == 0
        now += timedelta(days=1)
    row = Delivery.objects.get()
    assert row.state == DeliveryState.FAILED
    mailbox.answer = "250 OK"
    assert deliver_due(now) == 0
    retry(actor=SYSTEM, delivery=row, now=now)
    assert deliver_due(now) == 1
    with pytest.raises(Conflict):
        retry(actor=SYSTEM, delivery=row, now=now)


def test_a_server_that_is_away_is_a_failed_attempt(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    mail_channel()
    tell()
    assert deliver_due(LATER) == 0
    assert "refused" in Attempt.objects.get().error.lower()


def test_a_post_is_signed_and_tells_all(receiver: Receiver) -> None:
    _channel, secret = hook(receiver)
    web = Service.objects.create(key="web", name="Website")
    notify(
        event="norm.breached",
        subject="norm:1",
        title="Norm breached",
        body="",
        severity="critical",
        key="norm:1",
        now=NOW,
        service_id=web.pk,
    )
    assert deliver_due(NOW) == 1
    headers, body = receiver.posts[0]
    signed = headers["X-Beheer-Timestamp"].encode() + b"." + body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Beheer-Signature"] == f"sha256={expected}"
    told = json.loads(body)["messages"][0]
    assert (told["event"], told["service"], told["severity"]) == ("norm.breached", "web", "critical")


@pytest.mark.parametrize("status", [302, 404, 500])
def test_another_answer_than_success_is_a_failed_attempt(receiver: Receiver, status: int) -> None:
    hook(receiver)
    receiver.status = status
    tell()
    assert deliver_due(LATER) == 0
    assert str(status) in Attempt.objects.get().error
    assert len(receiver.posts) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]", "169.254.169.254"])
def test_a_webhook_may_not_reach_this_machine_unless_it_is_allowed(
    receiver: Receiver, settings: Settings, host: str
) -> None:
    settings.WEBHOOK_ALLOW = []
    hook(receiver, settings={"url": f"http://{host}:{receiver.port}/"})
    tell()
    assert deliver_due(LATER) == 0
    assert "BEHEER_WEBHOOK_ALLOW" in Attempt.objects.get().error
    assert not receiver.posts


def test_a_secret_stands_nowhere_in_the_clear(receiver: Receiver) -> None:
    channel, secret = hook(receiver)
    assert secret and secret not in Channel.objects.get().secret
    change_channel(actor=SYSTEM, channel=channel, values={"name": "Other"}, secret="another-one", now=NOW)
    told = json.dumps(list(Entry.objects.values("changes", "subject")))
    assert secret not in told and "another-one" not in told and "room=7" not in told
    tell()
    deliver_due(LATER)
    headers, body = receiver.posts[0]
    signed = headers["X-Beheer-Timestamp"].encode() + b"." + body
    assert headers["X-Beheer-Signature"].endswith(
        hmac.new(b"another-one", signed, hashlib.sha256).hexdigest()
    )


def test_nothing_is_told_where_the_caller_takes_his_deed_back(mailbox: Mailbox) -> None:
    mail_channel()

    def deed() -> None:
        with transaction.atomic():
            tell()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        deed()
    assert not Message.objects.exists() and not Delivery.objects.exists()


def test_a_worker_that_died_while_sending_loses_nothing(mailbox: Mailbox) -> None:
    channel = mail_channel()
    tell()
    Delivery.objects.filter(channel=channel).update(
        state=DeliveryState.SENDING, claim=uuid.uuid4(), next_at=NOW + CLAIM_LASTS
    )
    assert deliver_due(NOW + CLAIM_LASTS - timedelta(seconds=1)) == 0
    assert deliver_due(NOW + CLAIM_LASTS) == 1


def test_a_channel_without_a_fitting_subscription_hears_nothing(mailbox: Mailbox) -> None:
    channel, _ = create_channel(
        actor=SYSTEM,
        values={"key": "x", "name": "X", "kind": "email", "settings": {"to": "x@example.org"}},
        now=NOW,
    )
    subscribe(actor=SYSTEM, channel=channel, events=["norm.breached"], now=NOW)
    assert tell() == 0


def test_somebody_who_left_hears_nothing(mailbox: Mailbox) -> None:
    alice = person("alice")
    mail_channel("alice", user=alice, settings={})
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert tell() == 0


def test_a_test_message_goes_at_once(mailbox: Mailbox) -> None:
    channel = mail_channel(quiet_from=time(0), quiet_until=time(23, 59), critical_passes=False)
    send_test(actor=SYSTEM, channel=channel, title="Hello", body="It works.", now=NOW)
    assert deliver_due(NOW) == 1
    assert mailbox.mails[0]["Subject"] == "[Beheer] Hello"


def test_alice_may_make_channels_and_bob_only_to_his_own_address() -> None:
    alice, bob = person("alice", "administrator"), person("bob")
    hooked = {"key": "h", "name": "H", "kind": "webhook", "settings": {"url": "https://example.org/"}}
    create_channel(actor=alice, values=hooked, now=NOW)
    own = {"key": "bob", "name": "Bob", "kind": "email", "user": bob}
    channel, _ = create_channel(actor=bob, values=own, now=NOW)
    subscribe(actor=bob, channel=channel, events=["incident.opened"], now=NOW)
    refused: list[dict[str, Any]] = [
        {**hooked, "key": "h2", "user": bob},
        {**own, "key": "b2", "settings": {"to": "else@example.org"}},
        {**own, "key": "b3", "user": alice},
    ]
    for values in refused:
        with pytest.raises(NotAllowed):
            create_channel(actor=bob, values=values, now=NOW)
    with pytest.raises(NotAllowed):
        change_channel(actor=bob, channel=channel, values={"settings": {"to": "else@example.org"}}, now=NOW)


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("email", {"to": "nobody"}, "to"),
        ("email", {}, "to"),
        ("webhook", {"url": "ftp://example.org"}, "url"),
        ("webhook", {"url": "https://user:secret@example.org/"}, "url"),
        ("webhook", {"url": "http://example.org:99999/"}, "url"),
        ("pigeon", {}, "kind"),
    ],
)
def test_a_wrong_channel_is_refused_at_its_field(kind: str, given: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as caught:
        create_channel(
            actor=SYSTEM, values={"key": "x", "name": "X", "kind": kind, "settings": given}, now=NOW
        )
    assert caught.value.problems[0].field == field
    assert not Channel.objects.exists()
