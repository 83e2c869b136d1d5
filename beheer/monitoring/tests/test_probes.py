"""TCP, ping, DNS, certificates, this machine, heartbeats and metrics, against real parts on loopback."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from beheer.lib.allow_lists import AllowList
from beheer.lib.errors import InputError
from beheer.monitoring.contract import Result, Surroundings
from beheer.monitoring.formats import exposition, json_path
from beheer.monitoring.judging import judge
from beheer.monitoring.probes import heartbeat, icmp, read_check, tls
from beheer.monitoring.running import run_check
from beheer.monitoring.tests.servers import closed_port, identity, says, tcp_server

OPEN = Surroundings()
DENIED = Surroundings(AllowList(deny=["127.0.0.0/8", "::1"]))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run(
    kind: str,
    settings: dict[str, Any],
    timeout_s: float = 5,
    around: Surroundings = OPEN,
    **conditions: list[str],
) -> Result:
    return run_check(read_check(kind, settings, conditions), timeout_s, around)


# TCP


def greets(connection: socket.socket) -> None:
    connection.sendall(b"220 mail ready\r\n")
    if connection.recv(100).startswith(b"HELO"):
        connection.sendall(b"250 hello")


def test_a_port_that_answers_is_up() -> None:
    with tcp_server(greets) as port:
        result = run("tcp", {"host": "localhost", "port": port})
    assert (result.outcome, result.metrics["matched"]) == ("up", 1)


def test_what_is_expected_after_sending_is_waited_for() -> None:
    with tcp_server(greets) as port:
        settings = {"host": "127.0.0.1", "port": port, "send": "HELO x\\r\\n"}
        up = run("tcp", {**settings, "expect": "250 hel+o"})
        down = run("tcp", {**settings, "expect": "251"}, timeout_s=2)
    assert up.outcome == "up", up.message
    assert (down.outcome, down.metrics["matched"]) == ("down", 0)
    assert "220 mail ready 250 hello”, which is not what was expected" in down.message


def test_tcp_over_tls_needs_a_valid_certificate(tmp_path: Path) -> None:
    own = identity(tmp_path, "localhost")
    with tcp_server(greets, own.context()) as port:
        settings = {"host": "localhost", "port": port, "tls": True, "expect": "220"}
        trusted = run("tcp", {**settings, "ca_pem": own.pem})
        untrusted = run("tcp", settings)
        blind = run("tcp", {**settings, "verify_tls": False})
    assert (trusted.outcome, blind.outcome) == ("up", "up"), (trusted.message, blind.message)
    assert (untrusted.outcome, "not valid" in untrusted.message) == ("down", True)


def test_a_refused_port_and_an_unknown_host_are_down_and_say_so() -> None:
    assert "connection refused: 127.0.0.1" in run("tcp", {"host": "127.0.0.1", "port": closed_port()}).message
    assert "unknown host: nowhere.invalid" in run("tcp", {"host": "nowhere.invalid", "port": 1}).message


def test_a_silent_server_is_given_up_when_time_is_up() -> None:
    release = threading.Event()

    def talk(connection: socket.socket) -> None:
        release.wait(5)

    with tcp_server(talk) as port:
        result = run("tcp", {"host": "127.0.0.1", "port": port, "expect": "x"}, timeout_s=0.2)
        secure = run("tls", {"host": "127.0.0.1", "port": port}, timeout_s=0.2)
        release.set()
    assert (result.outcome, "received nothing" in result.message) == ("down", True)
    assert (secure.outcome, "timed out" in secure.message) == ("down", True)
    assert result.duration_s + secure.duration_s < 3


def test_a_wrong_escape_or_pattern_is_refused_at_entry() -> None:
    with pytest.raises(InputError, match=r"settings\.send"):
        read_check("tcp", {"host": "a", "port": 1, "send": "\\x1"}, {})
    with pytest.raises(InputError, match=r"settings\.expect: .*no regular expression"):
        read_check("tcp", {"host": "a", "port": 1, "expect": "("}, {})


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("tcp", {"host": "localhost", "port": 80}),
        ("tls", {"host": "127.0.0.1"}),
        ("icmp", {"host": "127.0.0.1"}),
        ("dns", {"name": "localhost", "server": "127.0.0.1"}),
        ("prometheus", {"url": "http://127.0.0.1/", "series": {"x": {"metric": "up"}}}),
    ],
)
def test_every_kind_asks_the_allow_list(kind: str, asked: dict[str, Any]) -> None:
    result = run(kind, asked, around=DENIED)
    assert (result.outcome, "may not reach" in result.message) == ("unknown", True)


# Ping


@pytest.mark.real
def test_this_machine_answers_pings_or_the_agent_says_what_it_lacks() -> None:
    result = run("icmp", {"host": "127.0.0.1", "count": 2, "spacing_s": 0.01})
    if result.outcome == "unknown":
        assert "CAP_NET_RAW" in result.message
        return
    assert (result.outcome, result.metrics["received"], result.metrics["loss_ratio"]) == ("up", 2, 0)
    assert 0 < result.metrics["rtt_min_s"] <= result.metrics["rtt_max_s"] < 5


def test_the_checksum_is_that_of_rfc_1071() -> None:
    assert icmp.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D
    packet = icmp.echo_request(socket.AF_INET, 7, 1, b"odd")
    assert icmp.checksum(packet) == 0


def test_without_answers_it_is_down_with_all_lost() -> None:
    result = run("icmp", {"host": "127.255.255.255", "count": 1}, timeout_s=0.2)
    if result.outcome == "unknown":
        assert "CAP_NET_RAW" in result.message
        return
    assert (result.outcome, result.metrics["loss_ratio"]) == ("down", 1)
    assert "0 of 1 answers" in result.message


# DNS

ZONE = {
    ("www.example.", "A"): ["192.0.2.1", "192.0.2.2"],
    ("example.", "MX"): ["10 Mail.Example."],
    ("example.", "TXT"): ['"v=spf1 " "-ALL"'],
    ("example.", "SOA"): ["ns.example. admin.example. 2026030101 3600 600 86400 60"],
}


@contextmanager
def name_server() -> Iterator[int]:
    """A name server on loopback that knows ZONE; gives its port."""
    channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    channel.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            data, source = channel.recvfrom(4096)
            if data == b"stop":
                return
            query = dns.message.from_wire(data)
            answer = dns.message.make_response(query)
            asked = query.question[0]
            kind = dns.rdatatype.to_text(asked.rdtype)
            values = ZONE.get((asked.name.to_text(), kind))
            if values:
                answer.answer.append(dns.rrset.from_text(asked.name, 300, "IN", kind, *values))
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            channel.sendto(answer.to_wire(), source)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = channel.getsockname()[1]
    try:
        yield port
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"stop", ("127.0.0.1", port))
        thread.join()
        channel.close()


def test_a_record_is_compared_with_what_is_expected() -> None:
    with name_server() as port:
        server = {"server": "127.0.0.1", "port": port}
        up = run("dns", {"name": "www.example", "expected": ["192.0.2.2"], **server})
        down = run("dns", {"name": "www.example", "expected": ["192.0.2.9"], **server})
        mail = run("dns", {"name": "example", "record": "MX", "expected": ["10 mail.example"], **server})
        text = run("dns", {"name": "example", "record": "TXT", "expected": ["v=spf1 -ALL"], **server})
        start = run("dns", {"name": "example", "record": "SOA", **server}, down=["serial < 2026030101"])
    assert (up.outcome, up.metrics["answers"], up.metrics["unexpected"], up.metrics["ttl_s"]) == (
        "up",
        2,
        1,
        300,
    )
    assert (down.outcome, "missing: 192.0.2.9" in down.message) == ("down", True)
    assert (mail.outcome, text.outcome, start.outcome) == ("up", "up", "up"), (mail.message, text.message)
    assert start.metrics["serial"] == 2026030101


def test_a_name_that_is_not_there_is_down() -> None:
    with name_server() as port:
        result = run("dns", {"name": "gone.example", "server": "127.0.0.1", "port": port})
    assert (result.outcome, "NXDOMAIN" in result.message) == ("down", True)


def test_a_name_server_that_is_silent_is_down() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        result = run("dns", {"name": "example", "server": "127.0.0.1", "port": port}, timeout_s=0.2)
    assert (result.outcome, "did not answer" in result.message) == ("down", True)


# Certificates


def test_a_certificate_is_held_to_chain_days_and_name(tmp_path: Path) -> None:
    ca = identity(tmp_path, "Our own CA", ca=True, days=1000)
    cases = {
        "good": (identity(tmp_path, "localhost", signer=ca), "up"),
        "ends soon": (identity(tmp_path, "localhost", signer=ca, days=5), "degraded"),
        "expired": (identity(tmp_path, "localhost", signer=ca, days=-3), "down"),
        "wrong name": (identity(tmp_path, "other.example", signer=ca), "down"),
        "self-signed": (identity(tmp_path, "localhost"), "down"),
    }
    results = {}
    for name, (shown, outcome) in cases.items():
        with tcp_server(says(b""), shown.context()) as port:
            results[name] = run("tls", {"host": "localhost", "port": port, "ca_pem": ca.pem})
        assert results[name].outcome == outcome, (name, results[name].message)
    assert results["good"].metrics["days_left"] == pytest.approx(90, abs=0.1)
    assert results["good"].metrics["chain_length"] == 2
    assert results["expired"].metrics["days_left"] == pytest.approx(-3, abs=0.1)
    assert "for other.example and not for localhost" in results["wrong name"].message
    assert results["self-signed"].metrics["chain_valid"] == 0


def test_tls_starts_in_smtp_after_its_word(tmp_path: Path) -> None:
    own = identity(tmp_path, "localhost")
    context = own.context()

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220-mail\r\n220 ready\r\n")
        connection.recv(100)
        connection.sendall(b"250-mail\r\n250 STARTTLS\r\n")
        connection.recv(100)
        connection.sendall(b"220 go\r\n")
        context.wrap_socket(connection, server_side=True).close()

    with tcp_server(talk) as port:
        result = run("tls", {"host": "localhost", "port": port, "starttls": "smtp", "ca_pem": own.pem})
    assert result.outcome == "up", result.message


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("www.example.org", "WWW.example.org.", True),
        ("*.example.org", "www.example.org", True),
        ("*.example.org", "example.org", False),
        ("*.example.org", "a.b.example.org", False),
        ("*.org", "example.org", False),
        ("192.0.2.1", "192.0.2.1", True),
    ],
)
def test_names_fit_as_rfc_9525_says(pattern: str, name: str, expected: bool) -> None:
    assert tls.fits(pattern, name) is expected


# This machine


@pytest.mark.real
def test_this_machine_is_measured() -> None:
    program = Path(f"/proc/{os.getpid()}/comm").read_text().strip()
    result = run("host", {"mounts": ["/"], "processes": {"us": program}}, down=[], degraded=["processes < 1"])
    assert result.outcome == "up", result.message
    for name in ("cpu_used_ratio", "memory_used_ratio", "disk_used_ratio[/]"):
        assert 0 <= result.metrics[name] <= 1
    assert result.metrics["processes[us]"] >= 1


@pytest.mark.real
def test_a_mount_that_is_not_there_is_said() -> None:
    assert "/nowhere cannot be measured" in run("host", {"mounts": ["/", "/nowhere"]}).message


# Heartbeats


def _heart(calls: heartbeat.Calls, **settings: float) -> tuple[str, str]:
    ready = read_check("heartbeat", {"period_s": 3600, "grace_s": 600, **settings}, {})
    assert isinstance(ready.settings, heartbeat.HeartbeatSettings)
    seen = heartbeat.observe_calls(ready.settings, calls, watched_since=NOW - timedelta(hours=1), now=NOW)
    result = judge(ready.verdicts, seen, measured_at=NOW, duration_s=0)
    return result.outcome, result.message


def test_a_heartbeat_is_judged_by_its_last_calls() -> None:
    def ago(minutes: int) -> datetime:
        return NOW - timedelta(minutes=minutes)

    assert _heart(heartbeat.Calls())[0] == "unknown"
    assert _heart(heartbeat.Calls(), period_s=60)[0] == "down"
    assert _heart(heartbeat.Calls(succeeded_at=ago(70)))[0] == "up"
    assert _heart(heartbeat.Calls(succeeded_at=ago(71)))[0] == "down"
    assert _heart(heartbeat.Calls(succeeded_at=ago(5), failed_at=ago(1))) == (
        "down",
        "the job reported failure; down because failed == 1 (failed 1)",
    )
    assert _heart(heartbeat.Calls(succeeded_at=ago(1), failed_at=ago(5)))[0] == "up"
    assert _heart(heartbeat.Calls(succeeded_at=ago(20), started_at=ago(10)), max_run_s=300)[0] == "degraded"


def test_a_heartbeat_is_due_at_the_instant_from_which_silence_is_down() -> None:
    settings = heartbeat.HeartbeatSettings.model_validate({"period_s": 3600, "grace_s": 600})
    calls = heartbeat.Calls(succeeded_at=NOW)
    assert heartbeat.due_at(settings, calls, watched_since=NOW) == NOW + timedelta(minutes=70)


# Prometheus

METRICS = b"""# HELP queue Jobs that wait
# TYPE queue gauge
queue{name="mail",host="a"} 3
queue{name="mail",host="b"} 4 1700000000000
queue{name="with \\"quotes\\", and }",host="a"} 1e2
other NaN
up 1 # {trace="x"} 1
"""


def test_series_are_picked_by_name_and_labels_and_aggregated() -> None:
    series = {
        "mail": {"metric": "queue", "labels": {"name": "mail"}},
        "most": {"metric": "queue", "aggregate": "max"},
        "quoted": {"metric": "queue", "labels": {"name": 'with "quotes", and }'}},
        "hosts": {"metric": "queue", "labels": {"host": "~a|b"}, "aggregate": "count"},
        "none": {"metric": "absent", "aggregate": "count"},
        "up": {"metric": "up"},
    }
    with tcp_server(says(METRICS)) as port:
        settings = {"url": f"http://127.0.0.1:{port}/metrics", "series": series}
        result = run("prometheus", settings, degraded=['value["mail"] > 5'])
    found = {name: value for name, value in result.metrics.items() if name.startswith("value[")}
    expected = {"mail": 7, "most": 100, "quoted": 100, "hosts": 3, "none": 0, "up": 1}
    assert found == {f"value[{name}]": value for name, value in expected.items()}
    assert result.outcome == "degraded"


def test_what_are_no_metrics_is_down() -> None:
    with tcp_server(says(b'queue{name="x" 3\n')) as port:
        settings = {"url": f"http://127.0.0.1:{port}/", "series": {"x": {"metric": "queue"}}}
        result = run("prometheus", settings)
    assert (result.outcome, "line 1" in result.message) == ("down", True)


def test_metrics_behind_an_error_page_are_down() -> None:
    with tcp_server(says(b"", "HTTP/1.1 503 Busy")) as port:
        result = run("prometheus", {"url": f"http://127.0.0.1:{port}/", "series": {"x": {"metric": "queue"}}})
    assert (result.outcome, "HTTP 503 instead of metrics" in result.message) == ("down", True)


def test_a_sample_without_a_number_is_an_error() -> None:
    with pytest.raises(ValueError, match="line 1"):
        list(exposition.samples("up yes", frozenset({"up"})))


# JSON path


def test_a_path_leads_to_its_value() -> None:
    document = {"a": [{"b c": 5}, {"b c": 6}], "n": None}
    assert json_path.pick(document, "$.a[-1]['b c']") == 6
    assert json_path.pick(document, "$.a.length()") == 2
    assert json_path.pick(document, "$") is document
    for path in ("$.x", "$.a[7]", "$.a.b", "$.n.x", "$.n.length()"):
        with pytest.raises(LookupError):
            json_path.pick(document, path)
    for path in ("a.b", "$a", "$.a[", "$..a", "$.a[x]"):
        with pytest.raises(ValueError, match=r"JSON path|is no step"):
            json_path.steps(path)
