"""What the worker does for this room."""

from __future__ import annotations

from datetime import datetime

from beheer.service_levels.actions.alerting import push_alerts
from beheer.service_levels.actions.deliveries import send_due
from beheer.service_levels.actions.judging import judge_all
from beheer.service_levels.actions.reports import renew_due, seal_due
from beheer.service_levels.actions.telling import tell_verdicts
from beheer.service_levels.actions.work_targets import take_over as take_over_agreed
from beheer.service_levels.actions.work_windows import take_over


def take_over_plans(now: datetime) -> int:
    """Make planned windows of the plans of work that interrupt a service."""
    return take_over(now)


def take_over_targets(now: datetime) -> int:
    """Make the targets of work what the agreements in force say."""
    return take_over_agreed(now)


def judge(now: datetime) -> int:
    """Keep judgements true, and tell what changed."""
    done = judge_all(now)
    tell_verdicts(now)
    return done


def seal(now: datetime) -> int:
    """Seal the reports whose period and delay are over."""
    return seal_due(now)


def renew(now: datetime) -> int:
    """Make new versions of reports about which facts came later."""
    return renew_due(now)


def send(now: datetime) -> int:
    """Send sealed reports by e-mail."""
    return send_due(now)


def alert(now: datetime) -> int:
    """Give norms at risk or breached to an Alertmanager, where one is set."""
    return push_alerts(now)
