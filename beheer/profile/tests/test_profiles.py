"""Profiles as data: that of Beheer, and those of the institution in the same format."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from beheer.lib.errors import DocumentError, NotFound
from beheer.profile.library import BUILT_IN, profile_with, profiles
from beheer.profile.schema import read_profile

SOURCE = (BUILT_IN / "0403.yaml").read_text(encoding="utf-8")
SHARED = Path(__file__).parents[4] / "shared" / "PROFILE.yaml"


def fault(old: str, new: str) -> str:
    """What is said of the profile with one place changed."""
    assert old in SOURCE
    with pytest.raises(DocumentError) as caught:
        read_profile(SOURCE.replace(old, new, 1), "own.yaml")
    return str(caught.value)


def test_the_profile_has_twelve_areas_and_66_activities() -> None:
    profile = profile_with("0403")
    assert [area.id for area in profile.result_areas] == list(range(1, 13))
    assert sum(len(area.activities) for area in profile.result_areas) == 66
    assert profile.levels == (1, 2, 3, 4)


def test_the_profile_has_the_texts_of_its_source() -> None:
    if not SHARED.exists():
        pytest.skip("the source of the profile is not beside this tree")
    ours, source = (yaml.safe_load(text) for text in (SOURCE, SHARED.read_text(encoding="utf-8")))
    assert {key: value for key, value in ours.items() if key != "open_points"} == {
        key: value for key, value in source.items() if key != "open_points"
    }
    assert [point.get("choice") for point in ours["open_points"]] == [
        point.get("choice") for point in source["open_points"]
    ]


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ('code: "0403"', 'code: "0403"\ncolour: red', ("own.yaml", "colour", "There is no such field")),
        ('id: "1.2"', 'id: "2.9"', ("no id of this area", "begin with '1.'")),
        ('id: "1.2"', 'id: "1.1"', ("'1.1' stands here twice",)),
        ("  - id: 2\n", "  - id: 1\n", ("Another area has '1'",)),
        ("      1: {see: 2}", "      1: {see: 3}", ("refers to no text",)),
        ("      1: {see: 2}", "      1: {see: 9}", ("refers to no text",)),
        ("      2: empty", "      2: blank", ("criteria.3.levels.2",)),
        ("      1: {see: 2}\n", "", ("It has cells for 2, 3, 4", "Give one cell for each level: 1, 2, 3, 4")),
        ("  - {level: 4,", "  - {level: 5,", ("The rules are for levels 1, 2, 3, 5",)),
        (
            "[by_scale, strict]",
            "[by_scale, loose]",
            ("no choice that the rules know", "scale: by_scale or strict"),
        ),
        ("[by_scale, strict]", "[both]", ("stands here twice",)),
        ("- id: process_improvement", "- id: coordination_coaching", ("stands here twice",)),
    ],
)
def test_a_fault_in_a_profile_is_named_with_its_remedy(old: str, new: str, parts: tuple[str, ...]) -> None:
    told = fault(old, new)
    for part in parts:
        assert part in told


def test_the_institution_adds_profiles_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEHEER_VAR", str(tmp_path))
    own = tmp_path / "profiles"
    own.mkdir()
    (own / "own.yaml").write_text(SOURCE.replace('code: "0403"', 'code: "OWN-1"'), encoding="utf-8")
    assert sorted(profiles()) == ["0403", "OWN-1"]
    (own / "again.yaml").write_text(SOURCE.replace('code: "0403"', 'code: "OWN-1"'), encoding="utf-8")
    with pytest.raises(DocumentError, match=r"'OWN-1' is the code of again.yaml already"):
        profiles()


def test_the_institution_sets_another_default_by_a_profile_with_the_same_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEHEER_VAR", str(tmp_path))
    (tmp_path / "profiles").mkdir()
    text = SOURCE.replace("[own_criteria_only, cumulative]", "[cumulative, own_criteria_only]")
    (tmp_path / "profiles" / "0403.yaml").write_text(text, encoding="utf-8")
    assert ("cumulative", "own_criteria_only") in [point.choice for point in profile_with("0403").open_points]


def test_an_unknown_profile_gets_the_codes_there_are() -> None:
    with pytest.raises(NotFound, match="0403"):
        profile_with("9999")


def test_the_institution_gives_an_indication_that_decides_nothing() -> None:
    text = SOURCE.replace(
        "  - id: portfolio.products\n",
        "  - id: portfolio.products\n    indication: {nl: 'groot: meer dan 20', en: 'large: more than 20'}\n",
    )
    criterion = read_profile(text, "own.yaml").criterion("portfolio.products")
    plain = profile_with("0403").criterion("portfolio.products")
    assert criterion is not None and criterion.indication is not None and plain is not None
    assert criterion.indication.en == "large: more than 20"
    assert criterion.levels == plain.levels
