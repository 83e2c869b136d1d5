"""Writes made-up work of other kinds: a known error, a wish traced to its documentation, an improvement, a supplier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from beheer.catalogue.models import Service
from beheer.demo.incidents import in_office_hours, new_item, open_at, step_at
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.work.definitions import current_version, kind_of
from beheer.work.models import Item, Link
from beheer.work.models.items import Channel, LinkKind
from beheer.work.recording import Change

Steps = Sequence[tuple[str, dict[str, str]]]

# kind, service, title, description, own fields, days ago, (step, values) a day apart, what it is linked to: place, how
STORY: tuple[tuple[str, str, str, str, dict[str, str], int, Steps, tuple[int, LinkKind] | None], ...] = (
    ("wish", "leeromgeving", "Donkere weergave in de leeromgeving", "Studenten werken 's avonds en vragen erom.",
     {"benefit": "Minder vermoeide ogen; toegankelijker."}, 150,
     (("talk", {}), ("accept", {"decision_reason": "Veel gevraagd en weinig werk.", "effort": "days"})), None),
    ("requirement", "leeromgeving", "Weergave volgt de instelling van het apparaat", "Licht, donker of automatisch.",
     {"requirement_type": "functional"}, 140,
     (("agree", {"criterion": "Contrast van ten minste 4,5 op elke pagina."}), ("build", {}),
      ("meet", {"comment": "Gemeten op twintig pagina's."})), (0, LinkKind.IMPLEMENTS)),
    ("test", "leeromgeving", "Donkere weergave getoetst aan de eis", "",
     {"cases": "Elke pagina: contrast meten, formulieren invullen."}, 110,
     (("run", {"environment": "acceptatie, versie 4.2"}),
      ("pass", {"seen": "Contrast overal boven 4,6.", "cases_passed": "20"})), (1, LinkKind.TESTS)),
    ("acceptance", "leeromgeving", "Donkere weergave aanvaarden", "Aan de opdrachtgever voorgelegd.", {}, 100,
     (("ask", {"grounds": "Alle testgevallen geslaagd."}),), (2, LinkKind.ACCEPTS)),
    ("documentation", "leeromgeving", "Uitleg over de weergave voor studenten", "Waar de instelling staat.",
     {"readers": "studenten"}, 90, (("write", {}),), (3, LinkKind.DOCUMENTS)),
    ("problem", "mail", "Mail op telefoons stopt na een wachtwoordwijziging", "Telkens na het wijzigen.",
     {}, 60, (("investigate", {}), ("to_known_error", {
         "root_cause": "De oude sleutel blijft een dag in het tussengeheugen.",
         "workaround": "Het account op de telefoon verwijderen en opnieuw toevoegen."})), None),
    ("problem", "draadloos", "Geen verbinding in de collegezalen bij volle bezetting", "Bij meer dan 250 mensen.",
     {}, 40, (("investigate", {}), ("to_known_error", {
         "root_cause": "Te weinig adressen in het netwerk van de zalen.",
         "workaround": "Verbinden met het netwerk voor gasten."})), None),
    ("improvement", "afdrukken", "Minder meldingen over lege papierladen", "Vaste ronde langs de printers.",
     {}, 130, (("measure_before", {"measure": "meldingen per week", "before": "14", "target": "5"}), ("do", {}),
               ("let_settle", {"measured_on": "DAY"}),
               ("keep", {"after": "4", "effect": "Tien meldingen per week minder."})), None),
    ("supplier_case", "studentinformatie", "Cijfers worden dubbel ingelezen", "Bij het tweede bestand van een dag.",
     {"supplier": "Leverancier van het studentinformatiesysteem"}, 12,
     (("send", {"their_number": "CS-204417"}),), None),
)  # fmt: skip


def write_other_work(services: Mapping[str, Service], *, now: datetime) -> int:
    """Write the story. Gives how many items."""
    made: list[Item] = []
    for kind_key, service_key, title, description, fields, days, steps, tie in STORY:
        service = services[service_key]
        staff = _staff(service)
        version = current_version(kind_key)
        kind = kind_of(version)
        at = in_office_hours(now - timedelta(days=days))
        item = new_item(title, service, at, version, kind, Channel.PAGE, (3, 3))
        item.description, item.values = description, dict(fields)
        open_at(item, kind, at)
        for turn, (step, values) in enumerate(steps, 1):
            day = (at + timedelta(days=turn + 30)).date().isoformat()
            given = {name: day if value == "DAY" else value for name, value in values.items()}
            step_at(item, kind, staff[0], step, given, at + timedelta(days=turn))
        Change(SYSTEM, item, kind, at + timedelta(days=len(steps))).save()
        if tie is not None:
            place, how = tie
            Link.objects.create(source=item, target=made[place], kind=how, made_at=at, made_by="beheer")
        made.append(item)
    return len(made)


def _staff(service: Service) -> list[User]:
    assert service.team is not None
    return list(service.team.members.filter(is_simulated=True).order_by("username"))
