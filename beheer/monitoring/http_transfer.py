"""One transfer of the HTTP engine: sets a libcurl handle up, takes in what comes, and says how it ended."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from pathlib import Path
from typing import Any

import pycurl

from beheer import __version__
from beheer.lib.allow_lists import AllowList
from beheer.monitoring.contract import UrlAnswer, UrlRequest

WEB_ONLY = pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
VERSIONS = {
    "any": pycurl.CURL_HTTP_VERSION_2TLS,
    "1.1": pycurl.CURL_HTTP_VERSION_1_1,
    "2": pycurl.CURL_HTTP_VERSION_2_0,
}
CA_FILE = next(
    (
        place
        for place in (
            os.environ.get("SSL_CERT_FILE"),
            ssl.get_default_verify_paths().cafile,
            "/etc/ssl/certs/ca-certificates.crt",
            "/etc/pki/tls/certs/ca-bundle.crt",
            "/etc/ssl/cert.pem",
        )
        if place and Path(place).is_file()
    ),
    None,
)
COMMON_HEADERS = ["Expect:", "Connection: close"]


class _Socket(socket.SocketType):
    """A socket of which pycurl keeps a copy: ours is closed at once. pycurl also prints it, so that must be quick."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "socket"

    def __del__(self) -> None:
        self.close()


class Transfer:
    """A libcurl handle that is used again and again, for one request at a time."""

    def __init__(self, allow_list: AllowList) -> None:
        self.handle = pycurl.Curl()
        self._allow_list = allow_list
        self._request = UrlRequest("")
        self._timeout_s = 0.0
        self._shape: tuple[tuple[object, ...], float] = ((), 0.0)
        self._body: list[bytes] = []
        self._room = 0
        self._is_cut = False
        self._refused = ""
        self._headers: list[str] = []

    def prepare(self, request: UrlRequest, timeout_s: float) -> None:
        """Make the handle ready for `request`; nothing of an earlier one stays.

        Raises: pycurl.error, ValueError or TypeError where libcurl refuses a value.
        """
        self._request, self._timeout_s = request, timeout_s
        self._body, self._headers = [], []
        self._room, self._is_cut, self._refused = request.max_body_bytes, False, ""
        if self._shape != (request.shape, timeout_s):
            self._shape = ((), 0.0)
            self._set_shape()
            self._shape = (request.shape, timeout_s)
        self.handle.setopt(pycurl.URL, request.url)

    def _set_shape(self) -> None:
        """Set all but the address anew; nothing of an earlier request stays."""
        self.handle.reset()
        self._set_fixed()
        request, set_option = self._request, self.handle.setopt
        set_option(pycurl.TIMEOUT_MS, max(int(self._timeout_s * 1000), 1))
        set_option(pycurl.HTTPHEADER, [*COMMON_HEADERS, *request.headers])
        set_option(pycurl.HTTP_VERSION, VERSIONS[request.http_version])
        if request.follow_redirects:
            set_option(pycurl.FOLLOWLOCATION, 1)
            set_option(pycurl.MAXREDIRS, request.follow_redirects)
        if request.wants_headers:
            set_option(pycurl.HEADERFUNCTION, self._on_header)
        if request.user:
            set_option(pycurl.HTTPAUTH, pycurl.HTTPAUTH_ANY)
            set_option(pycurl.USERNAME, request.user)
            set_option(pycurl.PASSWORD, request.password)
        self._set_method()
        self._set_trust()

    def _set_fixed(self) -> None:
        """What holds for every request."""
        for option, value in self._fixed():
            self.handle.setopt(option, value)

    def _fixed(self) -> tuple[tuple[int, Any], ...]:
        return (
            (pycurl.NOSIGNAL, 1),
            (pycurl.PROTOCOLS, WEB_ONLY),
            (pycurl.REDIR_PROTOCOLS, WEB_ONLY),
            (pycurl.PROXY, ""),
            (pycurl.USERAGENT, f"Beheer/{__version__}"),
            (pycurl.FORBID_REUSE, 1),
            (pycurl.FRESH_CONNECT, 1),
            (pycurl.DNS_CACHE_TIMEOUT, 0),
            (pycurl.SSL_SESSIONID_CACHE, 0),
            (pycurl.TCP_NODELAY, 0),  # without a body everything is sent at once; one system call less
            (pycurl.OPENSOCKETFUNCTION, self._on_open),
            (pycurl.WRITEFUNCTION, self._on_body),
        )

    def _set_method(self) -> None:
        request = self._request
        if request.method == "HEAD":
            self.handle.setopt(pycurl.NOBODY, 1)
        elif request.body is not None:
            self.handle.setopt(pycurl.POST, 1)
            self.handle.setopt(pycurl.TCP_NODELAY, 1)
            self.handle.setopt(pycurl.POSTFIELDS, request.body)
        if request.method not in ("GET", "HEAD", "POST"):
            self.handle.setopt(pycurl.CUSTOMREQUEST, request.method)

    def _set_trust(self) -> None:
        if not self._request.verify_tls:
            self.handle.setopt(pycurl.SSL_VERIFYPEER, 0)
            self.handle.setopt(pycurl.SSL_VERIFYHOST, 0)
        elif self._request.ca_pem:
            self.handle.setopt(pycurl.CAINFO_BLOB, self._request.ca_pem.encode())
        elif CA_FILE:
            self.handle.setopt(pycurl.CAINFO, CA_FILE)

    def _on_open(self, purpose: int, address: Any) -> Any:
        """libcurl wants a socket to `address`; this is where the allow-list speaks."""
        family, kind, protocol, place = address
        refusal = self._allow_list.refusal(place[0])
        if refusal:
            self._refused = refusal
            return pycurl.SOCKET_BAD
        try:
            return _Socket(family, kind, protocol)
        except OSError as error:
            self._refused = f"this agent cannot open a socket: {error.strerror}"
            return pycurl.SOCKET_BAD

    def _on_body(self, data: bytes) -> int | None:
        size = len(data)
        if size <= self._room:
            self._body.append(data)
            self._room -= size
            return None
        self._body.append(data[: self._room])
        self._room, self._is_cut = 0, True
        return 0

    def _on_header(self, line: bytes) -> None:
        text = line.decode("latin-1").strip()
        if text.startswith("HTTP/"):
            self._headers.clear()
        elif text and len(self._headers) < 200:
            self._headers.append(text)

    def answer(self, code: int, text: str) -> UrlAnswer:
        """What came of it; `code` and `text` are libcurl's, 0 when all went well."""
        ask = self.handle.getinfo
        answer = UrlAnswer(
            status=ask(pycurl.RESPONSE_CODE),
            body=b"".join(self._body),
            body_cut=self._is_cut,
            headers=tuple(self._headers),
            url=ask(pycurl.EFFECTIVE_URL),
            address=ask(pycurl.PRIMARY_IP),
            content_type=ask(pycurl.CONTENT_TYPE) or "",
            redirects=ask(pycurl.REDIRECT_COUNT),
            dns_at_s=ask(pycurl.NAMELOOKUP_TIME),
            connected_at_s=ask(pycurl.CONNECT_TIME),
            tls_at_s=ask(pycurl.APPCONNECT_TIME),
            first_byte_at_s=ask(pycurl.STARTTRANSFER_TIME),
            total_s=ask(pycurl.TOTAL_TIME),
        )
        if code and not (self._is_cut and code == pycurl.E_WRITE_ERROR):
            answer.error = self._error(code, text, answer)
            if self._refused and code == pycurl.E_COULDNT_CONNECT:
                answer.refused = self._refused
        return answer

    def _error(self, code: int, text: str, answer: UrlAnswer) -> str:
        host = answer.url.split("://")[-1].split("/")[0]
        if code == pycurl.E_COULDNT_RESOLVE_HOST:
            return f"unknown host: {host}"
        if code == pycurl.E_COULDNT_CONNECT:
            number = self.handle.getinfo(pycurl.OS_ERRNO)
            reason = "connection refused" if number == errno.ECONNREFUSED else os.strerror(number).lower()
            return f"{reason}: {host}" if number else text
        if code == pycurl.E_TOO_MANY_REDIRECTS:
            return f"more than {self._request.follow_redirects} redirects, the last to {answer.url[:200]}"
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return f"timed out after {self._timeout_s:g} s {_phase(answer)}"
        return text or pycurl.Curl().errstr() or f"libcurl error {code}"


def _phase(answer: UrlAnswer) -> str:
    """What it was waiting for when time was up."""
    if answer.status:
        return f"while reading the body, {len(answer.body)} bytes had come"
    if answer.connected_at_s:
        is_secure = answer.url.lower().startswith("https")
        return (
            "during the TLS handshake" if is_secure and not answer.tls_at_s else "while waiting for an answer"
        )
    return "while connecting" if answer.dns_at_s else "while looking the name up"
