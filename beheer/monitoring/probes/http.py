"""HTTP and HTTPS: status, body, JSON values, redirects, and the time of each phase."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from beheer.monitoring.contract import (
    Kind,
    Observation,
    Settings,
    UrlAnswer,
    UrlRequest,
    Value,
    secret,
)
from beheer.monitoring.formats import json_path

_URL_HELP = "The whole address, starting with http:// or https://."


def checked_url(url: str) -> str:
    """`url` where it is one that probes can fetch.

    Raises: ValueError saying what is wrong with it.
    """
    scheme, mark, rest = url.partition("://")
    if not mark or scheme.lower() not in ("http", "https"):
        raise ValueError(
            "write a whole address that starts with http:// or https://; other schemes are refused"
        )
    authority = rest.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    if not authority or any(sign <= " " or sign == "\x7f" for sign in url):
        raise ValueError("the address has no host, or holds a space")
    if "@" in authority:
        raise ValueError("a user and password do not belong in the address; use the fields user and password")
    return url


class UrlSettings(Settings):
    """What every check that fetches a URL may be told."""

    url: str = Field(description=_URL_HELP, max_length=4_000)
    headers: dict[str, str] = Field({}, description="Headers to send, by name.")
    secret_headers: dict[str, str] = secret("More headers, whose values must not be seen, by name.", {})
    user: str = Field("", description="User for Basic or Digest sign-in; the server chooses which.")
    password: str = secret("Password of that user.")
    bearer_token: str = secret("Token to send as 'Authorization: Bearer …'.")
    follow_redirects: int = Field(5, ge=0, le=20, description="How many redirects to follow; 0 follows none.")
    verify_tls: bool = Field(
        True, description="Whether the certificate must be valid for the name. Switch off with care."
    )
    ca_pem: str = Field(
        "", description="Certificates (PEM) to trust instead of those of the agent's machine."
    )

    @field_validator("url")
    @classmethod
    def _url(cls, url: str) -> str:
        return checked_url(url)

    @field_validator("headers", "secret_headers")
    @classmethod
    def _headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not name or any(sign in name + value for sign in "\r\n\x00") or ":" in name or " " in name:
                raise ValueError(f"'{name}' is no header: a name has no spaces or colon, a value is one line")
        return headers

    def header_lines(self) -> tuple[str, ...]:
        """Headers as libcurl takes them; a header without a value is sent empty."""
        headers = {**self.headers, **self.secret_headers}
        lines = [f"{name}: {value}" if value else f"{name};" for name, value in headers.items()]
        if self.bearer_token:
            lines.append(f"Authorization: Bearer {self.bearer_token}")
        return tuple(lines)


class HttpSettings(UrlSettings):
    """What a check of a web page or web service asks, and what it takes from the answer."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(
        "GET", description="Method."
    )
    body: str = Field("", description="Body to send.", max_length=1_000_000)
    max_body_bytes: int = Field(
        1_048_576, ge=0, le=67_108_864, description="Reading stops here; what came before it is judged."
    )
    http_version: Literal["any", "1.1", "2"] = Field("1.1", description="HTTP version to ask for.")
    json_values: dict[str, str] = Field(
        {},
        alias="json",
        description="Values to take from a JSON body: your own name, and a path such as $.queue.length().",
    )

    @field_validator("json_values")
    @classmethod
    def _paths(cls, paths: dict[str, str]) -> dict[str, str]:
        for path in paths.values():
            json_path.steps(path)
        return paths

    @model_validator(mode="after")
    def _body_fits(self) -> HttpSettings:
        if self.body and self.method in ("GET", "HEAD"):
            raise ValueError(
                f"{self.method} sends no body; choose POST, PUT or PATCH, or leave the body empty"
            )
        return self


def request(settings: HttpSettings) -> UrlRequest:
    """What the engine must fetch for these settings."""
    return UrlRequest(
        url=settings.url,
        method=settings.method,
        headers=settings.header_lines(),
        body=settings.body.encode() if settings.body or settings.method in ("POST", "PUT", "PATCH") else None,
        follow_redirects=settings.follow_redirects,
        max_body_bytes=settings.max_body_bytes,
        verify_tls=settings.verify_tls,
        ca_pem=settings.ca_pem,
        user=settings.user,
        password=settings.password,
        http_version=settings.http_version,
    )


def read(settings: HttpSettings, answer: UrlAnswer) -> Observation:
    """What the answer says: status, phases, size, texts, JSON values."""
    seen = seen_in(answer)
    if settings.json_values and not seen.error and not seen.not_measured:
        _take_json(settings.json_values, seen)
    return seen


def seen_in(answer: UrlAnswer) -> Observation:
    """Status, phases, size and texts of an answer, or why there is none."""
    if answer.refused:
        return Observation(not_measured=answer.refused)
    metrics = _phases(answer)
    if answer.error:
        return Observation(metrics=metrics, error=answer.error)
    metrics["status"] = float(answer.status)
    metrics["body_bytes"] = float(len(answer.body))
    metrics["body_cut"] = float(answer.body_cut)
    metrics["redirects"] = float(answer.redirects)
    texts = {
        "body": _text(answer),
        "url": answer.url,
        "address": answer.address,
        "content_type": answer.content_type,
    }
    texts.update(_header_texts(answer.headers))
    message = f"HTTP {answer.status} in {answer.total_s * 1000:.0f} ms"
    if answer.body_cut:
        message += f", body cut at {len(answer.body)} bytes"
    return Observation(message, metrics, texts)


def _phases(answer: UrlAnswer) -> dict[str, float]:
    """Seconds of each phase by itself; a phase that was not reached is left out."""
    metrics = {"total_s": answer.total_s}
    if answer.connected_at_s:
        metrics["dns_s"] = answer.dns_at_s
        metrics["connect_s"] = max(answer.connected_at_s - answer.dns_at_s, 0.0)
    if answer.tls_at_s:
        metrics["tls_s"] = max(answer.tls_at_s - answer.connected_at_s, 0.0)
    if answer.first_byte_at_s and answer.status:
        ready = max(answer.connected_at_s, answer.tls_at_s)
        metrics["ttfb_s"] = max(answer.first_byte_at_s - ready, 0.0)
        metrics["transfer_s"] = max(answer.total_s - answer.first_byte_at_s, 0.0)
    return metrics


def _text(answer: UrlAnswer) -> str:
    charset = answer.content_type.partition("charset=")[2].split(";")[0].strip(" \"'") or "utf-8"
    try:
        return answer.body.decode(charset, "replace")
    except LookupError:
        return answer.body.decode("utf-8", "replace")


def _header_texts(lines: tuple[str, ...]) -> dict[str, str]:
    """`header[name]` with names in small letters; of a header that comes twice the values with a comma
    between.
    """
    texts: dict[str, str] = {}
    for line in lines:
        name, mark, value = line.partition(":")
        if mark:
            key = f"header[{name.strip().lower()}]"
            texts[key] = f"{texts[key]}, {value.strip()}" if key in texts else value.strip()
    return texts


def _take_json(paths: Mapping[str, str], seen: Observation) -> None:
    """Put the JSON values into `seen`: numbers as figures, texts as texts, true and false as both."""
    try:
        document = json.loads(seen.texts["body"])
    except (ValueError, RecursionError):
        seen.error = "the body is no JSON" + (" (it was cut)" if seen.metrics["body_cut"] else "")
        return
    for name, path in paths.items():
        try:
            value: Any = json_path.pick(document, path)
        except LookupError:
            continue
        if isinstance(value, (bool, int, float)):
            seen.metrics[f"json[{name}]"] = float(min(max(value, -1e300), 1e300))
        if isinstance(value, (bool, str)) or value is None:
            seen.texts[f"json[{name}]"] = value if isinstance(value, str) else json.dumps(value)


def _declared(settings: HttpSettings) -> Mapping[str, Collection[str]]:
    return {"json": settings.json_values.keys()}


PHASES = (
    Value("total_s", "s", "Whole run, redirects included"),
    Value("dns_s", "s", "Looking the name up"),
    Value("connect_s", "s", "Making the connection"),
    Value("tls_s", "s", "TLS handshake; only with https"),
    Value("ttfb_s", "s", "From the connection to the first byte of the answer"),
    Value("transfer_s", "s", "From the first byte to the last"),
)

KIND = Kind(
    key="http",
    title="HTTP(S)",
    summary="Fetches a page or calls a web service, and judges status, contents and speed.",
    settings=HttpSettings,
    values=(
        Value("status", "", "Status code of the last answer"),
        *PHASES,
        Value("body_bytes", "bytes", "Size of the body that was read"),
        Value("body_cut", "", "1 when the body was longer than max_body_bytes, else 0"),
        Value("redirects", "count", "Redirects that were followed"),
        Value("body", "", "The body", "text"),
        Value("url", "", "The address of the last answer", "text"),
        Value("address", "", "The network address that answered", "text"),
        Value("content_type", "", "The Content-Type", "text"),
        Value(
            "header", "", "A header of the last answer, by its name in small letters", "text", each="header"
        ),
        Value("json", "", "A value taken from the JSON body", "either", each="name of your own"),
    ),
    conditions={"down": ("status < 200", "status >= 400")},
    request=request,
    read=read,
    declared=_declared,
)
