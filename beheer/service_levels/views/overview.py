"""How everything that was agreed stands."""

from __future__ import annotations

from django.db.models import Case, Q, When
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beheer.catalogue.models import Customer
from beheer.permissions.rules import allowed_somewhere
from beheer.service_levels.models import Agreement, AgreementStatus, Correction, PlannedWindow, State, Verdict
from beheer.service_levels.queries.standings import Line, norm_url, running, verdict_counts
from beheer.service_levels.views.gate import actor_of, staff
from beheer.ui.lists import Choice, Column, ListPage

CELLS = "service_levels/cells/"


def customer_choices() -> list[tuple[str, str]]:
    """The customers there are agreements with, for a filter."""
    rows = Customer.objects.filter(agreements__isnull=False).distinct().order_by("name")
    return [(key, name) for key, name in rows.values_list("key", "name")[:500]]


NORM_COLUMNS = (
    Column("verdict", gettext_lazy("Verdict"), sort="verdict", cell=f"{CELLS}verdict.html"),
    Column("norm", gettext_lazy("Norm"), "norm.name", sort="norm__name", link=lambda row: norm_url(row.norm)),
    Column(
        "agreement",
        gettext_lazy("Agreement"),
        "norm.agreement.name",
        sort="norm__agreement__name",
        link=lambda row: reverse("service_levels:agreement", args=[row.norm.agreement.key]),
    ),
    Column("value", gettext_lazy("Figure"), lambda row: Line(row.norm, row, "").value_text, numeric=True),
    Column("target", gettext_lazy("Target"), lambda row: Line(row.norm, row, "").target_text, numeric=True),
    Column(
        "used",
        gettext_lazy("Budget used"),
        lambda row: Line(row.norm, row, "").used,
        cell=f"{CELLS}budget.html",
    ),
    Column("burn", gettext_lazy("Burn rate"), "burn", sort="-burn", numeric=True, cell=f"{CELLS}burn.html"),
)


GRAVEST_FIRST = (Verdict.BREACHED, Verdict.AT_RISK, Verdict.NO_DATA, Verdict.MET)
GRAVITY = Case(*(When(verdict=verdict, then=place) for place, verdict in enumerate(GRAVEST_FIRST)))


@staff
def overview(request: HttpRequest) -> HttpResponseBase:
    """Every norm in its running period, the gravest first, with what waits for a person."""
    now = timezone.now()
    page = ListPage(
        request,
        running(now).annotate(gravity=GRAVITY).order_by("gravity", "norm__agreement__name", "norm__key"),
        columns=NORM_COLUMNS,
        filters=[
            Choice("verdict", gettext_lazy("Verdict"), Verdict.choices),
            Choice("customer", gettext_lazy("Customer"), customer_choices, "norm__agreement__customer__key"),
        ],
        search_fields=("norm__name", "norm__agreement__name", "service__name"),
        name="norms",
        label=_("Norms in their running period"),
        nothing_yet=_("Nothing is agreed yet"),
        nothing_yet_hint=_("An agreement says which services are due to whom, when, and how well."),
        action_url=reverse("service_levels:agreement_new"),
        action_text=_("New agreement"),
    )
    context = {
        "counts": verdict_counts(now),
        "waiting": Correction.objects.filter(state=State.PROPOSED).count()
        + PlannedWindow.objects.filter(state=State.PROPOSED, ended_at=None).count(),
        "may_change": allowed_somewhere(actor_of(request), "service_levels.change_agreement"),
    }
    return page.response("service_levels/overview.html", context)


@staff
def agreement_list(request: HttpRequest) -> HttpResponseBase:
    """All agreements."""
    page = ListPage(
        request,
        Agreement.objects.select_related("customer", "calendar").order_by("name"),
        columns=[
            Column(
                "name",
                gettext_lazy("Agreement"),
                sort="name",
                link=lambda row: reverse("service_levels:agreement", args=[row.key]),
            ),
            Column(
                "customer",
                gettext_lazy("Customer"),
                "customer.name",
                sort="customer__name",
                link=lambda row: reverse("service_levels:customer", args=[row.customer.key]),
            ),
            Column("status", gettext_lazy("Status"), "get_status_display", sort="status"),
            Column("calendar", gettext_lazy("Calendar"), "calendar.name", sort="calendar__name"),
            Column("starts_on", gettext_lazy("From"), sort="starts_on"),
            Column("ends_on", gettext_lazy("Until"), sort="ends_on"),
        ],
        filters=[
            Choice(
                "status",
                gettext_lazy("Status"),
                AgreementStatus.choices,
                queries={status: Q(status=status) for status in AgreementStatus.values},
            ),
            Choice("customer", gettext_lazy("Customer"), customer_choices, "customer__key"),
        ],
        search_fields=("name", "key", "customer__name", "services__name"),
        name="agreements",
        label=_("Agreements"),
        nothing_yet=_("No agreements yet"),
        nothing_yet_hint=_("An agreement says which services are due to whom, when, and how well."),
        action_url=reverse("service_levels:agreement_new"),
        action_text=_("New agreement"),
    )
    may_change = allowed_somewhere(actor_of(request), "service_levels.change_agreement")
    return page.response("service_levels/agreement_list.html", {"may_change": may_change})
