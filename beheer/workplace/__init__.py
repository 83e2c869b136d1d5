"""Workplace."""
