"""Pages of work: every one answers, does what its buttons say, and tells the second of two."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from beheer.lib.errors import InputError
from beheer.people.actions import create_user, grant_role
from beheer.people.models import Team, User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import assign, change, take_step
from beheer.work.definitions import BUILT_IN, current_kinds, current_version
from beheer.work.files import required_type
from beheer.work.models import Freeze, Item, KindVersion, SavedFilter
from beheer.work.tests.conftest import MONDAY, Estate
from beheer.work.tests.test_requests import asked, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def test_every_page_answers_in_both_languages(page: Client, incident: Item) -> None:
    number = incident.number
    own = ("clocks", "change", "hand-over", "links", "steps/resolve")
    ends = [
        "", "?view=all&group=state&q=webmail&sort=due_at", "board/", "mine/", "calendar/", "kinds/", "new/",
        "part/webmail/", f"{number}/", *(f"{number}/{end}/" for end in own),
        *(f"kinds/{key}/" for key in current_kinds()), *(f"new/{key}/" for key in current_kinds()),
        *(f"board/?kind={key}" for key in current_kinds()),
    ]  # fmt: skip
    paths = [f"/work-items/{end}" for end in ends]
    for path in paths:
        for language in ("nl", "en"):
            answer = page.get(path, headers={"accept-language": language})
            assert answer.status_code == 200, f"{path} in {language}"


def test_who_has_only_the_portal_sees_no_page_of_work(client: Client, charlie: User, incident: Item) -> None:
    client.force_login(charlie)
    for path in (
        "/work-items/",
        "/work-items/board/",
        f"/work-items/{incident.number}/",
        "/work-items/kinds/",
    ):
        assert client.get(path).status_code == 403


def test_a_form_made_from_the_kind_opens_an_item(page: Client, estate: Estate) -> None:
    data: dict[str, Any] = {"title": "No mail", "service": estate.webmail.pk, "impact": 1, "urgency": 1}
    answer = page.post("/work-items/new/incident/", data)
    item = Item.objects.get()
    assert answer.headers["Location"] == f"/work-items/{item.number}/"
    assert (item.priority, item.team) == (1, estate.webmail.team)


def test_a_form_says_what_is_missing_at_its_field(page: Client, estate: Estate) -> None:
    answer = page.post("/work-items/new/incident/", {"title": "", "impact": 1, "urgency": 1})
    assert set(answer.context["form"].errors) == {"title", "service"}


def test_a_step_without_questions_is_one_click(page: Client, incident: Item, bob: User) -> None:
    page.post(f"/work-items/{incident.number}/steps/take/", {"version": 1})
    item = Item.objects.get()
    assert (item.state, item.assignee) == ("in_progress", bob)


def test_a_step_with_questions_asks_them(page: Client, incident: Item) -> None:
    answer = page.post(f"/work-items/{incident.number}/steps/resolve/", {"version": 1, "solution": ""})
    assert "solution" in answer.context["form"].errors
    page.post(
        f"/work-items/{incident.number}/steps/resolve/",
        {"version": 1, "solution": "Restarted.", "cause": "software"},
    )
    assert Item.objects.get().values == {"solution": "Restarted.", "cause": "software"}


def test_the_second_of_two_gets_a_page_that_says_so(page: Client, incident: Item, alice: User) -> None:
    change(actor=alice, item=incident, values={"title": "Other"}, version=1, now=timezone.now())
    answer = page.post(
        f"/work-items/{incident.number}/change/",
        {
            "version": 1,
            "title": "Mine",
            "service": incident.service_id,
            "impact": 2,
            "urgency": 2,
            "complexity": "normal",
        },
    )
    assert answer.status_code == 409
    assert "was changed by alice" in answer.content.decode()
    assert Item.objects.get().title == "Other"


def test_notes_files_and_mentions(page: Client, incident: Item, alice: User) -> None:
    file = SimpleUploadedFile("log.txt", b"line one\nline two\n")
    page.post(
        f"/work-items/{incident.number}/say/", {"kind": "note", "text": "@alice see the log", "file": file}
    )
    attachment = incident.attachments.get()
    assert (attachment.media_type, attachment.is_public) == ("text/plain", False)
    got = page.get(f"/work-items/{incident.number}/files/{attachment.pk}/")
    assert got.content == b"line one\nline two\n"
    assert got.headers["Content-Disposition"] == 'attachment; filename="log.txt"'
    assert incident.watches.get().user == alice


def test_a_program_is_not_taken_as_a_file(page: Client, incident: Item) -> None:
    file = SimpleUploadedFile("setup.txt", b"MZ\x90\x00program")
    answer = page.post(f"/work-items/{incident.number}/say/", {"kind": "note", "file": file}, follow=True)
    assert "Programs are not kept" in answer.content.decode()
    assert not incident.attachments.exists()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ("één\r\n".encode("cp1252"), "text/plain"),
        ("één\r\n".encode("utf-16"), "text/plain"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "video/mp4"),
    ],
)
def test_what_administrators_add_is_taken(content: bytes, media_type: str) -> None:
    assert required_type("file", content) == media_type


def test_bytes_that_say_nothing_are_not_taken() -> None:
    with pytest.raises(InputError, match="neither text"):
        required_type("file", b"\x80\x81\0\0\x01")


def test_words_whose_file_is_refused_are_not_sent_and_stay_in_their_box(page: Client, incident: Item) -> None:
    good, bad = SimpleUploadedFile("a.txt", b"x\n"), SimpleUploadedFile("b.txt", b"MZ\x90\x00program")
    answer = page.post(
        f"/work-items/{incident.number}/say/",
        {"kind": "reply", "text": "See the <file>", "file": [good, bad]},
    )
    assert answer.status_code == 422
    assert "See the &lt;file&gt;</textarea>" in answer.content.decode()
    assert not incident.messages.exists()
    assert not incident.attachments.exists()


def test_the_name_of_a_file_survives_its_accents(page: Client, incident: Item) -> None:
    file = SimpleUploadedFile("Coördinatie – één.txt", b"x\n")
    page.post(f"/work-items/{incident.number}/say/", {"kind": "note", "file": file})
    address = f"/work-items/{incident.number}/files/{incident.attachments.get().pk}/"
    told = page.get(address).headers["Content-Disposition"]
    assert told == "attachment; filename*=utf-8''Co%C3%B6rdinatie%20%E2%80%93%20%C3%A9%C3%A9n.txt"


def test_words_of_others_are_shown_as_words(page: Client, incident: Item) -> None:
    page.post(f"/work-items/{incident.number}/say/", {"kind": "note", "text": "<script>alert(1)</script>"})
    body = page.get(f"/work-items/{incident.number}/").content.decode()
    assert "<script>alert" not in body
    assert "&lt;script&gt;alert" in body


def test_many_items_are_taken_at_once_and_what_fails_is_told(page: Client, incident: Item, bob: User) -> None:
    answer = page.post(
        "/work-items/bulk/", {"deed": "take", "number": [incident.number, "INC-1999-1"]}, follow=True
    )
    assert Item.objects.get().assignee == bob
    assert "1 was refused: INC-1999-1 – There is no item" in answer.content.decode()


def test_what_somebody_else_changed_in_the_meantime_is_not_taken_with_many(
    page: Client, incident: Item, alice: User, bob: User
) -> None:
    text = page.get("/work-items/").content.decode()
    [pick] = re.findall(r'name="number" value="([^"]+)"', text)
    assign(actor=alice, item=incident, assignee=alice, version=None, now=MONDAY)
    answer = page.post("/work-items/bulk/", {"deed": "take", "number": [pick]}, follow=True)
    assert "1 was refused" in answer.content.decode()
    assert f"{incident.number} – was changed by alice" in answer.content.decode()
    assert Item.objects.get().assignee == alice


@pytest.mark.parametrize(("deed", "given"), [("hand_over", "²"), ("eat", "")])
def test_a_deed_that_does_not_exist_is_refused(page: Client, incident: Item, deed: str, given: str) -> None:
    asked = {"deed": deed, "number": [incident.number], "team": given, "reason": "x"}
    answer = page.post("/work-items/bulk/", asked, follow=True).content.decode()
    assert "1 was refused" in answer
    assert "Done with" not in answer


def test_the_list_shows_what_nobody_has(page: Client, incident: Item, alice: User) -> None:
    grouped = page.get("/work-items/?group=assignee").content.decode()
    assert "?group=assignee&amp;assignee=none" in grouped
    assert incident.number in page.get("/work-items/?assignee=none").content.decode()
    assign(actor=alice, item=incident, assignee=alice, version=None, now=MONDAY)
    assert incident.number not in page.get("/work-items/?assignee=none").content.decode()


def test_an_export_keeps_apart_what_the_page_puts_together(page: Client, incident: Item) -> None:
    answer = page.get("/work-items/?export=csv", headers={"accept-language": "en"})
    head = b"".join(answer).decode("utf-8-sig").splitlines()[0]
    assert head == "Number,Title,State,Priority,Service,Team,Assigned to,Opened,Due"


def test_a_board_of_a_team_that_cannot_be_is_empty(page: Client, incident: Item) -> None:
    answer = page.get("/work-items/board/", {"team": "9" * 20})
    assert (answer.status_code, incident.number in answer.content.decode()) == (200, False)


def test_a_filter_is_kept_and_shared(page: Client, incident: Item, alice: User, bob: User) -> None:
    page.post("/work-items/filters/", {"name": "Urgent", "query": "priority=1&view=all", "shared": "on"})
    kept = SavedFilter.objects.get()
    assert (kept.owner, kept.query, kept.is_shared) == (bob, "priority=1&view=all", True)
    page.force_login(User.objects.get(pk=alice.pk))
    assert "Urgent" in page.get("/work-items/").content.decode()
    assert page.post(f"/work-items/filters/{kept.pk}/forget/").status_code == 404


def test_the_list_finds_by_full_text_and_exports(page: Client, incident: Item) -> None:
    assert incident.number in page.get("/work-items/?q=webm").content.decode()
    assert incident.number not in page.get("/work-items/?q=printer").content.decode()
    answer = page.get("/work-items/?export=csv&view=all")
    assert b"INC-2026-00001" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a file


def test_a_due_list_puts_the_first_due_first_and_the_never_due_last(
    page: Client, incident: Item, bob: User
) -> None:
    late = take_step(actor=bob, item=incident, step="take", version=None, now=timezone.now())
    Item.objects.filter(pk=late.pk).update(due_at=None)
    body = page.get("/work-items/?sort=due_at").content.decode()
    assert late.number in body


def test_an_own_kind_is_checked_tried_and_published_by_a_lead_only(
    page: Client, incident: Item, alice: User
) -> None:
    text = (BUILT_IN / "incident.yaml").read_text()
    wrong = page.post(
        "/work-items/kinds/incident/edit/", {"text": text.replace("to: resolved", "to: resolvd")}
    )
    assert "Did you mean &#x27;resolved&#x27;?" in wrong.content.decode()
    place = next(n for n, line in enumerate(text.splitlines(), 1) if "to: resolved" in line)
    assert f"Line {place}: steps.resolve.to" in wrong.content.decode()
    take_step(actor=alice, item=incident, step="take", version=None, now=timezone.now())
    stricter = text.replace("from: [new]\n    to: in_progress", "from: [waiting_user]\n    to: in_progress")
    stricter = stricter.replace(
        "from: [in_progress]\n    to: waiting_user", "from: [new]\n    to: waiting_user"
    )
    tried = page.post("/work-items/kinds/incident/edit/", {"text": stricter})
    blocked = tried.context["trial"].blocked
    assert [(one.what, one.times) for one in blocked] == [("step 'take' does not leave 'new' any more", 1)]
    assert (
        page.post("/work-items/kinds/incident/edit/", {"text": stricter, "publish": "1"}).status_code == 403
    )
    page.force_login(User.objects.get(pk=alice.pk))
    page.post("/work-items/kinds/incident/edit/", {"text": stricter, "publish": "1"})
    assert KindVersion.objects.get(key="incident", is_current=True).version == 2


def test_a_lead_says_when_nothing_is_changed(page: Client, alice: User) -> None:
    start = timezone.now().replace(second=0, microsecond=0)
    data = {"name": "Exams", "starts_at": start.strftime("%Y-%m-%dT%H:%M"),
            "ends_at": (start + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")}  # fmt: skip
    assert page.post("/work-items/calendar/freeze/", data).status_code == 403
    page.force_login(User.objects.get(pk=alice.pk))
    page.post("/work-items/calendar/freeze/", data)
    assert "Exams" in page.get("/work-items/calendar/").content.decode()
    page.post(f"/work-items/calendar/freeze/{Freeze.objects.get().pk}/lift/")
    assert not Freeze.objects.exists()


def test_who_has_least_in_hand_and_knows_the_service_is_proposed(
    page: Client, incident: Item, alice: User, team: Team
) -> None:
    take_step(
        actor=alice, item=incident, step="resolve", version=None, now=timezone.now(), values={"solution": "x"}
    )
    Item.objects.filter(pk=incident.pk).update(assignee=alice)
    data: dict[str, Any] = {"title": "Again", "service": incident.service_id, "impact": 2, "urgency": 2}
    page.post("/work-items/new/incident/", data)
    proposal = page.get("/work-items/INC-2026-00002/").context["proposal"]
    assert proposal.user == alice
    assert "solved 1 of this service in a year" in proposal.reasons


def test_who_leads_one_team_only_opens_home_board_search_and_the_lists_of_the_api(
    client: Client, estate: Estate
) -> None:
    dora, _ = create_user(actor=SYSTEM, username="dora", email="dora@example.org", now=timezone.now())
    dora.must_change_password = False
    dora.save()
    team = estate.webmail.team
    assert team is not None
    grant_role(actor=SYSTEM, user=dora, role="lead", team=team, now=timezone.now())
    client.force_login(dora)
    for path in ("/", "/board/", "/search/?q=mail", "/api/mails/in", "/api/approvals/waiting"):
        assert client.get(path).status_code == 200, path


def test_the_list_is_narrowed_to_one_item_of_the_catalogue(
    page: Client, incident: Item, charlie: User
) -> None:
    item = asked(charlie, published())
    found = page.get("/work-items/?view=all&catalogue=shared-mailbox").content.decode()
    assert item.number in found and incident.number not in found


def test_the_second_of_two_who_publish_a_kind_is_told(client: Client, alice: User) -> None:
    client.force_login(alice)
    address = "/work-items/kinds/incident/edit/"
    text = BUILT_IN.joinpath("incident.yaml").read_text()
    seen = client.get(address).context["form"].initial["version"]
    first, second = f"# of the first\n{text}", f"# of the second\n{text}"
    client.post(address, {"text": first, "version": seen, "publish": "1"})
    answer = client.post(address, {"text": second, "version": seen, "publish": "1"})
    assert answer.status_code == 409
    assert "was published by alice" in answer.content.decode()
    assert "# of the second" in answer.content.decode()  # to copy from
    assert KindVersion.objects.get(key="incident", is_current=True).text == first


def test_a_new_kind_does_not_take_the_place_of_one_that_is_there(client: Client, alice: User) -> None:
    client.force_login(alice)
    text = "# mine\n" + BUILT_IN.joinpath("incident.yaml").read_text()
    answer = client.post("/work-items/kinds/new/", {"text": text, "version": 0, "publish": "1"})
    assert answer.status_code == 409
    assert current_version("incident").is_built_in


def test_who_comes_second_keeps_the_words_and_finds_the_way_back(
    page: Client, incident: Item, alice: User
) -> None:
    address = f"/work-items/{incident.number}/steps/resolve/"
    take_step(actor=alice, item=incident, step="take", version=None, now=MONDAY)
    said = {"solution": "Restarted <everything>", "version": 1}
    answer = page.post(address, said, headers={"referer": f"http://testserver{address}"})
    assert answer.status_code == 409
    assert "Restarted &lt;everything&gt;</textarea>" in answer.content.decode()
    assert f'href="/work-items/{incident.number}/"' in answer.content.decode()
