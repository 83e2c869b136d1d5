"""DNS: asks a name server for a record, and compares what it says with what is expected."""

from __future__ import annotations

import time
from typing import Any, Literal

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.reversename
from pydantic import Field, field_validator

from beheer.monitoring.contract import Kind, Observation, Settings, Surroundings, Value
from beheer.monitoring.network import Deadline, Refused, Unreached, places

RecordType = Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]


class DnsSettings(Settings):
    """Which record to ask for, of whom, and what it should be."""

    name: str = Field(
        description="Name to ask for; with PTR an address will do.", min_length=1, max_length=253
    )
    record: RecordType = Field("A", description="Type of record.")
    server: str = Field(
        "", description="Name server to ask (name or address); empty: those of the agent's machine."
    )
    port: int = Field(53, ge=1, le=65_535, description="Port of that name server.")
    expected: tuple[str, ...] = Field(
        (),
        description="Values that must all be among the answers, such as 192.0.2.1 or '10 mail.example.org'.",
    )
    use_tcp: bool = Field(
        False, description="Whether to ask by TCP; else UDP, and TCP where the answer is cut."
    )

    @field_validator("name")
    @classmethod
    def _name(cls, name: str) -> str:
        try:
            dns.name.from_text(name)
        except dns.exception.DNSException as error:
            raise ValueError(f"'{name}' is no name of DNS: {error}") from error
        return name


def observe(settings: DnsSettings, timeout_s: float, surroundings: Surroundings) -> Observation:
    """Ask each name server in turn until one answers."""
    deadline = Deadline(timeout_s)
    try:
        servers = _servers(settings, deadline, surroundings)
    except Refused as error:
        return Observation(not_measured=str(error))
    except Unreached as error:
        return Observation(error=str(error))
    last = Observation(not_measured="the agent's machine has no name server")
    for index, server in enumerate(servers):
        share = deadline.left_s() / (len(servers) - index)
        if share <= 0:
            break
        last = _ask(settings, server, share)
        if not last.error:
            break
    return last


def _servers(settings: DnsSettings, deadline: Deadline, surroundings: Surroundings) -> list[str]:
    allow_list = surroundings.allow_list
    if settings.server:
        return [place.host for place in places(settings.server, settings.port, deadline, allow_list)][:1]
    try:
        found = [str(server) for server in dns.resolver.Resolver().nameservers]
    except dns.resolver.NoResolverConfiguration:
        return []
    permitted = [server for server in found if not allow_list.refusal(server)]
    if found and not permitted:
        raise Refused(allow_list.refusal(found[0]))
    return permitted


def _ask(settings: DnsSettings, server: str, timeout_s: float) -> Observation:
    began = time.perf_counter()
    query = dns.message.make_query(_question(settings), settings.record, want_dnssec=False)
    query.flags |= dns.flags.AD
    try:
        if settings.use_tcp:
            answer = dns.query.tcp(query, server, timeout=timeout_s, port=settings.port)
        else:
            answer, _ = dns.query.udp_with_fallback(query, server, timeout=timeout_s, port=settings.port)
    except dns.exception.Timeout:
        return Observation(error=f"name server {server} did not answer within {timeout_s:.3g} s")
    except (dns.exception.DNSException, OSError, EOFError) as error:
        return Observation(error=f"name server {server} cannot be asked: {error or type(error).__name__}")
    return _seen(settings, answer, server, time.perf_counter() - began)


def _question(settings: DnsSettings) -> dns.name.Name:
    if settings.record == "PTR":
        try:
            return dns.reversename.from_address(settings.name)
        except dns.exception.SyntaxError:
            pass
    return dns.name.from_text(settings.name)


def _seen(settings: DnsSettings, answer: dns.message.Message, server: str, took_s: float) -> Observation:
    wanted = dns.rdatatype.from_text(settings.record)
    sets = [one for one in answer.answer if one.rdtype == wanted]
    values = sorted(_plain(settings.record, data.to_text()) for one in sets for data in one)
    expected = {_plain(settings.record, value) for value in settings.expected}
    rcode = dns.rcode.to_text(answer.rcode())
    metrics = {
        "total_s": took_s,
        "answers": float(len(values)),
        "matched": float(expected <= set(values)),
        "unexpected": float(len(set(values) - expected)) if expected else 0.0,
        "authenticated": float(bool(answer.flags & dns.flags.AD)),
    }
    if sets:
        metrics["ttl_s"] = float(min(one.ttl for one in sets))
    if settings.record == "SOA" and values:
        metrics["serial"] = float(values[0].split()[2])
    message = f"{rcode}, {', '.join(values) or 'no such record'}, in {took_s * 1000:.0f} ms"
    if missing := sorted(expected - set(values)):
        message += f"; missing: {', '.join(missing)}"
    texts = {"rcode": rcode, "values": "\n".join(values), "server": server}
    return Observation(message[:400], metrics, texts)


def _plain(record: str, value: str) -> str:
    """A value as people write it: TXT without quotes; names without their last dot and in small letters."""
    if record == "TXT":
        return "".join(value[1:-1].split('" "')) if value.startswith('"') and value.endswith('"') else value
    return " ".join(part.rstrip(".").lower() or "." for part in value.split())


KIND: Kind[Any] = Kind(
    key="dns",
    title="DNS record",
    summary="Asks a name server for a record and compares it with what is expected.",
    settings=DnsSettings,
    values=(
        Value("total_s", "s", "Until the answer"),
        Value("answers", "count", "Records of this type in the answer"),
        Value("matched", "", "1 when all expected values are among the answers, else 0"),
        Value("unexpected", "count", "Answers that were not expected; 0 where nothing is expected"),
        Value("ttl_s", "s", "Shortest time to live"),
        Value("authenticated", "", "1 when the name server vouches for the answer by DNSSEC, else 0"),
        Value("serial", "", "Serial number; only of SOA"),
        Value("rcode", "", "Answer code, such as NOERROR or NXDOMAIN", "text"),
        Value("values", "", "The answers, one a line", "text"),
        Value("server", "", "The name server that answered", "text"),
    ),
    conditions={"down": ("rcode != 'NOERROR'", "answers == 0", "matched == 0")},
    observe=observe,
)
