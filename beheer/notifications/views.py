"""Pages of notifications: what went out, channels, and what somebody is told about himself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.notifications.actions import (
    change_channel,
    create_channel,
    may_change,
    remove_channel,
    retry,
    send_test,
    subscribe,
    unsubscribe,
)
from beheer.notifications.channels import KINDS
from beheer.notifications.events import EVENTS, SEVERITIES
from beheer.notifications.forms import ChannelForm, OwnForm, SubscriptionForm
from beheer.notifications.models import Channel, Delivery, DeliveryState, Subscription
from beheer.notifications.queries import channel_by_key, deliveries, delivery_by_id, own_channel, target
from beheer.people.models import User
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed, require
from beheer.ui.form_pages import form_page
from beheer.ui.forms import problems_on
from beheer.ui.lists import Choice, Column, ListPage

TEST_TITLE = gettext_lazy("Test message of Beheer")
TEST_BODY = gettext_lazy("This channel works.")


@require_safe
def delivery_list(request: HttpRequest) -> HttpResponseBase:
    """What went out, what waits, and what failed."""
    actor = person(request)
    rows = deliveries(actor)
    failed = Delivery.objects.filter(state=DeliveryState.FAILED).count()
    page = ListPage(
        request,
        rows,
        columns=[
            Column("at", _("When"), value="message.created_at", sort="-message__created_at"),
            Column("title", _("Message"), value=_title, cell="notifications/cells/delivery.html"),
            Column("event", _("Event"), value=lambda row: EVENTS.get(row.message.event, row.message.event)),
            Column("channel", _("Channel"), value="channel.name", sort="channel__name", link=_channel_url),
            Column("state", _("State"), value="get_state_display", cell="notifications/cells/state.html"),
            Column("attempts", _("Failed attempts"), value="attempts", sort="-attempts", numeric=True),
        ],
        filters=[
            Choice("state", _("State"), list(DeliveryState.choices)),
            Choice("event", _("Event"), list(EVENTS.items()), field="message__event"),
            Choice("channel", _("Channel"), _channels, field="channel__key"),
        ],
        name="deliveries",
        label=_("Deliveries"),
        nothing_yet=_("Nothing was sent yet"),
        nothing_yet_hint=_("Messages go out as soon as something happens that a channel subscribes to."),
        action_url=reverse("notifications:channel_list"),
        action_text=_("Channels"),
    )
    return page.response("notifications/delivery_list.html", {"failed": failed})


def _title(row: Delivery) -> str:
    return row.message.text(get_language() or "en")[0]


def _channel_url(row: Delivery) -> str:
    return reverse("notifications:channel_detail", args=[row.channel.key])


def _channels() -> list[tuple[str, str]]:
    return list(Channel.objects.values_list("key", "name"))


@require_safe
def delivery_detail(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """One message by one channel, with every attempt."""
    actor = person(request)
    delivery = delivery_by_id(actor, delivery_id)
    title, body = delivery.message.text(get_language() or "en")
    context = {
        "delivery": delivery,
        "title": title,
        "body": body,
        "event": EVENTS.get(delivery.message.event, delivery.message.event),
        "severity": SEVERITIES[delivery.message.severity],
        "target": target(delivery.channel),
        "tries": delivery.tries.all(),
        "may_retry": may_change(actor, delivery.channel)
        and delivery.state in {DeliveryState.FAILED, DeliveryState.WAITING},
    }
    return render(request, "notifications/delivery_detail.html", context)


@require_POST
def delivery_retry(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Try again now."""
    actor = person(request)
    retry(actor=actor, delivery=delivery_by_id(actor, delivery_id), now=timezone.now())
    messages.success(request, _("It is tried again now."))
    return redirect("notifications:delivery_detail", delivery_id)


@require_safe
def channel_list(request: HttpRequest) -> HttpResponseBase:
    """All channels."""
    actor = person(request)
    require(actor, "notifications.see")
    may_add = allowed(actor, "notifications.change_channel")
    page = ListPage(
        request,
        Channel.objects.select_related("user"),
        columns=[
            Column("name", _("Channel"), sort="name", cell="notifications/cells/channel.html"),
            Column("kind", _("Kind"), value=lambda row: KINDS[row.kind].title, sort="kind"),
            Column("target", _("Goes to"), value=target),
            Column("user", _("Person"), value=lambda row: str(row.user or "")),
        ],
        search_fields=("name", "key"),
        name="channels",
        label=_("Channels"),
        nothing_yet=_("No channels yet"),
        nothing_yet_hint=_("A channel is a way to reach people or programs: a mailbox, a web address."),
        action_url=reverse("notifications:channel_new") if may_add else "",
        action_text=_("New channel"),
    )
    return page.response("notifications/channel_list.html", {"may_add": may_add})


@require_http_methods(["GET", "HEAD", "POST"])
def channel_new(request: HttpRequest) -> HttpResponse:
    """Make a channel; its secret is shown once."""
    actor = person(request)
    require(actor, "notifications.change_channel")
    form = ChannelForm(request.POST or None)

    def save() -> HttpResponse:
        channel, secret = create_channel(
            actor=actor, values=form.values(), secret=form.cleaned_data["secret"], now=timezone.now()
        )
        if secret and not form.cleaned_data["secret"]:
            response = render(request, "notifications/secret.html", {"channel": channel, "secret": secret})
            response["Cache-Control"] = "no-store"
            return response
        return redirect("notifications:channel_detail", channel.key)

    return form_page(
        request,
        form,
        save=save,
        heading=_("New channel"),
        back=(_("Channels"), reverse("notifications:channel_list")),
    )


@require_safe
def channel_detail(request: HttpRequest, key: str) -> HttpResponse:
    """One channel: where it goes, what it is told about, what it delivered last."""
    actor = person(request)
    channel = channel_by_key(actor, key)
    context = {
        "channel": channel,
        "kind": KINDS[channel.kind].title,
        "target": target(channel),
        "subscriptions": [
            _subscription(row) for row in channel.subscriptions.prefetch_related("services", "teams")
        ],
        "subscription_form": SubscriptionForm(),
        "last": channel.deliveries.select_related("message")[:10],
        "may_change": may_change(actor, channel),
    }
    return render(request, "notifications/channel_detail.html", context)


def _subscription(row: Subscription) -> dict[str, Any]:
    names = [*(service.name for service in row.services.all()), *(team.name for team in row.teams.all())]
    return {
        "id": row.pk,
        "events": ", ".join(str(EVENTS.get(event, event)) for event in row.events) or _("all events"),
        "of": ", ".join(names) or _("everything"),
        "least": SEVERITIES[row.least_severity],
    }


@require_http_methods(["GET", "HEAD", "POST"])
def channel_change(request: HttpRequest, key: str) -> HttpResponse:
    """Change a channel."""
    actor = person(request)
    require(actor, "notifications.change_channel")
    channel = channel_by_key(actor, key)
    form = ChannelForm(request.POST or None, instance=channel_by_key(actor, key))
    del form.fields["key"], form.fields["kind"]

    def save() -> HttpResponse:
        change_channel(
            actor=actor,
            channel=channel,
            values=form.values(),
            secret=form.cleaned_data["secret"],
            now=timezone.now(),
        )
        messages.success(request, _("Saved."))
        return redirect("notifications:channel_detail", key)

    return form_page(
        request,
        form,
        save=save,
        heading=channel.name,
        back=(channel.name, reverse("notifications:channel_detail", args=[key])),
    )


@require_POST
def channel_remove(request: HttpRequest, key: str) -> HttpResponse:
    """Take a channel away."""
    actor = person(request)
    remove_channel(actor=actor, channel=channel_by_key(actor, key), now=timezone.now())
    messages.success(request, _("Removed."))
    return redirect("notifications:channel_list")


@require_POST
def channel_test(request: HttpRequest, key: str) -> HttpResponse:
    """Send a test message by this channel."""
    actor = person(request)
    channel = channel_by_key(actor, key)
    send_test(actor=actor, channel=channel, title=TEST_TITLE, body=TEST_BODY, now=timezone.now())
    messages.success(request, _("A test message is on its way. Look here in a moment whether it arrived."))
    return redirect("notifications:channel_detail", key)


@require_POST
def channel_subscribe(request: HttpRequest, key: str) -> HttpResponse:
    """Have a channel told about more."""
    actor = person(request)
    channel = channel_by_key(actor, key)
    form = SubscriptionForm(request.POST)

    def save() -> HttpResponse:
        subscribe(actor=actor, channel=channel, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Added."))
        return redirect("notifications:channel_detail", key)

    return form_page(
        request,
        form,
        save=save,
        heading=channel.name,
        back=(channel.name, reverse("notifications:channel_detail", args=[key])),
    )


@require_POST
def channel_unsubscribe(request: HttpRequest, key: str, subscription_id: int) -> HttpResponse:
    """Have a channel told about less."""
    subscription = get_object_or_404(Subscription, pk=subscription_id, channel__key=key)
    unsubscribe(actor=person(request), subscription=subscription, now=timezone.now())
    messages.success(request, _("Removed."))
    return redirect("notifications:channel_detail", key)


@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """Whether and when somebody gets mail himself; what about is on the channel's page."""
    user = person(request)
    channel = own_channel(user)
    initial = {
        "is_enabled": channel.is_enabled if channel else False,
        "quiet_from": channel.quiet_from if channel else None,
        "quiet_until": channel.quiet_until if channel else None,
        "critical_passes": channel.critical_passes if channel else True,
    }
    form = OwnForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with problems_on(form):
            channel = _save_own(user, channel, form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("notifications:channel_detail", channel.key)
    context = {"form": form, "channel": channel, "address": user.email}
    return render(request, "notifications/own.html", context)


@transaction.atomic
def _save_own(user: User, channel: Channel | None, values: dict[str, Any]) -> Channel:
    now = timezone.now()
    if channel is not None:
        return change_channel(actor=user, channel=channel, values=values, now=now)
    made = {
        "key": f"own-{user.pk}",
        "name": _("Mail to %(name)s") % {"name": user},
        "kind": "email",
        "user": user,
        **values,
    }
    channel, _secret = create_channel(actor=user, values=made, now=now)
    subscribe(actor=user, channel=channel, events=[], least_severity="warning", now=now)
    return channel
