"""What is done in monitoring."""
