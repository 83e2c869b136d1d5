"""Methods with a name and a source. No Django."""
