"""Norms from and to OpenSLO files on the pages and in the API."""

from __future__ import annotations

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from beheer.service_levels.models import Agreement, Norm
from beheer.service_levels.tests.conftest import MakeNorm, MakePerson

pytestmark = pytest.mark.django_db

SLO = """apiVersion: openslo/v1
kind: SLO
metadata: {name: web-availability, displayName: Web}
spec:
  service: web
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Occurrences
  alertPolicies: [page]
  objectives: [{targetPercent: 99.5}]
"""


def file(text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("slo.yaml", text.encode() if isinstance(text, str) else text)


def test_a_file_is_taken_over_and_given_back(
    client: Client, agreement: Agreement, norm: MakeNorm, person: MakePerson
) -> None:
    norm(key="old")
    client.force_login(person("alice", "lead"))
    page = f"/service-levels/agreements/{agreement.key}/"
    assert f'href="{page}openslo/"' in client.get(page).content.decode()
    answer = client.post(page + "openslo/", {"file": file(SLO)}, follow=True)
    told = answer.content.decode()
    assert "1 norm was taken over." in told and "alertPolicies" in told
    assert set(Norm.objects.values_list("key", flat=True)) == {"old", "web-availability"}
    given = client.get(page + "openslo.yaml")
    assert given["Content-Disposition"].endswith(f'"{agreement.key}.openslo.yaml"')
    assert {one["metadata"]["annotations"]["beheer.norm/key"] for one in yaml.safe_load_all(given.content)} == {
        "old", "web-availability",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SLO.replace("service: web", "service: post"), "There is no service &#x27;post&#x27; in it."),
        (SLO.replace("99.5", "100"), "leaves no time for any outage"),
        ("kind: Service\napiVersion: openslo/v1\nmetadata: {name: web}\n", "There is no SLO in this file."),
        ("a: [", "Line 1"),
        (b"\xff\xfe\x00", "This is no text in UTF-8."),
        ("", "empty"),
    ],
)
def test_a_wrong_file_changes_nothing_and_says_why(
    client: Client, agreement: Agreement, person: MakePerson, text: str | bytes, told: str
) -> None:
    client.force_login(person("alice", "lead"))
    address = f"/service-levels/agreements/{agreement.key}/openslo/"
    answer = client.post(address, {"file": file(text)})
    assert answer.status_code == 200 and told in answer.content.decode()
    assert Norm.objects.count() == 0


def test_a_member_may_read_and_not_import(
    client: Client, agreement: Agreement, norm: MakeNorm, person: MakePerson
) -> None:
    norm()
    client.force_login(person("bob", "member"))
    address = f"/service-levels/agreements/{agreement.key}/openslo"
    assert client.get(address + ".yaml").status_code == 200
    assert client.get(address + "/").status_code == 403
    assert client.post(address + "/", {"file": file(SLO)}).status_code == 403


def test_the_api_does_the_same(client: Client, agreement: Agreement, person: MakePerson) -> None:
    client.force_login(person("alice", "lead"))
    address = f"/api/agreements/{agreement.key}/openslo"

    def post(text: str) -> tuple[int, dict[str, object]]:
        answer = client.post(address, {"text": text}, content_type="application/json")
        return answer.status_code, answer.json()

    status, found = post(SLO)
    assert status == 200 and found["norms"] == ["web-availability"] and len(found["passed_over"]) == 2  # type: ignore[arg-type]
    assert next(yaml.safe_load_all(client.get(address).content))["metadata"]["name"].endswith(
        "web-availability"
    )
    status, found = post(SLO.replace("service: web", "service: post"))
    assert status == 422 and found["problems"][0]["field"] == "spec.service"  # type: ignore[index]
