"""Writing down what there is, as a file that applies without change."""

from __future__ import annotations

from typing import Any

import yaml

from beheer.configuration.sections import sections
from beheer.permissions.rules import Actor, require

HEADER = "# Written by `beheer export`. `beheer apply` of this file changes nothing.\n"


def export(*, actor: Actor) -> str:
    """The whole configuration as YAML: every section in order, fields at their default left out, no secrets."""
    require(actor, "configuration.see")
    parts = [HEADER]
    for section in sections():
        entries = section.current()
        if entries:
            values = [_plain(entry) for entry in entries.values()]
            parts.append(_dump({section.name: values}))
    return "\n".join(parts)


def _plain(entry: Any) -> dict[str, Any]:
    values: dict[str, Any] = entry.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    return values


class _Dumper(yaml.SafeDumper):
    """SafeDumper that indents lists, so that a person can edit the file."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists under their key too."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _dump(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
