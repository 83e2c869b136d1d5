"""What probes may reach and use on this machine, from the environment."""

from __future__ import annotations

from beheer.monitoring.allow_list import AllowList
from beheer.monitoring.contract import Surroundings


def here() -> Surroundings:
    """The surroundings of this process: for a probe that the server itself runs once.

    Raises: InputError where the environment names no network.
    """
    return Surroundings(allow_list=AllowList.from_environment())
