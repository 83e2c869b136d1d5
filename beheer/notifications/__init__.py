"""Tells people and programs what happened: channels, one file per kind, and an outbox."""
