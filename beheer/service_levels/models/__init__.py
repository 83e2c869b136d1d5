"""What is agreed, what deviates, how it stands, and what was reported."""

from beheer.service_levels.models.agreements import (
    Agreement,
    AgreementStatus,
    Calendar,
    CalendarRevision,
    Norm,
    ReportPeriod,
)
from beheer.service_levels.models.deviations import Correction, Makes, PlannedWindow, State
from beheer.service_levels.models.reports import Finding, Measure, Report, ReportDelivery
from beheer.service_levels.models.timelines import ServiceTimeline
from beheer.service_levels.models.verdicts import Judgement, Verdict, VerdictChange

__all__ = [
    "Agreement",
    "AgreementStatus",
    "Calendar",
    "CalendarRevision",
    "Correction",
    "Finding",
    "Judgement",
    "Makes",
    "Measure",
    "Norm",
    "PlannedWindow",
    "Report",
    "ReportDelivery",
    "ReportPeriod",
    "ServiceTimeline",
    "State",
    "Verdict",
    "VerdictChange",
]
