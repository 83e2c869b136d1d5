"""What the worker does for this room."""

from __future__ import annotations

from datetime import datetime

from beheer.service_levels.actions.judging import judge_all
from beheer.service_levels.actions.telling import tell_verdicts


def judge(now: datetime) -> int:
    """Keep judgements true, and tell what changed."""
    done = judge_all(now)
    tell_verdicts(now)
    return done
