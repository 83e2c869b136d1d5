"""Checks, probes, agents, states and state changes. What an agent needs knows no Django."""
