"""Finds profiles: those that come with Beheer, and the institution's own in `BEHEER_VAR/profiles/*.yaml`."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from beheer.lib.errors import DocumentError, NotFound, Problem
from beheer.profile.schema import Profile, read_profile

BUILT_IN = Path(__file__).parent / "data"
PROJECT = Path(__file__).parents[2]


def own_folder() -> Path:
    """The folder of the institution's own profiles; it need not exist."""
    return Path(os.environ.get("BEHEER_VAR", PROJECT / "var")) / "profiles"


def read_file(path: Path, name: str | None = None) -> str:
    """The text of a file; `name` is shown in the error.

    Raises: DocumentError where it cannot be read as UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DocumentError(
            Problem(f"This file cannot be read: {error.strerror}.", file=name or str(path))
        ) from error
    except UnicodeDecodeError as error:
        raise DocumentError(
            Problem("This file is not UTF-8 text.", remedy="Save it as UTF-8.", file=name or str(path))
        ) from error


def profiles() -> dict[str, Profile]:
    """All profiles by code. One of the institution with the code of a built-in one takes its place.

    Raises: DocumentError where a file of the institution is wrong, or two have the same code.
    """
    found = dict(_read_folder(BUILT_IN, _stamp(BUILT_IN)))
    own = own_folder()
    if own.is_dir():
        found.update(_read_folder(own, _stamp(own)))
    return found


def profile_with(code: str) -> Profile:
    """The profile with this code.

    Raises: NotFound, naming the codes there are.
    """
    known = profiles()
    if code not in known:
        raise NotFound(f"There is no profile '{code}'. There is: {', '.join(sorted(known))}.")
    return known[code]


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a file of the folder does: names, sizes, times of change."""
    return tuple(
        (path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.yaml"))
    )


@lru_cache(maxsize=8)
def _read_folder(folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> dict[str, Profile]:
    found: dict[str, Profile] = {}
    origin: dict[str, str] = {}
    for name, _size, _changed in stamp:
        profile = read_profile(read_file(folder / name), str(folder / name))
        if profile.code in found:
            problem = Problem(
                f"'{profile.code}' is the code of {origin[profile.code]} already.",
                "code",
                "Give it its own.",
                file=str(folder / name),
            )
            raise DocumentError(problem)
        found[profile.code] = profile
        origin[profile.code] = name
    return found
