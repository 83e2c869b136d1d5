"""Norms as OpenSLO documents in the API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema

from beheer.people.sign_in import person
from beheer.permissions.rules import require_somewhere
from beheer.service_levels.actions.openslo_files import export_openslo, import_openslo
from beheer.service_levels.queries.standings import agreement_by_key

router = Router(tags=["service levels"])


class OpenSloIn(Schema):
    """The text of a YAML file with documents of kind SLO."""

    text: str


class OpenSloOut(Schema):
    """The keys of the norms that were added or changed, and what of the file was not taken over."""

    norms: list[str]
    passed_over: list[str]


@router.get("/agreements/{key}/openslo", summary="Norms of an agreement as OpenSLO", response={200: None})
def get_openslo(request: HttpRequest, key: str) -> HttpResponse:
    """YAML with a document of kind SLO for each norm."""
    require_somewhere(person(request), "service_levels.see")
    return HttpResponse(export_openslo(agreement_by_key(key)), content_type="application/yaml; charset=utf-8")


@router.post("/agreements/{key}/openslo", response=OpenSloOut, summary="Import norms from OpenSLO")
def post_openslo(request: HttpRequest, key: str, body: OpenSloIn) -> OpenSloOut:
    """All SLOs of the file become norms, or none where one of them is wrong; other norms stay."""
    found = import_openslo(
        actor=person(request), agreement=agreement_by_key(key), text=body.text, now=timezone.now()
    )
    norms = [str(one["key"]) for one in found.norms]
    return OpenSloOut(norms=norms, passed_over=[one.message for one in found.passed_over])
