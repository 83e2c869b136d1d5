"""The targets of work in an agreement, for people."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language

from beheer.service_levels.actions.work_targets import work_targets_of
from beheer.service_levels.models import Agreement
from beheer.work.definitions import current_kinds


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One target in words; `priority` None: whatever it is."""

    kind: str
    clock: str
    priority: int | None
    within_s: int


def target_lines(agreement: Agreement) -> list[TargetLine]:
    """The targets in the reader's language."""
    language, kinds = get_language() or "en", current_kinds()
    lines = []
    for one in work_targets_of(agreement):
        kind = kinds.get(one.kind)
        spec = kind.clocks.get(one.clock) if kind is not None else None
        lines.append(
            TargetLine(
                kind.name.text(language) if kind is not None else one.kind,
                spec.name.text(language) if spec is not None else one.clock,
                one.priority,
                one.within_s,
            )
        )
    return lines
