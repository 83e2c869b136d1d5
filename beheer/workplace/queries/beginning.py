"""What to do first in an empty installation."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import Service
from beheer.monitoring.models import Check
from beheer.notifications.models import Channel
from beheer.service_levels.models import Agreement
from beheer.workplace.queries.addresses import address

FROM_THE_START = ("this-machine", "beheer")  # what Beheer measures without being asked


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and whether it was done."""

    title: Promise
    hint: Promise
    url: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first steps; `demonstration_url` is empty where the demonstration institution is there already,
    `removal_url` where it is not.
    """

    steps: list[Step]
    demonstration_url: str
    removal_url: str = ""

    @property
    def is_over(self) -> bool:
        """Whether all was done: then the page no longer shows it."""
        return all(step.is_done for step in self.steps)


def beginning() -> Beginning:
    """How far this installation is."""
    own = {"is_simulated": False}
    steps = [
        Step(
            _("Name a service"),
            _("What people use: the website, e-mail, the library system. This machine is there already."),
            address("catalogue:service_new"),
            Service.objects.filter(**own).exclude(key__in=FROM_THE_START).exists(),
        ),
        Step(
            _("Measure it"),
            _("A check asks every so often whether the service works, and how fast."),
            address("monitoring:check_new"),
            Check.objects.filter(**own).exclude(service__key__in=FROM_THE_START).exists(),
        ),
        Step(
            _("Write down what was agreed"),
            _("An agreement with a customer holds norms; from then on every norm has a verdict."),
            address("service_levels:agreement_new"),
            Agreement.objects.filter(**own).exists(),
        ),
        Step(
            _("Say who hears of trouble"),
            _("By e-mail or webhook, in groups, with quiet hours."),
            address("notifications:channel_list"),
            Channel.objects.exists(),
        ),
    ]
    simulated = Service.objects.filter(is_simulated=True).exists()
    return Beginning(
        steps, "" if simulated else address("demo:load"), address("demo:remove") if simulated else ""
    )
