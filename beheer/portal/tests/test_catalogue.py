"""Asking from the catalogue, following known disturbances, and deciding; never a colleague's things."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.people.models import Membership, Team, User
from beheer.permissions.rules import SYSTEM
from beheer.portal.tests.test_portal import alice as alice
from beheer.portal.tests.test_portal import as_user, person
from beheer.portal.tests.test_portal import bob as bob
from beheer.portal.tests.test_portal import mail as mail
from beheer.work.actions import change, create, link, publish_request_model, take_step
from beheer.work.mail.outgoing import send
from beheer.work.models import AffectedService, Item, RequestModel
from beheer.work.models.items import LinkKind
from beheer.work.request_models.schema import RequestSpec

pytestmark = pytest.mark.django_db


def words(nl: str, en: str) -> dict[str, str]:
    return {"nl": nl, "en": en}


SPEC: dict[str, Any] = {
    "key": "laptop",
    "name": words("Laptop", "Laptop computer"),
    "description": words("Een laptop te leen.", "A laptop on loan."),
    "group": words("Werkplek", "Workplace"),
    "service": "mail",
    "defaults": {"request_type": "hardware", "impact": "low"},
    "fields": {
        "size": {
            "name": words("Maat", "Size"),
            "type": "choice",
            "required": True,
            "choices": {"small": words("klein", "small"), "big": words("groot", "big")},
        },
        "why": {
            "name": words("Waarom groot?", "Why big?"),
            "required": True,
            "shown_when": {"size": ["big"]},
        },
        "number": {"name": words("Hoeveel", "How many"), "type": "number", "least": 1, "most": 3},
        "letter": {"name": words("Brief", "Letter"), "type": "file"},
    },
}
ASK = "/portal/catalogue/laptop/"


@pytest.fixture
def laptop(mail: Service) -> RequestModel:
    return published()


def published(**said: Any) -> RequestModel:
    spec = RequestSpec.model_validate(SPEC | said)
    return publish_request_model(actor=SYSTEM, spec=spec, now=timezone.now())


def number_in(answer: Any) -> str:
    """The number of the item that a form made."""
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"].split("/")[-3])


def test_alice_finds_fills_in_and_follows(alice: User, laptop: RequestModel) -> None:
    browser = as_user(alice)
    page = browser.get("/portal/catalogue/?q=loan").content.decode()
    assert "Workplace" in page and ASK in page
    assert ASK not in browser.get("/portal/catalogue/?q=printer").content.decode()
    letter = SimpleUploadedFile("letter.txt", b"Please.")
    answer = browser.post(ASK, {"size": "big", "why": "Maps", "number": "2", "letter": letter})
    number = number_in(answer)
    page = browser.get(answer["Location"]).content.decode()
    assert number in page and "Maps" in page
    page = browser.get(f"/portal/requests/{number}/").content.decode()
    assert "Why big?" in page and "letter.txt" in page
    file = Item.objects.get(number=number).attachments.get()
    answer = browser.get(f"/portal/requests/{number}/files/{file.pk}/")
    assert answer.content == b"Please." and "attachment" in answer["Content-Disposition"]


def test_the_form_speaks_dutch_to_who_reads_dutch(alice: User, laptop: RequestModel) -> None:
    browser = as_user(alice)
    browser.cookies["django_language"] = "nl"
    page = browser.post(ASK, {"number": "9"}).content.decode()
    assert "Waarom groot?" in page and "Maat" in page
    assert "kleiner is dan of gelijk is aan 3" in page or "3" in page
    assert "Dit veld is verplicht." in page


def test_the_server_names_each_wrong_field_and_keeps_what_was_typed(
    alice: User, laptop: RequestModel
) -> None:
    answer = as_user(alice).post(ASK, {"size": "big", "number": "9"})
    page = answer.content.decode()
    assert answer.status_code == 422 and page.count("This field is required.") >= 1
    assert "less than or equal to 3" in page and 'value="9"' in page
    assert not Item.objects.exists()


def test_a_question_that_is_not_asked_is_not_demanded(alice: User, laptop: RequestModel) -> None:
    number = number_in(as_user(alice).post(ASK, {"size": "small", "why": "x"}))
    assert Item.objects.get(number=number).values["size"] == "small"
    assert "why" not in Item.objects.get(number=number).values


def test_what_is_not_for_alice_or_retired_is_not_there(alice: User, mail: Service) -> None:
    Team.objects.create(key="law", name="Law")
    published(for_teams=["law"])
    assert as_user(alice).get(ASK).status_code == 404
    assert as_user(alice).post(ASK, {"size": "small"}).status_code == 404
    published(retired=True)
    assert as_user(alice).get(ASK).status_code == 404


def test_charlie_gets_nothing_by_number(alice: User, laptop: RequestModel) -> None:
    letter = SimpleUploadedFile("letter.txt", b"Please.")
    number = number_in(as_user(alice).post(ASK, {"size": "small", "letter": letter}))
    file = Item.objects.get(number=number).attachments.get()
    charlie = as_user(person("charlie"))
    for path in ("", "received/", f"files/{file.pk}/"):
        assert charlie.get(f"/portal/requests/{number}/{path}").status_code == 404
    for path in ("answer", "share", "confirm", "reopen", "rate"):
        assert charlie.post(f"/portal/requests/{number}/{path}/", {"text": "x"}).status_code == 404
    assert charlie.get(f"/portal/disturbances/{number}/").status_code == 404


def test_bob_of_the_staff_asks_for_himself_too(bob: User, laptop: RequestModel) -> None:
    number = number_in(as_user(bob).post(ASK, {"size": "small"}))
    assert Item.objects.get(number=number).requester == bob


def test_who_leads_her_team_decides_in_the_portal(alice: User, mail: Service) -> None:
    published(approvals=[{"who": ["requester_lead"]}])
    team, dora, eve = Team.objects.create(key="law", name="Law"), person("dora"), person("eve")
    Membership.objects.create(team=team, user=alice)
    Membership.objects.create(team=team, user=dora, is_lead=True)
    number = number_in(as_user(alice).post(ASK, {"size": "small"}))
    item = Item.objects.get(number=number)
    path = f"/portal/approvals/{item.approvals.get().pk}/"
    assert path in as_user(dora).get("/portal/requests/").content.decode()
    for other in (alice, eve):
        assert path not in as_user(other).get("/portal/requests/").content.decode()
        assert as_user(other).post(path, {"word": "approve"}).status_code == 404
    assert as_user(dora).post(path, {"word": "refuse", "reason": ""}).status_code == 422
    assert as_user(dora).post(path, {"word": "approve"}).status_code == 302
    item.refresh_from_db()
    assert item.state == "in_progress"


def outage(service: Service) -> Item:
    values = {"title": "db7 is full", "service": service, "impact": "high", "urgency": "high"}
    item = create(actor=SYSTEM, kind="incident", values=values, now=timezone.now())
    AffectedService.objects.create(item=item, service=service, since=timezone.now())
    return item


REPORT = {"service": "mail", "title": "No mail", "description": "Nothing comes in.", "urgency": "1"}


def test_a_known_disturbance_is_shown_before_it_is_reported_again(alice: User, mail: Service) -> None:
    item, browser = outage(mail), as_user(alice)
    page = browser.get("/portal/new/incident/?service=mail").content.decode()
    assert "We know of this already" in page and "db7" not in page
    answer = browser.post("/portal/new/incident/", REPORT)
    assert "We know of this already" in answer.content.decode() and Item.objects.count() == 1
    browser.post(f"/portal/disturbances/{item.number}/me-too/")
    browser.post(f"/portal/disturbances/{item.number}/me-too/")
    assert [row.user for row in item.me_too.all()] == [alice]
    page = browser.get(f"/portal/disturbances/{item.number}/").content.decode()
    assert "You follow this disturbance" in page and "db7" not in page
    assert item.number in browser.get("/portal/requests/").content.decode()
    assert number_in(browser.post("/portal/new/incident/", REPORT | {"other": "1"}))


def test_an_incident_that_nobody_made_public_cannot_be_followed(
    alice: User, bob: User, mail: Service
) -> None:
    values = {"title": "Theft", "service": mail, "impact": "high", "urgency": "high"}
    item = create(actor=bob, kind="incident", values=values, now=timezone.now())
    assert as_user(alice).get(f"/portal/disturbances/{item.number}/").status_code == 404
    assert as_user(alice).post(f"/portal/disturbances/{item.number}/me-too/").status_code == 404


def test_a_known_problem_tells_users_only_what_is_meant_for_them(
    client: Client, bob: User, mail: Service
) -> None:
    values = {"title": "Leak in x.c", "description": "y", "service": mail, "impact": "low", "urgency": "low"}
    item = create(actor=bob, kind="problem", values=values, now=timezone.now())
    assert "Known problems" not in client.get("/portal/").content.decode()
    change(actor=bob, item=item, values={"for_users": "Use the web page."}, version=None, now=timezone.now())
    page = client.get("/portal/").content.decode()
    assert "Use the web page." in page and "Leak" not in page


def test_a_fault_is_reported_with_a_picture(alice: User, mail: Service) -> None:
    picture = SimpleUploadedFile("screen.png", b"\x89PNG\r\n\x1a\n...")
    number = number_in(as_user(alice).post("/portal/new/incident/", REPORT | {"attachments": picture}))
    assert Item.objects.get(number=number).attachments.get().media_type == "image/png"
    bad = SimpleUploadedFile("run.exe", b"MZ")
    answer = as_user(alice).post("/portal/new/incident/", REPORT | {"attachments": bad})
    assert answer.status_code == 422 and Item.objects.count() == 1


def followed_outage(service: Service, *users: User) -> Item:
    item = outage(service)
    for user in users:
        user.email = f"{user.username}@example.org"
        user.save()
        as_user(user).post(f"/portal/disturbances/{item.number}/me-too/")
    return item


def solve(item: Item) -> None:
    values = {"solution": "Emptied db7."}
    take_step(actor=SYSTEM, item=item, step="resolve", version=None, now=timezone.now(), values=values)


def test_who_follows_a_disturbance_hears_in_their_language_that_it_is_over(
    alice: User, mail: Service, mailoutbox: list[EmailMessage]
) -> None:
    alice.language = "nl"
    alice.save()
    item = followed_outage(mail, alice)
    solve(item)
    send(timezone.now())
    [sent] = mailoutbox
    assert sent.to == ["alice@example.org"]
    assert sent.subject == f"[{item.number}] Doet het weer: {mail.name}"
    assert (
        f"/portal/disturbances/{item.number}/" in str(sent.body) and "db7" not in f"{sent.subject}{sent.body}"
    )
    status = as_user(alice).get("/portal/").content.decode()
    assert "Een verstoring die u volgt, is voorbij" in status
    assert "voorbij sinds" in as_user(alice).get("/portal/requests/").content.decode()
    take_step(
        actor=SYSTEM, item=item, step="reopen", version=None, now=timezone.now(), values={"comment": "Again"}
    )
    send(timezone.now())
    assert mailoutbox[1].subject == f"[{item.number}] Toch niet opgelost: {mail.name}"


def test_who_does_not_follow_or_cannot_be_reached_gets_no_mail(
    alice: User, bob: User, mail: Service, mailoutbox: list[EmailMessage]
) -> None:
    item = followed_outage(mail, alice)
    alice.is_active = False
    alice.save()
    solve(item)
    send(timezone.now())
    assert mailoutbox == []
    assert "A disturbance that you follow" not in as_user(bob).get("/portal/").content.decode()


def test_followers_of_a_duplicate_follow_what_it_goes_on_in(
    alice: User, bob: User, mail: Service, mailoutbox: list[EmailMessage]
) -> None:
    one, other = followed_outage(mail, alice), outage(mail)
    link(actor=SYSTEM, item=one, other=other, kind=LinkKind.DUPLICATES, now=timezone.now())
    values = {"comment": "The same"}
    take_step(actor=SYSTEM, item=one, step="merge", version=None, now=timezone.now(), values=values)
    send(timezone.now())
    assert mailoutbox == [] and [row.user for row in other.me_too.all()] == [alice]
    solve(other)
    send(timezone.now())
    assert len(mailoutbox) == 1
