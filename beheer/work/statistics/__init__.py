"""Figures on work. Of an event log, in one pass over events; of everything, from what was counted of each item."""

from beheer.work.statistics.event_log import Target, WorkFilter, statistics

__all__ = ["Target", "WorkFilter", "statistics"]
