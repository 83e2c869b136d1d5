"""Files that are added to work: checked by their bytes, and kept once under their digest."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from django.conf import settings

from beheer.lib.errors import InputError, NotFound, Problem

LARGEST_BYTES = 25 * 1024 * 1024
# First bytes → type. What begins otherwise is taken as text if it is text, and refused if not.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"),
    (b"\x0a\x0d\x0d\x0a", "application/x-pcapng"),
    (b"ElfFile\x00", "application/x-windows-event-log"),
)
# The same where a length comes first: (place, bytes, type).
_FURTHER: tuple[tuple[int, bytes, str], ...] = (
    (8, b"WEBP", "image/webp"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftyp", "video/mp4"),
)
_CONTROL = frozenset(range(32)) - set(b"\t\n\r\f\x1b")
_HARMFUL = (".exe", ".com", ".scr", ".bat", ".cmd", ".js", ".vbs", ".ps1", ".jar", ".msi", ".lnk", ".hta")


def required_type(name: str, content: bytes) -> str:
    """The media type of a file that may be kept.

    Raises: InputError for a file that is empty, too big, a program, or of no known type.
    """
    if not content:
        raise InputError(Problem("The file is empty.", "file", "Choose another."))
    if len(content) > LARGEST_BYTES:
        limit = LARGEST_BYTES // 1024 // 1024
        raise InputError(
            Problem(f"The file is larger than {limit} MB.", "file", "Put it elsewhere, and link it.")
        )
    if name.lower().endswith(_HARMFUL) or content[:2] == b"MZ" or content[:4] == b"\x7fELF":
        raise InputError(
            Problem("Programs are not kept with work.", "file", "Put it elsewhere, and link it.")
        )
    for beginning, media_type in _BEGINNINGS:
        if content.startswith(beginning):
            return media_type
    for place, signs, media_type in _FURTHER:
        if content[place : place + len(signs)] == signs:
            return media_type
    if not _is_text(content):
        message = "This is neither text nor an image, PDF, office document or archive."
        raise InputError(Problem(message, "file", "Put it in a .zip, or link it."))
    return "text/plain"


def _is_text(content: bytes) -> bool:
    """Whether it reads as text: UTF-8, UTF-16 with its mark, or eight bits a letter as Windows writes its logs."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8"] if _CONTROL & set(content) else ["utf-8", "cp1252"]
    for encoding in encodings:
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def folder() -> Path:
    """Where the files stand."""
    return Path(settings.MEDIA_ROOT) / "work"


def keep(content: bytes) -> str:
    """Write the file, synced, under its digest, unless it is there. Gives the digest."""
    digest = hashlib.sha256(content).hexdigest()
    path = folder() / digest[:2] / digest
    if path.exists():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{digest}.{os.getpid()}.part")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    return digest


def content_of(digest: str) -> bytes:
    """The bytes of a kept file.

    Raises: NotFound.
    """
    path = folder() / digest[:2] / digest
    if not path.exists():
        raise NotFound("The file is not there any more.")
    return path.read_bytes()
