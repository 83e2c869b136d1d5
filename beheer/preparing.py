"""Makes the stores ready before anything starts: tables, static files, translations, the first administrator."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import cast

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import Migration, RunPython
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import StateApps
from django.utils import timezone

from beheer.lib.errors import InputError, Problem
from beheer.monitoring.actions.first_minute import ensure_self_monitoring
from beheer.people.actions import ensure_first_administrator
from beheer.permissions.rules import SYSTEM
from beheer.ui.translations import compile_all

REMEDY = "Run `beheer setup`, or `beheer run`, which prepares everything by itself."


def unprepared(error: DatabaseError) -> Problem | None:
    """What to tell of an error of the store: that it cannot be opened, or is not prepared; None for any other error."""
    try:
        executor = MigrationExecutor(connection)
        waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError as closed:
        remedy = "See that the database runs and that DATABASE_URL and BEHEER_VAR name it. " + REMEDY
        return Problem(f"The store cannot be opened: {_told(closed)}.", "DATABASE_URL", remedy)
    if not waiting:
        return None
    empty = not executor.recorder.has_table()
    state = "is empty" if empty else f"is of an older version: {waiting} migrations wait"
    return Problem(f"The store {state} ({_told(error)}).", "", REMEDY)


def _told(error: DatabaseError) -> str:
    """What the database said, on one line."""
    return " ".join(str(error).split()).rstrip(".?")


def require_prepared() -> None:
    """Before a process that goes on for long is started. Raises: InputError where there are no tables at all."""
    try:
        if connection.introspection.table_names():
            return
        problem = Problem("The store is empty.", "", REMEDY)
    except DatabaseError as error:
        problem = unprepared(error) or Problem(str(error), "", REMEDY)
    finally:
        connection.close()
    raise InputError(problem)


def prepare() -> tuple[str, str] | None:
    """Make everything ready. Gives user name and one-time password the first time, else None."""
    settings.VAR.mkdir(parents=True, exist_ok=True)
    compile_all()
    prepare_tables()
    _collect_static_files()
    ensure_self_monitoring(actor=SYSTEM, now=timezone.now())
    first = ensure_first_administrator(
        actor=SYSTEM, email="administrator@localhost.invalid", now=timezone.now()
    )
    if first is None:
        return None
    user, password = first
    note = settings.VAR / "first-sign-in.txt"
    with os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"user name: {user.username}\none-time password: {password}\n")
    return user.username, password


def prepare_tables() -> None:
    """Bring the relational store up to date: an empty one is made from the models, an older one is migrated.

    Going through all migrations takes several seconds even where there is nothing to move. A test holds that both
    ways give the same tables.
    """
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    if not connection.introspection.table_names():
        make_tables([migration for migration, _ in executor.migration_plan(leaves, clean_start=True)])
    elif executor.migration_plan(leaves):
        call_command("migrate", verbosity=0, interactive=False)


def make_tables(migrations: Iterable[Migration]) -> None:
    """Make all tables of an empty store in one transaction, and note the migrations as applied."""
    recorder = MigrationRecorder(connection)
    with connection.schema_editor(atomic=True) as editor:
        recorder.ensure_schema()
        for model in apps.get_models():
            if model._meta.can_migrate(connection):
                editor.create_model(model)
        for migration in migrations:
            if apps.get_app_config(migration.app_label).name.startswith("beheer."):
                _run_code(migration, editor)
            recorder.record_applied(migration.app_label, migration.name)


def _run_code(migration: Migration, editor: BaseDatabaseSchemaEditor) -> None:
    """What a migration of ours makes beside models, such as the table for searching."""
    for operation in migration.operations:
        if isinstance(operation, RunPython):
            operation.code(cast(StateApps, apps), editor)


def _collect_static_files() -> None:
    """Put the static files where they are served from, unless the very same ones lie there already."""
    found = sorted(
        (path, storage.get_modified_time(path).isoformat())
        for finder in get_finders()
        for path, storage in finder.list([])
    )
    digest = hashlib.sha256(repr(found).encode()).hexdigest()
    stamp = settings.STATIC_ROOT / ".collected"
    if stamp.exists() and stamp.read_text() == digest:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(digest)
