"""Words to translate are found where they stand, and kept in step with the code."""

from __future__ import annotations

from pathlib import Path

import polib

from beheer.ui import translations
from beheer.ui.translations import Phrase, key_of, phrases_in_python, phrases_in_template, po_path, rooms


def test_words_are_found_in_code() -> None:
    code = 'x = _("a" "b"); ngettext("one", "many", n); pgettext("unit", "h"); obj.gettext("c"); _(name); other("d")'
    expected = {
        Phrase(None, "ab", None),
        Phrase(None, "one", "many"),
        Phrase("unit", "h", None),
        Phrase(None, "c", None),
    }
    assert set(phrases_in_python(code)) == expected


def test_words_are_found_in_templates() -> None:
    source = (
        '{% load i18n %}{% translate "It\'s" %}{% translate "all" context "filter" %}{% crumb _("Home") "/" %}'
        '{{ x|default:_("none") }}'
        "{% blocktranslate count n=x trimmed %}\n One {{ n }} \n{% plural %}{{ n }} many{% endblocktranslate %}"
    )
    found = set(phrases_in_template(source))
    expected = {
        Phrase(None, "It's", None),
        Phrase("filter", "all", None),
        Phrase(None, "Home", None),
        Phrase(None, "none", None),
        Phrase(None, "One %(n)s", "%(n)s many"),
    }
    assert found == expected


def test_updating_keeps_what_is_translated_and_drops_what_is_gone(tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    (room / "views.py").write_text('a = _("Old")\nb = _("Gone")\n')
    assert sorted(translations.update(room)) == ["Gone", "Old"]
    path = translations.po_path(room)
    file = polib.pofile(str(path))
    for entry in file:
        entry.msgstr = entry.msgid + " nl"
    file.save()
    (room / "views.py").write_text('a = _("Old")\nb = _("New")\n')
    assert translations.update(room) == ["New"]
    assert {entry.msgid: entry.msgstr for entry in polib.pofile(str(path))} == {"Old": "Old nl", "New": ""}
    assert translations.untranslated(room) == ["New"]


def test_compiling_writes_only_what_is_newer(tmp_path: Path) -> None:
    folder = tmp_path / "room/locale/nl/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "a"\nmsgstr "b"\n'
    )
    assert translations.compile_all(tmp_path) == 1
    assert translations.compile_all(tmp_path) == 0
    assert (folder / "django.mo").exists()


def test_a_text_is_told_in_the_same_words_in_every_room() -> None:
    """Django knows one translation of a text for all rooms: two meanings need a context each."""
    told: dict[tuple[str | None, str], dict[str, str]] = {}
    for room in rooms():
        if po_path(room).exists():
            for entry in polib.pofile(str(po_path(room))):
                told.setdefault(key_of(entry), {})[room.name] = entry.msgstr
    assert {key: found for key, found in told.items() if len(set(found.values())) > 1} == {}
