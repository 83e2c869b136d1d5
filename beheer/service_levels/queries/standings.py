"""How norms stand now, from what is kept: the same cost for ten services and for ten thousand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from beheer.catalogue.models import Customer, Service
from beheer.lib.errors import NotFound
from beheer.service_levels.models import Agreement, Judgement, Norm, Verdict
from beheer.service_levels.words import target_text, value_text

GRAVITY = (Verdict.BREACHED, Verdict.AT_RISK, Verdict.NO_DATA, Verdict.MET)


@dataclass(frozen=True, slots=True)
class Line:
    """One norm and how it stands, for one service or for all its services together; `row` None: not judged yet."""

    norm: Norm
    row: Judgement | None
    url: str

    @property
    def verdict(self) -> str | None:
        """The verdict; None: not judged yet."""
        return self.row.verdict if self.row else None

    @property
    def value_text(self) -> str:
        """The figure for people."""
        return value_text(self.norm, self.row.value if self.row else None)

    @property
    def band_text(self) -> str:
        """The band, where it is wider than the figure; empty otherwise."""
        row = self.row
        if row is None or row.low is None or row.high is None or row.low == row.high:
            return ""
        return f"{value_text(self.norm, row.low)} – {value_text(self.norm, row.high)}"

    @property
    def target_text(self) -> str:
        """The target for people."""
        return target_text(self.norm)

    @property
    def used(self) -> float | None:
        """The share of the budget that is used; above 1 when more was lost than allowed. None without a budget."""
        row = self.row
        if row is None or row.allowed_s is None or row.consumed_s is None:
            return None
        return row.consumed_s / row.allowed_s if row.allowed_s > 0 else (0.0 if not row.consumed_s else 2.0)

    @property
    def remaining_s(self) -> float | None:
        """Seconds of the budget that are left; negative when more was lost than allowed."""
        row = self.row
        if row is None or row.allowed_s is None or row.consumed_s is None:
            return None
        return row.allowed_s - row.consumed_s


def norm_url(norm: Norm, service: Service | None = None) -> str:
    """The page of a norm, or of a norm for one of its services."""
    url = reverse("service_levels:norm", args=[norm.agreement.key, norm.key])
    return f"{url}?service={service.key}" if service is not None else url


def running(now: datetime) -> QuerySet[Judgement]:
    """How each norm stands in the period that is running, one row a norm."""
    runs = Q(ends_at__gt=now, starts_at__lte=now) | Q(norm__period__startswith="rolling")
    rows = Judgement.objects.filter(runs, is_whole=True, norm__retired_on=None)
    return rows.select_related("norm__agreement__customer", "service")


def lines_of(norms: Iterable[Norm]) -> list[Line]:
    """Each norm with its newest judgement as a whole; in the order given."""
    chosen = list(norms)
    newest: dict[int, Judgement] = {}
    rows = Judgement.objects.filter(norm__in=chosen, is_whole=True).order_by("starts_at").defer("figures")
    for row in rows:
        newest[row.norm_id] = row
    return [Line(norm, newest.get(norm.pk), norm_url(norm)) for norm in chosen]


def lines_of_service(service: Service, now: datetime) -> list[Line]:
    """How each norm about a service stands for that service: for its page, in whatever room."""
    rows = Judgement.objects.filter(service=service, ends_at__gt=now).select_related("norm__agreement")
    found: dict[int, Judgement] = {}
    for row in rows.order_by("starts_at").defer("figures"):
        found[row.norm_id] = row
    rolling = Judgement.objects.filter(service=service, norm__period__startswith="rolling")
    for row in rolling.select_related("norm__agreement").defer("figures"):
        found[row.norm_id] = row
    ordered = sorted(found.values(), key=lambda row: (row.norm.agreement.name, row.norm.key))
    return [Line(row.norm, row, norm_url(row.norm, service)) for row in ordered]


def worst_verdict(lines: Iterable[Line]) -> str | None:
    """The gravest verdict; None where nothing was judged."""
    verdicts = {line.verdict for line in lines}
    return next((verdict.value for verdict in GRAVITY if verdict.value in verdicts), None)


def verdict_counts(now: datetime) -> dict[str, int]:
    """How many norms stand how, in their running periods."""
    rows = running(now).order_by().values_list("verdict").annotate(Count("id"))
    return {str(verdict): 0 for verdict in GRAVITY} | dict(rows)


def agreement_by_key(key: str) -> Agreement:
    """One agreement. Raises: NotFound."""
    found = Agreement.objects.select_related("customer", "calendar").filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no agreement '{key}'.")
    return found


def norm_by_key(agreement_key: str, key: str) -> Norm:
    """One norm of an agreement. Raises: NotFound."""
    norms = Norm.objects.select_related("agreement__customer", "agreement__calendar")
    found = norms.filter(agreement__key=agreement_key, key=key).first()
    if found is None:
        raise NotFound(f"There is no norm '{key}' in agreement '{agreement_key}'.")
    return found


def agreements_of(customer: Customer) -> QuerySet[Agreement]:
    """The agreements with a customer, newest first."""
    return customer.agreements.select_related("calendar").order_by("-starts_on")
