"""The front door shows state first, then what needs the reader, then the twelve result areas."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from beheer.catalogue.models import Customer, Service
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.models import Agreement, Calendar, Correction, Judgement, Norm
from beheer.work.models import AffectedService
from beheer.workplace.queries.areas import areas
from beheer.workplace.queries.beginning import beginning
from beheer.workplace.queries.board import Wish, board
from beheer.workplace.queries.needs import needs_of
from beheer.workplace.queries.searching import search
from beheer.workplace.tests.conftest import Institution


def judged(institution: Institution, verdict: str) -> Judgement:
    """A norm on the website with a verdict in the period that runs."""
    now = timezone.now()
    customer = Customer.objects.create(key="all", name="Everybody")
    calendar = Calendar.objects.create(key="always", name="Always", source="24x7")
    agreement = Agreement.objects.create(
        key="a", name="A", customer=customer, calendar=calendar, starts_on=now.date() - timedelta(days=30)
    )
    agreement.services.add(institution.web)
    norm = Norm.objects.create(agreement=agreement, key="n", name="N", target=0.99)
    return Judgement.objects.create(
        norm=norm,
        service=institution.web,
        starts_at=now - timedelta(days=3),
        ends_at=now + timedelta(days=3),
        judged_until=now,
        verdict=verdict,
        is_whole=True,
        value=0.98,
    )


def test_a_service_that_is_down_comes_first_with_its_reason_verdict_and_incidents(
    institution: Institution,
) -> None:
    judged(institution, "breached")
    institution.incident(1, institution.web)
    found = board(SYSTEM, Wish(), timezone.now())
    [tile] = found.troubled
    assert (tile.service, tile.state, tile.reason, tile.verdict) == (
        institution.web,
        "down",
        "http: 503",
        "breached",
    )
    assert [incident.number for incident in tile.incidents] == ["INC-2026-0001"]
    assert [tile.service for _label, tiles in found.quiet for tile in tiles] == [institution.mail]
    assert (found.counts["down"], found.counts["up"], found.left_out) == (1, 1, 0)


def test_an_incident_also_stands_at_the_services_it_affects(institution: Institution) -> None:
    item = institution.incident(1, institution.web)
    AffectedService.objects.create(item=item, service=institution.mail, since=timezone.now())
    tiles = [tile for _label, tiles in board(SYSTEM, Wish(), timezone.now()).quiet for tile in tiles]
    assert [len(tile.incidents) for tile in tiles] == [1]


def test_a_solved_incident_is_not_on_the_board(institution: Institution) -> None:
    institution.incident(1, institution.web, phase="solved")
    assert board(SYSTEM, Wish(), timezone.now()).troubled[0].incidents == ()


def test_a_service_that_nothing_measures_is_not_shown_as_up(institution: Institution) -> None:
    Service.objects.create(key="new", name="New", criticality=1)
    found = board(SYSTEM, Wish(), timezone.now())
    assert found.counts["none"] == 1
    assert [tile.state for _label, tiles in found.quiet for tile in tiles] == ["up", None]


def test_the_board_narrows_by_team_criticality_and_words(institution: Institution) -> None:
    now = timezone.now()
    assert board(SYSTEM, Wish(team="web-team"), now).total == 1
    assert board(SYSTEM, Wish(criticality="2"), now).total == 1
    assert board(SYSTEM, Wish(text="e-mail"), now).troubled == []


def test_the_board_asks_the_store_no_more_for_more_services(institution: Institution) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            board(SYSTEM, Wish(), timezone.now())
        return len(asked)

    before = questions()
    Service.objects.bulk_create(Service(key=f"s{n}", name=f"S{n}", criticality=2) for n in range(50))
    assert questions() == before


def test_my_work_is_what_is_assigned_to_me_what_is_due_first(institution: Institution) -> None:
    now = timezone.now()
    institution.incident(1, institution.web, assignee=institution.bob)
    institution.incident(2, institution.web, assignee=institution.bob, due_at=now - timedelta(hours=1))
    institution.incident(3, institution.web, assignee=institution.alice)
    institution.incident(4, institution.web)
    needs = needs_of(institution.bob, now)
    assert [(row.item.number[-1], row.is_late) for row in needs.mine] == [("2", True), ("1", False)]
    assert [row.item.number[-1] for row in needs.free] == ["4"]
    assert needs_of(institution.alice, now).free == []


def test_a_norm_at_risk_needs_somebody_and_one_that_is_met_does_not(institution: Institution) -> None:
    row = judged(institution, "at_risk")
    assert [line.row for line in needs_of(institution.bob, timezone.now()).norms] == [row]
    row.verdict = "met"
    row.save()
    assert needs_of(institution.bob, timezone.now()).norms == []


def test_a_check_that_gives_no_result_needs_somebody(institution: Institution) -> None:
    assert [check.key for check in needs_of(institution.bob, timezone.now()).unknown] == ["web-http"]


def test_a_correction_waits_for_another_person_who_may_approve_it(institution: Institution) -> None:
    now = timezone.now()
    Correction.objects.create(
        service=institution.web, starts_at=now - timedelta(hours=2), ends_at=now - timedelta(hours=1), makes="up",
        reason="The probe was wrong", author=institution.bob, recorded_at=now,
    )  # fmt: skip
    assert needs_of(institution.alice, now).deviations == 1
    assert needs_of(institution.bob, now).deviations == 0


def test_all_twelve_areas_are_there_in_both_languages(institution: Institution) -> None:
    english, dutch = areas(SYSTEM, timezone.now(), "en"), areas(SYSTEM, timezone.now(), "nl")
    assert [area.id for area in english] == list(range(1, 13))
    assert english[8].name == "Coaching" and dutch[8].name == "Coachen"
    assert english[8].figures == []


def test_the_figures_of_an_area_are_those_of_now(institution: Institution) -> None:
    judged(institution, "at_risk")
    institution.incident(1, institution.web)
    monitoring = {str(one.label): one.count for one in areas(SYSTEM, timezone.now(), "en")[0].figures}
    assert monitoring["services down or degraded"] == 1
    assert (monitoring["norms at risk"], monitoring["norms breached"]) == (1, 0)
    assert monitoring["open: incidents"] == 1


def test_the_first_steps_end_when_all_are_done(institution: Institution) -> None:
    steps = beginning().steps
    assert [step.is_done for step in steps] == [True, True, False, False]
    assert not beginning().is_over


def test_a_search_finds_services_work_and_people_for_who_may_see_them(institution: Institution) -> None:
    found = {str(one.title): [hit.title for hit in one.hits] for one in search(institution.alice, "web")}
    assert found["Services"] == ["Website"]
    assert found["Checks"] == ["Website over HTTP"]
    assert search(institution.charlie, "web") == []
    assert search(institution.alice, "  ") == []


@pytest.mark.parametrize("path", ["/", "/board/", "/search/?q=web", "/board/?criticality=4&team=web-team"])
def test_alice_and_bob_may_look_and_charlie_may_not(
    institution: Institution, client: Client, path: str
) -> None:
    answers = []
    for person in (institution.alice, institution.bob, institution.charlie):
        client.force_login(person)
        answers.append(client.get(path).status_code)
    assert answers[:2] == [200, 200]
    assert answers[2] in (302, 403)


@pytest.mark.parametrize("path", ["/", "/board/", "/search/?q=web"])
def test_every_link_of_the_front_door_leads_somewhere(
    institution: Institution, client: Client, path: str
) -> None:
    institution.incident(1, institution.web, assignee=institution.alice)
    judged(institution, "breached")
    client.force_login(institution.alice)
    page = client.get(path).content.decode()
    targets = {unescape(target) for target in re.findall(r'<a [^>]*href="(/[^"]*)"', page.split("<main")[1])}
    assert len(targets) > 1
    assert {target: status for target in targets if (status := client.get(target).status_code) != 200} == {}


def test_a_stranger_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/")["Location"] == "/account/login/?next=/"


def test_a_criticality_that_is_not_there_is_named(institution: Institution, client: Client) -> None:
    client.force_login(institution.alice)
    answer = client.get("/board/?criticality=9")
    assert answer.status_code == 422
    assert "Choose one of: 1, 2, 3, 4." in answer.content.decode()


def test_zero_bytes_in_an_address_do_no_harm(institution: Institution, client: Client) -> None:
    client.force_login(institution.alice)
    assert client.get("/search/?q=%00web").status_code == 200
    assert client.get("/board/?q=%00&team=%00").status_code == 200
