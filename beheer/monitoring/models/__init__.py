"""What is measured and by whom; what was found of it."""

from beheer.monitoring.models.alerts import Alert, AlertSource
from beheer.monitoring.models.checks import Agent, Batch, Check, CheckGroup, Heartbeat
from beheer.monitoring.models.states import CheckState, ServiceState, State, StateChange

__all__ = [
    "Agent",
    "Alert",
    "AlertSource",
    "Batch",
    "Check",
    "CheckGroup",
    "CheckState",
    "Heartbeat",
    "ServiceState",
    "State",
    "StateChange",
]
