"""What probes may reach and use on this machine, from the environment. No Django."""

from __future__ import annotations

import os
from pathlib import Path

from beheer.lib.allow_lists import AllowList
from beheer.monitoring.contract import Surroundings

DEFAULT_PLUGIN_FOLDERS = "/usr/lib/nagios/plugins:/usr/lib64/nagios/plugins:/usr/local/lib/nagios/plugins"


def plugin_folders() -> tuple[Path, ...]:
    """Folders from which plugins may run: BEHEER_PLUGIN_FOLDERS (`:` between; empty: none), else the usual ones."""
    named = os.environ.get("BEHEER_PLUGIN_FOLDERS", DEFAULT_PLUGIN_FOLDERS)
    return tuple(folder for name in named.split(":") if name and (folder := Path(name)).is_dir())


def here() -> Surroundings:
    """The surroundings of this process: for a probe that the server itself runs once.

    Raises: InputError where the environment names no network.
    """
    return Surroundings(allow_list=AllowList.from_environment(), plugin_folders=plugin_folders())
