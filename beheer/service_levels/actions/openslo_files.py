"""Taking norms over from OpenSLO documents, and giving them."""

from __future__ import annotations

from datetime import datetime

import pydantic
from django.db import transaction

from beheer.lib.errors import DocumentError, Problem
from beheer.permissions.rules import Actor
from beheer.service_levels.configuration import NormEntry, norm_entry, put_norm
from beheer.service_levels.models import Agreement
from beheer.service_levels.openslo import write_documents, write_norm
from beheer.service_levels.openslo_reading import Read, read_norms
from beheer.service_levels.queries.questions import services_of


def export_openslo(agreement: Agreement) -> str:
    """The norms of an agreement as OpenSLO v1 documents in one YAML text."""
    norms = agreement.norms.filter(retired_on=None).order_by("key")
    return write_documents(
        write_norm(
            norm_entry(norm).model_dump(mode="json"),
            agreement=agreement.key,
            services=[service.key for service in services_of(norm)],
            timezone=agreement.timezone,
        )
        for norm in norms
    )


@transaction.atomic
def import_openslo(*, actor: Actor, agreement: Agreement, text: str, now: datetime, name: str = "") -> Read:
    """Add or change the norms that OpenSLO documents describe; others stay. All of them, or none. Gives what was read.

    Raises: NotAllowed; DocumentError or InputError naming what is wrong.
    """
    services = list(agreement.services.order_by("key").values_list("key", flat=True))
    found = read_norms(text, services, agreement.timezone, name)
    for values in found.norms:
        try:
            entry = NormEntry.model_validate(values)
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            text_ = f"Norm '{values.get('key')}' cannot be read: {first['msg']}."
            raise DocumentError(Problem(text_, place, "Correct its annotations.", file=name)) from error
        put_norm(actor=actor, agreement=agreement, entry=entry, now=now)
    return found
