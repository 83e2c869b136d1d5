"""TLS certificate: is the chain valid, how long still, is it for this name, which protocol is spoken."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from cryptography import x509
from cryptography.x509.oid import NameOID
from pydantic import Field

from beheer.monitoring.contract import Kind, Observation, Settings, Surroundings, Value
from beheer.monitoring.network import Deadline, Reached, Refused, Unreached, connect, context, secure

DAY_S = 86_400


class TlsSettings(Settings):
    """Where to look, and for which name."""

    host: str = Field(description="Host name or address.", min_length=1, max_length=253)
    port: int = Field(443, ge=1, le=65_535, description="Port.")
    server_name: str = Field(
        "", description="Name the certificate must be for, when it differs from the host."
    )
    starttls: Literal["", "smtp", "imap", "pop3"] = Field(
        "", description="Mail protocol in which TLS starts after a word; empty: TLS from the start."
    )
    ca_pem: str = Field(
        "", description="Certificates (PEM) to trust instead of those of the agent's machine."
    )


def observe(settings: TlsSettings, timeout_s: float, surroundings: Surroundings) -> Observation:
    """Look at the certificate without trusting it first, then hold it to trust and name."""
    deadline = Deadline(timeout_s)
    began = time.perf_counter()
    seen = Observation()
    try:
        chain = _chain(settings, deadline, surroundings, seen)
        seen.texts["chain_error"] = _chain_error(settings, deadline, surroundings)
        _judge_chain(settings, chain, seen)
    except Refused as error:
        seen.not_measured = str(error)
    except (Unreached, OSError, ValueError) as error:
        seen.error = str(error) or type(error).__name__
    seen.metrics["total_s"] = time.perf_counter() - began
    return seen


def _chain(
    settings: TlsSettings, deadline: Deadline, surroundings: Surroundings, seen: Observation
) -> list[x509.Certificate]:
    """The certificates that the server sends, its own first."""
    reached = connect(settings.host, settings.port, deadline, surroundings.allow_list)
    with reached.connection:
        start(reached, settings.starttls, deadline)
        with secure(reached, _name(settings), deadline, context(verify=False)) as secured:
            seen.metrics.update(reached.phases)
            seen.texts["address"] = reached.place.host
            seen.texts["protocol"] = secured.version() or ""
            seen.texts["cipher"] = (secured.cipher() or ("",))[0]
            return [x509.load_der_x509_certificate(der) for der in _sent(secured)]


def _sent(secured: ssl.SSLSocket) -> list[bytes]:
    """The chain as sent; only the server's own certificate where this Python cannot tell more."""
    own = secured.getpeercert(binary_form=True)
    if own is None:
        raise Unreached("the server sent no certificate")
    inner = getattr(secured, "_sslobj", None)
    ask = getattr(secured, "get_unverified_chain", None) or getattr(inner, "get_unverified_chain", None)
    chain = ask() if ask is not None else None
    if not chain:
        return [own]
    return [one if isinstance(one, bytes) else ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in chain]


def _chain_error(settings: TlsSettings, deadline: Deadline, surroundings: Surroundings) -> str:
    """Why the chain is not to be trusted; "" where it is. The name is judged apart."""
    client = context(verify=True, ca_pem=settings.ca_pem)
    client.check_hostname = False
    reached = connect(settings.host, settings.port, deadline, surroundings.allow_list)
    with reached.connection:
        start(reached, settings.starttls, deadline)
        try:
            with secure(reached, _name(settings), deadline, client):
                return ""
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        except Unreached as error:
            return str(error)


def _name(settings: TlsSettings) -> str:
    return settings.server_name or settings.host


def _judge_chain(settings: TlsSettings, chain: Sequence[x509.Certificate], seen: Observation) -> None:
    now = datetime.now(UTC)
    own, name = chain[0], _name(settings)
    names = names_of(own)
    days = [(one.not_valid_after_utc - now).total_seconds() / DAY_S for one in chain]
    matches = any(fits(pattern, name) for pattern in names)
    seen.metrics |= {
        "days_left": days[0],
        "chain_days_left": min(days),
        "age_days": (now - own.not_valid_before_utc).total_seconds() / DAY_S,
        "chain_valid": float(not seen.texts["chain_error"]),
        "names_match": float(matches),
        "chain_length": float(len(chain)),
    }
    seen.texts |= {
        "names": "\n".join(names),
        "subject": _common_name(own.subject),
        "issuer": _common_name(own.issuer),
        "serial": f"{own.serial_number:x}",
    }
    seen.message = (
        f"valid until {own.not_valid_after_utc:%Y-%m-%d} ({days[0]:.0f} days), {seen.texts['protocol']}"
    )
    if seen.texts["chain_error"]:
        seen.message += f"; the chain is not valid: {seen.texts['chain_error']}"
    if not matches:
        seen.message += f"; it is for {', '.join(names[:5]) or 'no name'} and not for {name}"


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def names_of(certificate: x509.Certificate) -> list[str]:
    """The DNS names and addresses that a certificate is for (RFC 9525: subject alternative names only)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [
        *found.get_values_for_type(x509.DNSName),
        *(str(address) for address in found.get_values_for_type(x509.IPAddress)),
    ]


def fits(pattern: str, name: str) -> bool:
    """Whether a name in a certificate is for `name`; `*` stands for one whole first label (RFC 9525)."""
    pattern, name = pattern.lower().rstrip("."), name.lower().rstrip(".")
    if not pattern.startswith("*."):
        return pattern == name
    head, dot, rest = name.partition(".")
    return bool(head and dot) and rest == pattern[2:] and "." in rest


def start(reached: Reached, protocol: str, deadline: Deadline) -> None:
    """Say the word after which TLS starts.

    Raises: Unreached where the server does not take it.
    """
    talk = {
        "smtp": ((None, b"220"), (b"EHLO beheer\r\n", b"250"), (b"STARTTLS\r\n", b"220")),
        "imap": ((None, b"* OK"), (b"a STARTTLS\r\n", b"a OK")),
        "pop3": ((None, b"+OK"), (b"STLS\r\n", b"+OK")),
    }.get(protocol, ())
    for say, wanted in talk:
        reached.connection.settimeout(deadline.need(f"starting TLS in {protocol}"))
        if say is not None:
            reached.connection.sendall(say)
        heard = _hear(reached.connection, deadline)
        if not heard.startswith(wanted):
            raise Unreached(
                f"the server does not start TLS in {protocol}: {heard.decode('latin-1').strip()[:80]}"
            )


def _hear(connection: socket.socket, deadline: Deadline) -> bytes:
    """The last line of one answer (SMTP answers may have several)."""
    heard = b""
    while len(heard) < 65_536:
        connection.settimeout(deadline.need("waiting for the server's word"))
        try:
            piece = connection.recv(4096)
        except TimeoutError:
            continue
        heard += piece
        last = heard.rstrip(b"\r\n").rsplit(b"\n", 1)[-1]
        if not piece or (heard.endswith(b"\n") and last[3:4] != b"-"):
            return last
    return heard


KIND: Kind[Any] = Kind(
    key="tls",
    title="TLS certificate",
    summary="Looks at the certificate of a server: chain, days left, names and protocol.",
    settings=TlsSettings,
    values=(
        Value("days_left", "days", "Until the certificate ends; negative when it has"),
        Value("chain_days_left", "days", "Until the first certificate of the chain ends"),
        Value("age_days", "days", "Since the certificate began; negative when it has not"),
        Value("chain_valid", "", "1 when the chain is trusted by the agent's machine, else 0"),
        Value("names_match", "", "1 when the certificate is for the name, else 0"),
        Value("chain_length", "count", "Certificates that the server sends"),
        Value("total_s", "s", "Whole run: two handshakes"),
        Value("dns_s", "s", "Looking the name up"),
        Value("connect_s", "s", "Making the connection"),
        Value("tls_s", "s", "TLS handshake"),
        Value("protocol", "", "Protocol, such as TLSv1.3", "text"),
        Value("cipher", "", "Cipher that was agreed", "text"),
        Value("names", "", "Names that the certificate is for, one a line", "text"),
        Value("subject", "", "Common name of the owner", "text"),
        Value("issuer", "", "Common name of the issuer", "text"),
        Value("serial", "", "Serial number, hexadecimal", "text"),
        Value("chain_error", "", "Why the chain is not trusted; empty when it is", "text"),
        Value("address", "", "The network address that answered", "text"),
    ),
    conditions={
        "down": ("days_left <= 0", "chain_valid == 0", "names_match == 0"),
        "degraded": ("days_left < 14", "chain_days_left < 14", "protocol in ['SSLv3', 'TLSv1', 'TLSv1.1']"),
    },
    observe=observe,
)
