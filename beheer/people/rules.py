"""Decisions about people that need only plain values."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """A fresh token: `bhr_` and 43 characters, 256 bits of chance."""
    return f"bhr_{secrets.token_urlsafe(32)}"


def token_hash(token: str) -> str:
    """What is kept of a token: SHA-256 in hex. The token itself is long and random, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
