"""Kinds of work: one YAML file each says its states, steps, fields, clocks and approvals. Nothing here knows Django."""
