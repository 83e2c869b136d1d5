"""The form for the targets of one kind of work in an agreement: a length of time for each clock and priority."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from beheer.service_levels.actions.work_targets import WorkTarget
from beheer.work.kinds.schema import Kind
from beheer.work.rule_forms import Within, written

PRIORITIES: tuple[int | None, ...] = (None, 1, 2, 3, 4, 5)


class WorkTargetsForm(forms.Form):
    """For each clock of a kind, a length of time whatever the priority, and one for each priority."""

    def __init__(self, data: Any, *, key: str, kind: Kind, targets: Sequence[WorkTarget]) -> None:
        super().__init__(data)
        self.key, self.kind = key, kind
        held = {(one.clock, one.priority): one.within_s for one in targets if one.kind == key}
        for clock, spec in kind.clocks.items():
            for priority in PRIORITIES:
                within = held.get((clock, priority))
                self.fields[self.name_of(clock, priority)] = Within(
                    required=False,
                    label=self._label(spec.name.text(get_language() or "en"), priority),
                    initial=written(within),
                    widget=forms.TextInput(attrs={"size": 6, "placeholder": "4h"}),
                )

    @staticmethod
    def name_of(clock: str, priority: int | None) -> str:
        """The name of a field."""
        return f"{clock}-{priority or 'all'}"

    def _label(self, clock: str, priority: int | None) -> str:
        if priority is None:
            return _("%(clock)s, any priority") % {"clock": clock}
        return _("%(clock)s, priority %(n)s") % {"clock": clock, "n": priority}

    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The clocks with their fields, as a table."""
        language = get_language() or "en"
        return [
            (spec.name.text(language), [self[self.name_of(clock, priority)] for priority in PRIORITIES])
            for clock, spec in self.kind.clocks.items()
        ]

    def targets(self) -> list[WorkTarget]:
        """What was filled in."""
        return [
            WorkTarget(self.key, clock, within, priority)
            for clock in self.kind.clocks
            for priority in PRIORITIES
            if (within := self.cleaned_data[self.name_of(clock, priority)]) is not None
        ]
