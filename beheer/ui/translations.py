"""The words of the rooms: found in code and templates, kept in `.po` files, compiled to `.mo`; needs no gettext tools.

`python -m beheer.ui.translations` compiles; with `update` it first brings every room's `.po` in step with its code:
new words are added without translation, words that are used no more are taken away.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import polib

from beheer.ui.problem_phrases import Source

ROOMS = Path(__file__).resolve().parent.parent
LANGUAGE = "nl"
PROBLEM = "problem"  # the context of what is said of wrong input
PLURAL_FORMS = "nplurals=2; plural=(n != 1);"

# Function → the positions of context, singular and plural among its arguments; None: it has none.
FUNCTIONS: dict[str, tuple[int | None, int, int | None]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (None, 0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, 0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, 1, 2)),
}


class Phrase(NamedTuple):
    """What is translated: its context (None: none), the English, and the English plural (None: none)."""

    context: str | None
    text: str
    plural: str | None


def compile_all(root: Path = ROOMS) -> int:
    """Write a `.mo` beside each `.po` that is newer. Gives how many were written."""
    written = 0
    for source in root.glob("*/locale/*/LC_MESSAGES/django.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(str(target))
            written += 1
    return written


def phrases_in_python(code: str) -> Iterator[Phrase]:
    """What Python code marks for translation."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if places := FUNCTIONS.get(name):
            values = [
                argument.value if isinstance(argument, ast.Constant) else None for argument in node.args
            ]
            context, text, plural = (values[p] if p is not None and p < len(values) else None for p in places)
            if isinstance(text, str) and text:
                yield Phrase(
                    context if isinstance(context, str) else None,
                    text,
                    plural if isinstance(plural, str) else None,
                )


_STRING = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_MARKED = re.compile(rf"\b(gettext|_|ngettext|pgettext|npgettext)\(\s*((?:{_STRING}\s*,?\s*)+)")


def phrases_in_template(source: str) -> Iterator[Phrase]:
    """What a Django template marks for translation, by Django's own reading of it."""
    from django.utils.translation.template import templatize  # noqa: PLC0415  (compiling alone needs no Django)

    for name, arguments in _MARKED.findall(templatize(source)):
        values = [ast.literal_eval(text) for text in re.findall(_STRING, arguments)]
        places = FUNCTIONS[name]
        context, text, plural = (values[p] if p is not None and p < len(values) else None for p in places)
        if text:
            yield Phrase(context, text, plural)


def phrases_of(room: Path) -> set[Phrase]:
    """What a room says, its tests left out: what it marks, and what it says of wrong input."""
    found: set[Phrase] = set()
    for path in _files(room, "*.py"):
        found.update(phrases_in_python(path.read_text("utf-8")))
    for path in [*_files(room, "*.html"), *_files(room, "*.txt")]:
        found.update(phrases_in_template(path.read_text("utf-8")))
    found.update(Phrase(PROBLEM, wording, None) for wording in _source(room.parent).said_in(room))
    return found


@lru_cache(maxsize=2)
def _source(root: Path) -> Source:
    return Source(root)


def _files(room: Path, pattern: str) -> Iterator[Path]:
    folder = room if pattern == "*.py" else room / "templates"
    found = folder.rglob(pattern) if room.is_dir() else iter([room] if room.match(pattern) else [])
    return (path for path in found if not {"tests", "migrations"} & set(path.relative_to(room.parent).parts))


def rooms(root: Path = ROOMS) -> list[Path]:
    """The folders of the rooms."""
    return sorted(path for path in root.iterdir() if (path / "__init__.py").exists())


def po_path(room: Path) -> Path:
    """Where a room's Dutch stands."""
    return room / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def key_of(entry: polib.POEntry) -> tuple[str | None, str]:
    """What tells an entry from others."""
    return entry.msgctxt or None, entry.msgid


def update(room: Path) -> list[str]:
    """Bring a room's `.po` in step with what it says. Gives the texts that have no translation yet."""
    wanted = {(phrase.context, phrase.text): phrase for phrase in sorted(phrases_of(room), key=str)}
    path = po_path(room)
    known = {key_of(entry): entry for entry in polib.pofile(str(path))} if path.exists() else {}
    if not wanted:
        return []
    file = polib.POFile(wrapwidth=0)
    file.metadata = {
        "Language": LANGUAGE,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURAL_FORMS,
    }
    file.extend(known.get(key) or _new_entry(phrase) for key, phrase in wanted.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(str(path))
    return [entry.msgid for entry in file if not entry.translated()]


def _new_entry(phrase: Phrase) -> polib.POEntry:
    entry = polib.POEntry(msgid=phrase.text, msgctxt=phrase.context)
    if phrase.plural:
        entry.msgid_plural, entry.msgstr_plural = phrase.plural, {0: "", 1: ""}
    if "%(" in phrase.text or re.search(r"%[sd]", phrase.text):
        entry.flags = ["python-format"]
    return entry


def untranslated(room: Path) -> list[str]:
    """What a room says that its Dutch lacks, or has only as a guess (fuzzy)."""
    path = po_path(room)
    entries = polib.pofile(str(path)) if path.exists() else []
    translated = {key_of(entry) for entry in entries if entry.translated() and not entry.fuzzy}
    return sorted(
        {phrase.text for phrase in phrases_of(room) if (phrase.context, phrase.text) not in translated}
    )


_PLACES = re.compile(r"%\((\w+)\)[sd]|%[sd]")


def broken(room: Path) -> list[str]:
    """Translations that name other places to fill in than the English does."""
    path = po_path(room)
    return [
        entry.msgid
        for entry in (polib.pofile(str(path)) if path.exists() else [])
        for text in [entry.msgstr, *entry.msgstr_plural.values()]
        if text
        and set(_PLACES.findall(text)) - set(_PLACES.findall(entry.msgid + (entry.msgid_plural or "")))
    ]


def main(arguments: Iterable[str]) -> None:
    """Compile; with `update`, and the names of rooms or none for all, bring `.po` files in step before."""
    verb, *names = [*arguments, ""]
    if verb == "update":
        for room in rooms():
            if room.name in names or not any(names):
                missing = update(room)
                sys.stdout.write(f"{room.name}: {len(missing)} without Dutch\n" if missing else "")
                sys.stdout.writelines(f"    {text}\n" for text in missing)
    sys.stdout.write(f"{compile_all()} compiled\n")


if __name__ == "__main__":
    main(sys.argv[1:])
