"""Customers, services, configuration items, and how they depend on each other."""
