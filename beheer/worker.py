"""The worker: does what is due, over and over. Each task is a function of `now` in a room's `tasks.py`."""

from __future__ import annotations

import importlib
import logging
import signal
import threading
import time
from types import FrameType
from typing import NamedTuple

import click
from django.db import close_old_connections
from django.utils import timezone

from beheer.lib.memory import spare_what_is_loaded
from beheer.preparing import require_prepared

log = logging.getLogger("beheer.worker")


class Task(NamedTuple):
    """One thing the worker does: every so many seconds it calls "module:function" with now; that gives a count done."""

    name: str
    every_s: float
    place: str


TASKS: list[Task] = [
    Task("merge measurements", 30, "beheer.measurements.tasks:merge_files"),
    Task("roll up measurements", 600, "beheer.measurements.tasks:roll_up"),
    Task("forget measurements", 3600, "beheer.measurements.tasks:forget"),
    Task("answer state changes", 1, "beheer.work.tasks:answer_state_changes"),
    Task("take timed steps", 60, "beheer.work.tasks:take_timed_steps"),
    Task("take up own kinds of work", 20, "beheer.work.tasks:take_up_own_kinds"),
    Task("take over targets of agreements", 30, "beheer.service_levels.tasks:take_over_targets"),
    Task("renew targets of work", 10, "beheer.work.tasks:renew_targets"),
    Task("index words anew", 10, "beheer.work.tasks:index_words_anew"),
    Task("count work", 20, "beheer.work.tasks:count_work"),
    Task("fetch mail", 20, "beheer.work.mail.incoming:fetch"),
    Task("take in mail that was left", 20, "beheer.work.mail.again:take_in_left"),
    Task("send replies", 5, "beheer.work.mail.outgoing:send"),
    Task("deliver notifications", 2, "beheer.notifications.tasks:deliver"),
    Task("forget notifications", 86400, "beheer.notifications.tasks:forget"),
    Task("judge heartbeats", 5, "beheer.monitoring.tasks:judge_heartbeats"),
    Task("judge alerts", 5, "beheer.monitoring.tasks:judge_alerts"),
    Task("forget alerts", 86400, "beheer.monitoring.tasks:forget_alerts"),
    Task("sweep what is silent", 5, "beheer.monitoring.tasks:sweep_stale"),
    Task("follow the dependency map", 5, "beheer.monitoring.tasks:follow_map"),
    Task("forget batches", 86400, "beheer.monitoring.tasks:forget_batches"),
    Task("take over plans of work", 20, "beheer.service_levels.tasks:take_over_plans"),
    Task("judge norms", 15, "beheer.service_levels.tasks:judge"),
    Task("push alerts", 60, "beheer.service_levels.tasks:alert"),
    Task("seal reports", 120, "beheer.service_levels.tasks:seal"),
    Task("renew reports", 60, "beheer.service_levels.tasks:renew"),
    Task("send reports", 60, "beheer.service_levels.tasks:send"),
]


def run_due(next_due: dict[str, float], clock: float) -> None:
    """Run each task whose time has come; a task that fails is logged and tried again at its next turn."""
    for task in TASKS:
        if clock < next_due.get(task.name, 0.0):
            continue
        next_due[task.name] = clock + task.every_s
        run_task(task)


def run_task(task: Task) -> int:
    """Run one task now. Gives how many things it did; 0 also where it failed, which is logged."""
    module, attribute = task.place.split(":")
    started = time.monotonic()
    try:
        done: int = getattr(importlib.import_module(module), attribute)(timezone.now())
    except Exception:
        log.exception("Task %s failed; it is tried again in %s s", task.name, task.every_s)
        return 0
    if done:
        log.info("%s: %s done in %.2f s", task.name, done, time.monotonic() - started)
    return done


@click.command()
@click.option("--once", is_flag=True, help="Do everything once and stop.")
def worker(once: bool) -> None:
    """Do what is due: sweep, close, notify, merge."""
    require_prepared()
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    next_due: dict[str, float] = {}
    is_first = True
    while not stop.is_set():
        run_due(next_due, time.monotonic())
        close_old_connections()
        if once:
            return
        if is_first:  # in which the tasks' modules were loaded
            spare_what_is_loaded()
            is_first = False
        stop.wait(0.5)
