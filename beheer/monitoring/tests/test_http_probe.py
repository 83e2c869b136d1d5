"""HTTP against real servers on loopback: good answers, and every kind of misery."""

from __future__ import annotations

import json
import resource
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from beheer.lib.allow_lists import AllowList
from beheer.monitoring import http_transfer
from beheer.monitoring.contract import Result, Surroundings, UrlAnswer
from beheer.monitoring.http_engine import HttpEngine
from beheer.monitoring.probes import read_check
from beheer.monitoring.running import run_check
from beheer.monitoring.tests.servers import closed_port, identity, request_of, says, tcp_server

OPEN = Surroundings()


def run(
    settings: dict[str, Any], timeout_s: float = 5, surroundings: Surroundings = OPEN, **conditions: list[str]
) -> Result:
    return run_check(read_check("http", settings, conditions), timeout_s, surroundings)


def test_a_good_answer_is_up_with_the_time_of_each_phase() -> None:
    with tcp_server(says(b"Welkom", Content_Type="text/html")) as port:
        result = run({"url": f"http://localhost:{port}/"})
    assert (result.outcome, result.metrics["status"], result.metrics["body_bytes"]) == ("up", 200, 6)
    parts = [result.metrics[name] for name in ("dns_s", "connect_s", "ttfb_s", "transfer_s")]
    assert all(part >= 0 for part in parts)
    assert sum(parts) == pytest.approx(result.metrics["total_s"], abs=0.05)


def test_status_body_header_and_json_are_judged_by_the_checks_own_conditions() -> None:
    body = json.dumps({"state": "ok", "queue": {"items": [1, 2, 3]}, "live": True}).encode()
    wanted = {
        "state": "$.state",
        "queued": "$.queue.items.length()",
        "last": "$.queue.items[-1]",
        "live": "$.live",
    }
    with tcp_server(says(body, X_Version="7")) as port:
        settings = {"url": f"http://127.0.0.1:{port}/", "json": wanted}
        up = run(
            settings, down=["json[\"state\"] != 'ok'", "header[\"x-version\"] != '7'", 'json["live"] != 1']
        )
        slow = run(settings, degraded=['json["queued"] > 2'], down=["body !~ 'state'"])
        wrong = run(settings, down=["status != 204"])
    assert up.outcome == "up", up.message
    assert up.metrics["json[queued]"] == up.metrics["json[last]"] == 3
    assert (slow.outcome, slow.message.split("; ")[1]) == (
        "degraded",
        'degraded because json["queued"] > 2 (json[queued] 3)',
    )
    assert wrong.outcome == "down"
    assert "status != 204 (status 200)" in wrong.message


def test_a_body_that_is_no_json_is_down() -> None:
    with tcp_server(says(b"<html>")) as port:
        result = run({"url": f"http://127.0.0.1:{port}/", "json": {"x": "$.x"}})
    assert (result.outcome, "no JSON" in result.message) == ("down", True)


def test_a_json_value_that_is_not_there_is_unknown_and_not_up() -> None:
    with tcp_server(says(b"{}")) as port:
        result = run({"url": f"http://127.0.0.1:{port}/", "json": {"x": "$.x"}}, down=['json["x"] > 3'])
    assert result.outcome == "unknown"


def test_method_headers_body_and_sign_in_are_sent() -> None:
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        heard.append(request_of(connection))
        connection.sendall(b"HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n")

    with tcp_server(talk) as port:
        settings = {
            "url": f"http://127.0.0.1:{port}/jobs?x=1", "method": "POST", "body": '{"a": 1}',
            "headers": {"Content-Type": "application/json"}, "bearer_token": "s3cret",
            "secret_headers": {"X-Key": "k3y"},
        }  # fmt: skip
        result = run(settings, down=["status != 201"])
    assert result.outcome == "up", result.message
    assert heard[0].startswith(b"POST /jobs?x=1 HTTP/1.1\r\n")
    assert b"Content-Type: application/json\r\n" in heard[0]
    assert b"Authorization: Bearer s3cret\r\n" in heard[0]
    assert b"X-Key: k3y\r\n" in heard[0]


def test_a_refused_port_is_down_and_says_so() -> None:
    port = closed_port()
    result = run({"url": f"http://127.0.0.1:{port}/"})
    assert (result.outcome, result.message) == ("down", f"connection refused: 127.0.0.1:{port}")


def test_an_unknown_host_is_down_and_says_so() -> None:
    result = run({"url": "http://nowhere.invalid/"})
    assert (result.outcome, result.message) == ("down", "unknown host: nowhere.invalid")


def test_a_redirect_is_followed_and_a_loop_ends() -> None:
    def talk(connection: socket.socket) -> None:
        path = request_of(connection).split(b" ")[1]
        if path == b"/there":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        else:
            to = b"/there" if path == b"/once" else b"/loop"
            connection.sendall(
                b"HTTP/1.1 302 Found\r\nLocation: " + to + b"\r\nContent-Length: 4\r\n\r\nmove"
            )

    with tcp_server(talk) as port:
        once = run({"url": f"http://127.0.0.1:{port}/once"}, down=["body != 'ok'", "redirects != 1"])
        loop = run({"url": f"http://127.0.0.1:{port}/loop", "follow_redirects": 3})
        none = run({"url": f"http://127.0.0.1:{port}/once", "follow_redirects": 0}, down=["status != 302"])
    assert once.outcome == "up", once.message
    assert (loop.outcome, "more than 3 redirects" in loop.message) == ("down", True)
    assert none.outcome == "up", none.message


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "ftp://127.0.0.1/"]
)
def test_a_redirect_leads_nowhere_that_is_not_allowed(target: str) -> None:
    with tcp_server(says(b"", "HTTP/1.1 302 Found", Location=target)) as port:
        result = run({"url": f"http://127.0.0.1:{port}/"})
    assert result.outcome in ("down", "unknown")
    assert "status" not in result.metrics


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"])
def test_a_denied_address_is_not_even_connected_to(host: str) -> None:
    reached = threading.Event()
    denied = Surroundings(AllowList(deny=["127.0.0.0/8", "::1"]))
    with tcp_server(lambda _: reached.set()) as port:
        result = run({"url": f"http://{host}:{port}/"}, surroundings=denied)
    assert not reached.is_set()
    assert result.outcome == "unknown"
    assert "may not reach" in result.message


def test_a_slow_drip_ends_when_time_is_up() -> None:
    def talk(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)

    with tcp_server(talk) as port:
        result = run({"url": f"http://127.0.0.1:{port}/"}, timeout_s=0.3)
    assert result.outcome == "down"
    assert "timed out after 0.3 s while reading the body" in result.message
    assert result.duration_s < 2


def test_silence_after_the_connection_ends_when_time_is_up() -> None:
    release = threading.Event()

    def talk(connection: socket.socket) -> None:
        release.wait(5)

    with tcp_server(talk) as port:
        result = run({"url": f"http://127.0.0.1:{port}/"}, timeout_s=0.2)
        release.set()
    assert result.message == "timed out after 0.2 s while waiting for an answer"


def test_an_endless_body_is_cut_and_judged() -> None:
    def talk(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"Welkom " * 1000)

    with tcp_server(talk) as port:
        result = run(
            {"url": f"http://127.0.0.1:{port}/", "max_body_bytes": 100_000}, down=["body !~ 'Welkom'"]
        )
    assert (result.outcome, result.metrics["body_bytes"], result.metrics["body_cut"]) == ("up", 100_000, 1)


def test_an_answer_of_50_mb_takes_no_memory_beyond_its_limit() -> None:
    piece = b"x" * 1_000_000

    def talk(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(50):
            connection.sendall(piece)

    with tcp_server(talk) as port:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        result = run({"url": f"http://127.0.0.1:{port}/"})
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (result.outcome, result.metrics["body_bytes"]) == ("up", 1_048_576)
    assert after - before < 20_000, "kilobytes"


def test_a_body_beyond_its_limit_of_nothing_is_cut_to_nothing() -> None:
    with tcp_server(says(b"x" * 10)) as port:
        result = run({"url": f"http://127.0.0.1:{port}/", "max_body_bytes": 0})
    assert (result.outcome, result.metrics["body_bytes"], result.metrics["body_cut"]) == ("up", 0, 1)


def test_what_is_no_http_is_down() -> None:
    with tcp_server(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9\r\n")) as port:
        result = run({"url": f"http://127.0.0.1:{port}/"})
    assert result.outcome == "down"


def test_certificates_are_held_to_chain_name_and_date(tmp_path: Path) -> None:
    ca = identity(tmp_path, "Our own CA", ca=True)
    cases = {
        "good": (identity(tmp_path, "localhost", signer=ca), "up", ""),
        "wrong name": (identity(tmp_path, "other.example", signer=ca), "down", "localhost"),
        "expired": (identity(tmp_path, "localhost", signer=ca, days=-3), "down", "expired"),
        "self-signed": (identity(tmp_path, "localhost"), "down", "self-signed"),
    }
    for name, (shown, outcome, words) in cases.items():
        with tcp_server(says(b"ok"), shown.context()) as port:
            result = run({"url": f"https://localhost:{port}/", "ca_pem": ca.pem})
            blind = run({"url": f"https://localhost:{port}/", "verify_tls": False})
        assert (result.outcome, words in result.message) == (outcome, True), (name, result.message)
        assert blind.outcome == "up", (name, blind.message)
    assert blind.metrics["tls_s"] > 0


def test_a_chain_that_this_machine_does_not_trust_is_down(tmp_path: Path) -> None:
    with tcp_server(says(b"ok"), identity(tmp_path, "localhost").context()) as port:
        result = run({"url": f"https://localhost:{port}/"})
    assert (result.outcome, "certificate" in result.message) == ("down", True)


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    with tcp_server(says(b"ok")) as port:
        assert run({"url": f"http://127.0.0.1:{port}/"}).outcome == "up"


def test_many_checks_run_at_once_and_a_slow_one_delays_none() -> None:
    release = threading.Event()
    engine = HttpEngine(AllowList(), at_once=50)
    engine.start()
    came: list[int] = []
    fast = threading.Event()

    def take(answer: UrlAnswer) -> None:
        came.append(answer.status)
        if len(came) == 200:
            fast.set()

    def slow_talk(connection: socket.socket) -> None:
        request_of(connection)
        release.wait(10)

    with tcp_server(says(b"ok")) as port, tcp_server(slow_talk) as slow_port:
        quick = read_check("http", {"url": f"http://127.0.0.1:{port}/"}, {}).request
        slow = read_check("http", {"url": f"http://127.0.0.1:{slow_port}/"}, {}).request
        assert quick is not None
        assert slow is not None
        for _ in range(10):
            engine.submit(slow, 20, lambda answer: None)
        for _ in range(200):
            engine.submit(quick, 20, take)
        assert fast.wait(15)
        assert engine.load[0] == 10, "the slow ones still run"
        release.set()
        engine.close()
    assert came == [200] * 200


def test_a_mistake_in_handling_an_answer_stops_no_other_check() -> None:
    came = threading.Event()
    failures = [ValueError("in an answer"), ValueError("after a turn")]

    def after_turn() -> None:
        if len(failures) == 1:
            raise failures.pop()

    def wrong(answer: UrlAnswer) -> None:
        raise failures.pop()

    engine = HttpEngine(AllowList(), 5, after_turn)
    engine.start()
    with tcp_server(says(b"ok")) as port:
        request = read_check("http", {"url": f"http://127.0.0.1:{port}/"}, {}).request
        assert request is not None
        engine.submit(request, 5, wrong)
        engine.submit(request, 5, lambda answer: came.set())
        assert came.wait(10)
        came.clear()
        engine.submit(request, 5, lambda answer: came.set())
        assert came.wait(10)
    engine.close()
    assert not failures


def test_an_agent_without_room_for_a_socket_says_nothing_about_the_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*given: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(http_transfer, "_Socket", full)
    result = run({"url": "http://127.0.0.1:1/"})
    assert (result.outcome, result.message) == (
        "unknown",
        "this agent cannot open a socket: Too many open files",
    )


def test_a_handle_that_is_used_again_keeps_nothing_of_the_run_before() -> None:
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        heard.append(request_of(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: b\r\n\r\n")

    engine = HttpEngine(AllowList(), at_once=1)
    engine.start()
    with tcp_server(talk) as port:
        url = f"http://127.0.0.1:{port}/"
        both = [
            read_check(
                "http",
                {"url": url, "bearer_token": "t", "method": "PUT", "body": "b", "user": "u", "password": "p"},
                {},
            ),
            read_check("http", {"url": url}, {}),
        ]
        done = threading.Semaphore(0)
        for ready in both:
            assert ready.request is not None
            engine.submit(ready.request, 5, lambda answer: done.release())
        assert done.acquire(timeout=5)
        assert done.acquire(timeout=5)
    engine.close()
    assert heard[1].startswith(b"GET / ")
    assert b"authorization" not in heard[1].lower()
