"""What agents send: batches of results."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from beheer.lib.errors import InputError, Problem
from beheer.monitoring.models import Agent, Batch, Check
from beheer.monitoring.queries import orders_of
from beheer.monitoring.storing import Run, judge_runs, keep_measurements, not_ahead, take_turn
from beheer.monitoring.wire import Batch as Sent
from beheer.monitoring.wire import BatchAnswer, RunResult
from beheer.permissions.rules import require


def receive_batch(*, actor: Agent, batch: Sent, now: datetime) -> BatchAnswer:
    """Store what an agent sends. Once it gives its answer, the results are on disk; a known batch changes nothing.

    First the measurements, durably, then in one transaction the batch, the states and their changes: broken off in
    between, the agent sends it again and it is completed. Results of checks that are not this agent's are passed over.
    Not in the audit trail: batches come by the second, and each is kept as a row.
    Raises: NotAllowed; StoreFailed where the disk does not take it; InputError for another agent's batch.
    """
    require(actor, "monitoring.report")
    if batch.agent != actor.key:
        raise InputError(
            Problem(f"This batch is of agent '{batch.agent}'.", "agent", f"The token is of '{actor.key}'.")
        )
    known = Batch.objects.filter(pk=batch.batch_id).first()
    if known is not None:
        return BatchAnswer(batch_id=batch.batch_id, is_known=True, stored=known.stored, ignored=known.ignored)
    checks = {check.pk: check for check in _checks_of(actor, batch)}
    runs = [not_ahead(_run(result), now) for result in batch.results if result.check_id in checks]
    keep_measurements(batch.batch_id, runs)
    answer = BatchAnswer(batch_id=batch.batch_id, stored=len(runs), ignored=len(batch.results) - len(runs))
    try:
        with transaction.atomic():
            take_turn()
            Batch.objects.create(
                pk=batch.batch_id,
                agent=actor,
                received_at=now,
                stored=answer.stored,
                ignored=answer.ignored,
            )
            judge_runs(runs, checks, now)
            Agent.objects.filter(pk=actor.pk).update(last_seen_at=now, own=batch.own)
    except IntegrityError:
        if not Batch.objects.filter(pk=batch.batch_id).exists():
            raise
        return answer.model_copy(update={"is_known": True})  # the same batch came twice at once
    return answer


def _checks_of(agent: Agent, batch: Sent) -> list[Check]:
    """The checks of this batch that the agent may speak of, disabled ones too: they were measured before."""
    wanted = {result.check_id for result in batch.results}
    found = orders_of(agent, with_disabled=True).defer("settings", "conditions", "description")
    if len(wanted) > 1000:
        return [check for check in found if check.pk in wanted]
    return list(found.filter(pk__in=wanted))


def _run(result: RunResult) -> Run:
    return Run(
        result.check_id, result.outcome, result.message, result.detail, result.metrics, result.measured_at,
        result.duration_s,
    )  # fmt: skip
