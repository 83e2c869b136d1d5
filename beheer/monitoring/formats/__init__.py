"""Readers of small formats that probes meet: Prometheus text, JSON paths, Nagios performance data. Pure."""
