"""Lets `python -m beheer` do what the `beheer` command does."""

from beheer.cli import main

main()
