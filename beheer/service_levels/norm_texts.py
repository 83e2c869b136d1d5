"""Accounting rules as forms, files and pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beheer.service_levels.rules import DEFAULT_RULES, read_rules, written_rules

Texts = dict[str, object]

DEFAULTS: Texts = written_rules(DEFAULT_RULES)
"""Every accounting rule, with the value it has when nothing is said."""


def only_changed(texts: Mapping[str, Any]) -> Texts:
    """The rules that differ from their defaults: what is worth keeping.

    Raises: InputError naming each rule that is not known or cannot be read.
    """
    written = written_rules(read_rules(texts))
    return {key: value for key, value in written.items() if value != DEFAULTS[key]}
