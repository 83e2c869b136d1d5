"""Judging files without an installation: an agreement in YAML, states or outages in CSV, figures out."""
