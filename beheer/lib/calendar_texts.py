"""Adds a version to the text of a calendar and leaves everything else as somebody wrote it, comments too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import yaml

ALWAYS = 'timezone: UTC\nversions:\n  - valid_from: 1970-01-01\n    hours: {mon-sun: "00:00-24:00"}\n'
Hours = Mapping[str, str]


def with_version(source: str, valid_from: date, hours: Hours) -> str:
    """The calendar with these weekly hours from a local date on; a version of that date is replaced.

    Where the text is written in a way that cannot be added to, it is written anew, without its comments.
    """
    text = source if _is_written_out(source) else ALWAYS
    wanted = _with_version(text, valid_from, hours)
    try:
        added = _added(text, valid_from, hours)
        if yaml.load(added, Loader=yaml.BaseLoader) == wanted:  # noqa: S506  # only text, lists and mappings
            return added
    except yaml.YAMLError:
        pass
    return yaml.safe_dump(wanted, sort_keys=False, allow_unicode=True)


def _is_written_out(source: str) -> bool:
    value = yaml.load(source, Loader=yaml.BaseLoader)  # noqa: S506  # only text, lists and mappings
    return isinstance(value, dict) and isinstance(value.get("versions"), list) and bool(value["versions"])


def _with_version(source: str, valid_from: date, hours: Hours) -> dict[str, Any]:
    """What the new text must say."""
    value: dict[str, Any] = yaml.load(source, Loader=yaml.BaseLoader)  # noqa: S506  # only text, lists and mappings
    new = {"valid_from": valid_from.isoformat(), "hours": dict(hours)}
    place = _place([one.get("valid_from") for one in value["versions"]], valid_from)
    versions = list(value["versions"])
    versions[place : place + 1] = [new]
    return {**value, "versions": versions}


def _place(days: list[str | None], valid_from: date) -> int:
    """Where the version of this date stands; after the last where there is none."""
    return days.index(valid_from.isoformat()) if valid_from.isoformat() in days else len(days)


def _added(source: str, valid_from: date, hours: Hours) -> str:
    versions = _versions(source)
    known = [_day_of(item) for item in versions.value]
    place = _place(known, valid_from)
    written = "{" + ", ".join(f"{days}: {json.dumps(times)}" for days, times in hours.items()) + "}"
    if versions.flow_style:
        new = f"{{valid_from: {valid_from}, hours: {written}}}"
        if place < len(known):
            item = versions.value[place]
            return source[: item.start_mark.index] + new + source[item.end_mark.index :]
        last = versions.value[-1].end_mark.index
        return f"{source[:last]}, {new}{source[last:]}"
    margin = " " * versions.start_mark.column
    new = f"{margin}- valid_from: {valid_from}\n{margin}  hours: {written}\n"
    lines = source.splitlines(keepends=True)
    if place < len(known):
        item = versions.value[place]
        return "".join([*lines[: item.start_mark.line], new, *lines[_last_line(item) + 1 :]])
    until = _last_line(versions.value[-1]) + 1
    before = "".join(lines[:until])
    return before + ("" if before.endswith("\n") else "\n") + new + "".join(lines[until:])


def _versions(source: str) -> Any:
    root = yaml.compose(source, Loader=yaml.BaseLoader)
    assert isinstance(root, yaml.MappingNode)
    return next(value for key, value in root.value if key.value == "versions")


def _day_of(item: Any) -> str | None:
    return next((value.value for key, value in item.value if key.value == "valid_from"), None)


def _last_line(node: Any) -> int:
    """The line, from 0, on which the last thing of a node is written; blank lines and comments after it are not."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.line)
    last = node.value[-1]
    return _last_line(last[1] if isinstance(last, tuple) else last)
