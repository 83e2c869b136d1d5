"""Nagios plugins: any program that follows their guidelines, from a folder that the agent's operator allows."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from beheer.monitoring.contract import Kind, Observation, Settings, Surroundings, Value, secret
from beheer.monitoring.formats.perfdata import Figure, figures
from beheer.monitoring.plugin_process import Ended, run

WRAPPERS = frozenset({"negate", "urlize", "check_by_ssh"})
"""These run other programs by their arguments: the folder would no longer say what may run."""

STATES = {0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN"}


class NagiosSettings(Settings):
    """Which plugin to run, and with which arguments."""

    plugin: str = Field(
        description="File name of the plugin, such as check_disk.", pattern=r"^[A-Za-z0-9][\w.+-]*$"
    )
    arguments: tuple[str, ...] = Field(
        (), description="Arguments, one an item; no shell reads them.", max_length=200
    )
    environment: dict[str, str] = secret("Variables to set for the plugin, by name.", {})

    @field_validator("plugin")
    @classmethod
    def _plugin(cls, plugin: str) -> str:
        if plugin in WRAPPERS:
            raise ValueError(f"{plugin} runs other programs, which is not allowed")
        return plugin

    @field_validator("arguments")
    @classmethod
    def _arguments(cls, arguments: tuple[str, ...]) -> tuple[str, ...]:
        if any("\x00" in argument for argument in arguments):
            raise ValueError("an argument cannot hold a zero byte")
        return arguments

    @field_validator("environment")
    @classmethod
    def _environment(cls, environment: dict[str, str]) -> dict[str, str]:
        for name in environment:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name.startswith("LD_"):
                raise ValueError(f"'{name}' is no variable that a plugin may get")
        return environment


def find(plugin: str, folders: Iterable[Path]) -> Path | None:
    """The plugin's file in the first folder that has it; None where none has an executable file of that name."""
    for folder in folders:
        place = folder / plugin
        if place.is_file() and os.access(place, os.X_OK):
            return place
    return None


def observe(settings: NagiosSettings, timeout_s: float, surroundings: Surroundings) -> Observation:
    """Run the plugin and read what it says."""
    folders = surroundings.plugin_folders
    if not folders:
        return Observation(not_measured="this agent runs no plugins: its operator sets BEHEER_PLUGIN_FOLDERS")
    program = find(settings.plugin, folders)
    if program is None:
        places = ", ".join(map(str, folders))
        return Observation(not_measured=f"there is no plugin {settings.plugin} in {places}")
    began = time.perf_counter()
    try:
        ended = run(program, settings.arguments, timeout_s, settings.environment)
    except OSError as error:
        return Observation(not_measured=f"{settings.plugin} cannot be started: {error.strerror or error}")
    took_s = time.perf_counter() - began
    if ended.exit_code is None:
        said = f"; it said: {ended.output.strip()[:200]}" if ended.output.strip() else ""
        return Observation(
            metrics={"total_s": took_s}, error=f"timed out after {timeout_s:g} s and was stopped{said}"
        )
    return read(settings.plugin, ended, took_s)


def read(plugin: str, ended: Ended, took_s: float) -> Observation:
    """First line, more lines and performance data of a plugin that ended."""
    code = ended.exit_code if ended.exit_code is not None else 3
    if code < 0 or code > 3:
        how = f"was stopped by signal {-code}" if code < 0 else f"ended with {code}"
        said = (ended.output.strip() or ended.errors.strip())[:200]
        return Observation(not_measured=f"{plugin} {how}, which says nothing{': ' + said if said else ''}")
    first, more, data = split_output(ended.output)
    metrics = {"exit_code": float(code), "total_s": took_s, "output_cut": float(ended.is_cut)}
    for figure in figures(data):
        _take(figure, metrics)
    message = first or ended.errors.strip().split("\n")[0][:300] or f"{STATES[code]}, without a word"
    return Observation(
        message, metrics, {"first_line": first, "output": f"{first}\n{more}".strip()}, detail=more
    )


def _take(figure: Figure, metrics: dict[str, float]) -> None:
    if figure.value is None:
        return
    metrics[f"perf[{figure.label}]"] = figure.value
    if figure.warning is not None:
        metrics[f"in_warning[{figure.label}]"] = float(figure.warning.alerts(figure.value))
    if figure.critical is not None:
        metrics[f"in_critical[{figure.label}]"] = float(figure.critical.alerts(figure.value))
    if figure.most is not None and figure.most > (least := figure.least or 0.0):
        metrics[f"perf_ratio[{figure.label}]"] = (figure.value - least) / (figure.most - least)


def split_output(output: str) -> tuple[str, str, str]:
    """First line, further lines, and all performance data.

    The first `|` of line one and of the lines after it each begin performance data; from the second one on, all lines
    are performance data.
    """
    first, _, rest = output.replace("\r\n", "\n").partition("\n")
    text, _, data = first.partition("|")
    more, _, more_data = rest.partition("|")
    return text.strip(), more.strip(), f"{data} {more_data}".replace("\n", " ").strip()


KIND: Kind[Any] = Kind(
    key="nagios",
    title="Nagios plugin",
    summary="Runs a Nagios plugin and reads its state, text and performance data.",
    settings=NagiosSettings,
    values=(
        Value("exit_code", "", "0 OK, 1 warning, 2 critical, 3 unknown"),
        Value("total_s", "s", "How long the plugin ran"),
        Value("output_cut", "", "1 when it wrote more than is kept, else 0"),
        Value("perf", "", "A figure, in seconds, bytes or as a ratio where its unit says so", each="label"),
        Value("perf_ratio", "ratio", "Where the figure stands between its least and most", each="label"),
        Value(
            "in_warning", "", "1 when the figure is in the plugin's own warning range, else 0", each="label"
        ),
        Value(
            "in_critical", "", "1 when the figure is in the plugin's own critical range, else 0", each="label"
        ),
        Value("first_line", "", "The first line, without performance data", "text"),
        Value("output", "", "All lines, without performance data", "text"),
    ),
    conditions={"unknown": ("exit_code == 3",), "down": ("exit_code == 2",), "degraded": ("exit_code == 1",)},
    observe=observe,
    starts_process=True,
)
