"""The registry of probes: every kind is whole, and what is entered is held to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from beheer.lib.errors import InputError
from beheer.monitoring.contract import Kind, Observation
from beheer.monitoring.judging import judge
from beheer.monitoring.probe_reference import page
from beheer.monitoring.probes import KINDS, read_check, secret_fields

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_a_kind_is_whole(kind: Kind) -> None:  # type: ignore[type-arg]  # any kind
    assert all(info.description for info in kind.settings.model_fields.values())
    assert kind.settings.model_config["extra"] == "forbid"
    assert (kind.request is None) == (kind.read is None)
    assert kind.observe is None or kind.request is None
    assert len({value.name for value in kind.values}) == len(kind.values)
    assert kind.title and kind.summary.endswith(".")


def test_a_check_is_read_with_the_kinds_own_conditions() -> None:
    ready = read_check("http", {"url": "http://127.0.0.1/"}, {})
    assert [one.source for one in ready.verdicts.conditions["down"]] == ["status < 200", "status >= 400"]


def test_a_list_that_is_given_replaces_the_kinds_own() -> None:
    ready = read_check("http", {"url": "http://127.0.0.1/"}, {"down": ["status != 204"], "degraded": []})
    assert [one.source for one in ready.verdicts.conditions["down"]] == ["status != 204"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_check(
            "http", {"url": "file:///etc/passwd", "methd": "GET"}, {"down": ["statsu == 1"], "dwn": []}
        )
    said = {problem.field: str(problem) for problem in caught.value.problems}
    assert set(said) == {"settings.url", "settings.methd", "conditions.dwn"}
    assert "other schemes are refused" in said["settings.url"]
    assert "Did you mean 'method'" in said["settings.methd"]


def test_a_wrong_condition_names_its_place() -> None:
    with pytest.raises(InputError) as caught:
        read_check("http", {"url": "http://a/"}, {"down": ["status == 1", "statsu == 1"]})
    assert caught.value.problems[0].field == "conditions.down.1"


def test_a_kind_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(InputError, match=r"kind: .*heartbeat"):
        read_check("htpt", {}, {})


def test_secrets_are_known() -> None:
    assert secret_fields(KINDS["http"]) == {"password", "bearer_token", "secret_headers"}


def _outcome(seen: Observation, **conditions: list[str]) -> tuple[str, str]:
    verdicts = read_check("http", {"url": "http://a/"}, conditions).verdicts
    result = judge(verdicts, seen, measured_at=NOW, duration_s=0.1)
    return result.outcome, result.message


def test_the_worst_condition_decides_and_says_why() -> None:
    seen = Observation("HTTP 503", {"status": 503.0, "total_s": 2.0})
    assert _outcome(seen, degraded=["total_s > 1"]) == (
        "down",
        "HTTP 503; down because status >= 400 (status 503)",
    )


def test_an_error_is_down_unless_a_condition_judges_errors() -> None:
    seen = Observation(error="Connection refused")
    assert _outcome(seen) == ("down", "Connection refused")
    assert _outcome(seen, down=["error !~ 'refused'"], degraded=[])[0] == "up"


def test_what_could_not_be_measured_is_unknown() -> None:
    assert _outcome(Observation(not_measured="not allowed")) == ("unknown", "not allowed")


def test_a_condition_without_its_value_is_unknown_and_not_up() -> None:
    outcome, message = _outcome(Observation("HTTP 200", {"status": 200.0}), degraded=["tls_s > 1"])
    assert outcome == "unknown"
    assert "'tls_s' has no value" in message


def test_figures_that_are_no_numbers_are_left_out() -> None:
    verdicts = read_check("http", {"url": "http://a/"}, {}).verdicts
    seen = Observation("", {"status": 200.0, "total_s": float("nan")})
    assert judge(verdicts, seen, measured_at=NOW, duration_s=0).metrics == {"status": 200.0}


def test_the_reference_page_is_that_of_the_registry() -> None:
    written = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "probes.md").read_text()
    assert written == page(), "write it anew with scripts/reference"
