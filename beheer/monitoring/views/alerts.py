"""Pages of alerts: the Alertmanagers that tell of them, and what they told."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.monitoring.actions.alerts import change_source, register_source, remove_source, renew_secret
from beheer.monitoring.forms import SourceForm
from beheer.monitoring.models import Alert, AlertSource
from beheer.monitoring.queries import source_by_key
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed, allowed_somewhere, require
from beheer.ui.forms import problems_on
from beheer.ui.lists import Choice, Column, ListPage


@require_safe
def alert_list(request: HttpRequest) -> HttpResponseBase:
    """All sources, and the alerts they told of; those that no check takes up can be asked for."""
    actor = person(request)
    require(actor, "monitoring.see")
    sources = list(AlertSource.objects.all())
    may_map = allowed_somewhere(actor, "monitoring.change_check")
    page = ListPage(
        request,
        Alert.objects.select_related("source").order_by("-starts_at", "pk"),
        columns=[
            Column("firing", _("State"), lambda row: row.ends_at is None, cell="monitoring/cells/firing.html"),
            Column("name", _("Alert"), sort="name", cell="monitoring/cells/alert.html"),
            Column("mapped", _("Taken up"), "is_mapped", cell="monitoring/cells/mapped.html"),
            Column("from", _("From"), "starts_at", "-starts_at", "monitoring/cells/instant.html"),
            Column("until", _("Until"), "ends_at", "-ends_at", "monitoring/cells/instant.html"),
            Column("source", _("Source"), "source.name", sort="source__name"),
        ],
        filters=[
            Choice("ends_at__isnull", _("State"), [("true", _("firing")), ("false", _("resolved"))]),
            Choice("is_mapped", _("Taken up"), [("true", _("by a check")), ("false", _("by no check"))]),
            Choice("source", _("Source"), [(source.key, source.name) for source in sources], "source__key"),
        ],
        search_fields=("name", "fingerprint"),
        name="alerts",
        label=_("Alerts"),
        nothing_yet=_("No alerts yet"),
        nothing_yet_hint=_("What an Alertmanager tells of shows here, also where no check takes it up."),
    )  # fmt: skip
    unmapped = Alert.objects.filter(ends_at=None, is_mapped=False).count()
    context = {
        "sources": sources,
        "unmapped": unmapped,
        "may_map": may_map,
        "may_change": allowed(actor, "monitoring.change_source"),
    }
    return page.response("monitoring/alert_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def source_new(request: HttpRequest) -> HttpResponse:
    """Make a source known, and show its secret once."""
    actor = person(request)
    require(actor, "monitoring.change_source")
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with problems_on(form):
            source, secret = register_source(actor=actor, now=timezone.now(), **form.cleaned_data)
            return _secret_page(request, source, secret)
    return render(request, "monitoring/source_form.html", {"form": form})


@require_POST
def source_secret(request: HttpRequest, key: str) -> HttpResponse:
    """Give a source a new secret, and show it once."""
    source = source_by_key(key)
    secret = renew_secret(actor=person(request), source=source, now=timezone.now())
    return _secret_page(request, source, secret)


@require_POST
def source_switch(request: HttpRequest, key: str) -> HttpResponse:
    """Let a source tell, or no longer."""
    source = source_by_key(key)
    values = {"is_enabled": not source.is_enabled}
    change_source(actor=person(request), source=source, values=values, now=timezone.now())
    messages.success(
        request, _("It may tell again.") if source.is_enabled else _("It is not heard any more.")
    )
    return redirect("monitoring:alert_list")


@require_POST
def source_remove(request: HttpRequest, key: str) -> HttpResponse:
    """Forget a source with its alerts."""
    remove_source(actor=person(request), source=source_by_key(key), now=timezone.now())
    messages.success(request, _("Removed."))
    return redirect("monitoring:alert_list")


def _secret_page(request: HttpRequest, source: AlertSource, secret: str) -> HttpResponse:
    address = request.build_absolute_uri(reverse("api:deliver", args=[source.key]))
    context = {"source": source, "secret": secret, "address": address}
    answer = render(request, "monitoring/source_secret.html", context)
    answer["Cache-Control"] = "no-store"
    return answer
