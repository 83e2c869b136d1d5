"""The demonstration institution: a Dutch university's ICT department in miniature, simulated and marked as such."""
