"""Nagios plugins: real ones, and ones that misbehave."""

from __future__ import annotations

import math
import os
import resource
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from beheer.lib.errors import InputError
from beheer.monitoring.contract import Result, Surroundings
from beheer.monitoring.formats.perfdata import Range, figures, parse_range
from beheer.monitoring.probes import nagios, read_check
from beheer.monitoring.running import run_check

REAL = Path("/usr/lib/nagios/plugins")


def plugin(folder: Path, script: str, name: str = "check_it") -> Path:
    place = folder / name
    place.write_text(script)
    place.chmod(0o755)
    return folder


def run(folder: Path, timeout_s: float = 10, **settings: Any) -> Result:
    ready = read_check("nagios", {"plugin": "check_it", **settings}, {})
    return run_check(ready, timeout_s, Surroundings(plugin_folders=(folder,)))


def test_the_exit_code_is_the_outcome(tmp_path: Path) -> None:
    outcomes = []
    for code in range(5):
        outcomes.append(run(plugin(tmp_path, f"#!/bin/sh\necho said\nexit {code}\n")).outcome)
    assert outcomes == ["up", "degraded", "down", "unknown", "unknown"]


def test_first_line_long_output_and_figures_are_taken_apart(tmp_path: Path) -> None:
    script = (
        "#!/bin/sh\ncat <<'E'\nDISK OK - fine | /=2643MB;5948;5958;0;5968\nline two\nline three | "
        "/boot=68MB;88;93;0;98\n"
        "'with space'=50%;@40:60;~:90\nE\n"
    )
    result = run(plugin(tmp_path, script))
    assert result.message == "DISK OK - fine"
    assert result.detail == "line two\nline three"
    assert result.metrics["perf[/]"] == 2643 * 1024**2
    assert result.metrics["perf[/boot]"] == 68 * 1024**2
    assert result.metrics["perf_ratio[/]"] == pytest.approx(2643 / 5968)
    assert (result.metrics["perf[with space]"], result.metrics["in_warning[with space]"]) == (0.5, 1)
    assert result.metrics["in_critical[with space]"] == 0


def test_arguments_are_never_read_by_a_shell(tmp_path: Path) -> None:
    folder = plugin(tmp_path, '#!/bin/sh\nprintf "%s|" "$@"\n')
    result = run(folder, arguments=["$(touch /tmp/x)", "; exit 2", "a b"])
    assert result.message == "$(touch /tmp/x)"
    assert result.outcome == "up"


def test_a_plugin_sees_nothing_of_the_agents_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEHEER_AGENT_TOKEN", "s3cret")
    result = run(plugin(tmp_path, "#!/bin/sh\nenv\n"), environment={"OWN": "yes"})
    assert "s3cret" not in result.message + result.detail
    assert "OWN=yes" in result.message + result.detail


def test_a_plugin_that_hangs_is_stopped_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    script = f"#!/bin/sh\necho started\nsleep 60 &\necho $! >{note}\nsetsid sleep 60 &\necho $! >>{note}\nsleep 60\n"
    result = run(plugin(tmp_path, script), timeout_s=0.5)
    assert (result.outcome, "timed out after 0.5 s" in result.message) == ("down", True)
    assert result.duration_s < 5
    _wait_until_gone([int(pid) for pid in note.read_text().split()])


def test_children_that_hold_the_pipe_do_not_hold_the_result(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    result = run(plugin(tmp_path, f"#!/bin/sh\necho fine\nsleep 60 &\necho $! >{note}\nexit 0\n"))
    assert (result.outcome, result.message) == ("up", "fine")
    assert result.duration_s < 5
    _wait_until_gone([int(note.read_text())])


def test_a_plugin_that_ignores_being_asked_to_stop_is_stopped(tmp_path: Path) -> None:
    result = run(
        plugin(tmp_path, "#!/bin/sh\ntrap '' TERM INT HUP\nexec >&- 2>&-\nwhile :; do sleep 1; done\n"),
        timeout_s=0.3,
    )
    assert result.outcome == "down"
    assert result.duration_s < 5


def test_a_plugin_that_prints_10_mb_takes_no_memory(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = run(plugin(tmp_path, "#!/bin/sh\necho fine\nhead -c 10000000 /dev/zero | tr '\\0' x\nexit 1\n"))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (result.outcome, result.metrics["output_cut"]) == ("degraded", 1)
    assert result.message.startswith("fine")
    assert len(result.detail) <= 4000
    assert after - before < 8_000, "kilobytes"


def test_a_plugin_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert (result.outcome, "there is no plugin check_it" in result.message) == ("unknown", True)


def test_without_allowed_folders_no_plugin_runs() -> None:
    ready = read_check("nagios", {"plugin": "check_it"}, {})
    assert "runs no plugins" in run_check(ready, 1, Surroundings()).message


def test_what_cannot_be_started_is_unknown(tmp_path: Path) -> None:
    result = run(plugin(tmp_path, "#!/no/such/interpreter\n"))
    assert (result.outcome, "cannot be started" in result.message) == ("unknown", True)


def test_a_plugin_that_dies_says_nothing_about_the_service(tmp_path: Path) -> None:
    result = run(plugin(tmp_path, "#!/bin/sh\nkill -SEGV $$\n"))
    assert (result.outcome, "signal 11" in result.message) == ("unknown", True)


@pytest.mark.parametrize("name", ["../check_it", "/bin/sh", "negate", "check_by_ssh", ".hidden", "a/b"])
def test_a_plugin_is_a_name_in_an_allowed_folder_and_nothing_else(name: str) -> None:
    with pytest.raises(InputError, match=r"settings\.plugin"):
        read_check("nagios", {"plugin": name}, {})


def test_a_variable_that_changes_how_programs_load_is_refused() -> None:
    with pytest.raises(InputError, match=r"settings\.environment"):
        read_check("nagios", {"plugin": "check_it", "environment": {"LD_PRELOAD": "x.so"}}, {})


@pytest.mark.real
def test_a_real_plugin_runs() -> None:
    if not (REAL / "check_load").exists():
        pytest.skip("the Debian package monitoring-plugins-basic is not installed")
    ready = read_check(
        "nagios", {"plugin": "check_load", "arguments": ["-w", "999,999,999", "-c", "999,999,999"]}, {}
    )
    result = run_check(ready, 10, Surroundings(plugin_folders=(REAL,)))
    assert result.outcome == "up", result.message
    assert result.metrics["perf[load1]"] >= 0


def test_the_whole_grammar_of_figures_is_read() -> None:
    text = "time=0,5s;1;2;0 'it''s'=12ms;;;; 'a=b'=U rate=-1.5e3c size=2GB;10:20;@5:6;0;4 junk x=~ last=7"
    found = {figure.label: figure for figure in figures(text)}
    assert list(found) == ["time", "it's", "a=b", "rate", "size", "last"]
    assert (found["time"].value, found["time"].unit, found["time"].warning) == (0.5, "s", Range(0, 1))
    assert found["it's"].value == pytest.approx(0.012)
    assert found["a=b"].value is None
    assert (found["rate"].value, found["rate"].unit) == (-1500, "count")
    assert (found["size"].value, found["size"].most) == (2 * 1024**3, 4 * 1024**3)
    assert found["size"].critical == Range(5 * 1024**3, 6 * 1024**3, is_inside=True)


@pytest.mark.parametrize(
    ("text", "quiet", "alerting"),
    [
        ("10", [0, 5, 10], [-1, 11]),
        ("10:", [10, 1e9], [9.9, -math.inf]),
        ("~:10", [-math.inf, 10], [10.1]),
        ("10:20", [10, 20], [9, 21]),
        ("@10:20", [9, 21], [10, 15, 20]),
    ],
)
def test_a_range_alerts_as_the_guidelines_say(text: str, quiet: list[float], alerting: list[float]) -> None:
    limit = parse_range(text)
    assert limit is not None
    assert not any(limit.alerts(value) for value in quiet)
    assert all(limit.alerts(value) for value in alerting)


@pytest.mark.parametrize("text", ["", "@", "x", "20:10", "1:2:3"])
def test_what_is_no_range_is_none(text: str) -> None:
    assert parse_range(text) is None


def test_output_without_bars_is_only_text() -> None:
    assert nagios.split_output("OK\nmore\n") == ("OK", "more", "")


def _wait_until_gone(pids: list[int]) -> None:
    """Killed processes may take a moment to disappear, and remain as zombies where nobody is their parent."""
    end = time.monotonic() + 5
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < end, "a child of the plugin still runs"
        os.sched_yield()


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
