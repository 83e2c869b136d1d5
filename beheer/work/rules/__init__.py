"""Decisions of this practice, on plain values: no Django, no store, no clock."""
