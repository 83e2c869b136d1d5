"""Setting fields on a row while noting what changed, for the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models


def assign(row: models.Model, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set the fields of `row` that differ, without saving. Gives {field: [old, new]}; rows show as their text."""
    changes: dict[str, list[Any]] = {}
    for field, new in values.items():
        old = getattr(row, field)
        if old != new:
            setattr(row, field, new)
            changes[field] = [_shown(old), _shown(new)]
    return changes


def _shown(value: Any) -> Any:
    return str(value) if isinstance(value, models.Model) else value
