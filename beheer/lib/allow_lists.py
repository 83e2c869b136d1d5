"""Which addresses a part of Beheer may reach for somebody else, so that nobody can use it to knock at doors that
are closed to him. Judged on the address that is really connected to, after names are resolved.

The most specific network that holds an address decides; of two equally specific ones the denial. Without an
administrator's word everything is permitted but link-local and metadata addresses, multicast, broadcast and
unspecified. `allow` given: only that is permitted (and it may open a part of what is denied by default, by
naming it at least as precisely). `deny` denies more.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from beheer.lib.errors import InputError, Problem

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ANYTHING = ("0.0.0.0/0", "::/0")
DENIED_BY_DEFAULT = (
    "0.0.0.0/8",  # unspecified, "this network"
    "169.254.0.0/16",  # link-local, and the metadata services of clouds
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, and broadcast
    "::/128",
    "fe80::/10",
    "ff00::/8",
    "fd00:ec2::254/128",  # a metadata service on IPv6
)
_EMBEDDED = ipaddress.IPv6Network("64:ff9b::/96")  # NAT64: an IPv4 address in the last 32 bits
_NAME = re.compile(
    r"^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})?(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Whose:
    """Who is held by a list, and the settings with which an administrator changes it: words of a refusal."""

    name: str
    allow: str
    deny: str = ""
    closed: tuple[str, ...] = ()  # networks denied by default to this one alone

    @property
    def remedy(self) -> str:
        """What an administrator does about a refusal."""
        return f"An administrator sets {' and '.join(filter(None, (self.allow, self.deny)))}"


PROBES = Whose("probes", "BEHEER_PROBE_ALLOW", "BEHEER_PROBE_DENY")
WEBHOOKS = Whose("webhooks", "BEHEER_WEBHOOK_ALLOW", closed=("127.0.0.0/8", "::1/128"))


class AllowList:
    """Says of an address whether it may be reached. Safe to share between threads."""

    def __init__(self, allow: Iterable[str] = (), deny: Iterable[str] = (), whose: Whose = PROBES) -> None:
        """`allow` and `deny`: networks (CIDR), addresses or host names; the word `any` is every address.

        Raises: InputError where an entry is none of these.
        """
        allow = list(allow)
        self._whose = whose
        self._rules: dict[Network, bool] = dict.fromkeys(map(_network, ANYTHING), not allow)
        self._rules.update(dict.fromkeys(map(_network, (*DENIED_BY_DEFAULT, *whose.closed)), False))
        self._names: list[tuple[str, bool]] = []
        for entry in allow:
            self._add(entry, True)
        for entry in deny:
            self._add(entry, False)
        self._named: dict[Network, bool] = {}
        self._judge = lru_cache(maxsize=65_536)(self._judge_address)
        self._lock = threading.Lock()
        self.refresh()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> AllowList:
        """The list of `BEHEER_PROBE_ALLOW` and `BEHEER_PROBE_DENY`: entries with spaces or commas between.

        Raises: InputError where an entry is no network, address or name.
        """
        allow, deny = (
            re.split(r"[\s,]+", environment.get(f"BEHEER_PROBE_{word}", "").strip())
            for word in ("ALLOW", "DENY")
        )
        return cls([entry for entry in allow if entry], [entry for entry in deny if entry])

    def _add(self, entry: str, permitted: bool) -> None:
        for part in ANYTHING if entry == "any" else (entry,):
            try:
                self._rules[_network(part)] = permitted
            except ValueError:
                if not _NAME.match(part) or re.fullmatch(r"[\d./]+", part):
                    field = self._whose.allow if permitted else self._whose.deny
                    remedy = "Write a network such as 10.0.0.0/8, an address, or a host name."
                    problem = Problem(f"'{entry}' is no network, address or name.", field, remedy)
                    raise InputError(problem) from None
                self._names.append((part, permitted))

    def refresh(self) -> None:
        """Look the names on the list up again. Call it every minute or so; without names it does nothing."""
        if not self._names:
            return
        named: dict[Network, bool] = {}
        for name, permitted in self._names:
            for address in _addresses_of(name):
                network = _network(address)
                named[network] = permitted and named.get(network, True)
        with self._lock:
            self._named = named
            self._judge.cache_clear()

    def refusal(self, address: str) -> str:
        """Why `address` (numeric, with or without a zone) may not be reached; "" where it may."""
        return self._judge(address)

    def _judge_address(self, text: str) -> str:
        try:
            address = plain_address(text)
        except ValueError:
            return f"{text} is no address"
        found = {**self._rules, **{net: ok for net, ok in self._named.items() if self._rules.get(net, True)}}
        longest = max((net for net in found if address in net), key=lambda net: net.prefixlen)
        if found[longest]:
            return ""
        reason = "it is not on the allow-list" if longest.prefixlen == 0 else f"{longest} is denied"
        return f"{self._whose.name} may not reach {address}: {reason}. {self._whose.remedy}"


def plain_address(text: str) -> Address:
    """The address that packets really go to: without zone, and IPv4 where it is wrapped in IPv6.

    Raises: ValueError where it is no address.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _EMBEDDED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _network(text: str) -> Network:
    return ipaddress.ip_network(text, strict=False)


def _addresses_of(name: str) -> set[str]:
    """The addresses of a name now; none where it cannot be resolved, so that it permits nothing."""
    try:
        return {str(item[4][0]).partition("%")[0] for item in socket.getaddrinfo(name, None)}
    except OSError:
        return set()
