"""The service catalogue in configuration as code."""

from __future__ import annotations

from pathlib import Path

import pytest

from beheer.catalogue.models import Service
from beheer.configuration.actions import apply_configuration
from beheer.configuration.queries import export
from beheer.lib.errors import DocumentError
from beheer.permissions.rules import SYSTEM
from beheer.work.catalogue import current_model, spec_of
from beheer.work.request_models.schema import FormField, RequestSpec
from beheer.work.tests.conftest import MONDAY, Estate
from beheer.work.tests.conftest import estate as estate
from beheer.work.tests.conftest import team as team
from beheer.work.tests.test_requests import published

pytestmark = pytest.mark.django_db


def test_the_catalogue_applies_and_exports_without_change(estate: Estate) -> None:
    published(approvals=[{"who": ["lead"], "need": "all"}])
    text = export(actor=SYSTEM)
    assert "request_models:" in text
    plan = apply_configuration(actor=SYSTEM, text=text, name="e.yaml", now=MONDAY, only_plan=True)
    assert not plan.changes
    changed = text.replace("20h", "10h")
    apply_configuration(actor=SYSTEM, text=changed, name="e.yaml", now=MONDAY)
    assert current_model("shared-mailbox").version == 2


def test_a_wrong_file_names_line_and_field(estate: Estate) -> None:
    text = "request_models:\n- key: x\n  name: {nl: x, en: x}\n  service: nothing\n  defaults: {request_type: other}\n"
    with pytest.raises(DocumentError) as error:
        apply_configuration(actor=SYSTEM, text=text, name="f.yaml", now=MONDAY)
    assert "f.yaml:4" in str(error.value) and "no 'nothing' in services" in str(error.value)


REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "request-models.md"


def test_the_reference_names_every_field_and_its_example_applies(estate: Estate) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    for model in (RequestSpec, FormField):
        assert [name for name in model.model_fields if f"`{name}`" not in text] == []
    Service.objects.create(key="mail", name="E-mail")
    example = text.split("```yaml\n", 1)[1].split("```", 1)[0]
    apply_configuration(actor=SYSTEM, text=example, name="example.yaml", now=MONDAY)
    assert spec_of(current_model("shared-mailbox")).fields["reason"].shown_when == {"external": [True]}
