"""ICMP: sends echo requests and measures loss and round-trip times, over IPv4 and IPv6."""

from __future__ import annotations

import itertools
import os
import select
import socket
import statistics
import struct
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from beheer.monitoring.contract import Kind, Observation, Settings, Surroundings, Value
from beheer.monitoring.network import Deadline, Place, Refused, Unreached, places

ECHO_REQUEST = {socket.AF_INET: 8, socket.AF_INET6: 128}
ECHO_REPLY = {socket.AF_INET: 0, socket.AF_INET6: 129}
PROTOCOL = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}
FAMILIES = {"any": socket.AF_UNSPEC, "4": socket.AF_INET, "6": socket.AF_INET6}
NOT_PERMITTED = (
    "this agent may not send ICMP: give it CAP_NET_RAW, "
    "or put its group into the sysctl net.ipv4.ping_group_range"
)


class IcmpSettings(Settings):
    """Whom to ask, and how often."""

    host: str = Field(description="Host name or address.", min_length=1, max_length=253)
    count: int = Field(3, ge=1, le=100, description="Echo requests in one run.")
    spacing_s: float = Field(0.2, ge=0.01, le=5, description="Seconds between two requests.")
    size_bytes: int = Field(56, ge=16, le=1_400, description="Bytes of data in each request.")
    ip_version: Literal["any", "4", "6"] = Field("any", description="IP version to use.")


@dataclass(slots=True)
class _Run:
    """The requests of one run: when each was sent, and how long its answer took. Keys are sequence numbers."""

    token: bytes
    sent: dict[int, float] = field(default_factory=dict)
    took_s: dict[int, float] = field(default_factory=dict)
    reason: str = ""


def observe(settings: IcmpSettings, timeout_s: float, surroundings: Surroundings) -> Observation:
    """Send the requests with their spacing, and wait for the answers until time is up."""
    deadline = Deadline(timeout_s)
    try:
        family = FAMILIES[settings.ip_version]
        place = places(settings.host, 0, deadline, surroundings.allow_list, family)[0]
        with _socket(place) as channel:
            run = _run(settings, place, channel, deadline)
    except Refused as error:
        return Observation(not_measured=str(error))
    except PermissionError:
        return Observation(not_measured=NOT_PERMITTED)
    except Unreached as error:
        return Observation(error=str(error))
    except OSError as error:
        return Observation(error=f"{(error.strerror or str(error)).lower()}: {settings.host}")
    return _seen(place, run)


def _socket(place: Place) -> socket.socket:
    """A socket for pings: the unprivileged kind where the system has it for us, else a raw one."""
    try:
        channel = socket.socket(place.family, socket.SOCK_DGRAM, PROTOCOL[place.family])
    except OSError:
        channel = socket.socket(place.family, socket.SOCK_RAW, PROTOCOL[place.family])
    channel.setblocking(False)
    return channel


def _run(settings: IcmpSettings, place: Place, channel: socket.socket, deadline: Deadline) -> _Run:
    run = _Run(os.urandom(8))
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    began = time.perf_counter()
    while len(run.took_s) < settings.count and deadline.left_s():
        due_s = len(run.sent) * settings.spacing_s - (time.perf_counter() - began)
        if len(run.sent) < settings.count and due_s <= 0:
            _send(settings, place, channel, run)
            continue
        wait_s = min(due_s, deadline.left_s()) if len(run.sent) < settings.count else deadline.left_s()
        if poll.poll(wait_s * 1000):
            _receive(place, channel, run)
    return run


def _send(settings: IcmpSettings, place: Place, channel: socket.socket, run: _Run) -> None:
    number = len(run.sent)
    data = run.token + bytes(settings.size_bytes - len(run.token))
    packet = echo_request(place.family, int.from_bytes(run.token[:2]), number, data)
    run.sent[number] = time.perf_counter()
    try:
        channel.sendto(packet, place.address)
    except OSError as error:
        run.reason = (error.strerror or str(error)).lower()


def _receive(place: Place, channel: socket.socket, run: _Run) -> None:
    try:
        packet = channel.recv(65_536)
    except OSError as error:
        run.reason = (error.strerror or str(error)).lower()
        return
    at = time.perf_counter()
    if place.family == socket.AF_INET and channel.type == socket.SOCK_RAW:
        packet = packet[(packet[0] & 15) * 4 :]
    if len(packet) < 16 or packet[0] != ECHO_REPLY[place.family] or packet[8:16] != run.token:
        return
    number = int.from_bytes(packet[6:8])
    if number in run.sent and number not in run.took_s:
        run.took_s[number] = at - run.sent[number]


def echo_request(family: int, identity: int, number: int, data: bytes) -> bytes:
    """The packet of an echo request; IPv6 checksums are made by the kernel."""
    kind = ECHO_REQUEST[socket.AddressFamily(family)]
    sum_ = checksum(struct.pack("!BBHHH", kind, 0, 0, identity, number) + data) if kind == 8 else 0
    return struct.pack("!BBHHH", kind, 0, sum_, identity, number) + data


def checksum(data: bytes) -> int:
    """The internet checksum. Source: RFC 1071."""
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(~total & 0xFFFF)


def _seen(place: Place, run: _Run) -> Observation:
    sent, times = max(len(run.sent), 1), [run.took_s[number] for number in sorted(run.took_s)]
    metrics = {
        "sent": float(len(run.sent)),
        "received": float(len(times)),
        "loss_ratio": 1 - len(times) / sent,
    }
    message = f"{len(times)} of {len(run.sent)} answers from {place.host}"
    if times:
        metrics |= {"rtt_min_s": min(times), "rtt_avg_s": statistics.fmean(times), "rtt_max_s": max(times)}
        message += f", {metrics['rtt_avg_s'] * 1000:.2f} ms"
        if len(times) > 1:
            steps = [abs(later - earlier) for earlier, later in itertools.pairwise(times)]
            metrics["jitter_s"] = statistics.fmean(steps)
    elif run.reason:
        message += f": {run.reason}"
    return Observation(message, metrics, {"address": place.host})


KIND: Kind[Any] = Kind(
    key="icmp",
    title="Ping (ICMP)",
    summary="Sends echo requests and measures loss and round-trip times.",
    settings=IcmpSettings,
    values=(
        Value("sent", "count", "Requests that were sent"),
        Value("received", "count", "Answers that came"),
        Value("loss_ratio", "ratio", "Share of requests without answer"),
        Value("rtt_min_s", "s", "Shortest round trip"),
        Value("rtt_avg_s", "s", "Mean round trip"),
        Value("rtt_max_s", "s", "Longest round trip"),
        Value("jitter_s", "s", "Mean difference between two round trips in a row; from two answers on"),
        Value("address", "", "The network address that was asked", "text"),
    ),
    conditions={"down": ("loss_ratio == 100%",), "degraded": ("loss_ratio >= 50%",)},
    observe=observe,
)
