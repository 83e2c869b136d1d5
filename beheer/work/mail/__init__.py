"""E-mail in and out of items of work."""
