"""A POST of signed JSON to a web address."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

import pycurl
from django.conf import settings as django_settings
from django.utils.translation import gettext_lazy

from beheer import __version__
from beheer.lib.allow_lists import WEBHOOKS, AllowList
from beheer.lib.errors import InputError, Problem
from beheer.notifications.channels.envelope import DeliveryFailed, Envelope, Note
from beheer.notifications.rules import signature

TIMEOUT_S = 10
LONGEST_ANSWER_BYTES = 65_536


class Webhook:
    """A POST whose body is signed with the channel's secret. Redirects are not followed."""

    key = "webhook"
    title = gettext_lazy("webhook")
    needs_secret = True

    def check(self, settings: Mapping[str, Any], *, has_person: bool) -> dict[str, Any]:
        """`url`: an http or https address without user name and password."""
        url = str(settings.get("url") or "").strip()
        _split(url)
        return {"url": url}

    def target(self, settings: Mapping[str, Any], address: str) -> str:
        """Host and path only: what stands behind the question mark may be a secret."""
        parts = urlsplit(str(settings.get("url", "")))
        return f"{parts.scheme}://{parts.netloc}{parts.path}"

    def send(self, envelope: Envelope) -> None:
        """Send one POST with all messages; an answer of 200 to 299 means that it arrived. Raises: DeliveryFailed."""
        url = str(envelope.settings["url"])
        body = json.dumps(payload(envelope), ensure_ascii=False).encode()
        stamp = str(int(envelope.now.timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"Beheer/{__version__}",
            "X-Beheer-Delivery": envelope.id,
            "X-Beheer-Timestamp": stamp,
            "X-Beheer-Signature": signature(secret=envelope.secret, timestamp=stamp, body=body),
        }
        status = _post(url, _pinned(url), body, headers)
        if not 200 <= status < 300:
            raise DeliveryFailed(f"the other side answered {status}")


def payload(envelope: Envelope) -> dict[str, Any]:
    """The JSON of a POST; docs/how-to/notifications.md describes it."""
    return {
        "version": 1,
        "id": envelope.id,
        "sent_at": envelope.now.isoformat(),
        "messages": [_as_json(note) for note in envelope.notes],
    }


def _as_json(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "event": note.event,
        "subject": note.subject,
        "key": note.key,
        "title": note.title,
        "body": note.body,
        "severity": note.severity,
        "service": note.service_key or None,
        "team": note.team_key or None,
        "url": note.url,
        "created_at": note.created_at.isoformat(),
    }


def _split(url: str) -> SplitResult:
    """Raises: InputError where it is no address that a webhook may have."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # reading it checks it
    except ValueError as error:
        raise InputError(Problem(f"This is no web address: {error}.", "url", "Check it.")) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError(Problem("This is no web address.", "url", "Write it as https://example.org/path."))
    if parts.username or parts.password:
        raise InputError(
            Problem("User name and password may not stand in the address.", "url", "Use the secret.")
        )
    return parts


def _pinned(url: str) -> list[str]:
    """What curl takes the host's name for: the addresses that were judged, so that it cannot change meanwhile.

    Raises: DeliveryFailed where none may be reached.
    """
    parts = _split(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise DeliveryFailed(f"the name {host} cannot be resolved: {error.strerror or error}") from error
    listed = AllowList(["any", *django_settings.WEBHOOK_ALLOW], whose=WEBHOOKS)
    found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    addresses = [address for address in found if not listed.refusal(address)]
    if not addresses:
        raise DeliveryFailed(listed.refusal(found[0]))
    if host in addresses:
        return []
    return [f"{host}:{port}:{','.join(f'[{one}]' if ':' in one else one for one in addresses)}"]


def _post(url: str, resolve: list[str], body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer. Raises: DeliveryFailed."""
    received = 0

    def take(chunk: bytes) -> int | None:
        nonlocal received
        received += len(chunk)
        return None if received <= LONGEST_ANSWER_BYTES else 0

    curl = pycurl.Curl()
    try:
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.RESOLVE, resolve)
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.POSTFIELDS, body)
        curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers.items()] + ["Expect:"])
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.CONNECTTIMEOUT, TIMEOUT_S)
        curl.setopt(pycurl.TIMEOUT, TIMEOUT_S)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.WRITEFUNCTION, take)
        curl.perform()
        return int(curl.getinfo(pycurl.RESPONSE_CODE))
    except pycurl.error as error:
        code, text = error.args[0], error.args[1]
        if code == pycurl.E_WRITE_ERROR and received > LONGEST_ANSWER_BYTES:
            return int(curl.getinfo(pycurl.RESPONSE_CODE))
        raise DeliveryFailed(str(text)) from error
    finally:
        curl.close()
