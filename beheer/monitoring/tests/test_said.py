"""What probes write down is told in the reader's language, and the sentences are those that probes write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils.translation import override

from beheer.monitoring.said import FROM_THE_SYSTEM, SAID, said

PACKAGE = Path(__file__).parents[1]
CODE = "\n".join(
    path.read_text() for path in PACKAGE.rglob("*.py") if "tests" not in path.parts and path.name != "said.py"
)


@pytest.mark.parametrize("wording", sorted(set(SAID.wordings) - set(FROM_THE_SYSTEM)))
def test_every_sentence_is_one_that_the_code_writes(wording: str) -> None:
    parts = [part.strip(" ,():") for part in re.split(r"%\(\w+\)s", wording)]
    for part in parts:
        words = part.removeprefix("down").removeprefix("degraded").removeprefix("unknown")
        for piece in re.split(r", | \(", words):
            assert piece.strip(" ,():") in CODE, f"nothing writes “{piece}”"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("no result for longer than the check allows", "langer geen resultaat dan de controle toestaat"),
        (
            "HTTP 503 in 12 ms; down because status >= 400 (status 503)",
            "HTTP 503 in 12 ms; ligt eruit omdat status >= 400 (status 503)",
        ),
        ("connection refused: 127.0.0.1:80", "verbinding geweigerd: 127.0.0.1:80"),
        (
            "timed out after 5 s while waiting for an answer",
            "na 5 s opgegeven tijdens het wachten op een antwoord",
        ),
        (
            "last success 2026-11-02 12:00:00 UTC, 30 s too late; down because late_s > 0 (late_s 30)",
            "laatste succes 2026-11-02 12:00:00 UTC, 30 s te laat; ligt eruit omdat late_s > 0 (late_s 30)",
        ),
        ("firing: SiteDown www", "actief: SiteDown www"),
        ("a plugin's own words", "a plugin's own words"),
        ("", ""),
    ],
)
def test_what_was_written_down_is_told_in_dutch(written: str, told: str) -> None:
    with override("nl"):
        assert said(written) == told
    with override("en"):
        assert said(written) == written
