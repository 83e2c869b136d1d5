"""The door for agents, as `wire.py` says it."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import pydantic
from django.db.models import Count, Max, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from ninja.security import HttpBearer

from beheer.lib.errors import InputError, NotAllowed, Problem
from beheer.measurements.schema import StoreFailed
from beheer.monitoring.actions.batches import receive_batch
from beheer.monitoring.models import Agent
from beheer.monitoring.probes import PASSIVE
from beheer.monitoring.queries import orders_of
from beheer.monitoring.wire import Batch, CheckList, CheckOrder
from beheer.people.rules import token_hash

LARGEST_SENT = 16 * 1024 * 1024
LARGEST_READ = 64 * 1024 * 1024
AGAIN_AFTER_S = "30"


class AgentToken(HttpBearer):
    """`Authorization: Bearer …` with the token that an agent was given."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        agent = Agent.objects.filter(token_hash=token_hash(token)).first()
        if agent is None:
            return None
        if not agent.is_enabled:
            raise NotAllowed(f"The agent '{agent.key}' is switched off. Switch it on under Agents.")
        return agent


router = Router(tags=["Agents"], auth=AgentToken())


@router.get("/agent/checks", summary="The checks that this agent must run", response=None)
def agent_checks(request: HttpRequest) -> HttpResponse:
    """304 where `If-None-Match` names the present version; else all checks."""
    agent: Agent = request.auth  # type: ignore[attr-defined]  # set by AgentToken
    version = _version(agent)
    if request.headers.get("If-None-Match") == f'"{version}"':
        return HttpResponse(status=304, headers={"ETag": f'"{version}"'})
    orders = [
        CheckOrder(
            check_id=check.pk,
            key=check.key,
            kind=check.kind,
            version=check.version,
            settings=check.settings,
            conditions=check.conditions,
            interval_s=check.interval_s,
            timeout_s=check.timeout_s,
        )
        for check in orders_of(agent).exclude(kind__in=PASSIVE).order_by("pk")
    ]
    answer = CheckList(agent=agent.key, version=version, checks=orders)
    return HttpResponse(
        answer.model_dump_json(), content_type="application/json", headers={"ETag": f'"{version}"'}
    )


def _version(agent: Agent) -> str:
    """What changes whenever one of the agent's checks comes, changes or goes."""
    facts = orders_of(agent).aggregate(
        count=Count("pk"), versions=Sum("version"), keys=Sum("pk"), changed=Max("changed_at")
    )
    text = f"{agent.key} {facts['count']} {facts['versions']} {facts['keys']} {facts['changed']}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@router.post("/agent/batches/{batch_id}", summary="Store a batch of results", response=None)
def agent_batch(request: HttpRequest, batch_id: str) -> HttpResponse:
    """200 once the batch is stored durably, also when it was already; 503 where the disk does not take it."""
    agent: Agent = request.auth  # type: ignore[attr-defined]  # set by AgentToken
    batch = _read_batch(request)
    if str(batch.batch_id) != batch_id.lower():
        raise InputError(Problem("The batch has another id than the address.", "batch_id", "Send it again."))
    try:
        answer = receive_batch(actor=agent, batch=batch, now=timezone.now())
    except StoreFailed as error:
        return HttpResponse(
            str(error), status=503, content_type="text/plain", headers={"Retry-After": AGAIN_AFTER_S}
        )
    return HttpResponse(answer.model_dump_json(), content_type="application/json")


def _read_batch(request: HttpRequest) -> Batch:
    """The batch in the body, gzipped or not. Raises: InputError naming what is wrong with it."""
    body = request.read(LARGEST_SENT + 1)
    if len(body) > LARGEST_SENT:
        raise InputError(Problem(f"A batch has at most {LARGEST_SENT} bytes.", "", "Send smaller batches."))
    if request.headers.get("Content-Encoding", "") == "gzip":
        body = _unzipped(body)
    try:
        return Batch.model_validate_json(body)
    except pydantic.ValidationError as error:
        problems = [
            Problem(item["msg"], ".".join(str(part) for part in item["loc"])) for item in error.errors()[:20]
        ]
        raise InputError(problems) from error


def _unzipped(body: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=31)
    try:
        found = reader.decompress(body, LARGEST_READ)
    except zlib.error as error:
        raise InputError(Problem("This is not gzip.", "", "Send it again.")) from error
    if reader.unconsumed_tail:
        raise InputError(Problem(f"A batch has at most {LARGEST_READ} bytes unzipped.", "", "Send less."))
    return found
