"""Small real servers on loopback for the tests of probes: what they say is given as a function or as bytes."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def tcp_server(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that does `talk` with each connection in a thread of its own. Gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
            with connection:
                talk(connection)

    def accept() -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                thread = threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True)
                threads.append(thread)
                thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        acceptor.join()
        listener.close()
        for thread in threads:
            thread.join(5)


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def request_of(connection: socket.socket) -> bytes:
    """The head (and what came with it) of the request on this connection."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = connection.recv(65_536)
        if not piece:
            break
        got += piece
    return got


def says(answer: bytes, head: str = "HTTP/1.1 200 OK", **headers: str) -> Talk:
    """A talk that reads a request and gives this answer; `_` in the names of headers is `-`."""
    lines = [head, *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    whole = (
        "\r\n".join([*lines, f"Content-Length: {len(answer)}", "Connection: close", "", ""]).encode() + answer
    )

    def talk(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(whole)

    return talk


@dataclass(frozen=True)
class Identity:
    """A certificate with its key, in files and as PEM."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    file: Path

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def context(self) -> ssl.SSLContext:
        """For a server that shows this certificate."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.file)
        return made


def identity(
    folder: Path, name: str, *, days: float = 90, signer: Identity | None = None, ca: bool = False
) -> Identity:
    """A certificate for `name` that ends in `days` (negative: has ended), signed by `signer` or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    end = now + datetime.timedelta(days=days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, end) - datetime.timedelta(days=1))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
    )
    certificate = builder.sign(signer.key if signer else key, hashes.SHA256())
    place = folder / f"{certificate.serial_number}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = b"".join(
        one.public_bytes(serialization.Encoding.PEM)
        for one in [certificate, *([signer.certificate] if signer else [])]
    )
    place.write_bytes(private + chain)
    return Identity(certificate, key, place)


def _alternative(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)
