"""Decisions of monitoring that need only plain values: what is confirmed, what flaps, what follows for a service."""
