"""Configuration as code: checked first, all or nothing, and export is its inverse."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from beheer.audit.models import Entry
from beheer.catalogue.models import Customer, Service
from beheer.configuration.actions import apply_configuration
from beheer.configuration.commands import apply, export
from beheer.configuration.queries import export as export_text
from beheer.configuration.rules import Plan
from beheer.lib.errors import DocumentError, NotAllowed, Problem
from beheer.people.actions import create_user, grant_role
from beheer.people.models import RoleGrant, Team, User
from beheer.permissions.rules import SYSTEM, Actor

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "examples" / "beheer.yaml"
pytestmark = pytest.mark.django_db


def apply_text(text: str, *, actor: Actor = SYSTEM, only_plan: bool = False) -> Plan:
    return apply_configuration(actor=actor, text=text, name="beheer.yaml", now=NOW, only_plan=only_plan)


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(DocumentError) as caught:
        apply_text(text)
    return caught.value.problems


def person(name: str, role: str) -> User:
    user, _ = create_user(actor=SYSTEM, username=name, email=f"{name}@example.net", now=NOW)
    grant_role(actor=SYSTEM, user=user, role=role, now=NOW)
    return User.objects.get(pk=user.pk)


def test_the_documented_example_applies() -> None:
    plan = apply_text(EXAMPLE.read_text())
    assert (plan.created, plan.changed) == (14, 0)
    learning = Service.objects.get(key="learning")
    assert learning.owner is not None and learning.owner.username == "alice"
    assert sorted(learning.dependencies.values_list("needs__key", flat=True)) == [
        "database",
        "mail",
        "web-1",
        "web-2",
    ]
    assert learning.redundancy_groups.get().needed == 1
    assert Team.objects.get().memberships.filter(is_lead=True).get().user.username == "alice"
    assert RoleGrant.objects.filter(role="service_owner", service_id=learning.pk).exists()


def test_applying_twice_changes_nothing_the_second_time() -> None:
    apply_text(EXAMPLE.read_text())
    entries = Entry.objects.count()
    plan = apply_text(EXAMPLE.read_text())
    assert not plan.changes and plan.same == 14
    assert Entry.objects.count() == entries


def test_the_export_applies_without_change_and_makes_the_same_elsewhere() -> None:
    apply_text(EXAMPLE.read_text())
    text = export_text(actor=SYSTEM)
    assert not apply_text(text).changes
    Service.objects.all().delete()
    Customer.objects.all().delete()
    RoleGrant.objects.all().delete()
    Team.objects.all().delete()
    User.objects.all().delete()
    apply_text(text)
    assert export_text(actor=SYSTEM) == text


def test_a_plan_changes_nothing() -> None:
    plan = apply_text(EXAMPLE.read_text(), only_plan=True)
    assert plan.created == 14
    assert not Service.objects.exists() and not Entry.objects.exists()


def test_a_plan_says_what_changes_from_what_to_what() -> None:
    apply_text("services: [{key: web, name: Web, criticality: 2}, {key: mail, name: Mail}]")
    plan = apply_text("services: [{key: web, name: Website, criticality: 3}]", only_plan=True)
    assert (plan.created, plan.changed, plan.same, plan.kept) == (0, 1, 0, 1)
    assert plan.changes[0].fields == {"name": ("Web", "Website"), "criticality": (2, 3)}


def test_a_field_that_is_left_out_has_its_default_again() -> None:
    apply_text("services: [{key: web, name: Web, users_served: 7}]")
    apply_text("services: [{key: web, name: Web}]")
    assert Service.objects.get().users_served == 0


def test_what_is_not_in_the_file_stays() -> None:
    apply_text("customers: [{key: arts, name: Arts}, {key: law, name: Law}]")
    apply_text("customers: [{key: arts, name: Arts}]")
    assert Customer.objects.count() == 2


def test_the_order_of_needs_means_nothing() -> None:
    services = "{key: b, name: B}, {key: c, name: C}]"
    apply_text(f"services: [{{key: a, name: A, needs: [{{service: b}}, {{service: c}}]}}, {services}")
    plan = apply_text(f"services: [{{key: a, name: A, needs: [{{service: c}}, {{service: b}}]}}, {services}")
    assert not plan.changes


def test_a_misspelt_field_is_named_with_its_line_and_the_right_word() -> None:
    problem = problems_of("services:\n  - key: web\n    name: Web\n    critcality: 3\n")[0]
    assert (problem.file, problem.line, problem.field) == ("beheer.yaml", 4, "services.0.critcality")
    assert problem.remedy == "Did you mean 'criticality'?"


def test_all_problems_are_told_at_once_and_nothing_is_done() -> None:
    text = (
        "customers:\n  - {key: arts, name: Arts}\n"
        "services:\n"
        "  - key: web\n    name: Web\n    owner: nobody\n    customers: [art]\n"
        "  - key: mail\n    name: Mail\n    needs:\n      - service: webb\n"
    )
    problems = problems_of(text)
    assert [(problem.line, problem.field) for problem in problems] == [
        (6, "services[web].owner"),
        (7, "services[web].customers.0"),
        (11, "services[mail].needs.0.service"),
    ]
    assert problems[1].remedy == "Did you mean 'arts'?"
    assert not Customer.objects.exists()


def test_what_the_store_refuses_is_told_with_its_line_and_nothing_is_done() -> None:
    problems = problems_of(
        "customers:\n  - {key: arts, name: Arts}\n  - key: law\n    name: Law\n    email: no address\n"
    )
    assert [(problem.line, problem.field) for problem in problems] == [(5, "customers[law].email")]
    assert not Customer.objects.exists()


def test_a_circle_is_refused_once_with_its_path() -> None:
    text = "services:\n" + "".join(
        f"  - key: {one}\n    name: {one}\n    needs: [{{service: {other}}}]\n"
        for one, other in (("a", "b"), ("b", "c"), ("c", "a"))
    )
    problems = problems_of(text)
    assert len(problems) == 1
    assert "a → b → c → a" in problems[0].message and problems[0].line == 4
    assert not Service.objects.exists()


def test_a_dependency_may_be_turned_round_in_one_file() -> None:
    apply_text("services: [{key: a, name: A, needs: [{service: b}]}, {key: b, name: B}]")
    apply_text("services: [{key: b, name: B, needs: [{service: a}]}, {key: a, name: A}]")
    assert Service.objects.get(key="b").dependencies.get().needs.key == "a"
    assert not Service.objects.get(key="a").dependencies.exists()


def test_a_key_that_stands_twice_is_refused() -> None:
    problems = problems_of("customers:\n  - {key: a, name: A}\n  - {key: a, name: B}\n")
    assert problems[0].line == 3 and "twice" in problems[0].message


def test_a_group_that_needs_more_than_it_has_is_refused() -> None:
    problems = problems_of(
        "services:\n  - {key: n, name: N}\n  - key: web\n    name: W\n    groups:\n"
        "      - {name: nodes, needed: 2, of: [n]}\n"
    )
    assert problems[0].line == 6 and "only 1" in problems[0].message


def test_a_file_that_is_no_yaml_or_no_list_of_sections_is_refused() -> None:
    assert problems_of("services: [")[0].line is not None
    assert "sections" in problems_of("- a\n- b\n")[0].message
    assert problems_of("service: []\n")[0].remedy == "Did you mean 'services'?"


def test_an_empty_file_changes_nothing() -> None:
    assert not apply_text("").changes


def test_alice_may_apply_and_bob_and_charlie_may_not() -> None:
    apply_text("customers: [{key: a, name: A}]", actor=person("alice", "administrator"))
    for name, role in (("bob", "member"), ("charlie", "user")):
        with pytest.raises(NotAllowed):
            apply_text("customers: [{key: b, name: B}]", actor=person(name, role))
    assert Customer.objects.count() == 1


def test_the_commands_apply_plan_and_export(tmp_path: Path) -> None:
    runner = CliRunner()
    planned = runner.invoke(apply, [str(EXAMPLE), "--plan"])
    assert planned.exit_code == 0 and "14 would be created" in planned.output
    assert not Service.objects.exists()
    done = runner.invoke(apply, [str(EXAMPLE)])
    assert "14 created" in done.output and "services learning" in done.output
    target = tmp_path / "out.yaml"
    assert runner.invoke(export, ["--output", str(target)]).exit_code == 0
    assert "0 created, 0 changed, 14 the same" in runner.invoke(apply, [str(target)]).output


def test_a_file_that_is_not_there_or_not_in_utf_8_is_named(tmp_path: Path) -> None:
    missing = CliRunner().invoke(apply, [str(tmp_path / "none.yaml")])
    assert isinstance(missing.exception, DocumentError) and "none.yaml" in str(missing.exception)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("customers:\n  - {key: a, name: Café}\n".encode("latin-1"))
    wrong = CliRunner().invoke(apply, [str(latin)])
    assert isinstance(wrong.exception, DocumentError) and wrong.exception.problems[0].line == 2
