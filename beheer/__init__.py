"""Beheer: the working place of an ICT administration team."""

__version__ = "0.1.0"
