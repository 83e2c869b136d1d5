"""The one gate: who may do what. Pure."""
