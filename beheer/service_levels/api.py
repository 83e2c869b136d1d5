"""Service levels in the API: everything the pages do, through the same actions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from beheer.catalogue.models import Customer, Service
from beheer.catalogue.queries import service_by_key
from beheer.lib.errors import InputError, NotFound, Problem
from beheer.lib.intervals import from_us
from beheer.people.sign_in import person
from beheer.permissions.rules import require, require_somewhere
from beheer.service_levels.actions.corrections import (
    approve_correction,
    propose_correction,
    refuse_correction,
    withdraw_correction,
)
from beheer.service_levels.actions.window_files import Imported, import_windows
from beheer.service_levels.actions.windows import cancel_window, decide_window
from beheer.service_levels.configuration import (
    AgreementEntry,
    CalendarEntry,
    WindowEntry,
    agreement_problems,
    as_sent,
    current_agreements,
    current_calendars,
    current_windows,
    put_agreement,
    put_calendar,
    put_window,
    window_entry,
)
from beheer.service_levels.indicators.availability import burns_in
from beheer.service_levels.models import Correction, Norm, PlannedWindow
from beheer.service_levels.openslo_api import router as openslo
from beheer.service_levels.queries.effects import effect_of_correction
from beheer.service_levels.queries.evidence import evidence
from beheer.service_levels.queries.explanations import (
    outages_of,
    outcome_now,
    stretches_of,
    subject_of,
    what_if,
)
from beheer.service_levels.queries.standings import (
    agreement_by_key,
    lines_of,
    lines_of_service,
    norm_by_key,
)
from beheer.service_levels.queries.windows import exported
from beheer.service_levels.report_api import router as reports
from beheer.service_levels.rules import Burn

router = Router(tags=["service levels"])
router.add_router("", reports)
router.add_router("", openslo)
SEE = "service_levels.see"
MOST = 1000


class StandingOut(Schema):
    """How a norm stands in its running period: kept by the worker, `judged_until` says until when."""

    agreement: str
    norm: str
    service: str | None
    since: datetime = Field(alias="from")
    until: datetime
    judged_until: datetime
    verdict: str
    value: float | None
    band: list[float] | None
    target: float
    allowed_s: float | None
    consumed_s: float | None
    burn_rate: float | None


class CorrectionIn(Schema):
    """A proposal that an interval of a service counts otherwise."""

    service: str
    start: AwareDatetime
    end: AwareDatetime
    makes: str = Field(examples=["exclude", "up", "down", "degraded"])
    reason: str


class DecisionIn(Schema):
    """A decision with its reason."""

    decision: str = ""


def _standing(norm: Norm, row: Any) -> dict[str, Any]:
    return {
        "agreement": norm.agreement.key,
        "norm": norm.key,
        "service": row.service.key if row.service else None,
        "from": row.starts_at,
        "until": row.ends_at,
        "judged_until": row.judged_until,
        "verdict": row.verdict,
        "value": row.value,
        "band": [row.low, row.high] if row.low is not None else None,
        "target": norm.target,
        "allowed_s": row.allowed_s,
        "consumed_s": row.consumed_s,
        "burn_rate": row.burn,
    }


@router.get("/calendars", response=list[CalendarEntry], summary="List calendars")
def list_calendars(request: HttpRequest) -> list[CalendarEntry]:
    """All calendars with their texts."""
    require_somewhere(person(request), SEE)
    return list(current_calendars().values())


@router.put("/calendars/{key}", response=CalendarEntry, summary="Make or change a calendar")
def save_calendar(request: HttpRequest, key: str, entry: CalendarEntry) -> CalendarEntry:
    """Agreed time in the past does not change (422): add a version from a day on."""
    _same(key, entry.key)
    put_calendar(actor=person(request), entry=entry, now=timezone.now())
    return current_calendars()[key]


@router.get("/agreements", response=list[AgreementEntry], summary="List agreements")
def list_agreements(request: HttpRequest) -> list[AgreementEntry]:
    """All agreements with their norms."""
    require_somewhere(person(request), SEE)
    return list(current_agreements().values())


@router.get("/agreements/{key}", response=AgreementEntry, summary="Show an agreement")
def get_agreement(request: HttpRequest, key: str) -> AgreementEntry:
    """One agreement with its norms."""
    require_somewhere(person(request), SEE)
    agreement_by_key(key)
    return current_agreements([key])[key]


@router.put("/agreements/{key}", response=AgreementEntry, summary="Make or change an agreement")
def save_agreement(request: HttpRequest, key: str, entry: AgreementEntry) -> AgreementEntry:
    """With all its norms: one that is left out is no longer judged."""
    _same(key, entry.key)
    _refuse_unknown(key, entry)
    put_agreement(actor=person(request), entry=entry, now=timezone.now())
    return current_agreements([key])[key]


def _refuse_unknown(key: str, entry: AgreementEntry) -> None:
    """What the entry names must be there. Raises: InputError."""
    after: dict[str, dict[str, Any]] = {
        "agreements": {key: entry},
        "calendars": dict.fromkeys(current_calendars()),
        "customers": dict.fromkeys(Customer.objects.values_list("key", flat=True)),
        "services": dict.fromkeys(Service.objects.values_list("key", flat=True)),
    }
    problems = [
        Problem(one.message, ".".join(str(part) for part in one.path), one.remedy)
        for one in agreement_problems(after)
    ]
    if problems:
        raise InputError(problems)


def _same(key: str, given: str) -> None:
    if key != given:
        raise InputError(Problem(f"The address says '{key}'.", "key", "Write the same key in both places."))


@router.get(
    "/agreements/{key}/standings", response=list[StandingOut], by_alias=True, summary="How its norms stand"
)
def get_standings(request: HttpRequest, key: str) -> list[dict[str, Any]]:
    """Each norm in its running period, for all its services together."""
    require_somewhere(person(request), SEE)
    norms = agreement_by_key(key).norms.filter(retired_on=None).select_related("agreement")
    return [_standing(line.norm, line.row) for line in lines_of(norms) if line.row is not None]


@router.get(
    "/services/{key}/standings", response=list[StandingOut], by_alias=True, summary="How a service stands"
)
def get_service_standings(request: HttpRequest, key: str) -> list[dict[str, Any]]:
    """Each norm about a service, for that service."""
    service = service_by_key(key)
    require(person(request), SEE, team_id=service.team_id, service_id=service.pk)
    return [_standing(line.norm, line.row) for line in lines_of_service(service, timezone.now()) if line.row]


@router.get("/agreements/{key}/norms/{norm_key}/explain", summary="What a figure is made of")
def explain(
    request: HttpRequest, key: str, norm_key: str, service: str = "", within: AwareDatetime | None = None
) -> dict[str, Any]:
    """Computed now: the outcome, its classes, the stretches of one service, the outages, and other accounting rules."""
    require_somewhere(person(request), SEE)
    subject = subject_of(norm_by_key(key, norm_key), timezone.now(), service_key=service, moment=within)
    outcome = outcome_now(subject)
    found: dict[str, Any] = {
        "from": subject.since,
        "until": subject.until,
        "verdict": outcome.verdict.value,
        "value": outcome.value,
        "band": [outcome.low, outcome.high] if outcome.low is not None else None,
        "allowed_s": outcome.allowed_s,
        "consumed_s": outcome.consumed_s,
        "figures": outcome.figures,
        **outcome.facts,
        "rates": [_rate(burn) for burn in burns_in(outcome)],
    }
    if not subject.definition.indicator.is_of_states:
        return found
    found["outages"] = [
        {
            "service": one.key,
            "from": from_us(outage.start),
            "until": None if outage.end is None else from_us(outage.end),
            "down_s": outage.down / 1e6,
            "is_short": outage.is_short,
        }
        for one, outage in outages_of(subject)[:MOST]
    ]
    if subject.is_single:
        found["stretches"] = [
            {
                "from": from_us(one.start),
                "until": from_us(one.end),
                "class": one.kind.value,
                "is_planned": one.is_planned,
            }
            for one in stretches_of(subject)
        ]
    found["what_if"] = {
        rule: {str(choice.value): choice.outcome.value if choice.outcome else None for choice in choices}
        for rule, choices in what_if(subject).items()
    }
    return found


def _rate(burn: Burn) -> dict[str, Any]:
    """The burn rates of one pair of windows; null where a window counted nothing."""
    return {
        "limit": burn.alert.rate,
        "long_s": burn.alert.long_us / 1e6,
        "short_s": burn.alert.short_us / 1e6,
        "long_rate": burn.long_rate,
        "short_rate": burn.short_rate,
        "fires": burn.fires,
    }


@router.get("/services/{key}/evidence", summary="What lies behind a stretch of time")
def get_evidence(request: HttpRequest, key: str, start: AwareDatetime, end: AwareDatetime) -> dict[str, Any]:
    """State changes of the service and its checks, results, windows, corrections and work of this time."""
    service = service_by_key(key)
    actor = person(request)
    require(actor, SEE, team_id=service.team_id, service_id=service.pk)
    if end <= start:
        raise InputError(Problem("It ends before it starts.", "end", "Choose a later end."))
    found = evidence(actor, service, start, end)
    return {
        "states": [
            {
                "check": row.component.key if row.component else None,
                "state": row.state,
                "first_bad_at": row.first_bad_at,
                "last_good_at": row.last_good_at,
                "confirmed_at": row.confirmed_at,
                "recorded_at": row.recorded_at,
                "reason": row.reason,
            }
            for row in [*found.own, *found.of_checks]
        ],
        "results": [
            {
                "check": check.key,
                "measured_at": one.measured_at,
                "outcome": one.outcome,
                "message": one.message,
            }
            for check, rows in found.results
            for one in rows
        ],
        "windows": [
            {"key": window.uid, "from": low, "until": high, "reason": window.reason}
            for window, low, high in found.windows
        ],
        "corrections": [_correction(row) for row in found.corrections],
        "work": [{"number": item.number, "title": item.title} for item in found.work],
    }


@router.get("/windows", response=list[WindowEntry], summary="List planned windows")
def list_windows(request: HttpRequest) -> list[WindowEntry]:
    """The windows that hold."""
    require_somewhere(person(request), SEE)
    return list(current_windows().values())


@router.get("/windows.ics", summary="Planned windows as iCalendar", response={200: None})
def windows_as_icalendar(request: HttpRequest) -> HttpResponse:
    """The windows that hold, for calendars of others."""
    require_somewhere(person(request), SEE)
    return HttpResponse(exported(timezone.now()), content_type="text/calendar; charset=utf-8")


class IcalendarIn(Schema):
    """An iCalendar file. `services` is for events that name none, `timezone` for times that name none."""

    text: str
    services: list[str] = []
    timezone: str = "Europe/Amsterdam"


class ImportedOut(Schema):
    """How many windows were added, changed and cancelled, and what was left as it was."""

    added: int
    changed: int
    cancelled: int
    passed_over: list[str]


@router.post("/windows/icalendar", response=ImportedOut, summary="Import windows from iCalendar")
def import_icalendar(request: HttpRequest, body: IcalendarIn) -> Imported:
    """All events of the file, or none where one of them is wrong."""
    return import_windows(
        actor=person(request),
        data=body.text.encode(),
        services=[service_by_key(key) for key in body.services],
        timezone=body.timezone,
        now=timezone.now(),
    )


@router.put("/windows/{key}", response=WindowEntry, summary="Plan or change a window")
def save_window(request: HttpRequest, key: str, entry: WindowEntry) -> WindowEntry:
    """What began already waits for a second person."""
    _same(key, entry.key)
    for name in entry.services:
        service_by_key(name)
    return window_entry(put_window(actor=person(request), entry=entry, now=timezone.now()))


@router.delete("/windows/{key}", response={204: None}, summary="Cancel a window")
def delete_window(request: HttpRequest, key: str) -> Status[None]:
    """It stays readable, and no longer counts."""
    cancel_window(actor=person(request), window=_window(key), now=timezone.now())
    return Status(204, None)


@router.post("/windows/{key}/decision/{verb}", response=WindowEntry, summary="Decide about a late window")
def decide(request: HttpRequest, key: str, verb: str, body: DecisionIn) -> WindowEntry:
    """`verb` is approve or refuse."""
    if verb not in ("approve", "refuse"):
        raise NotFound("Decide by approve or refuse.")
    window = decide_window(
        actor=person(request),
        window=_window(key),
        approve=verb == "approve",
        decision=body.decision,
        now=timezone.now(),
    )
    return window_entry(window)


def _window(key: str) -> PlannedWindow:
    found = PlannedWindow.objects.filter(uid=key, ended_at=None).first()
    if found is None:
        raise NotFound(f"There is no window '{key}' that holds or waits.")
    return found


def _correction(row: Correction) -> dict[str, Any]:
    return {
        "id": row.pk,
        "service": row.service.key,
        "start": row.starts_at,
        "end": row.ends_at,
        "makes": row.makes,
        "reason": row.reason,
        "state": row.state,
        "author": row.author.username if row.author else None,
        "decided_by": row.decided_by.username if row.decided_by else None,
        "decision": row.decision,
    }


def _correction_by_id(pk: int) -> Correction:
    found = Correction.objects.select_related("service", "author", "decided_by").filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no correction {pk}.")
    return found


@router.get("/corrections", summary="List corrections")
def list_corrections(request: HttpRequest, state: str = "") -> list[dict[str, Any]]:
    """The newest first, at most a thousand; `state` narrows them."""
    require_somewhere(person(request), SEE)
    rows = Correction.objects.select_related("service", "author", "decided_by").order_by(
        "-recorded_at", "-pk"
    )
    return [_correction(row) for row in (rows.filter(state=state) if state else rows)[:MOST]]


@router.post("/corrections", response={201: dict[str, Any]}, summary="Propose a correction")
def post_correction(request: HttpRequest, body: CorrectionIn) -> Status[dict[str, Any]]:
    """It counts once a second person approved it."""
    with as_sent():
        row = propose_correction(
            actor=person(request),
            service=service_by_key(body.service),
            starts_at=body.start,
            ends_at=body.end,
            makes=body.makes,
            reason=body.reason,
            now=timezone.now(),
        )
    return Status(201, _correction(row))


@router.get("/corrections/{int:pk}/effect", summary="What a correction would change")
def get_effect(request: HttpRequest, pk: int) -> list[dict[str, Any]]:
    """Each norm and period it touches, as it is and as it would be."""
    require_somewhere(person(request), SEE)
    return [
        {
            "agreement": effect.norm.agreement.key,
            "norm": effect.norm.key,
            "from": effect.since,
            "until": effect.until,
            "before": {"value": effect.before.value, "verdict": effect.before.verdict.value},
            "after": {"value": effect.after.value, "verdict": effect.after.verdict.value},
        }
        for effect in effect_of_correction(_correction_by_id(pk), timezone.now())
    ]


@router.post("/corrections/{int:pk}/{verb}", summary="Approve, refuse or withdraw a correction")
def decide_correction(request: HttpRequest, pk: int, verb: str, body: DecisionIn) -> dict[str, Any]:
    """`verb` is approve, refuse or withdraw."""
    actor, row, now = person(request), _correction_by_id(pk), timezone.now()
    if verb == "approve":
        return _correction(approve_correction(actor=actor, correction=row, decision=body.decision, now=now))
    if verb == "refuse":
        return _correction(refuse_correction(actor=actor, correction=row, decision=body.decision, now=now))
    if verb == "withdraw":
        return _correction(withdraw_correction(actor=actor, correction=row, now=now))
    raise NotFound("Decide by approve, refuse or withdraw.")
