"""What the demonstration institution agreed with its customers, its maintenance, and what it corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from beheer.catalogue.models import Customer, Service
from beheer.demo.rules import DAYS, OwnOutage
from beheer.people.models import User
from beheer.permissions.rules import Actor
from beheer.service_levels.actions.agreements import AgreementDraft, NormDraft, save_agreement, save_norm
from beheer.service_levels.actions.calendars import save_calendar
from beheer.service_levels.actions.corrections import approve_correction, propose_correction
from beheer.service_levels.actions.windows import WindowDraft, plan_window
from beheer.service_levels.actions.work_targets import WorkTarget, save_work_targets

ZONE = ZoneInfo("Europe/Amsterdam")
OFFICE_HOURS = """\
timezone: Europe/Amsterdam
holidays: NL
versions:
  - valid_from: 2015-01-01
    hours: {mon-fri: "08:00-18:00"}
"""
LONG_HOURS = """\
timezone: Europe/Amsterdam
holidays: NL
versions:
  - valid_from: 2015-01-01
    hours: {mon-thu: "07:00-22:00", fri: "07:00-20:00", sat: "09:00-17:00"}
"""
ALWAYS = "24x7\n"
RULES = {"planned": "exclude", "planned_notice": "48h", "no_data": "exclude", "degraded": "as_up"}

# key, name, customer, calendar, services, targets by service ("" for all of the agreement)
AGREEMENTS: tuple[tuple[str, str, str, str, tuple[str, ...], dict[str, float]], ...] = (
    ("onderwijs-letteren", "Onderwijs, Geesteswetenschappen", "geesteswetenschappen", "lange-dagen",
     ("leeromgeving", "toetsen", "videocolleges"), {"leeromgeving": 0.998, "toetsen": 0.999, "videocolleges": 0.99}),
    ("onderwijs-rechten", "Onderwijs, Rechtsgeleerdheid", "rechten", "lange-dagen",
     ("leeromgeving", "toetsen"), {"": 0.998}),
    ("onderzoek-natuur", "Onderzoek, Natuurwetenschappen", "natuurwetenschappen", "altijd",
     ("onderzoeksdata", "rekencluster"), {"onderzoeksdata": 0.998, "rekencluster": 0.985}),
    ("onderzoek-geneeskunde", "Onderzoek, Geneeskunde", "geneeskunde", "altijd", ("onderzoeksdata",), {"": 0.999}),
    ("bibliotheek", "Bibliotheek", "bibliotheek", "lange-dagen",
     ("catalogus", "afdrukken"), {"catalogus": 0.995, "afdrukken": 0.99}),
    ("studentzaken", "Studentzaken", "studentzaken", "kantooruren",
     ("studentinformatie", "roosters"), {"studentinformatie": 0.998, "roosters": 0.995}),
    ("bedrijfsvoering", "Bedrijfsvoering", "bestuursdienst", "kantooruren",
     ("personeel", "financien"), {"": 0.997}),
    ("basis", "Basisdiensten", "bestuursdienst", "altijd",
     ("mail", "aanmelden", "campusnetwerk", "draadloos", "website"),
     {"aanmelden": 0.9995, "campusnetwerk": 0.9995, "mail": 0.999, "draadloos": 0.995, "website": 0.999}),
)  # fmt: skip


WORK_TARGETS = tuple(
    WorkTarget("incident", clock, round(hours * 3600), priority)
    for clock, rows in (("response", (0.25, 0.5, 2, 4)), ("resolution", (2, 4, 12, 24)))
    for priority, hours in enumerate(rows, 1)
)


def write_agreements(services: Mapping[str, Service], *, actor: Actor, now: datetime) -> None:
    """Make the calendars, and the agreements with their norms."""
    calendars = {
        key: save_calendar(actor=actor, key=key, name=name, source=source, now=now, is_simulated=True)
        for key, name, source in (
            ("kantooruren", "Kantooruren", OFFICE_HOURS),
            ("lange-dagen", "Lange dagen", LONG_HOURS),
            ("altijd", "Altijd", ALWAYS),
        )
    }
    customers = {customer.key: customer for customer in Customer.objects.filter(is_simulated=True)}
    begins = _first_of_month(now - timedelta(days=DAYS))
    for key, name, customer, calendar, keys, targets in AGREEMENTS:
        draft = AgreementDraft(
            key=key,
            name=name,
            customer=customers[customer],
            services=[services[one] for one in keys],
            calendar=calendars[calendar],
            starts_on=begins,
            report_period="month",
            is_simulated=True,
        )
        _write_one(draft, targets, services, actor, now)


def _write_one(
    draft: AgreementDraft,
    targets: Mapping[str, float],
    services: Mapping[str, Service],
    actor: Actor,
    now: datetime,
) -> None:
    agreement = save_agreement(actor=actor, draft=draft, now=now)
    save_work_targets(actor=actor, agreement=agreement, targets=WORK_TARGETS, now=now)
    for service, target in targets.items():
        about = services[service].name if service else "alle diensten"
        norm = NormDraft(
            key=service or "beschikbaarheid",
            name=f"Beschikbaarheid {about}",
            target=target,
            services=[services[service]] if service else [],
            period="month",
            rules=dict(RULES),
        )
        save_norm(actor=actor, agreement=agreement, draft=norm, now=now)


def _first_of_month(at: datetime) -> date:
    """The first day of the month after this instant: from then on the history is whole."""
    day = at.astimezone(ZONE).date().replace(day=1)
    return (day + timedelta(days=32)).replace(day=1)


def write_windows(services: Mapping[str, Service], *, actor: Actor, now: datetime) -> None:
    """Plan the monthly maintenance since the beginning, and some that is still to come."""
    first = _first_of_month(now - timedelta(days=DAYS))
    sunday = first + timedelta(days=(6 - first.weekday()) % 7 + 7)
    next_tuesday = now.astimezone(ZONE).date() + timedelta(days=(1 - now.astimezone(ZONE).weekday()) % 7 + 7)
    drafts = [
        _window(services, ("opslagplatform", "virtualisatie", "databaseplatform", "bestandsopslag", "onderzoeksdata"),
                sunday, time(6), 4, "Maandelijks onderhoud van de platformen", "FREQ=MONTHLY;BYDAY=2SU", first),
        _window(services, ("campusnetwerk", "draadloos", "dns"),
                sunday + timedelta(days=7), time(5), 2, "Onderhoud van het netwerk", "FREQ=MONTHLY;BYDAY=3SU", first),
        _window(services, ("leeromgeving",), next_tuesday, time(20), 3,
                "Nieuwe versie van de leeromgeving", "", now.date() - timedelta(days=9)),
        _window(services, ("studentinformatie", "roosters"), next_tuesday + timedelta(days=4), time(8), 6,
                "Verhuizing naar het nieuwe databaseplatform", "", now.date() - timedelta(days=3)),
    ]  # fmt: skip
    for draft in drafts:
        plan_window(actor=actor, draft=draft, now=now)


def _window(
    services: Mapping[str, Service],
    keys: Sequence[str],
    day: date,
    clock: time,
    hours: int,
    reason: str,
    recurrence: str,
    announced_on: date,
) -> WindowDraft:
    starts_at = datetime.combine(day, clock, tzinfo=ZONE)
    return WindowDraft(
        services=[services[key] for key in keys],
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        reason=reason,
        announced_at=datetime.combine(announced_on - timedelta(days=10), time(9), tzinfo=ZONE),
        recurrence=recurrence,
        is_simulated=True,
    )


def write_corrections(
    outages: Sequence[OwnOutage], services: Mapping[str, Service], *, actor: Actor, now: datetime
) -> None:
    """Correct some outages that were not what they seemed, and leave one for somebody to decide about."""
    people = {user.username: user for user in User.objects.filter(is_simulated=True)}
    agreed = {services[key].pk: services[key] for one in AGREEMENTS for key in one[4]}
    fit = [one for one in outages if one.service_id in agreed and one.state == "down" and one.end < now]
    texts = (
        ("exclude", "Afgesproken met de klant: proef met uitwijken, telt niet mee."),
        ("up", "De controle was fout ingesteld; de dienst werkte, zie het logboek."),
        ("degraded", "Alleen nieuwe aanmeldingen waren getroffen; wie er was kon door."),
    )
    for outage, (makes, reason) in zip(fit[-12::4], texts, strict=False):
        correction = propose_correction(
            actor=people["alice"] if makes == "degraded" else actor,
            service=agreed[outage.service_id],
            starts_at=outage.start,
            ends_at=outage.end,
            makes=makes,
            reason=reason,
            now=now,
            is_simulated=True,
        )
        if makes != "degraded":
            approve_correction(actor=actor, correction=correction, now=now, decision="Akkoord na overleg.")
