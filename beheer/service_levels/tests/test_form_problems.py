"""Forms of service levels tell what is wrong in the reader's language."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from beheer.service_levels.forms.fields import TargetField
from beheer.service_levels.models import Agreement
from beheer.service_levels.tests.conftest import MakePerson


@pytest.mark.django_db
def test_a_form_tells_what_is_wrong_in_dutch(
    client: Client, agreement: Agreement, person: MakePerson
) -> None:
    client.force_login(person("bob", "lead"))
    values = {
        "makes": "exclude", "service": agreement.services.get().pk, "reason": "Log",
        "starts_at": "2026-10-02T10:00", "ends_at": "2026-10-02T09:00",
    }  # fmt: skip
    answer = client.post("/service-levels/corrections/new/", values, headers={"Accept-Language": "nl"})
    assert "De correctie eindigt voordat zij begint. Kies een later einde." in answer.content.decode()


@pytest.mark.parametrize(
    ("text", "target"), [("99,9 %", 0.999), ("0.999", 0.999), ("3", 3.0), ("30m", 1800.0), ("400 ms", 0.4)]
)
def test_a_target_is_a_share_a_number_or_a_duration(text: str, target: float) -> None:
    assert TargetField().clean(text) == target


def test_a_target_that_is_none_of_these_is_refused() -> None:
    with pytest.raises(ValidationError, match="or a duration such as 30m"):
        TargetField().clean("half past")
