"""Which addresses probes and webhooks may reach."""

from __future__ import annotations

import pytest

from beheer.lib.allow_lists import WEBHOOKS, AllowList
from beheer.lib.errors import InputError

DENIED = [
    "169.254.169.254", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "::", "fe80::1%eth0", "ff02::1",
    "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "fd00:ec2::254",
]  # fmt: skip


@pytest.mark.parametrize("address", DENIED)
def test_metadata_link_local_and_multicast_are_denied_in_every_spelling(address: str) -> None:
    assert "may not reach" in AllowList().refusal(address)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.1.2.3", "192.0.2.1", "2001:db8::1", "::ffff:10.0.0.1"]
)
def test_everything_else_is_permitted_by_default(address: str) -> None:
    assert AllowList().refusal(address) == ""


def test_an_allow_list_permits_only_what_is_on_it() -> None:
    listed = AllowList(allow=["10.0.0.0/8", "2001:db8::/32"])
    assert listed.refusal("10.9.9.9") == ""
    assert listed.refusal("2001:db8::5") == ""
    assert "not on the allow-list" in listed.refusal("192.0.2.1")


def test_the_most_specific_entry_decides() -> None:
    listed = AllowList(allow=["10.0.0.0/8", "10.1.2.3"], deny=["10.1.0.0/16"])
    assert listed.refusal("10.1.2.3") == ""
    assert "10.1.0.0/16 is denied" in listed.refusal("10.1.2.4")


def test_opening_everything_does_not_open_the_metadata_service() -> None:
    listed = AllowList(allow=["any"])
    assert listed.refusal("192.0.2.1") == ""
    assert listed.refusal("169.254.169.254")
    assert AllowList(allow=["any", "169.254.10.0/24"]).refusal("169.254.10.7") == ""


def test_a_name_stands_for_its_addresses_now() -> None:
    listed = AllowList(allow=["localhost"])
    assert listed.refusal("127.0.0.1") == ""
    assert listed.refusal("127.0.0.2")
    assert AllowList(deny=["localhost"]).refusal("127.0.0.1")


def test_a_name_that_does_not_exist_permits_nothing() -> None:
    assert AllowList(allow=["nowhere.invalid"]).refusal("127.0.0.1")


@pytest.mark.parametrize("entry", ["10.0.0.0/33", "300.1.1.1", "http://x", "a b"])
def test_a_wrong_entry_names_the_variable_and_the_remedy(entry: str) -> None:
    with pytest.raises(InputError, match=r"BEHEER_PROBE_DENY.*no network, address or name"):
        AllowList(deny=[entry])


def test_the_environment_is_read_with_spaces_or_commas() -> None:
    listed = AllowList.from_environment(
        {"BEHEER_PROBE_ALLOW": "10.0.0.0/8, 127.0.0.1", "BEHEER_PROBE_DENY": "10.2.0.0/16"}
    )
    assert listed.refusal("127.0.0.1") == ""
    assert listed.refusal("10.2.0.1")


@pytest.mark.parametrize("address", [*DENIED, "127.0.0.1", "::1", "::ffff:127.0.0.1", "2002:7f00:1::"])
def test_a_webhook_does_not_reach_this_machine_unless_it_is_named(address: str) -> None:
    assert "BEHEER_WEBHOOK_ALLOW" in AllowList(["any"], whose=WEBHOOKS).refusal(address)


def test_a_webhook_reaches_what_is_outside_or_named() -> None:
    listed = AllowList(["any", "127.0.0.0/8"], whose=WEBHOOKS)
    assert {listed.refusal(one) for one in ("192.0.2.1", "10.1.2.3", "127.0.0.1")} == {""}
