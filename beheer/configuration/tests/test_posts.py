"""Posts and the table of levels as configuration."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from beheer.audit.models import Entry
from beheer.configuration.actions import apply_configuration
from beheer.configuration.queries import export as export_text
from beheer.configuration.rules import Plan
from beheer.lib.errors import DocumentError, InputError
from beheer.permissions.rules import SYSTEM
from beheer.profile.models import LevelPermission, Post, PostAssignment
from beheer.profile.queries import level_table

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db
FILE = """\
people:
  - {key: bob, email: bob@example.net}
  - {key: eve, email: eve@example.net}
teams:
  - {key: platform, name: Platform, members: [bob]}
posts:
  - key: dba
    title: Database administrator
    team: platform
    level: 2
    level_since: 2025-01-01
    holders:
      - {person: bob, since: 2025-01-01, until: 2026-01-01}
      - {person: eve, since: 2026-01-01}
level_permissions:
  - {key: normal.carry_out, level: 4}
"""


def apply_text(text: str) -> Plan:
    """Apply a file."""
    return apply_configuration(actor=SYSTEM, text=text, name="beheer.yaml", now=NOW, only_plan=False)


def test_posts_are_applied_with_their_holders_and_exported_the_same() -> None:
    apply_text(FILE)
    post = Post.objects.get(key="dba")
    assert (post.level, post.level_since, str(post.team)) == (2, date(2025, 1, 1), "Platform")
    assert sorted(post.assignments.values_list("user__username", "until")) == [
        ("bob", date(2026, 1, 1)),
        ("eve", None),
    ]
    assert level_table().lightest("normal") == 4
    text = export_text(actor=SYSTEM)
    entries = Entry.objects.count()
    assert not apply_text(text).changes and not apply_text(FILE).changes
    assert Entry.objects.count() == entries
    Post.objects.all().delete()
    LevelPermission.objects.all().delete()
    apply_text(text)
    assert export_text(actor=SYSTEM) == text


def test_holders_who_are_no_longer_named_hold_the_post_no_longer() -> None:
    apply_text(FILE)
    apply_text(FILE.replace("      - {person: eve, since: 2026-01-01}\n", ""))
    assert PostAssignment.objects.get().user.username == "bob"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("level: 2\n", "level: 7\n", "Allowed: 1, 2, 3, 4"),
        ("team: platform\n", "team: platfrom\n", "Did you mean 'platform'?"),
        ("person: eve", "person: adam", "There is no 'adam' in people"),
        ("until: 2026-01-01", "until: 2024-01-01", "This ends before it begins"),
        ("key: normal.carry_out", "key: normal.dance", "The table has no row 'normal.dance'"),
        ("title: Database administrator\n", "title: A\n    profile: '9'\n", "There is no profile '9'"),
    ],
)
def test_what_is_wrong_with_a_post_is_told_with_its_line(old: str, new: str, told: str) -> None:
    assert old in FILE
    with pytest.raises(DocumentError) as caught:
        apply_text(FILE.replace(old, new))
    assert told in str(caught.value) and "beheer.yaml:" in str(caught.value)
    assert not Post.objects.exists()


def test_a_person_does_not_hold_a_post_twice_at_a_time() -> None:
    with pytest.raises(InputError, match="twice at a time"):
        apply_text(FILE.replace("person: eve, since: 2026-01-01", "person: bob, since: 2025-06-01"))
    assert not Post.objects.exists()
