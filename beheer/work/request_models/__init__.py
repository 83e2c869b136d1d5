"""Items of the service catalogue: what users can ask for, with the form that each asks them to fill in."""
