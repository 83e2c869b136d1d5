"""The words of the command line in Dutch and English. Pages take theirs from the translations."""

from __future__ import annotations

from typing import Final

from beheer.profile.choices import CUMULATIVE, PARAGRAPHS, PLACEMENT, SCALE
from beheer.profile.rules import Reason

WORDS: Final[dict[str, tuple[str, str]]] = {
    "purpose": ("Doel", "Purpose"),
    "reports_to": ("Rapporteert aan", "Reports to"),
    "result_areas": ("Resultaatgebieden", "Result areas"),
    "core_activity": ("Kernactiviteit", "Core activity"),
    "framework": ("Kader", "Framework"),
    "result": ("Resultaat", "Result"),
    "criteria": ("Criteria", "Criteria"),
    "criterion": ("Criterium", "Criterion"),
    "answered": ("Antwoord", "Answered"),
    "decided": ("De teksten die de functie beschrijven", "The texts that describe the post"),
    "rules": ("Regels", "Rules"),
    "open_points": (
        "Wat de bron open laat, en hoe het gelezen wordt",
        "What the source leaves open, and how it is read",
    ),
    "choices": ("Keuzes", "Choices"),
    "level": ("Niveau", "Level"),
    "no_level": ("Geen niveau: het profiel is niet van toepassing.", "No level: the profile does not apply."),
    "not_applicable": ("niet van toepassing", "not applicable"),
    "empty": ("leeg", "empty"),
    "see": ("als niveau {level}", "as level {level}"),
    "none": ("geen", "none"),
    "default": ("standaard", "default"),
    "holds": ("gaat op", "holds"),
    "fails": ("gaat niet op", "does not hold"),
    "unmet": ("niet vervuld", "unmet"),
    "asks": ("vraagt", "asks"),
    "below": ("niveau {level} houdt het tegen", "level {level} stands in the way"),
    "shown_only": (
        "de teksten beschrijven dit niveau en worden niet getoetst",
        "its texts describe the level and are not tested",
    ),
    "differs": ("Een andere keuze geeft een ander niveau", "Another choice gives another level"),
    "differs_not": (
        "Geen enkele andere keuze op zichzelf geeft een ander niveau.",
        "No other choice by itself gives another level.",
    ),
    "no_areas": (
        "Er zijn geen resultaatgebieden genoemd; een besluit heeft ze nodig.",
        "No result areas are named; a decision needs them.",
    ),
    "what_if": ("Eén antwoord anders", "One answer otherwise"),
    "becomes": ("wordt", "becomes"),
    "between": ("Tussen deze functie en niveau {level} staat", "Between this post and level {level} stands"),
    "no_between": ("De functie heeft het hoogste niveau.", "The post has the highest level."),
    "no_change": (
        "Geen enkel ander antwoord op zichzelf verandert het niveau.",
        "No other answer by itself changes the level.",
    ),
}

REASONS: Final[dict[Reason, tuple[str, str]]] = {
    Reason.NO_DEMAND: ("geen eis", "no demand"),
    Reason.TEXT: ("vervuld", "met"),
    Reason.HEAVIER_TEXT: ("vervuld (zwaarder)", "met (heavier)"),
    Reason.OTHER_PARAGRAPH: ("vervuld (andere alinea)", "met (other paragraph)"),
    Reason.UNMET: ("NIET vervuld", "NOT met"),
}

CHOICE_QUESTIONS: Final[dict[str, tuple[str, str]]] = {
    PLACEMENT: (
        "Waar staat de eerste tekst van de vierde rij van de beheerstaken?",
        "Where does the first text of the fourth row of the administration tasks stand?",
    ),
    CUMULATIVE: (
        "Moet een niveau ook voldoen aan de criteria van de lichtere niveaus?",
        "Must a level also meet the criteria of the lighter levels?",
    ),
    SCALE: (
        "Telt een zwaardere tekst ook voor een lichter niveau?",
        "Does a heavier text count for a lighter level?",
    ),
    PARAGRAPHS: (
        "Worden ontwikkeling en onderzoek beide gevraagd, of een van beide?",
        "Are development and research both asked, or either?",
    ),
}


def say(word: str, language: str, **values: object) -> str:
    """The word in `language` ("nl" or "en"), with values filled in."""
    return pick(WORDS[word], language).format(**values)


def pick(pair: tuple[str, str], language: str) -> str:
    """Of a pair (Dutch, English) the one of `language`."""
    return pair[0] if language.startswith("nl") else pair[1]
