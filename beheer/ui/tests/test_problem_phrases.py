"""What the code says of wrong input is found where it is written, also where a variable or a function hands it on."""

from __future__ import annotations

from pathlib import Path

import pytest

from beheer.ui.problem_phrases import Source
from beheer.ui.translations import ROOMS


def said(folder: Path, code: str) -> set[str]:
    room = folder / "room"
    room.mkdir()
    (room / "rules.py").write_text(code)
    return Source(folder).said_in(room)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('Problem("Too late.", "end", "Choose another.")', {"Too late.", "Choose another."}),
        ('Problem(f"No team \'{key}\'.", "team")', {"No team '%(key)s'."}),
        ('NotFound(f"No {a.key}, 100 % sure.")', {"No %(a)s, 100 %% sure."}),
        ('Conflict(f"{x.name.en} or {y.name.en}")', {"%(x)s or %(y)s"}),
        ('Conflict(f"{x} or {x}")', {"%(x)s or %(x2)s"}),
        ('InputError("Wrong." if x else "Worse.")', {"Wrong.", "Worse."}),
        ('TEXT = "Wrong."\ndef f():\n    raise NotAllowed(TEXT)', {"Wrong."}),
        ('def f():\n    why = "more" if x else "less"\n    Problem(f"It is {why}.")', {"It is more.", "It is less."}),
        ('def _no(text, hint=""):\n    Problem(text, "", hint)\ndef g():\n    _no("Wrong.", "Mend it.")',
         {"Wrong.", "Mend it."}),
        ('def why():\n    return "Wrong."\ndef g():\n    Problem(why())', {"Wrong."}),
        ('Problem(_("Wrong."), "", one.remedy)', set()),
    ],
)  # fmt: skip
def test_a_sentence_is_found(code: str, expected: set[str], tmp_path: Path) -> None:
    assert said(tmp_path, code) == expected


def test_a_sentence_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text("def f():\n    Problem(a.b.c)\n")
    source = Source(tmp_path)
    source.said_in(tmp_path)
    assert source.unread == {"rules.py: a.b.c"}


# Hands on what was found before, what Django or pydantic says, or no sentence at all.
HANDS_ON = {
    "api.py: item",
    "configuration/actions.py: change.key",
    "configuration/actions.py: found.key",
    "configuration/actions.py: found.path",
    "configuration/actions.py: message",
    "configuration/actions.py: one.field",
    "lib/configuration.py: error",
    "lib/documents.py: item",
    "monitoring/forms.py: self.kind.key",
    "monitoring/forms.py: "
    "{name: value for name, value in self.cleaned_data.items() if not name.startswith((SETTINGS, CONDITIONS))}",
    "preparing.py: error",
    "profile/answers.py: error",
    "service_levels/configuration.py: error",
    "work/kinds/checks.py: list(_problems(document, kind, activities))",
    "work/recording.py: message",
    "work/statistics/selection.py: list(_personal(asked))",
}


def test_no_sentence_of_the_product_is_out_of_sight() -> None:
    """A new line here: write the sentence where it is raised, or add the line if it only hands one on."""
    source = Source(ROOMS)
    source.said_in(ROOMS)
    assert source.unread == HANDS_ON
