"""Regular expressions that people enter: RE2, whose time grows with the text only, never with the pattern's tricks."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import re2


@lru_cache(maxsize=4096)
def compiled(source: str) -> re2._Regexp:
    """The pattern, ready to `search` and `fullmatch`.

    Raises: ValueError saying what is wrong with it.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        return re2.compile(source, options)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise ValueError(f"'{source[:100]}' is no regular expression (RE2): {reason}") from error


def finder(source: str) -> Callable[[str], bool]:
    """A function that says whether a text holds a match. A pattern that is plain text is looked for as such.

    Raises: ValueError saying what is wrong with the pattern.
    """
    pattern = compiled(source)
    if re.fullmatch(r"[\w <>/=:;,!@#%&'\"-]+", source):
        return lambda text: source in text
    return lambda text: pattern.search(text) is not None
