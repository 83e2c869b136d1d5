"""Reads YAML documents so that an error can name file, line, field and remedy.

`load` gives plain values and remembers the line of each; `check` holds them to a pydantic model and turns what
pydantic finds into Problems with those lines.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pydantic
import yaml

from beheer.lib.errors import DocumentError, Problem

Path = tuple[str | int | float | None, ...]
Model = TypeVar("Model", bound=pydantic.BaseModel)


class Fields(pydantic.BaseModel):
    """A mapping in a file: no other fields than these; one without a value is as if it were left out."""

    model_config = pydantic.ConfigDict(extra="forbid")

    @pydantic.model_validator(mode="before")
    @classmethod
    def _without_empty_fields(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: inner for name, inner in value.items() if inner is not None}


@dataclass(frozen=True)
class Document:
    """Plain values read from a file, and the line (from 1) on which each stands."""

    name: str
    value: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int | None:
        """The line of the value at `path`, or of the nearest value around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None

    def problem(self, path: Path, message: str, remedy: str = "") -> Problem:
        """A Problem about the value at `path`."""
        return Problem(message, ".".join(str(part) for part in path), remedy, self.line(path), self.name)


class _Loader(yaml.SafeLoader):
    """SafeLoader that leaves dates and times as text: each field says itself what it takes."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9_]*)$"), list("-+0123456789")
)


def load(text: str, name: str = "") -> Document:
    """Read one YAML document. `name` is shown in errors (usually the file's name).

    Raises: DocumentError where the text is no YAML, has a key twice, or holds more than one document.
    """
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            lines: dict[Path, int] = {}
            value = _construct(loader, node, (), lines, name) if node is not None else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise DocumentError(
            Problem(f"This is not valid YAML: {error.problem}.", "", "", line, name)
        ) from error
    except yaml.YAMLError as error:
        raise DocumentError(Problem(f"This is not valid YAML: {error}.", file=name)) from error
    return Document(name, value, lines)


def _construct(loader: _Loader, node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            if not isinstance(key, (str, int, float, bool)) and key is not None:
                raise DocumentError(
                    Problem("A key must be a plain word.", _dotted(path), "", lines[path], name)
                )
            if key in result:
                line = key_node.start_mark.line + 1
                raise DocumentError(
                    Problem(f"'{key}' stands here twice.", _dotted(path), "Keep one of them.", line, name)
                )
            result[key] = _construct(loader, value_node, (*path, key), lines, name)
            lines[(*path, key)] = key_node.start_mark.line + 1
        return result
    if isinstance(node, yaml.SequenceNode):
        return [
            _construct(loader, item, (*path, index), lines, name) for index, item in enumerate(node.value)
        ]
    return loader.construct_object(node, deep=True)


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


def check(document: Document, model: type[Model], path: Path = ()) -> Model:
    """Hold the value at `path` to a pydantic model.

    Raises: DocumentError with one Problem for each thing that is wrong; a misspelt field gets the nearest right one.
    """
    value = document.value
    for part in path:
        value = value[part]
    if value is None:
        value = {}
    try:
        return model.model_validate(value)
    except pydantic.ValidationError as error:
        problems = [_problem(document, path, model, item) for item in error.errors()]
        raise DocumentError(problems) from error


def _problem(document: Document, path: Path, model: type[pydantic.BaseModel], item: Any) -> Problem:
    known = tuple(part for part in item["loc"] if isinstance(part, (str, int)))
    where = _existing(document, path + known)
    message, remedy = in_words(item)
    if item["type"] == "extra_forbidden":
        allowed = sorted(_fields_near(model, known[:-1]))
        close = difflib.get_close_matches(str(known[-1]), allowed, n=1)
        remedy = f"Did you mean '{close[0]}'?" if close else f"Allowed here: {', '.join(allowed)}."
        where = path + known
    elif item["type"] == "missing":
        where = path + known
    return document.problem(where, message, remedy)


def in_words(item: Any) -> tuple[str, str]:
    """What pydantic found wrong (one of its `errors()`) as we say it: what, and the remedy ("": not known)."""
    message = item["msg"].removeprefix("Value error, ").rstrip(".") + "."
    return _MESSAGES.get(item["type"]) or _beyond(item) or (message, "")


_DAY = ("This is no date.", "Write year, month and day, such as 2026-10-01.")
_MOMENT = ("This is no date with a time.", "Write it with its zone, such as 2026-10-01T09:00:00+02:00.")
_WHOLE = ("This is no whole number.", "Write a number without a point, such as 12.")
_NUMBER = ("This is no number.", "Write a number, such as 12 or 0.5.")
_YES_NO = ("This is neither yes nor no.", "Write true or false.")
_FIELDS = ("This is not a set of fields.", "Write fields, each as name: value.")
_MESSAGES = {
    "list_type": ("This is not a list.", "Write [one, two], or a line with - for each."),
    "dict_type": _FIELDS,
    "model_type": _FIELDS,
    "string_type": ("This is not text.", "Write text; put it in quotes if need be."),
    "missing": ("This field is missing.", "Add it."),
    "extra_forbidden": ("There is no such field.", "Leave it out, or correct its name."),
    "timezone_aware": ("This time has no zone.", _MOMENT[1]),
    **dict.fromkeys(("datetime_type", "datetime_parsing", "datetime_from_date_parsing"), _MOMENT),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), _DAY),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing"), _NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), _YES_NO),
}


def _beyond(item: Any) -> tuple[str, str] | None:
    """What is said of a value beyond its limits. None: it is something else."""
    limits = item.get("ctx", {})
    match item["type"]:
        case "greater_than":
            return "This is too little.", f"Write more than {limits['gt']}."
        case "greater_than_equal":
            return "This is too little.", f"Write {limits['ge']} or more."
        case "less_than":
            return "This is too much.", f"Write less than {limits['lt']}."
        case "less_than_equal":
            return "This is too much.", f"Write {limits['le']} or less."
        case "string_too_long":
            return "This text is too long.", f"Write at most {limits['max_length']} characters."
        case "string_too_short":
            return "This text is too short.", f"Write at least {limits['min_length']} characters."
        case "string_pattern_mismatch":
            return "This is not written as it should be.", f"It must match {limits['pattern']}."
        case "too_short":
            return "These are too few.", f"Give at least {limits['min_length']}."
        case "too_long":
            return "These are too many.", f"Give at most {limits['max_length']}."
        case "literal_error" | "enum":
            return "This is not possible here.", f"Choose from: {limits['expected']}."
    return None


def _existing(document: Document, path: Path) -> Path:
    """`path` without the parts that pydantic adds for the branch of a union it tried."""
    result: Path = ()
    for part in path:
        if (*result, part) in document.lines:
            result = (*result, part)
    return result


def _fields_near(model: type[pydantic.BaseModel], path: Path) -> set[str]:
    """The fields that are allowed in the model at `path` below `model`."""
    models = [model]
    for part in path:
        if isinstance(part, int):
            continue
        found = [inner for one in models for inner in _models_in(one.model_fields.get(str(part)))]
        models = found or models
    return {info.alias or name for one in models for name, info in one.model_fields.items()}


def _models_in(info: Any) -> list[type[pydantic.BaseModel]]:
    pending, found = [info.annotation if info is not None else None], []
    while pending:
        kind = pending.pop()
        if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
            found.append(kind)
        pending.extend(getattr(kind, "__args__", ()))
    return found
