"""The page `docs/reference/probes.md`, made from the registry. `scripts/reference` writes it; a test holds it."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from beheer.monitoring import conditions
from beheer.monitoring.contract import Kind, Value
from beheer.monitoring.probes import KINDS, secret_fields

HEAD = """# Kinds of checks

Made from the program by `scripts/reference`.

A check has a kind, settings, and conditions. A run of it gives values: figures, which are kept as measurements, and
texts, which are only judged. The conditions make the outcome of it:

    kind: http
    settings: {url: "https://www.example.org/"}
    conditions:
      down: ["status != 200", "body !~ 'Welkom'"]
      degraded: ["total_s > 500ms"]

First the conditions under `unknown` are asked, then `down`, then `degraded`; the first that holds decides, and without
any the outcome is up. A list that is left out is the kind's own, as given below; `[]` asks for nothing.

- What could not be reached is down. `error` holds the reason as text; when a condition asks for `error`, the conditions
  alone decide (a port that must be closed: `down: ["error !~ 'refused'"]`).
- What could not be measured (not permitted, no such plugin) is unknown: it says nothing about the service.
- A condition about a value that the run did not give makes the outcome unknown, unless another one makes it down.

## Conditions
"""
TAIL = "In regular expressions (RE2), `(?i)` passes over capitals and `(?s)` lets `.` take line ends."

JSON_PATHS = """## JSON paths

The setting `json` of the kind `http` names values in a JSON body, each by a path: `$` is the whole, `.name` or
`["a name"]` a field, `[0]` the first of a list, `[-1]` the last, `.length()` at the end how many there are.
Numbers become figures, texts texts, true and false both (1 and 0, `'true'` and `'false'`). A path that leads nowhere
gives no value."""


def page() -> str:
    """The whole page, in Markdown."""
    language = inspect.cleandoc((conditions.__doc__ or "").split("\n\n", 1)[1])
    parts = [HEAD, textwrap.indent(language, "    "), "", TAIL, "", JSON_PATHS]
    for kind in KINDS.values():
        parts += ["", *_kind(kind)]
    return "\n".join(parts) + "\n"


def _kind(kind: Kind[Any]) -> Iterator[str]:
    yield f"## `{kind.key}`: {kind.title}"
    yield ""
    yield kind.summary
    if kind.settings.model_fields:
        yield from ("", "| setting | means | default |", "|---|---|---|")
        hidden = secret_fields(kind)
        for name, info in kind.settings.model_fields.items():
            yield _setting(info.alias or name, info, name in hidden)
    yield from _series(kind)
    yield from ("", "| value | unit | means |", "|---|---|---|")
    yield from map(_value, kind.values)
    yield from ("", "Conditions of its own:", "")
    own = [
        f"- {outcome}: {', '.join(f'`{one}`' for one in found)}" for outcome, found in kind.conditions.items()
    ]
    yield from own or ["- none: it is down when it cannot be reached"]


def _setting(name: str, info: FieldInfo, is_secret: bool) -> str:
    default = "required" if info.is_required() else _shown(info.get_default(call_default_factory=True))
    note = " Kept secret." if is_secret else ""
    return f"| `{name}` | {_cell(info.description or '')}{note} | {default} |"


def _series(kind: Kind[Any]) -> Iterator[str]:
    """The fields of a model inside the settings, where there is one."""
    for name, info in kind.settings.model_fields.items():
        for inner in getattr(info.annotation, "__args__", ()):
            if hasattr(inner, "model_fields"):
                yield from ("", f"Each of `{name}`:", "", "| setting | means | default |", "|---|---|---|")
                for key, field in inner.model_fields.items():
                    yield _setting(key, field, False)


def _shown(value: object) -> str:
    if value in ("", None) or value in ({}, ()):
        return ""
    return f"`{json.dumps(value)}`"


def _value(value: Value) -> str:
    name = f'{value.name}["{value.each}"]' if value.each else value.name
    unit = {"number": value.unit, "text": "text", "either": "number or text"}[value.kind]
    return f"| `{name}` | {unit} | {_cell(value.meaning)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
