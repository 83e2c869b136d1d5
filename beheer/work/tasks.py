"""What the worker does for work."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from beheer.lib.durations import parse_duration
from beheer.lib.errors import BeheerError, Problem
from beheer.permissions.rules import SYSTEM
from beheer.work.actions.kinds import publish_kind
from beheer.work.actions.outages import Unanswered, answer_next
from beheer.work.actions.steps import take_step
from beheer.work.actions.targets import renew_some, take_over_table
from beheer.work.definitions import kind_of, own_folder
from beheer.work.models import Item, KindVersion
from beheer.work.own_files import own_files
from beheer.work.search import index_again
from beheer.work.statistics.counting import count_items

log = logging.getLogger("beheer.work")
AT_ONCE = 500
MOST_TURNS = 10  # so that other work of the worker is not kept waiting


def answer_state_changes(now: datetime) -> int:
    """Answer the state changes that nobody has answered. Gives how many. A row that fails is tried at the next turn."""
    done, failed = 0, set[int]()
    while done + len(failed) < AT_ONCE:
        try:
            if answer_next(now=now, skip=failed) is None:
                break
        except Unanswered as error:
            log.exception("State change %s could not be answered", error.row_id)
            failed.add(error.row_id)
            continue
        done += 1
    return done


def take_timed_steps(now: datetime) -> int:
    """Take the steps that a kind lets the machine take after a time in a state. Gives how many."""
    done = 0
    for version in KindVersion.objects.filter(items_of_work__isnull=False).distinct():
        for timer in kind_of(version).timers:
            before = now - timedelta(microseconds=parse_duration(timer.after))
            due = Item.objects.filter(definition=version, state=timer.state, state_since__lte=before)
            for item in due.order_by("pk")[:AT_ONCE]:
                try:
                    take_step(actor=SYSTEM, item=item, step=timer.step, version=item.version, now=now)
                except BeheerError as error:
                    log.warning("The timer of %s cannot take '%s': %s", item.number, timer.step, error)
                    continue
                done += 1
    return done


def take_up_own_kinds(now: datetime) -> int:
    """Put the files in the institution's own folder in force that are new or changed. Gives how many.

    What is wrong with a file is told in the log once, with its lines, and what held before stays in force.
    """
    done = int(take_over_table(actor=SYSTEM, now=now))
    for file in own_files():
        if file.state == "new":
            publish_kind(actor=SYSTEM, text=file.text, name=file.name, now=now)
            done += 1
        path = str(own_folder() / file.name)
        if file.problems and _told.get(path) != file.problems:
            log.warning("%s is not in force: %s", file.name, "\n".join(map(str, file.problems)))
        _told[path] = file.problems
    return done


_told: dict[str, tuple[Problem, ...]] = {}  # by the path of a file


def count_work(now: datetime) -> int:
    """Count the items of which something happened, for statistics. Gives how many."""
    done = 0
    for _turn in range(MOST_TURNS):
        found = count_items()
        done += found
        if not found:
            break
    return done


def index_words_anew(now: datetime) -> int:
    """Make items findable by the parts of addresses and host names that were kept whole before. Gives how many."""
    return index_again(AT_ONCE)


def renew_targets(now: datetime) -> int:
    """Let running items have the targets that were changed. Gives how many were looked at."""
    done = 0
    for _turn in range(10 * MOST_TURNS):  # a turn is one service, and often few items
        found = renew_some(now)
        done += found
        if not found:
            break
    return done
