"""The fields of an item, whatever its kind: read as plain values, taken from text, put in place.

Plain values are what files, the API and events hold: keys of services and teams, user names, ISO instants, numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Model
from django.utils.dateparse import parse_date, parse_datetime

from beheer.catalogue.models import ConfigurationItem, Customer, Service
from beheer.lib.errors import InputError, Problem
from beheer.people.models import Team, User
from beheer.work.kinds.schema import BUILT_IN, LINES, FieldSpec, Kind
from beheer.work.models import Item
from beheer.work.models.items import Complexity
from beheer.work.rules.priorities import DEGREES

REFERENCES: dict[str, tuple[type[Model], str]] = {
    "service": (Service, "key"),
    "customer": (Customer, "key"),
    "requester": (User, "username"),
    "team": (Team, "key"),
    "assignee": (User, "username"),
}
MANY: dict[str, tuple[type[Model], str]] = {"services": (Service, "key"), "items": (ConfigurationItem, "key")}
LONGEST_TEXT = 100_000


def plain(item: Item, kind: Kind, name: str) -> Any:
    """The value of one field as a plain value; None, "" or [] where it is empty."""
    if name in kind.fields:
        return item.values.get(name)
    if name in REFERENCES:
        found = getattr(item, name)
        return None if found is None else getattr(found, REFERENCES[name][1])
    if name in MANY:
        return [] if item.pk is None else sorted(getattr(item, name).values_list(MANY[name][1], flat=True))
    value = getattr(item, name)
    return value.isoformat() if isinstance(value, datetime) else value


def plain_values(item: Item, kind: Kind, names: Iterable[str] | None = None) -> dict[str, Any]:
    """The fields named, or all, as plain values."""
    return {name: plain(item, kind, name) for name in (names if names is not None else kind.field_names())}


def take(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of fields, from whatever a door gave: text, plain values, or objects.

    Raises: InputError with a Problem for each field that is unknown or cannot be read.
    """
    taken, problems = {}, []
    for name, raw in values.items():
        if name not in kind.field_names():
            near = ", ".join(kind.field_names())
            problems.append(Problem(f"{kind.name.en} has no field '{name}'.", name, f"It has: {near}."))
            continue
        try:
            taken[name] = _take_one(kind, name, raw)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return taken


def put(item: Item, kind: Kind, values: Mapping[str, Any]) -> None:
    """Set fields (not the ones that name many things) to values that `take` gave. Does not save."""
    for name, value in values.items():
        if name in MANY:
            continue
        if name in kind.fields:
            item.values = {**item.values, name: value}
        else:
            setattr(item, name, value)


def as_plain(name: str, value: Any) -> Any:
    """A value that `take` gave, as a plain one."""
    if name in REFERENCES:
        return None if value is None else getattr(value, REFERENCES[name][1])
    if name in MANY:
        return sorted(getattr(one, MANY[name][1]) for one in value)
    return value.isoformat() if isinstance(value, (datetime, date)) else value


def _take_one(kind: Kind, name: str, raw: Any) -> Any:
    if name in REFERENCES:
        return _reference(name, raw)
    if name in MANY:
        return _many(name, raw)
    if name in BUILT_IN:
        return _BUILT_IN_READERS[name](name, raw)
    return _own(kind.fields[name], name, raw)


def _reference(name: str, raw: Any) -> Any:
    model, key = REFERENCES[name]
    if raw is None or raw == "" or isinstance(raw, model):
        return raw or None
    found = model._default_manager.filter(**{key: raw}).first()
    if found is None:
        what = model._meta.verbose_name
        raise InputError(Problem(f"There is no {what} '{raw}'.", name, f"Give the {key} of one that exists."))
    return found


def _many(name: str, raw: Any) -> list[Any]:
    model, key = MANY[name]
    if isinstance(raw, str):
        raw = [part.strip() for part in raw.split(",") if part.strip()]
    given = list(raw or [])
    objects = [one for one in given if isinstance(one, model)]
    keys = [one for one in given if not isinstance(one, model)]
    found = {getattr(one, key): one for one in model._default_manager.filter(**{f"{key}__in": keys})}
    if missing := [str(one) for one in keys if one not in found]:
        message = f"There is no {model._meta.verbose_name} '{', '.join(missing)}'."
        raise InputError(Problem(message, name, f"Give the {key} of ones that exist."))
    return objects + [found[one] for one in keys]


def _text(name: str, raw: Any) -> str:
    text = "" if raw is None else str(raw).replace("\r\n", "\n").strip()
    longest = 250 if name == "title" else LONGEST_TEXT
    if len(text) > longest:
        raise InputError(Problem(f"This is longer than {longest} characters.", name, "Shorten it."))
    if "\x00" in text:
        raise InputError(Problem("This holds a character that cannot be kept.", name, "Take it out."))
    return " ".join(text.split()) if name == "title" else text


def _degree(name: str, raw: Any) -> int:
    if raw in DEGREES:
        return DEGREES[raw]
    if str(raw) in {"1", "2", "3"}:
        return int(raw)
    raise InputError(Problem(f"'{raw}' is no degree.", name, "Write high, medium or low (1, 2 or 3)."))


def _one_of(name: str, raw: Any, allowed: Iterable[str]) -> str:
    if raw in allowed:
        return str(raw)
    raise InputError(Problem(f"'{raw}' is not possible here.", name, f"Choose one of {', '.join(allowed)}."))


def _instant(name: str, raw: Any) -> datetime | None:
    if raw is None or raw == "":
        return None
    value = raw if isinstance(raw, datetime) else _parsed(parse_datetime, str(raw))
    if value is None or value.tzinfo is None:
        remedy = "Write a date and time with an offset, such as 2026-03-01T22:00:00+01:00."
        raise InputError(Problem(f"'{raw}' is no instant.", name, remedy))
    return value.astimezone(UTC)


def _parsed(parser: Callable[[str], Any], text: str) -> Any:
    try:
        return parser(text)
    except ValueError:
        return None


_BUILT_IN_READERS: dict[str, Callable[[str, Any], Any]] = {
    "title": _text,
    "description": _text,
    "impact": _degree,
    "urgency": _degree,
    "complexity": lambda name, raw: _one_of(name, raw, Complexity.values),
    "line": lambda name, raw: _one_of(name, raw, LINES),
    "planned_start": _instant,
    "planned_end": _instant,
}


def _own(spec: FieldSpec, name: str, raw: Any) -> Any:
    """A field that the kind itself has. Kept in JSON, so always a plain value."""
    if raw is None or raw == "":
        return None
    match spec.type:
        case "choice":
            return _one_of(name, raw, spec.choices)
        case "yes_no":
            return _yes_no(name, raw)
        case "number":
            return _number(name, raw)
        case "day":
            return _day(name, raw)
        case "instant":
            instant = _instant(name, raw)
            return None if instant is None else instant.isoformat()
        case "person":
            return _person(name, raw)
        case "several":
            return _several(name, raw, spec.choices)
        case "file":
            return [str(one) for one in raw] if isinstance(raw, (list, tuple)) else [str(raw)]
        case _:
            return _text(name if name != "title" else "", raw)


def _person(name: str, raw: Any) -> str:
    if isinstance(raw, str) and "@" in raw:
        raw = User.objects.filter(email__iexact=raw.strip(), is_active=True).first() or raw
    try:
        found = _reference("assignee", raw)
    except InputError as error:
        raise InputError([Problem(one.message, name, one.remedy) for one in error.problems]) from None
    return str(found.username)


def _several(name: str, raw: Any, choices: Iterable[str]) -> list[str]:
    """Some of the choices, in their own order, each once."""
    given = [part.strip() for part in raw.split(",") if part.strip()] if isinstance(raw, str) else list(raw)
    for one in given:
        _one_of(name, one, choices)
    return [key for key in choices if key in given]


def _yes_no(name: str, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if str(raw).lower() in {"yes", "ja", "true", "1", "on"}:
        return True
    if str(raw).lower() in {"no", "nee", "false", "0", "off"}:
        return False
    raise InputError(Problem(f"'{raw}' is neither yes nor no.", name, "Write yes or no."))


def _number(name: str, raw: Any) -> float:
    try:
        value = float(str(raw).replace(",", "."))
    except ValueError:
        value = float("nan")
    if value != value or value in (float("inf"), float("-inf")):
        raise InputError(Problem(f"'{raw}' is no number.", name, "Write a number, such as 12 or 0.5."))
    return int(value) if value == int(value) else value


def _day(name: str, raw: Any) -> str:
    value = raw if isinstance(raw, date) else _parsed(parse_date, str(raw))
    if value is None:
        raise InputError(Problem(f"'{raw}' is no day.", name, "Write it as 2026-03-01."))
    return str(value.isoformat())
