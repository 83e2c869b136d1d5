"""Measurements of speed, side by side with peers; each says how to run it."""
