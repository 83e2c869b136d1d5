"""Event logs of other systems: a map says what their columns mean; reading checks, figures count. No Django."""
