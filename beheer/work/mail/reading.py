"""What one mail says. Pure: bytes in, values out; a broken mail gives what can be read of it, never an exception."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser

NUMBER = re.compile(r"\[([A-Z]{2,6}-\d{4}-\d{5,})\]")
MESSAGE_ID = re.compile(r"<[^<>\s]+>")
AUTOMATIC_PRECEDENCE = {"bulk", "junk", "list", "auto_reply"}
AUTOMATIC_SENDERS = re.compile(
    r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounce)[^@]*@", re.IGNORECASE
)

# How programs introduce what they quote: Dutch, English, German and French Gmail and Apple Mail, and Outlook's block.
_ATTRIBUTION = re.compile(
    r"^\s*(?:"
    r"(?:Op|On|Am|Le)\s.{3,200}?(?:schreef|wrote|schrieb|a écrit)\b.{0,200}?:"
    r"|-{2,}\s*(?:Oorspronkelijk bericht|Original Message|Ursprüngliche Nachricht|Forwarded message)\s*-{2,}"
    r"|_{10,}"
    r"|(?:\*|)(?:Van|From|Von|De)(?:\*|)\s?:.{1,200}\n(?:.{1,200}\n){0,3}?(?:\*|)(?:Verzonden|Sent|Date|Datum|Gesendet|Aan|To)(?:\*|)\s?:.*"
    r")\s*$",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_PREFIX = re.compile(r"^\s*(re|antw|aw|fw|fwd|doorgestuurd|betr)\s*(\[\d+\])?\s*:\s*", re.IGNORECASE)
_QUOTED = re.compile(r"^\s*>")


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """What was read of one mail. `refers_to` has the Message-IDs it answers, the nearest first; `number` an item's."""

    message_id: str
    refers_to: tuple[str, ...]
    number: str
    from_name: str
    from_address: str
    subject: str
    text: str
    files: tuple[File, ...]
    is_automatic: bool
    is_bounce: bool
    is_own: bool
    failed_authentication: bool


def read_mail(raw: bytes, *, own_mark: str) -> Mail:
    """Read one mail as it came. `own_mark` is what our own mails carry in `X-Beheer`: such a one has come round."""
    message = email.message_from_bytes(
        raw, policy=email.policy.default.clone(utf8=True, raise_on_defect=False)
    )
    assert isinstance(message, EmailMessage)
    name, address = _sender(message)
    subject = _header(message, "Subject")
    found = NUMBER.search(subject)
    return Mail(
        message_id=_one_id(_header(message, "Message-ID")),
        refers_to=_references(message),
        number=found.group(1) if found else "",
        from_name=name,
        from_address=address.lower(),
        subject=_plain_subject(subject),
        text=without_quotes(_text(message)),
        files=tuple(_files(message)),
        is_automatic=_is_automatic(message, address),
        is_bounce=_is_bounce(message),
        is_own=_header(message, "X-Beheer") == own_mark,
        failed_authentication=_failed_authentication(message),
    )


def without_quotes(text: str) -> str:
    """The new words of a reply: cut at the first introduction of a quote; lines that quote at the end go too.

    A text that would have nothing left stays whole, so that no words are lost.
    """
    found = _ATTRIBUTION.search(text)
    kept = text[: found.start()] if found else text
    lines = kept.rstrip().split("\n")
    while lines and (_QUOTED.match(lines[-1]) or not lines[-1].strip()):
        lines.pop()
    return "\n".join(lines).strip() or text.strip()


def _header(message: EmailMessage, name: str) -> str:
    """A header as text on one line; what cannot be decoded is replaced, and a header too broken to read is empty."""
    try:
        value = str(message.get(name, ""))
    except (ValueError, IndexError, LookupError, AttributeError):
        return ""
    clean = value.encode("utf-8", "replace").decode("utf-8", "replace")
    return " ".join(clean.replace("\x00", "").split())


def _sender(message: EmailMessage) -> tuple[str, str]:
    try:
        header = message["From"]
        if isinstance(header, AddressHeader) and header.addresses:
            first = header.addresses[0]
            return first.display_name, first.addr_spec
    except (ValueError, IndexError, LookupError, AttributeError):
        pass
    return parseaddr(_header(message, "From"))


def _one_id(text: str) -> str:
    found = MESSAGE_ID.search(text)
    return found.group(0) if found else ""


def _references(message: EmailMessage) -> tuple[str, ...]:
    answers = MESSAGE_ID.findall(_header(message, "In-Reply-To"))
    thread = MESSAGE_ID.findall(_header(message, "References"))
    returned = _returned(message) if _is_bounce(message) else []
    return tuple(dict.fromkeys([*answers, *reversed(thread), *returned]))


def _returned(message: EmailMessage) -> list[str]:
    """The Message-IDs of the mails that a report of failed delivery carries along, whole or by their headers."""
    found = []
    for part in message.walk():
        if part is message or not isinstance(part, EmailMessage):
            continue
        if part.get_content_type() == "text/rfc822-headers":
            head = re.search(r"^Message-ID:\s*(<[^<>\s]+>)", _decoded(part), re.IGNORECASE | re.MULTILINE)
            found += [head.group(1)] if head else []
        elif one := _one_id(_header(part, "Message-ID")):
            found.append(one)
    return found


def _plain_subject(subject: str) -> str:
    """The subject without Re:, Antw:, Fwd: and our own number."""
    plain = NUMBER.sub("", subject)
    while True:
        shorter = re.sub(
            r"^\s*(re|antw|aw|fw|fwd|doorgestuurd|betr)\s*(\[\d+\])?\s*:\s*", "", plain, flags=re.IGNORECASE
        )
        if shorter == plain:
            return plain.strip()
        plain = shorter


def _is_automatic(message: EmailMessage, address: str) -> bool:
    """Whether nobody wrote this: answers to it would only make more of the same (RFC 3834)."""
    return (
        _header(message, "Auto-Submitted").lower() not in ("", "no")
        or _header(message, "Precedence").lower() in AUTOMATIC_PRECEDENCE
        or bool(
            _header(message, "X-Autoreply")
            or _header(message, "X-Autorespond")
            or _header(message, "List-Id")
        )
        or "autoreply" in _header(message, "X-Auto-Response-Suppress").lower().split(", ")
        or AUTOMATIC_SENDERS.match(address) is not None
        or _is_bounce(message)
    )


def _is_bounce(message: EmailMessage) -> bool:
    kind = message.get_content_type()
    report = str(message.get_param("report-type", "")).lower()
    return _header(message, "Return-Path") == "<>" or (
        kind == "multipart/report" and report == "delivery-status"
    )


def _failed_authentication(message: EmailMessage) -> bool:
    """Whether the server that took it in found that the sender is not who it says (RFC 8601, topmost header)."""
    results = _header(message, "Authentication-Results").lower()
    if "dmarc=" in results:
        return "dmarc=fail" in results
    return "spf=fail" in results and "dkim=pass" not in results


def _text(message: EmailMessage) -> str:
    """The text that was written: the plain part, else the HTML one as text."""
    try:
        part = message.get_body(preferencelist=("plain", "html"))
    except (ValueError, KeyError, AttributeError):
        part = None
    if not isinstance(part, EmailMessage):
        return ""
    text = _decoded(part).replace("\r\n", "\n").replace("\x00", "")
    if part.get_content_type() != "text/html":
        return text
    reader = _Words()
    reader.feed(text)
    reader.close()
    return reader.text()


def _decoded(part: EmailMessage) -> str:
    """A part's text; an unknown or wrong encoding is read as UTF-8, then as Windows-1252, and never fails."""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    for charset in (part.get_content_charset(), "utf-8", "cp1252"):
        try:
            return raw.decode(charset or "utf-8")
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("utf-8", "replace")


def _files(message: EmailMessage) -> Iterator[File]:
    for number, part in enumerate(message.walk(), 1):
        if part.is_multipart() or not isinstance(part, EmailMessage):
            continue
        try:
            name = part.get_filename() or ""
        except (ValueError, LookupError, AttributeError):
            name = ""
        is_picture = part.get_content_maintype() == "image"  # pasted into the text, often without a name
        if part.get_content_disposition() == "attachment" or name or is_picture:
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else b""
            media_type = part.get_content_type()
            named = name or (
                f"image-{number}.{part.get_content_subtype().partition('+')[0]}" if is_picture else ""
            )
            yield File(_file_name(named, number), media_type, content)


def _file_name(name: str, number: int) -> str:
    """A name without folders and control characters."""
    bare = re.sub(r"[\x00-\x1f\x7f]", "", name).replace("\\", "/").rsplit("/", 1)[-1].strip(". ")
    return bare[:150] or f"file-{number}"


class _Words(HTMLParser):
    """The words of an HTML mail, a block a line, with the addresses of links; style and script are left out."""

    BLOCKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "blockquote", "table", "hr"})
    CELLS = frozenset({"td", "th"})
    SILENT = frozenset({"style", "script", "head", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._silent = 0
        self._quotes = 0
        self._link: tuple[str, int] | None = None  # the address, and where its words begin

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins a new line; a quote is marked as mail programs do in text."""
        self._silent += tag in self.SILENT
        self._quotes += tag == "blockquote"
        if tag == "a":
            self._link = (dict(attrs).get("href") or "", len(self._parts))
        if tag in self.CELLS:
            self._parts.append(" ")
        if tag in self.BLOCKS:
            self._parts.append("\n" + "> " * self._quotes)

    def handle_endtag(self, tag: str) -> None:
        """A block's end ends its line."""
        if tag == "a":
            self._close_link()
        self._silent = max(0, self._silent - (tag in self.SILENT))
        self._quotes = max(0, self._quotes - (tag == "blockquote"))
        if tag in self.BLOCKS and tag != "br":
            self._parts.append("\n" + "> " * self._quotes)

    def _close_link(self) -> None:
        """The address behind the words of a link, where they do not say it themselves."""
        if self._link is None:
            return
        address, begin = self._link
        words = "".join(self._parts[begin:]).strip()
        bare = re.sub(r"^https?://", "", address).rstrip("/")
        if re.match(r"https?://", address) and words and bare not in words and not self._silent:
            self._parts.append(f" ({address})")
        self._link = None

    def handle_data(self, data: str) -> None:
        """Words, with white space folded."""
        if not self._silent:
            self._parts.append(re.sub(r"\s+", " ", data))

    def text(self) -> str:
        """All of it, with no more than one empty line in a row."""
        lines = [line.strip() for line in "".join(self._parts).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
