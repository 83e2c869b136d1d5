"""TCP: whether a port answers, optionally over TLS, and what it says when it is spoken to."""

from __future__ import annotations

import codecs
import socket
import ssl
import time
from typing import Any

from pydantic import Field, field_validator

from beheer.monitoring.contract import Kind, Observation, Settings, Surroundings, Value
from beheer.monitoring.network import Deadline, Reached, Refused, Unreached, connect, context, secure
from beheer.monitoring.patterns import compiled

READ_LIMIT = 65_536


class TcpSettings(Settings):
    """Where to connect, what to say, what to wait for."""

    host: str = Field(description="Host name or address.", min_length=1, max_length=253)
    port: int = Field(description="Port.", ge=1, le=65_535)
    tls: bool = Field(False, description="Whether to speak TLS from the start.")
    verify_tls: bool = Field(True, description="Whether the certificate must be valid for the name.")
    server_name: str = Field("", description="Name for TLS when it differs from the host.")
    ca_pem: str = Field(
        "", description="Certificates (PEM) to trust instead of those of the agent's machine."
    )
    send: str = Field(
        "", description=r"Text to send; \r \n \t \xNN and \\ are understood.", max_length=65_536
    )
    expect: str = Field("", description="Regular expression (RE2) to wait for in what comes back.")

    @field_validator("send")
    @classmethod
    def _send(cls, send: str) -> str:
        to_bytes(send)
        return send

    @field_validator("expect")
    @classmethod
    def _expect(cls, expect: str) -> str:
        compiled(expect)
        return expect


def to_bytes(text: str) -> bytes:
    r"""The bytes of a text with escapes (`HELO x\r\n`).

    Raises: ValueError where an escape is wrong.
    """
    try:
        return codecs.escape_decode(text.encode())[0]
    except ValueError as error:
        raise ValueError(rf"an escape is wrong ({error}); write \\ for a backslash") from error


def observe(settings: TcpSettings, timeout_s: float, surroundings: Surroundings) -> Observation:
    """Connect, say what is to be said, and wait for what is expected."""
    deadline = Deadline(timeout_s)
    began = time.perf_counter()
    seen = Observation()
    try:
        reached = connect(settings.host, settings.port, deadline, surroundings.allow_list)
        seen.metrics, seen.texts["address"] = reached.phases, reached.place.host
        with reached.connection:
            _talk(settings, reached, deadline, seen)
    except Refused as error:
        seen.not_measured = str(error)
    except Unreached as error:
        seen.error = str(error)
    except ssl.SSLCertVerificationError as error:
        seen.error = f"the certificate is not valid: {error.verify_message}"
    except (OSError, ValueError) as error:
        seen.error = f"the connection broke: {error}"
    seen.metrics["total_s"] = time.perf_counter() - began
    return seen


def _talk(settings: TcpSettings, reached: Reached, deadline: Deadline, seen: Observation) -> None:
    connection = reached.connection
    if settings.tls:
        client = context(verify=settings.verify_tls, ca_pem=settings.ca_pem)
        connection = secure(reached, settings.server_name or settings.host, deadline, client)
    with connection:
        if settings.send:
            connection.settimeout(deadline.need("sending"))
            connection.sendall(to_bytes(settings.send))
        received, matched = b"", True
        if settings.expect:
            received, matched = _wait(connection, compiled(settings.expect), deadline, seen)
    seen.metrics["matched"] = float(matched)
    seen.texts["received"] = received.decode("utf-8", "replace")
    took_s = sum(seen.metrics.get(phase, 0.0) for phase in ("connect_s", "tls_s"))
    seen.message = f"connected in {took_s * 1000:.0f} ms"
    if settings.expect:
        short = " ".join(seen.texts["received"].split())[:80]
        seen.message += f", received “{short}”" if short else ", received nothing"
        seen.message += "" if matched else ", which is not what was expected"


def _wait(
    connection: socket.socket, pattern: Any, deadline: Deadline, seen: Observation
) -> tuple[bytes, bool]:
    """What came until the pattern was found, the other side stopped, the limit was reached or time was up."""
    received = b""
    began = time.perf_counter()
    while len(received) < READ_LIMIT:
        try:
            connection.settimeout(max(deadline.left_s(), 0.001))
            piece = connection.recv(4096)
        except TimeoutError:
            break
        if received == b"" and piece:
            seen.metrics["first_byte_s"] = time.perf_counter() - began
        received += piece
        if pattern.search(received.decode("utf-8", "replace")) is not None:
            return received, True
        if not piece or not deadline.left_s():
            break
    return received, False


KIND: Kind[Any] = Kind(
    key="tcp",
    title="TCP port",
    summary="Connects to a port, optionally with TLS, sends a text and waits for an answer.",
    settings=TcpSettings,
    values=(
        Value("total_s", "s", "Whole run"),
        Value("dns_s", "s", "Looking the name up"),
        Value("connect_s", "s", "Making the connection"),
        Value("tls_s", "s", "TLS handshake; only with tls"),
        Value("first_byte_s", "s", "Until the first byte of the answer; only with expect"),
        Value("matched", "", "1 when what was expected came, or nothing was expected; else 0"),
        Value("received", "", "What came back; only with expect", "text"),
        Value("address", "", "The network address that answered", "text"),
    ),
    conditions={"down": ("matched == 0",)},
    observe=observe,
)
