"""The agent itself: is it on time, and does the server take its results."""

from __future__ import annotations

from typing import Any

from beheer.monitoring.contract import Kind, Observation, Settings, Surroundings, Value


class OwnSettings(Settings):
    """Nothing needs to be said."""


def observe(settings: OwnSettings, timeout_s: float, surroundings: Surroundings) -> Observation:
    """The agent's figures of now."""
    del settings, timeout_s
    metrics = dict(surroundings.own())
    if not metrics:
        return Observation(not_measured="this check says something only when an agent runs it")
    message = (
        f"{metrics['checks']:.0f} checks, latest {metrics['lag_s']:.2f} s late, "
        f"{metrics['spool_batches']:.0f} batches waiting ({metrics['spool_bytes'] / 1e6:.1f} MB)"
    )
    if metrics["spool_dropped_results"]:
        message += f"; {metrics['spool_dropped_results']:.0f} RESULTS WERE LOST because the spool was full"
    return Observation(message, metrics)


KIND: Kind[Any] = Kind(
    key="self",
    title="The agent itself",
    summary="Watches the agent that runs it: punctuality, and results that wait for the server.",
    settings=OwnSettings,
    values=(
        Value("checks", "count", "Checks that the agent runs"),
        Value("runs_per_s", "", "Runs a second, over the last minute"),
        Value("lag_s", "s", "How much too late a check began, the worst of the last minute"),
        Value("overruns", "count", "Runs left out in the last minute because the one before had not ended"),
        Value("running", "count", "Runs under way"),
        Value("spool_bytes", "bytes", "Results on disk that the server has not stored yet"),
        Value("spool_batches", "count", "Batches of them"),
        Value("spool_used_ratio", "ratio", "Share of the spool's limit in use"),
        Value("spool_oldest_s", "s", "Age of the oldest batch that waits"),
        Value(
            "spool_dropped_results", "count", "Results lost since the spool was last empty, as it was full"
        ),
        Value("memory_bytes", "bytes", "Memory of the agent"),
    ),
    conditions={
        "down": ("spool_dropped_results > 0", "spool_used_ratio > 90%"),
        "degraded": ("lag_s > 5", "spool_oldest_s > 300", "overruns > 0"),
    },
    observe=observe,
)
