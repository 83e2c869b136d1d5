"""How one entry of the audit trail follows from the one before it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any


def entry_hash(
    *,
    previous_hash: str,
    at: datetime,
    actor_id: int | None,
    actor_name: str,
    verb: str,
    subject: str,
    changes: dict[str, Any],
) -> str:
    """SHA-256, in hex, over the previous hash and the canonical JSON of the entry (`at` in UTC, to the microsecond)."""
    content = {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_id": actor_id,
        "actor_name": actor_name,
        "verb": verb,
        "subject": subject,
        "changes": changes,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous_hash}\n{text}".encode()).hexdigest()
