"""Sealed reports as pure functions: canonical text, hash, and what differs between two versions. No Django."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from beheer.lib.errors import DocumentError, Problem

FORMAT = "beheer-report/1"
LARGEST_BYTES = 100_000_000
STATES_CAME_LATE = "states were recorded after the cut-off"
"""Why figures moved where nobody corrected anything: kept as this text, told in the reader's language."""
Content = dict[str, Any]


def canonical(content: Mapping[str, Any]) -> str:
    """The one text of a report: keys sorted, no spaces, UTF-8, a newline at the end. The hash is over these bytes."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text + "\n"


def sha256(text: str) -> str:
    """The SHA-256 of a canonical text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read_content(data: bytes, name: str = "") -> Content:
    """The content of a report from its file.

    Raises: DocumentError where it is no such file.
    """
    remedy = "Choose the JSON that was downloaded from the report's page."
    if len(data) > LARGEST_BYTES:
        raise DocumentError(Problem("This file is larger than 100 MB.", "", remedy, file=name))
    try:
        content = json.loads(data.decode("utf-8"))
    except ValueError as error:
        raise DocumentError(Problem(f"This is no JSON: {error}.", "", remedy, file=name)) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DocumentError(Problem("This is no sealed report.", "format", remedy, file=name))
    missing = [key for key in ("agreement", "period", "cut_off", "norms", "calendar") if key not in content]
    if missing:
        raise DocumentError(Problem(f"{missing[0]} is missing.", missing[0], remedy, file=name))
    return content


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a new version says otherwise: figures that moved, and facts that came or went, each with its reason.

    Each is {what, subject, before, after, reason}; before and after are None where there was or is nothing.
    """
    reason = "; ".join(_reasons(old, new)) or STATES_CAME_LATE
    return [*_figure_differences(old, new, reason), *_fact_differences(old, new)]


def _figure_differences(
    old: Mapping[str, Any], new: Mapping[str, Any], reason: str
) -> Iterator[dict[str, Any]]:
    before, after = _figures(old), _figures(new)
    for subject in sorted(before.keys() | after.keys()):
        was, is_now = before.get(subject), after.get(subject)
        if was != is_now:
            yield {
                "what": "figure",
                "subject": " / ".join(part for part in subject if part),
                "before": was,
                "after": is_now,
                "reason": reason,
            }


def _figures(content: Mapping[str, Any]) -> dict[tuple[str, str, str], Any]:
    """Each adjusted figure by norm, service and period: its value and verdict."""
    return {
        (norm["key"], row["service"] or "", row["from"]): {
            "value": row["adjusted"]["value"],
            "verdict": row["adjusted"]["verdict"],
        }
        for norm in content["norms"]
        for row in norm["figures"]
    }


def _fact_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for what, list_name in (
        ("correction", "corrections"),
        ("window", "windows"),
        ("outage", "outages"),
        ("finding", "findings"),
    ):
        before = {_fact_key(what, row): row for row in old[list_name]}
        after = {_fact_key(what, row): row for row in new[list_name]}
        for key in sorted(before.keys() | after.keys()):
            was, is_now = before.get(key), after.get(key)
            if was != is_now:
                reason = (is_now or was or {}).get("reason") or (is_now or was or {}).get("text") or ""
                yield {"what": what, "subject": key, "before": was, "after": is_now, "reason": reason}


def _fact_key(what: str, row: Mapping[str, Any]) -> str:
    if what == "outage":
        return f"{row['service']} {row['from']}"
    return str(row["id"])


def _reasons(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Why figures moved: the corrections and windows that are new or gone."""
    for list_name in ("corrections", "windows"):
        before = {row["id"]: row for row in old[list_name]}
        after = {row["id"]: row for row in new[list_name]}
        for key in sorted(before.keys() ^ after.keys()):
            row = after.get(key) or before[key]
            yield row["reason"]
