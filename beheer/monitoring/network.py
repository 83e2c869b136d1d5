"""Names, connections and TLS for the probes that block: every step within one deadline, every address allowed."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field

from beheer.lib.allow_lists import AllowList


class Unreached(Exception):  # becomes an Observation, not an error
    """It could not be reached; the text says why."""


class Refused(Unreached):
    """The allow-list does not permit the address."""


class Deadline:
    """The instant (monotonic) at which a run must have ended."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left_s(self) -> float:
        """Seconds left, at least 0."""
        return max(self._end - time.monotonic(), 0.0)

    def need(self, doing: str) -> float:
        """Seconds left.

        Raises: Unreached where there are none, saying what was being done.
        """
        left = self.left_s()
        if left <= 0:
            raise Unreached(f"timed out after {self.seconds:g} s while {doing}")
        return left


@dataclass(frozen=True, slots=True)
class Place:
    """An address that may be connected to: what `socket.connect` takes, and its family."""

    family: socket.AddressFamily
    address: tuple[str, int] | tuple[str, int, int, int]

    @property
    def host(self) -> str:
        """The address without its port."""
        return self.address[0]


@dataclass(slots=True)
class Reached:
    """An open connection, and how long its phases took (by metric name)."""

    connection: socket.socket
    place: Place
    phases: dict[str, float] = field(default_factory=dict)


def places(
    host: str, port: int, deadline: Deadline, allow_list: AllowList, family: int = socket.AF_UNSPEC
) -> list[Place]:
    """The permitted addresses of `host`, in the system's order.

    Raises: Unreached where the name is unknown or time is up; Refused where no address is permitted.
    """
    found = _look_up(host, port, deadline, family)
    permitted = [place for place in found if not allow_list.refusal(place.host)]
    if not permitted:
        raise Refused(allow_list.refusal(found[0].host))
    return permitted


def _look_up(host: str, port: int, deadline: Deadline, family: int) -> list[Place]:
    """Ask the system's resolver in a thread of its own: it knows no deadline."""
    if _is_address(host):
        return _ask(host, port, family)
    found: list[Place] = []
    failed: list[Unreached] = []

    def ask() -> None:
        try:
            found.extend(_ask(host, port, family))
        except Unreached as error:
            failed.append(error)

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(deadline.left_s())
    if failed:
        raise failed[0]
    if not found:
        raise Unreached(f"timed out after {deadline.seconds:g} s while looking up {host}")
    return list(found)


def _ask(host: str, port: int, family: int) -> list[Place]:
    try:
        rows = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no valid name"
        raise Unreached(f"unknown host: {host} ({reason})") from error
    return [Place(row[0], row[4]) for row in rows if row[0] in (socket.AF_INET, socket.AF_INET6)]  # type: ignore[arg-type]  # the two families give these tuples


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def connect(host: str, port: int, deadline: Deadline, allow_list: AllowList) -> Reached:
    """Connect by TCP to the first address of `host` that answers.

    Raises: Unreached saying why the last one did not; Refused where none is permitted.
    """
    began = time.perf_counter()
    candidates = places(host, port, deadline, allow_list)
    resolved = time.perf_counter()
    last = Unreached(f"no address of {host} could be tried")
    for index, place in enumerate(candidates):
        share = deadline.need(f"connecting to {host}") / (len(candidates) - index)
        tried = time.perf_counter()
        try:
            connection = _open(place, share)
        except OSError as error:
            last = Unreached(_why(error, place, port, share))
            continue
        phases = {"dns_s": resolved - began, "connect_s": time.perf_counter() - tried}
        return Reached(connection, place, phases)
    raise last


def _open(place: Place, timeout_s: float) -> socket.socket:
    connection = socket.socket(place.family, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect(place.address)
    except BaseException:
        connection.close()
        raise
    return connection


def _why(error: OSError, place: Place, port: int, waited_s: float) -> str:
    where = f"{place.host} port {port}"
    if isinstance(error, TimeoutError):
        return f"no connection with {where} within {waited_s:.3g} s"
    if isinstance(error, ConnectionRefusedError):
        return f"connection refused: {where}"
    return f"{os.strerror(error.errno).lower() if error.errno else error}: {where}"


def context(*, verify: bool, ca_pem: str = "") -> ssl.SSLContext:
    """How to speak TLS as a client. Names are not checked here when `verify` is off.

    Raises: ValueError where `ca_pem` holds no certificate.
    """
    made = ssl.create_default_context()
    if ca_pem:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            made.load_verify_locations(cadata=ca_pem)
        except ssl.SSLError as error:
            raise ValueError("ca_pem holds no certificate in PEM") from error
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        made.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        made.set_ciphers("ALL:@SECLEVEL=0")
    return made


def secure(reached: Reached, server_name: str, deadline: Deadline, client: ssl.SSLContext) -> ssl.SSLSocket:
    """Do the TLS handshake on an open connection; `reached.phases` gets `tls_s`.

    Raises: Unreached where it fails; ssl.SSLCertVerificationError where the certificate is not valid.
    """
    began = time.perf_counter()
    reached.connection.settimeout(deadline.need("starting TLS"))
    try:
        secured = client.wrap_socket(reached.connection, server_hostname=server_name or None)
    except ssl.SSLCertVerificationError:
        raise
    except TimeoutError as error:
        raise Unreached(f"timed out after {deadline.seconds:g} s during the TLS handshake") from error
    except ssl.SSLError as error:
        raise Unreached(
            f"TLS handshake failed: {(error.reason or str(error)).lower().replace('_', ' ')}"
        ) from error
    except OSError as error:
        raise Unreached(f"TLS handshake failed: {error.strerror or error}") from error
    reached.phases["tls_s"] = time.perf_counter() - began
    return secured
