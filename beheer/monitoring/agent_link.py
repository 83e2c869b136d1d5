"""The agent's line to its server: asks for checks, delivers batches. Blocks, so it is used from threads of its own."""

from __future__ import annotations

import gzip
import http.client
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pydantic

from beheer import __version__
from beheer.lib.errors import InputError, Problem
from beheer.monitoring.wire import BATCHES_PATH, CHECKS_PATH, BatchAnswer, CheckList

ANSWER_LIMIT = 256 * 2**20
TRY_AGAIN = frozenset({401, 403, 404, 408, 409, 425, 429})


class LinkFailed(Exception):  # told in the log, tried again
    """The server could not be reached or did not take it now; the text says why."""


class Refused(Exception):  # told in the log, set aside
    """The server will never take this batch; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server is and how the agent proves who it is.

    `token_file`: read again when the server does not know the token any more; None where it came another way.
    """

    url: str
    token: str
    token_file: Path | None = None
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        """Raises: InputError where the address is none."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            remedy = "Write it as https://beheer.example.org."
            raise InputError(Problem(f"'{self.url}' is no address of a server.", "--server", remedy))


class Link:
    """One connection to the server, kept open; use each from one thread only."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._base = urlsplit(server.url).path.rstrip("/")
        self._token = server.token
        self._connection: http.client.HTTPConnection | None = None

    def checks(self, version: str | None) -> CheckList | None:
        """The checks of this agent; None where they still are those of `version`.

        Raises: LinkFailed.
        """
        headers = {"If-None-Match": f'"{version}"'} if version else {}
        status, body = self._ask("GET", CHECKS_PATH, None, headers)
        if status == 304:
            return None
        if status != 200:
            raise LinkFailed(_reason(status, body))
        try:
            return CheckList.model_validate_json(body)
        except pydantic.ValidationError as error:
            raise LinkFailed(f"the list of checks cannot be read: {error.errors()[0]['msg']}") from error

    def deliver(self, batch_id: UUID, body: bytes) -> BatchAnswer:
        """Deliver one batch (JSON). When this returns, the server has it on its disk.

        Raises: LinkFailed, to be tried again; Refused, not to be.
        """
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        status, answer = self._ask("POST", f"{BATCHES_PATH}{batch_id}", gzip.compress(body, 1), headers)
        if status in (200, 201):
            return _answer(answer, batch_id)
        if 400 <= status < 500 and status not in TRY_AGAIN:
            raise Refused(_reason(status, answer))
        raise LinkFailed(_reason(status, answer))

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        """One question; where the token was renewed in its file, asked again with that."""
        status, answer = self._ask_once(method, path, body, headers)
        if status == 401 and self._has_new_token():
            status, answer = self._ask_once(method, path, body, headers)
        return status, answer

    def _has_new_token(self) -> bool:
        place = self._server.token_file
        if place is None:
            return False
        try:
            token = place.read_text().strip()
        except OSError:
            return False
        if not token or token == self._token:
            return False
        self._token = token
        return True

    def _ask_once(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        """One question; a connection that the server closed meanwhile is made anew, once."""
        whole = {
            "Authorization": f"Bearer {self._token}",
            "User-Agent": f"Beheer-agent/{__version__}",
            **headers,
        }
        for is_last in (False, True):
            is_new = self._connection is None
            try:
                connection = self._connect()
                connection.request(method, self._base + path, body, whole)
                response = connection.getresponse()
                return response.status, response.read(ANSWER_LIMIT)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if is_last or is_new:
                    raise LinkFailed(f"{self._server.url}: {error or type(error).__name__}") from error
        raise AssertionError("unreachable")

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            parts = urlsplit(self._server.url)
            assert parts.hostname is not None
            if parts.scheme == "https":
                context = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(
                    parts.hostname, parts.port, timeout=self._server.timeout_s, context=context
                )
            else:
                self._connection = http.client.HTTPConnection(
                    parts.hostname, parts.port, timeout=self._server.timeout_s
                )
        return self._connection

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _answer(body: bytes, batch_id: UUID) -> BatchAnswer:
    """What the server says; only an answer about this very batch counts, so that no proxy can answer for it."""
    try:
        answer = BatchAnswer.model_validate_json(body)
    except pydantic.ValidationError as error:
        raise LinkFailed(
            "the answer to a batch cannot be read; is this the address of a Beheer server?"
        ) from error
    if answer.batch_id != batch_id:
        raise LinkFailed("the server answered about another batch")
    return answer


def _reason(status: int, body: bytes) -> str:
    hints = {
        401: "the token is not known",
        403: "the token may not do this",
        404: "no agents are served there",
    }
    said = body[:300].decode("utf-8", "replace").strip()
    return f"HTTP {status}{', ' + hints[status] if status in hints else ''}{': ' + said if said else ''}"
