"""The API of monitoring: checks, states, series, results, agents."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema, Status

from beheer.catalogue.models import ConfigurationItem
from beheer.catalogue.queries import item_by_key, service_by_key
from beheer.lib.errors import InputError, Problem
from beheer.measurements.queries import all_series, results
from beheer.monitoring import queries
from beheer.monitoring.actions import agents as agent_actions
from beheer.monitoring.actions import checks as check_actions
from beheer.monitoring.agent_api import router as agent_router
from beheer.monitoring.alert_api import router as alert_router
from beheer.monitoring.models import Agent, Check, CheckGroup, StateChange
from beheer.people.models import User
from beheer.permissions.rules import require

router = Router(tags=["Monitoring"])
router.add_router("", agent_router)
router.add_router("", alert_router)
MOST_AT_ONCE = 1000


class CheckIn(Schema):
    """What a check is told. Fields that are left out keep their value, or have their default in a new check."""

    model_config = {"extra": "forbid"}
    name: str | None = None
    description: str | None = None
    kind: str | None = None
    settings: dict[str, Any] | None = None
    conditions: dict[str, Any] | None = None
    interval_s: int | None = None
    timeout_s: float | None = None
    confirm_after: int | None = None
    recover_after: int | None = None
    service: str | None = Field(None, description="Key of its service.")
    item: str | None = Field(None, description='Key of its configuration item; "" for none.')
    agent: str | None = Field(None, description='Key of the agent that runs it; "" for the local one.')
    group: str | None = Field(None, description='Name of its group in the service; "" for none.')
    is_enabled: bool | None = None


class NewCheckIn(CheckIn):
    """A new check: key, name, kind and service are needed."""

    key: str
    name: str
    kind: str
    service: str


class CheckOut(Schema):
    """A check and its state."""

    key: str
    name: str
    kind: str
    service: str
    settings: dict[str, Any]
    conditions: dict[str, Any]
    interval_s: int
    timeout_s: float
    confirm_after: int
    recover_after: int
    is_enabled: bool
    version: int
    state: str
    since_at: datetime
    is_flapping: bool
    last_measured_at: datetime | None
    last_message: str


class ChangeOut(Schema):
    """A state change; `check` null: of the service itself."""

    service: str
    check: str | None
    state: str
    previous_state: str
    first_bad_at: datetime
    last_good_at: datetime | None
    confirmed_at: datetime
    recorded_at: datetime
    reason: str
    cause_service: str | None
    cause_check: str | None
    is_flapping: bool


class PointOut(Schema):
    """A point of a series."""

    at: datetime
    minimum: float
    maximum: float
    mean: float
    count: int


class OutcomeOut(Schema):
    """One run of a check."""

    measured_at: datetime
    outcome: str
    message: str
    detail: str


class TryIn(Schema):
    """A check to be tried once."""

    service: str
    kind: str
    settings: dict[str, Any] = {}
    conditions: dict[str, Any] = {}
    timeout_s: float = 10.0


class ResultOut(Schema):
    """What came of trying a check."""

    outcome: str
    message: str
    detail: str
    metrics: dict[str, float]
    duration_s: float


class AgentIn(Schema):
    """An agent to be made known."""

    key: str
    name: str


class TokenOut(Schema):
    """An agent's token, shown this once only."""

    agent: str
    token: str


@router.get("/checks", response=list[CheckOut], summary="Checks")
def list_checks(
    request: HttpRequest, service: str = "", state: str = "", limit: int = 100, offset: int = 0
) -> list[CheckOut]:
    """Checks by name, perhaps of one service or in one state."""
    _may_see(request)
    found = queries.checks().order_by("name", "pk")
    if service:
        found = found.filter(service__key=service)
    if state:
        found = found.filter(state__state=state)
    return [_check_out(check) for check in found[offset : offset + min(limit, MOST_AT_ONCE)]]


@router.post("/checks", response={201: CheckOut}, summary="Make a check")
def create_check(request: HttpRequest, body: NewCheckIn) -> Status[CheckOut]:
    """Make a check."""
    with transaction.atomic():
        values = {"key": body.key, **_values(body, service_by_key(body.service).pk)}
        check = check_actions.create_check(actor=_actor(request), values=values, now=timezone.now())
    return Status(201, _check_out(queries.check_by_key(check.key)))


@router.get("/checks/{key}", response=CheckOut, summary="A check and its state")
def show_check(request: HttpRequest, key: str) -> CheckOut:
    """A check and its state."""
    _may_see(request)
    return _check_out(queries.check_by_key(key))


@router.patch("/checks/{key}", response=CheckOut, summary="Change a check")
def change_check(request: HttpRequest, key: str, body: CheckIn) -> CheckOut:
    """Change a check."""
    with transaction.atomic():
        check = queries.check_by_key(key)
        service = service_by_key(body.service).pk if body.service else check.service_id
        values = _values(body, service)
        check_actions.change_check(actor=_actor(request), check=check, values=values, now=timezone.now())
    return _check_out(queries.check_by_key(key))


@router.delete("/checks/{key}", response={204: None}, summary="Remove a check")
def remove_check(request: HttpRequest, key: str) -> Status[None]:
    """Remove a check; its history stays."""
    check_actions.remove_check(actor=_actor(request), check=queries.check_by_key(key), now=timezone.now())
    return Status(204, None)


@router.post("/try-check", response=ResultOut, summary="Run a check once without keeping the result")
def try_check(request: HttpRequest, body: TryIn) -> ResultOut:
    """Run a check once, now and on the server."""
    result = check_actions.try_check(
        actor=_actor(request),
        service=service_by_key(body.service),
        kind=body.kind,
        settings=body.settings,
        conditions=body.conditions,
        timeout_s=body.timeout_s,
        now=timezone.now(),
    )
    return ResultOut(
        outcome=result.outcome,
        message=result.message,
        detail=result.detail,
        metrics=result.metrics,
        duration_s=result.duration_s,
    )


@router.get("/checks/{key}/series", response=dict[str, list[PointOut]], summary="What was measured")
def check_series(
    request: HttpRequest,
    key: str,
    since: datetime | None = None,
    until: datetime | None = None,
    metric: str = "",
    max_points: int = 400,
) -> dict[str, list[Any]]:
    """Every metric of a check, or one; the last day unless said."""
    _may_see(request)
    begin, end = _span(since, until)
    check = queries.check_by_key(key)
    points = min(max(max_points, 1), 5_000)
    return dict(all_series(check.pk, begin, end, points, (metric,) if metric else ()))


@router.get("/checks/{key}/results", response=list[OutcomeOut], summary="What came of each run")
def check_results(
    request: HttpRequest,
    key: str,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
) -> list[Any]:
    """The newest runs of a check with their messages, newest first; of the last day unless said."""
    _may_see(request)
    begin, end = _span(since, until)
    return list(results(queries.check_by_key(key).pk, begin, end, min(max(limit, 1), MOST_AT_ONCE)))


@router.get("/state-changes", response=list[ChangeOut], summary="State changes")
def list_changes(
    request: HttpRequest, service: str = "", check: str = "", after_id: int = 0, limit: int = 100
) -> list[ChangeOut]:
    """Newest first, of a service itself, of a check, or of all; each replaces what earlier ones say of later times."""
    _may_see(request)
    found = StateChange.objects.select_related("service", "component", "cause_service", "cause_check")
    if service:
        found = found.filter(service__key=service)
    found = found.filter(component__key=check) if check else found.filter(component=None)
    rows = found.filter(pk__gt=after_id).order_by("-pk")[: min(max(limit, 1), MOST_AT_ONCE)]
    return [_change_out(row) for row in rows]


class AgentOut(Schema):
    """An agent, and what it last said of itself."""

    key: str
    name: str
    is_local: bool
    is_enabled: bool
    last_seen_at: datetime | None
    own: dict[str, float]


@router.get("/agents", response=list[AgentOut], summary="Agents")
def list_agents(request: HttpRequest) -> list[Any]:
    """All agents by name."""
    _may_see(request)
    return list(Agent.objects.all())


@router.post("/agents", response={201: TokenOut}, summary="Make an agent known")
def register_agent(request: HttpRequest, body: AgentIn) -> Status[TokenOut]:
    """Make an agent known; the token is shown this once only."""
    agent, token = agent_actions.register_agent(
        actor=_actor(request), key=body.key, name=body.name, now=timezone.now()
    )
    return Status(201, TokenOut(agent=agent.key, token=token))


@router.post("/agents/{key}/token", response=TokenOut, summary="Give an agent a new token")
def renew_token(request: HttpRequest, key: str) -> TokenOut:
    """Give an agent a new token; the old one is useless from now on."""
    agent = queries.agent_by_key(key)
    token = agent_actions.renew_token(actor=_actor(request), agent=agent, now=timezone.now())
    return TokenOut(agent=key, token=token)


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _may_see(request: HttpRequest) -> None:
    require(_actor(request), "monitoring.see")


def _span(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """The span asked for. Raises: InputError where an instant has no offset."""
    for name, value in (("since", since), ("until", until)):
        if value is not None and value.tzinfo is None:
            raise InputError(Problem("An instant needs an offset.", name, "Write …Z or …+01:00."))
    end = until or timezone.now()
    return since or end - timedelta(days=1), end


def _values(body: CheckIn, service_id: int) -> dict[str, Any]:
    """The fields that are given, with keys as rows."""
    given = body.dict(exclude_unset=True, exclude={"key", "service", "item", "agent", "group"})
    values = {name: value for name, value in given.items() if value is not None}
    if body.service is not None:
        values["service"] = service_by_key(body.service)
    if body.item is not None:
        item: ConfigurationItem | None = item_by_key(body.item) if body.item else None
        values["item"] = item
    if body.agent is not None:
        agent: Agent | None = queries.agent_by_key(body.agent) if body.agent else None
        values["agent"] = agent
    if body.group is not None:
        group: CheckGroup | None = queries.group_by_name(service_id, body.group) if body.group else None
        values["group"] = group
    return values


def _check_out(check: Check) -> CheckOut:
    state = check.state
    return CheckOut(
        key=check.key, name=check.name, kind=check.kind, service=check.service.key,
        settings=check_actions.shown_settings(check), conditions=check.conditions, interval_s=check.interval_s,
        timeout_s=check.timeout_s, confirm_after=check.confirm_after, recover_after=check.recover_after,
        is_enabled=check.is_enabled, version=check.version, state=state.state, since_at=state.since_at,
        is_flapping=state.is_flapping, last_measured_at=state.last_measured_at, last_message=state.last_message,
    )  # fmt: skip


def _change_out(row: StateChange) -> ChangeOut:
    return ChangeOut(
        service=row.service.key, check=row.component.key if row.component else None, state=row.state,
        previous_state=row.previous_state, first_bad_at=row.first_bad_at, last_good_at=row.last_good_at,
        confirmed_at=row.confirmed_at, recorded_at=row.recorded_at, reason=row.reason,
        cause_service=row.cause_service.key if row.cause_service else None,
        cause_check=row.cause_check.key if row.cause_check else None, is_flapping=row.is_flapping,
    )  # fmt: skip
