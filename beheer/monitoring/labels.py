"""What settings are called on a screen, from their names in code. No Django."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "url": "URL", "ca": "CA", "pem": "PEM", "tls": "TLS", "http": "HTTP", "json": "JSON", "tcp": "TCP", "dns": "DNS",
    "ip": "IP", "ttl": "TTL", "id": "ID",
}  # fmt: skip
UNITS: dict[str, str] = {"s": "seconds", "bytes": "bytes", "days": "days", "mb": "MB"}


def label_of(name: str) -> str:
    """`follow_redirects` → "Follow redirects", `max_run_s` → "Max run (seconds)", `verify_tls` → "Verify TLS"."""
    parts = name.split("_")
    unit = f" ({UNITS[parts.pop()]})" if len(parts) > 1 and parts[-1] in UNITS else ""
    text = " ".join(WORDS.get(part, part) for part in parts)
    return text[:1].upper() + text[1:] + unit
