"""What is measured and by whom; what was found of it."""

from beheer.monitoring.models.checks import Agent, Batch, Check, CheckGroup, Heartbeat
from beheer.monitoring.models.states import CheckState, ServiceState, State, StateChange

__all__ = [
    "Agent",
    "Batch",
    "Check",
    "CheckGroup",
    "CheckState",
    "Heartbeat",
    "ServiceState",
    "State",
    "StateChange",
]
