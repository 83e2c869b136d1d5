"""Which addresses a webhook may reach, so that nobody can use Beheer to knock at doors that are closed to him."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(words: Iterable[str]) -> list[Network]:
    """Networks and addresses as written in settings ("10.0.0.0/8", "192.0.2.7"). Raises: ValueError."""
    return [ipaddress.ip_network(word, strict=False) for word in words]


def refusal(address: str, allow: Iterable[Network]) -> str:
    """Why this numeric address may not be reached; "" where it may.

    Allowed without being named: everything but this machine, link-local (with the metadata services of clouds),
    multicast, reserved and unspecified addresses.
    """
    found = _plain(address)
    if any(found in network for network in allow):
        return ""
    if (
        found.is_loopback
        or found.is_link_local
        or found.is_multicast
        or found.is_reserved
        or found.is_unspecified
        or found == ipaddress.IPv6Address("fd00:ec2::254")
    ):
        return f"webhooks may not reach {found}; an administrator allows it with BEHEER_WEBHOOK_ALLOW"
    return ""


def permitted_addresses(host: str, port: int, allow: Iterable[Network]) -> tuple[list[str], str]:
    """The addresses of `host` that may be reached, and why the others may not.

    Raises: OSError where the name cannot be resolved.
    """
    allow = list(allow)
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    reasons = {address: refusal(address, allow) for address in addresses}
    return [one for one, reason in reasons.items() if not reason], next(filter(None, reasons.values()), "")


def _plain(text: str) -> Address:
    """The address that packets go to: IPv4 where it is wrapped in IPv6."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address
