"""Who hears what of an item: watchers, who does it, who is named; the reporter by mail in the thread."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from beheer.notifications.actions import notify_people, subscribe
from beheer.notifications.models import Channel, Delivery, Message
from beheer.notifications.outbox import deliver_due
from beheer.people.models import Team, User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import (
    assign,
    change,
    comment,
    create,
    decide,
    hand_over,
    reply,
    set_deputy,
    take_step,
    watch,
)
from beheer.work.mail.outgoing import send
from beheer.work.models import Item, MailOut
from beheer.work.models.mail import Occasion
from beheer.work.tests.conftest import MONDAY, person

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(minutes=5)


def told() -> list[tuple[str, str]]:
    """Event and person of every message in the outbox, oldest first."""
    rows = Delivery.objects.order_by("pk").select_related("message", "channel__user")
    return [(row.message.event, row.channel.user.username if row.channel.user else "") for row in rows]


@pytest.fixture
def watched(incident: Item, alice: User) -> Item:
    watch(actor=alice, item=incident, user=alice, is_watching=True, now=MONDAY)
    return incident


def test_who_watches_hears_of_a_note_and_who_wrote_it_does_not(watched: Item, alice: User, bob: User) -> None:
    watch(actor=bob, item=watched, user=bob, is_watching=True, now=MONDAY)
    comment(actor=bob, item=watched, text="The cache is full.", now=LATER)
    assert told() == [("work.followed", "alice")]
    title, body = Message.objects.get().text("en")
    assert title == f"{watched.number} Webmail is slow (bob: Note)"
    assert "The cache is full." in body


def test_who_stops_watching_hears_no_more(watched: Item, alice: User, bob: User) -> None:
    watch(actor=alice, item=watched, user=alice, is_watching=False, now=MONDAY)
    comment(actor=bob, item=watched, text="Quiet", now=LATER)
    assert told() == []


def test_who_is_named_hears_so_once_though_they_watch_too(watched: Item, bob: User) -> None:
    comment(actor=bob, item=watched, text="@alice look at this, @alice", now=LATER)
    assert told() == [("work.mentioned", "alice")]


def test_who_gets_an_item_hears_so_and_who_had_it_too(incident: Item, alice: User, bob: User) -> None:
    assign(actor=alice, item=incident, assignee=bob, version=None, now=LATER)
    assert told() == [("work.assigned", "bob")]
    Delivery.objects.all().delete()
    hand_over(
        actor=SYSTEM,
        item=incident,
        team=None,
        assignee=alice,
        reason="Knows it",
        version=None,
        now=LATER + timedelta(minutes=1),
    )
    assert told() == [("work.assigned", "alice"), ("work.followed", "bob")]
    assert "Knows it" in Message.objects.filter(event="work.followed").latest("pk").text("nl")[1]


def test_taking_an_item_oneself_is_told_to_nobody(incident: Item, bob: User) -> None:
    take_step(actor=bob, item=incident, step="take", version=None, now=LATER)
    assert told() == []


def test_a_step_with_a_note_and_new_fields_is_one_message(watched: Item, bob: User) -> None:
    values = {"solution": "Emptied the cache", "cause": "software"}
    take_step(actor=bob, item=watched, step="resolve", version=None, now=LATER, values=values)
    assert told() == [("work.followed", "alice")]
    body = Message.objects.get().text("nl")[1]
    assert "Oplossen: nu opgelost" in body
    assert "Emptied the cache" in body


def test_a_reporter_who_watches_is_not_told_of_internal_notes(
    incident: Item, bob: User, charlie: User
) -> None:
    Item.objects.filter(pk=incident.pk).update(requester=charlie)
    watch(actor=bob, item=Item.objects.get(), user=charlie, is_watching=True, now=MONDAY)
    comment(actor=bob, item=incident, text="He forgot his password again", now=LATER)
    assert told() == []


def test_simulated_work_and_simulated_people_are_told_nothing(watched: Item, alice: User, bob: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_simulated=True)
    comment(actor=bob, item=watched, text="One", now=LATER)
    User.objects.filter(pk=alice.pk).update(is_simulated=False)
    Item.objects.filter(pk=watched.pk).update(is_simulated=True)
    comment(actor=bob, item=watched, text="Two", now=LATER)
    assert told() == []


def test_the_first_message_makes_a_mail_channel_for_what_concerns_oneself(watched: Item, bob: User) -> None:
    comment(actor=bob, item=watched, text="One", now=LATER)
    comment(actor=bob, item=watched, text="Two", now=LATER + timedelta(seconds=5))
    channel = Channel.objects.get()
    assert (channel.user.username if channel.user else "", channel.kind) == ("alice", "email")
    assert "incident.opened" not in channel.subscriptions.get().events
    assert deliver_due(LATER + timedelta(minutes=2)) == 2
    (letter,) = mail.outbox
    assert letter.to == ["alice@example.org"]
    assert f"work-{watched.number}" in letter.extra_headers["References"]
    assert f"/work-items/{watched.number}/" in letter.body


def test_a_channel_that_is_switched_off_or_wants_other_events_is_left_alone(
    watched: Item, alice: User, bob: User
) -> None:
    channel = Channel.objects.create(key="a", name="A", kind="email", user=alice, is_enabled=False)
    subscribe(actor=SYSTEM, channel=channel, events=[], now=MONDAY)
    comment(actor=bob, item=watched, text="One", now=LATER)
    Channel.objects.update(is_enabled=True)
    channel.subscriptions.all().delete()
    subscribe(actor=SYSTEM, channel=channel, events=["work.assigned"], now=MONDAY)
    comment(actor=bob, item=watched, text="Two", now=LATER)
    assert told() == []
    subscribe(actor=SYSTEM, channel=channel, events=[], least_severity="critical", now=MONDAY)
    comment(actor=bob, item=watched, text="Three", now=LATER)
    assert told() == [("work.followed", "alice")]


def test_quiet_hours_put_it_off(watched: Item, alice: User, bob: User) -> None:
    comment(actor=bob, item=watched, text="One", now=LATER)
    Channel.objects.update(quiet_from="09:00", quiet_until="12:00")
    assert deliver_due(LATER + timedelta(minutes=2)) == 0
    assert deliver_due(LATER + timedelta(hours=3)) == 1


def test_a_channel_is_not_told_twice_of_one_change(alice: User) -> None:
    for event in ("work.assigned", "work.followed"):
        notify_people(
            event=event, people={alice.pk}, subject="work:x", title="t", body="b", key="work:x", now=LATER
        )
    assert told() == [("work.assigned", "alice")]


def test_the_reporter_hears_by_mail_that_it_is_solved_and_how(
    incident: Item, bob: User, charlie: User
) -> None:
    User.objects.filter(pk=charlie.pk).update(language="nl")
    Item.objects.filter(pk=incident.pk).update(requester=charlie)
    take_step(
        actor=bob, item=incident, step="resolve", version=None, now=LATER, values={"solution": "Herstart."}
    )
    assert send(LATER + timedelta(minutes=1)) == 1
    (letter,) = mail.outbox
    assert letter.to == ["charlie@example.org"]
    assert letter.subject == f"[{incident.number}] Webmail is slow"
    assert f"{incident.number} is opgelost" in letter.body
    assert "Herstart." in letter.body
    assert f"/portal/requests/{incident.number}/" in letter.body
    take_step(actor=bob, item=incident, step="close", version=None, now=LATER + timedelta(hours=1))
    assert MailOut.objects.get().occasion == Occasion.SOLVED


def test_who_solves_what_they_reported_themselves_gets_no_mail(incident: Item, bob: User) -> None:
    Item.objects.filter(pk=incident.pk).update(requester=bob)
    take_step(actor=bob, item=incident, step="resolve", version=None, now=LATER, values={"solution": "x"})
    assert not MailOut.objects.exists()


def test_a_reporter_on_the_team_gets_the_reply_by_mail_and_no_second_message(
    incident: Item, alice: User, bob: User
) -> None:
    Item.objects.filter(pk=incident.pk).update(requester=alice)
    watch(actor=alice, item=incident, user=alice, is_watching=True, now=MONDAY)
    reply(actor=bob, item=incident, text="Is it better now?", now=LATER)
    assert told() == []
    assert send(LATER) == 1


def test_the_deciders_of_an_approval_are_asked_with_their_deputies(
    estate: object, alice: User, bob: User, team: Team
) -> None:

    dora = person("dora", "member", team)
    set_deputy(
        actor=alice,
        person=alice,
        deputy=dora,
        starts_at=MONDAY,
        ends_at=MONDAY + timedelta(days=9),
        now=MONDAY,
    )
    values = {
        "title": "New disk", "description": "x", "service": "webmail", "change_type": "normal", "risk": "low",
        "impact": "low", "urgency": "low",
    }  # fmt: skip
    made = create(actor=bob, kind="change", values=values, now=MONDAY)
    plan = {
        "plan": "a", "test_plan": "b", "rollback": "c", "planned_start": MONDAY + timedelta(days=2),
        "planned_end": MONDAY + timedelta(days=2, hours=1),
    }  # fmt: skip
    take_step(actor=bob, item=made, step="propose", version=None, now=LATER, values=plan)
    assert sorted(told()) == [("work.approval_asked", "alice"), ("work.approval_asked", "dora")]
    Delivery.objects.all().delete()
    decide(actor=dora, approval=made.approvals.get(), is_approved=True, now=LATER + timedelta(hours=1))
    assert told() == [("work.followed", "bob")]


def test_changing_a_field_is_told_with_old_and_new(watched: Item, bob: User) -> None:

    change(actor=bob, item=watched, values={"title": "Mail is slow"}, version=None, now=LATER)
    assert "titel: Webmail is slow → Mail is slow" in Message.objects.get().text("nl")[1]
