"""Kinds as they are in force: those that come with Beheer, and those an institution published over them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from beheer.lib.documents import load
from beheer.lib.errors import DocumentError, InputError, NotFound
from beheer.profile.library import profiles
from beheer.work.kinds.checks import read_kind
from beheer.work.kinds.schema import Kind
from beheer.work.models import Item, KindVersion, RequestModel
from beheer.work.request_models.checks import specialised
from beheer.work.request_models.schema import RequestSpec
from beheer.work.rules.priorities import Table, read_table

HERE = Path(__file__).resolve().parent
BUILT_IN = HERE / "kinds"
PRIORITIES = "priorities.yaml"
# The order in which kinds stand in menus; others follow by name.
ORDER = (
    "incident", "service_request", "problem", "change", "maintenance", "release", "wish", "requirement", "test",
    "acceptance", "documentation", "proposal", "improvement", "design", "research", "supplier_case",
)  # fmt: skip


def fingerprint(text: str) -> str:
    """What tells one text of a kind from another."""
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=512)
def parsed(text: str, name: str) -> Kind:
    """The kind in a text that was checked before, or is now. Kept, since texts never change."""
    return read_kind(load(text, name))


@lru_cache(maxsize=1)
def built_in_texts() -> dict[str, str]:
    """The files that come with Beheer: key → text."""
    texts = {path.name: path.read_text() for path in sorted(BUILT_IN.glob("*.yaml"))}
    return {parsed(text, name).kind: text for name, text in texts.items()}


def own_folder() -> Path:
    """Where an institution keeps its own kinds and its own table of priorities."""
    return Path(settings.VAR) / "kinds"


def current_versions() -> dict[str, KindVersion]:
    """The version of each kind that new items get, in the order of menus."""
    rows = {row.key: row for row in KindVersion.objects.filter(is_current=True)}
    missing = [
        key
        for key, text in built_in_texts().items()
        if key not in rows or (rows[key].is_built_in and rows[key].digest != fingerprint(text))
    ]
    if missing:
        for key in missing:
            _put_built_in(key, timezone.now())
        rows = {row.key: row for row in KindVersion.objects.filter(is_current=True)}
    place = {key: number for number, key in enumerate(ORDER)}
    return {key: rows[key] for key in sorted(rows, key=lambda key: (place.get(key, len(place)), key))}


def _put_built_in(key: str, now: datetime) -> None:
    """Publish the file that came with Beheer. Another process may do so at the same moment: then it is done."""
    try:
        with transaction.atomic():
            put_version(key=key, text=built_in_texts()[key], is_built_in=True, by="beheer", now=now)
    except IntegrityError:
        return


def put_version(*, key: str, text: str, is_built_in: bool, by: str, now: datetime) -> KindVersion:
    """Make this text the current version of the kind: the one in force where that says the same, else a new one.

    A text that comes with Beheer becomes its own version again.
    """
    rows = KindVersion.objects.filter(key=key)
    same = rows.filter(digest=fingerprint(text), is_built_in=is_built_in)
    found = (same if is_built_in else same.filter(is_current=True)).order_by("-version").first()
    rows.filter(is_current=True).update(is_current=False)
    if found is not None:
        KindVersion.objects.filter(pk=found.pk).update(is_current=True)
        found.is_current = True
        return found
    newest = rows.aggregate(newest=Max("version"))["newest"] or 0
    return KindVersion.objects.create(
        key=key,
        version=newest + 1,
        text=text,
        digest=fingerprint(text),
        is_built_in=is_built_in,
        published_at=now,
        published_by=by,
    )


def known_activities() -> frozenset[str]:
    """The ids of the activities in every profile that is known here."""
    return frozenset(
        activity.id
        for profile in profiles().values()
        for area in profile.result_areas
        for activity in area.activities
    )


def kind_of(version: KindVersion) -> Kind:
    """The kind that a version holds."""
    return parsed(version.text, f"{version.key}.yaml")


def definition(item: Item) -> Kind:
    """The kind of an item, in the version it was made with; of a request from the catalogue with its form in it."""
    if item.request_model_id is None or item.request_model is None:
        return kind_of(item.definition)
    return kind_with(item.definition, item.request_model)


def kind_with(version: KindVersion, model: RequestModel) -> Kind:
    """A kind as a request model makes it."""
    return _specialised(version.text, f"{version.key}.yaml", model.text)


@lru_cache(maxsize=512)
def _specialised(text: str, name: str, model: str) -> Kind:
    return specialised(parsed(text, name), spec_in(model))


@lru_cache(maxsize=512)
def spec_in(text: str) -> RequestSpec:
    """The request model in a text that was published. Kept, since texts never change."""
    return RequestSpec.model_validate_json(text)


def current_kinds() -> dict[str, Kind]:
    """Every kind that new items can be of."""
    return {key: kind_of(row) for key, row in current_versions().items()}


def current_version(key: str) -> KindVersion:
    """The version of one kind that new items get.

    Raises: NotFound, naming the kinds there are.
    """
    rows = current_versions()
    if key not in rows:
        raise NotFound(f"There is no kind of work '{key}'. There are: {', '.join(rows)}.")
    return rows[key]


def monitoring_kind() -> tuple[KindVersion, Kind]:
    """The kind that answers state changes.

    Raises: NotFound where no kind does.
    """
    for row in current_versions().values():
        kind = kind_of(row)
        if kind.monitoring is not None:
            return row, kind
    raise NotFound("No kind of work answers state changes: none has a part `monitoring`.")


def checked(text: str, name: str) -> Kind:
    """The kind in a text, held to the profile and to the other kinds that are in force.

    Raises: DocumentError with file, line, field and remedy.
    """
    document = load(text, name)
    kind = read_kind(document, known_activities())
    for key, other in current_kinds().items():
        if key != kind.kind and other.prefix == kind.prefix:
            message = f"The prefix {kind.prefix} is that of '{key}'."
            raise DocumentError(document.problem(("prefix",), message, "Choose another."))
        if key != kind.kind and other.monitoring is not None and kind.monitoring is not None:
            message = f"State changes are answered by '{key}' already."
            raise DocumentError(document.problem(("monitoring",), message, "Only one kind can do so."))
    return kind


def table() -> Table:
    """The table of priorities in force."""
    path = table_path()
    return _table(str(path), path.stat().st_mtime_ns)


def table_path() -> Path:
    """The file of the table in force: the institution's own, else the one that comes with Beheer.

    While its own is wrong, the table holds on that was in force before.
    """
    own = own_folder() / PRIORITIES
    if own.exists():
        for path in (own, table_before()):
            if path.exists() and _is_right(str(path), path.stat().st_mtime_ns):
                return path
    return HERE / PRIORITIES


def table_before() -> Path:
    """Where the worker keeps the table that was in force last."""
    return Path(settings.VAR) / "priorities-in-force.yaml"


@lru_cache(maxsize=8)
def _is_right(path: str, changed_ns: int) -> bool:
    try:
        _table(path, changed_ns)
    except (InputError, UnicodeDecodeError, OSError):
        return False
    return True


@lru_cache(maxsize=8)
def _table(path: str, changed_ns: int) -> Table:
    return read_table(Path(path).read_text(encoding="utf-8"), Path(path).name)
