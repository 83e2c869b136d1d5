"""Sealed reports: the same bytes for ever, new versions where facts came later, and files for people and programs."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as mailbox
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from beheer.catalogue.models import Service
from beheer.lib.errors import Conflict, DocumentError, InputError, NotAllowed
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.agreements import NormDraft, save_norm
from beheer.service_levels.actions.corrections import (
    approve_correction,
    propose_correction,
    withdraw_correction,
)
from beheer.service_levels.actions.deliveries import send_due
from beheer.service_levels.actions.findings import (
    MeasureDraft,
    add_measure,
    start_measure,
    withdraw_finding,
    write_finding,
)
from beheer.service_levels.actions.reports import (
    renew_due,
    seal_due,
    seal_report,
    sealed_as,
    verify_content,
    verify_report,
)
from beheer.service_levels.actions.windows import WindowDraft, plan_window
from beheer.service_levels.models import Agreement, Norm, Report, ReportDelivery
from beheer.service_levels.report_documents import as_xlsx
from beheer.service_levels.report_rules import canonical, read_content
from beheer.service_levels.tests.conftest import START, MakeNorm, MakePerson, MakeState
from beheer.work.actions import take_step
from beheer.work.models import Item

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END = datetime(2026, 11, 1, tzinfo=UTC)
LATER = END + 6 * DAY
pytestmark = pytest.mark.django_db


@pytest.fixture
def october(
    web: Service, mail: Service, agreement: Agreement, norm: MakeNorm, state: MakeState, person: MakePerson
) -> Report:
    """The sealed report over October: two services, an outage, a window, a correction."""
    agreement.services.add(mail)
    norm(rules={"aggregate": "mean"})
    norm(key="outages", indicator="reliability", target=2, settings={"figure": "outages"})
    norm(key="rolling", period="rolling 7d")
    norm(key="daily", period="day", services=[web])
    for service in (web, mail):
        state(service, "up", START)
        state(service, "down", START + 5 * DAY)
        state(service, "up", START + 6 * DAY)
    draft = WindowDraft(
        services=[web], starts_at=START + 8 * DAY, ends_at=START + 8 * DAY + HOUR, reason="Disks"
    )
    plan_window(actor=SYSTEM, draft=draft, now=START)
    correct(web, person, START + 5 * DAY, START + 5 * DAY + HOUR, END)
    return seal_report(actor=SYSTEM, agreement=agreement, starts_at=START + DAY, now=LATER)


def correct(service: Service, person: MakePerson, since: datetime, until: datetime, now: datetime) -> object:
    alice, bob = person(f"alice{now:%d%H}", "lead"), person(f"bob{now:%d%H}", "lead")
    correction = propose_correction(
        actor=alice,
        service=service,
        starts_at=since,
        ends_at=until,
        makes="up",
        reason="Seen in the log.",
        now=now,
    )
    return approve_correction(actor=bob, correction=correction, now=now)


def figure(report: Report, norm: str, service: str | None) -> dict[str, float]:
    content = json.loads(report.content)
    part = next(row for row in content["norms"] if row["key"] == norm)
    row = next(row for row in part["figures"] if row["service"] == service)
    return {"adjusted": row["adjusted"]["value"], "total": row["total"]["value"]}


def test_total_and_adjusted_stand_side_by_side(october: Report) -> None:
    web = figure(october, "availability", "web")
    assert web["total"] == pytest.approx(30 / 31)
    assert web["adjusted"] == pytest.approx(1 - 23 / (31 * 24 - 1))
    assert figure(october, "availability", None)["total"] == pytest.approx(30 / 31)


def test_rerun_with_the_same_cut_off_gives_the_same_bytes_whatever_came_later(
    october: Report, web: Service, state: MakeState, person: MakePerson
) -> None:
    state(web, "down", END - DAY, recorded=LATER + DAY)
    state(web, "up", END - HOUR, recorded=LATER + DAY)
    correct(web, person, START + 5 * DAY, START + 6 * DAY, LATER + DAY)
    norm = Norm.objects.get(key="availability")
    draft = NormDraft("availability", "Renamed", 0.5, rules={"no_data": "as_down"})
    save_norm(actor=SYSTEM, agreement=norm.agreement, draft=draft, now=LATER + DAY, norm=norm)
    found = verify_report(october)
    assert (found.is_intact, found.is_same, found.differs) == (True, True, ())


def test_facts_that_arrive_later_make_a_new_version_that_says_why(
    october: Report, web: Service, person: MakePerson
) -> None:
    assert renew_due(LATER + HOUR) == 0
    correct(web, person, START + 5 * DAY, START + 6 * DAY, LATER + DAY)
    assert renew_due(LATER + DAY + HOUR) == 1
    old, new = Report.objects.order_by("version")
    assert (old.version, old.content, new.version) == (1, october.content, 2)
    moved = {row["subject"]: row for row in new.differences if row["what"] == "figure"}
    subject = "availability / web / 2026-10-01T00:00:00Z"
    assert moved[subject]["after"]["value"] == 1.0
    assert moved[subject]["reason"] == "Seen in the log."
    assert any(row["what"] == "correction" and row["before"] is None for row in new.differences)
    assert renew_due(LATER + 2 * DAY) == 0
    assert verify_report(old).is_same
    assert verify_report(new).is_same


def test_a_state_that_was_recorded_late_makes_a_new_version(
    october: Report, mail: Service, state: MakeState
) -> None:
    state(mail, "down", END - DAY, recorded=LATER + DAY)
    state(mail, "up", END - HOUR, recorded=LATER + DAY)
    assert renew_due(LATER + 2 * DAY) == 1
    newest = Report.objects.order_by("-version")[0]
    reasons = {row["reason"] for row in newest.differences if row["what"] == "figure"}
    assert reasons == {"states were recorded after the cut-off"}
    assert any(row["what"] == "outage" for row in newest.differences)


def test_the_page_tells_differences_by_name_and_unit(
    october: Report, web: Service, person: MakePerson, client: Client
) -> None:
    correct(web, person, START + 5 * DAY, START + 6 * DAY, LATER + DAY)
    renew_due(LATER + DAY + HOUR)
    client.force_login(person("frank", "auditor"))
    newest = Report.objects.order_by("-version")[0]
    page = client.get(f"/service-levels/reports/{newest.pk}/", headers={"accept-language": "en"})
    rows = [[text.replace("\N{NO-BREAK SPACE}", " ") for text in row] for row in page.context["differences"]]
    figures = {(subject, after) for what, subject, _before, after, _why in rows if what == "figure"}
    assert ("Availability · Web · 1 Oct 2026", "100.000 %, Met") in figures
    assert any(what == "correction" and subject.startswith("Web · 6 Oct 2026") for what, subject, *_ in rows)


def test_a_correction_that_is_withdrawn_again_is_in_no_newer_version(
    october: Report, web: Service, person: MakePerson
) -> None:
    correction = correct(web, person, START + 5 * DAY, START + 6 * DAY, LATER + DAY)
    renew_due(LATER + DAY + HOUR)
    withdraw_correction(actor=person("carol", "lead"), correction=correction, now=LATER + 2 * DAY)  # type: ignore[arg-type]
    assert renew_due(LATER + 3 * DAY) == 1
    versions = list(Report.objects.order_by("version"))
    figures = [figure(version, "availability", "web")["adjusted"] for version in versions]
    assert figures[0] == figures[2] != figures[1]


def test_a_changed_byte_is_found(october: Report) -> None:
    forged = october.content.replace('"target":0.99', '"target":0.5', 1)
    found = verify_content(forged, read_content(forged.encode()), sealed_as(json.loads(forged)))
    assert found.is_intact is False
    assert not found.is_same


def test_a_file_that_is_no_report_says_so() -> None:
    for data in (b"", b"hello", b"{}", b'{"format":"beheer-report/1"}', b"\xff\xfe"):
        with pytest.raises(DocumentError):
            read_content(data, "x.json")


def test_a_period_that_is_not_over_is_not_sealed(october: Report, person: MakePerson) -> None:
    with pytest.raises(Conflict, match="runs until 2026-12-01"):
        seal_report(actor=SYSTEM, agreement=october.agreement, starts_at=LATER, now=LATER)
    with pytest.raises(NotAllowed):
        seal_report(actor=person("dan", "member"), agreement=october.agreement, starts_at=START, now=LATER)


def test_sealing_twice_is_sealing_once(october: Report) -> None:
    again = seal_report(actor=SYSTEM, agreement=october.agreement, starts_at=START, now=LATER + DAY)
    assert again == october


def test_reports_are_sealed_when_their_period_and_delay_are_over(october: Report) -> None:
    before = Report.objects.count()
    assert seal_due(datetime(2026, 12, 5, 23, tzinfo=UTC)) > 0
    while seal_due(datetime(2026, 12, 5, 23, tzinfo=UTC)):
        pass
    months = sorted(Report.objects.values_list("starts_at", flat=True))
    assert months[-1] == START
    assert seal_due(datetime(2026, 12, 6, 1, tzinfo=UTC)) == 1
    assert Report.objects.latest("starts_at").starts_at == END
    assert before == 1


def test_a_finding_with_its_measure_is_in_the_next_version(october: Report, person: MakePerson) -> None:
    finding = write_finding(
        actor=person("erin", "lead"), agreement=october.agreement, starts_at=START, kind="conclusion",
        text="The disks were full.", measures=[MeasureDraft("Bigger disks")], now=LATER + DAY,
    )  # fmt: skip
    assert renew_due(LATER + DAY + HOUR) == 1
    content = json.loads(Report.objects.get(version=2).content)
    assert content["findings"][0]["measures"][0]["text"] == "Bigger disks"
    withdraw_finding(actor=SYSTEM, finding=finding, now=LATER + 2 * DAY)
    assert renew_due(LATER + 3 * DAY) == 1
    assert json.loads(Report.objects.get(version=3).content)["findings"] == []


def test_a_measure_opens_a_work_item_and_the_report_tells_how_far_it_was(
    october: Report, person: MakePerson
) -> None:
    erin = person("erin", "lead")
    finding = write_finding(
        actor=erin, agreement=october.agreement, starts_at=START, kind="finding",
        text="The disks were full. Twice.", now=LATER + DAY,
    )  # fmt: skip
    measure = start_measure(
        actor=erin, finding=finding, kind="improvement", values={"assignee": erin}, now=LATER + DAY + HOUR
    )
    item = Item.objects.get(number=measure.work_item)
    assert (item.title, item.customer, item.assignee) == (
        "The disks were full", october.agreement.customer, erin,
    )  # fmt: skip
    assert renew_due(LATER + 2 * DAY) == 1
    second = Report.objects.get(version=2)
    row = json.loads(second.content)["findings"][0]["measures"][0]
    assert (row["work_item"], row["owner"]) == (item.number, "erin")
    assert (row["item"]["state"], row["item"]["state_name"]["nl"]) == ("idea", "idee")
    take_step(
        actor=erin, item=item, step="drop", values={"comment": "Too dear."}, version=None, now=LATER + 3 * DAY
    )
    assert verify_report(second).is_same
    assert renew_due(LATER + 3 * DAY) == 0


def test_a_measure_that_is_added_later_is_in_the_next_version_only(
    october: Report, person: MakePerson
) -> None:
    erin = person("erin", "lead")
    finding = write_finding(
        actor=erin,
        agreement=october.agreement,
        starts_at=START,
        kind="finding",
        text="Full.",
        now=LATER + DAY,
    )
    assert renew_due(LATER + DAY + HOUR) == 1
    add_measure(
        actor=erin,
        finding=finding,
        draft=MeasureDraft("Bigger disks", work_item="TOPdesk 12"),
        now=LATER + 2 * DAY,
    )
    assert renew_due(LATER + 2 * DAY + HOUR) == 1
    measures = [
        len(json.loads(one.content)["findings"][0]["measures"])
        for one in Report.objects.filter(version__gt=1).order_by("version")
    ]
    assert measures == [0, 1]
    assert all(verify_report(one).is_same for one in Report.objects.all())


def test_a_measure_names_what_is_wrong_with_it(october: Report, person: MakePerson) -> None:
    erin = person("erin", "lead")
    finding = write_finding(
        actor=erin, agreement=october.agreement, starts_at=START, kind="finding", text="Full.", now=LATER
    )
    with pytest.raises(InputError, match="no work item 'INC-2026-99999'"):
        add_measure(
            actor=erin, finding=finding, draft=MeasureDraft("x", work_item="INC-2026-99999"), now=LATER
        )
    with pytest.raises(InputError, match="Say what is done"):
        add_measure(actor=erin, finding=finding, draft=MeasureDraft(" "), now=LATER)
    with pytest.raises(InputError) as failed:
        start_measure(actor=erin, finding=finding, kind="problem", values={}, now=LATER)
    assert "service" in {problem.field for problem in failed.value.problems}
    withdraw_finding(actor=erin, finding=finding, now=LATER)
    with pytest.raises(Conflict):
        start_measure(actor=erin, finding=finding, kind="improvement", values={}, now=LATER)
    with pytest.raises(NotAllowed):
        start_measure(
            actor=person("charlie", "user"), finding=finding, kind="improvement", values={}, now=LATER
        )


def test_a_person_writes_a_finding_before_the_report_is_sealed_and_starts_its_measure(
    agreement: Agreement, web: Service, norm: MakeNorm, state: MakeState, person: MakePerson
) -> None:
    norm()
    state(web, "up", START)
    client = Client()
    client.force_login(person("erin", "lead"))
    page = "/service-levels/agreements/sla/report/?within=2026-10-05"
    assert "not sealed yet" in client.get(page, headers={"accept-language": "en"}).content.decode()
    sent = client.post(page, {"kind": "finding", "text": "Slow disks.", "starts_measure": "on"})
    answer = client.post(
        sent["Location"], {"what": "work", "kind": "problem", "title": "Slow disks", "service": web.pk}
    )
    assert answer.status_code == 302
    number = Item.objects.get(kind="problem").number
    for path in (page, answer["Location"]):
        assert number in client.get(path, follow=True).content.decode()
    seal_report(actor=SYSTEM, agreement=agreement, starts_at=START, now=timezone.now())
    assert number in client.get(page, follow=True).content.decode()


def test_the_text_of_a_report_is_canonical(october: Report) -> None:
    assert canonical(json.loads(october.content)) == october.content


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_report_comes_as_page_pdf_csv_xlsx_and_json(
    october: Report, person: MakePerson, language: str
) -> None:
    client = Client()
    client.force_login(person("frank", "auditor"))
    root = f"/service-levels/reports/{october.pk}/"
    page = client.get(root + "?verify=1", headers={"accept-language": language}).content.decode()
    assert october.sha256 in page
    assert "96" in page
    files = {
        kind: client.get(f"{root}{kind}/?language={language}").content
        for kind in ("pdf", "csv", "xlsx", "json")
    }
    assert files["pdf"].startswith(b"%PDF-")
    assert files["json"].decode() == october.content
    rows = list(csv.DictReader(io.StringIO(files["csv"].decode("utf-8-sig"))))
    assert {row["norm"] for row in rows} == {"availability", "outages", "rolling", "daily"}
    assert len([row for row in rows if row["norm"] == "daily"]) == 31
    assert len(load_workbook(io.BytesIO(files["xlsx"])).worksheets) == 5


def test_a_sealed_report_is_sent_and_a_failure_is_tried_again(october: Report, settings: object) -> None:
    ReportDelivery.objects.create(report=october, recipient="dean@example.org", next_attempt_at=LATER)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # type: ignore[attr-defined]
    assert send_due(LATER) == 0
    delivery = ReportDelivery.objects.get()
    assert "refused" in delivery.error.lower()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
    assert send_due(LATER) == 0
    assert send_due(delivery.next_attempt_at) == 1
    assert send_due(LATER + DAY) == 0
    name, data, kind = mailbox.outbox[0].attachments[0]
    assert (name, kind) == ("sla-2026-10-01-v1.pdf", "application/pdf")
    assert bytes(data).startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("language", "head", "verdict"), [("nl", "Oordeel", "Niet gehaald"), ("en", "Verdict", "Breached")]
)
def test_a_workbook_is_in_the_language_of_its_reader(
    october: Report, language: str, head: str, verdict: str
) -> None:
    book = load_workbook(io.BytesIO(as_xlsx(json.loads(october.content), language)))
    first, *rest = book.worksheets[0].iter_rows(values_only=True)
    place = first.index(head)
    assert verdict in {row[place] for row in rest}


def test_sealing_a_period_that_is_not_over_is_told_on_the_page_of_its_agreement(
    agreement: Agreement, person: MakePerson, client: Client
) -> None:
    client.force_login(person("bob", "lead"))
    day = {"day": f"{timezone.now():%Y-%m-%d}"}
    page = client.post("/service-levels/agreements/sla/seal/", day, follow=True)
    assert page.status_code == 200
    assert "A report is sealed when its period is over." in page.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("starts_on", "soon", "This is no date."),
        ("norms", "none", "This is not a list."),
        ("extra", 1, "There is no such field."),
    ],
)
def test_the_api_says_what_is_wrong_at_its_field_and_what_to_do(
    agreement: Agreement, person: MakePerson, client: Client, field: str, value: object, message: str
) -> None:
    client.force_login(person("bob", "lead"))
    entry = {**client.get("/api/agreements/sla").json(), field: value}
    answer = client.put("/api/agreements/sla", entry, content_type="application/json")
    (problem,) = answer.json()["problems"]
    assert (answer.status_code, problem["field"], problem["message"]) == (422, field, message)
    assert problem["remedy"]
