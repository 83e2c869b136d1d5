"""ServiceLevels."""
