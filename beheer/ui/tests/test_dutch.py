"""Every word of every room is there in Dutch, and none is a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from beheer.ui import translations

ROOMS = translations.rooms()


@pytest.mark.parametrize("room", ROOMS, ids=[room.name for room in ROOMS])
def test_every_word_of_a_room_is_there_in_dutch(room: Path) -> None:
    assert translations.untranslated(room) == []


@pytest.mark.parametrize("room", ROOMS, ids=[room.name for room in ROOMS])
def test_dutch_fills_in_no_more_than_the_english_gives(room: Path) -> None:
    assert translations.broken(room) == []
