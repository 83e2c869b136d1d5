"""Each of the profile's activities: the pages where it is done and the deeds that carry it out, or why not yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PROFILE: Final = "0403"


@dataclass(frozen=True, slots=True)
class Place:
    """One page, by the name of its address, and what it is called."""

    page: str
    title: Promise


@dataclass(frozen=True, slots=True)
class Activity:
    """Where an activity is done and how it is seen that it was.

    `places` are keys of PLACES; `verbs` are deeds in the audit trail. Kinds of work say themselves which activities
    they carry out, and are places too. `not_yet` says what is missing where Beheer has no place for it.
    """

    places: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    not_yet: Promise | str = ""


PLACES: Final[dict[str, Place]] = {
    "home": Place("workplace:home", _("Home")),
    "board": Place("workplace:board", _("Service board")),
    "checks": Place("monitoring:check_list", _("Checks")),
    "state_changes": Place("monitoring:state_change_list", _("State changes")),
    "service_levels": Place("service_levels:overview", _("Service levels")),
    "agreements": Place("service_levels:agreement_list", _("Agreements")),
    "windows": Place("service_levels:window_list", _("Planned windows")),
    "services": Place("catalogue:service_list", _("Services")),
    "map": Place("catalogue:map", _("Map")),
    "items": Place("catalogue:item_list", _("Configuration items")),
    "customers": Place("catalogue:customer_list", _("Customers")),
    "kinds": Place("work:kind_list", _("Kinds of work")),
    "change_calendar": Place("work:calendar", _("Change calendar")),
    "portal": Place("portal:status", _("Portal")),
    "reports": Place("service_levels:report_list", _("Reports")),
    "corrections": Place("service_levels:correction_list", _("Corrections")),
    "roles": Place("people:role_list", _("Roles")),
    "teams": Place("people:team_list", _("Teams")),
    "people": Place("people:user_list", _("People")),
    "notifications": Place("notifications:delivery_list", _("Notifications")),
    "audit": Place("audit:entry_list", _("Audit trail")),
    "posts": Place("profile:post_list", _("Posts")),
    "levels": Place("profile:levels", _("Levels and complexity")),
    "cases": Place("profile:case_list", _("Grading cases")),
    "areas": Place("workplace:area_list", _("Result areas")),
}

_CHECKS = (
    "monitoring.create_check",
    "monitoring.change_check",
    "monitoring.remove_check",
    "monitoring.try_check",
)
_NORMS = ("service_levels.save_norm", "service_levels.save_agreement", "service_levels.save_calendar")
_WINDOWS = ("service_levels.plan_window", "service_levels.change_window", "service_levels.decide_window")
_ITEMS = ("catalogue.create_item", "catalogue.change_item", "catalogue.remove_item")
_SERVICES = ("catalogue.create_service", "catalogue.change_service", "catalogue.set_dependencies")
_ACCESS = ("people.grant_role", "people.withdraw_role", "people.create_user", "people.change_user")
_WORK = _("No kind of work carries this out yet. A team can add one.")
_KINDS = ("work.publish_kind",)
_FINDINGS = ("service_levels.write_finding", "service_levels.seal_report")
_DESIGN = _("Designs come with the knowledge part of Beheer.")
_COACHING = _("Coaching comes with the people part of Beheer.")
_CONTROL = _("Runs on hosts and distribution come with the automation part of Beheer.")

ACTIVITIES: Final[dict[str, Activity]] = {
    "1.1": Activity(("checks", "service_levels", "board"), _CHECKS),
    "1.2": Activity(("checks", "items"), (*_CHECKS, *_ITEMS)),
    "1.3": Activity(("checks",), ("monitoring.change_check", "monitoring.renew_address")),
    "1.4": Activity(("service_levels", "state_changes"), (*_NORMS, "service_levels.write_finding")),
    "1.5": Activity(("reports", "corrections"), _FINDINGS),
    "1.6": Activity(("windows",), _WINDOWS),
    "2.1": Activity(("map",)),
    "2.2": Activity(not_yet=_WORK),
    "2.3": Activity(not_yet=_WORK),
    "2.4": Activity(("windows", "change_calendar"), _WINDOWS),
    "2.5": Activity(not_yet=_WORK),
    "2.6": Activity(not_yet=_WORK),
    "2.7": Activity(not_yet=_("Documentation comes with the knowledge part of Beheer.")),
    "2.8": Activity(("reports",), ("service_levels.seal_report",)),
    "2.9": Activity(not_yet=_WORK),
    "3.1": Activity(not_yet=_WORK),
    "3.2": Activity(("windows", "change_calendar"), _WINDOWS),
    "3.3": Activity(("windows",), _WINDOWS),
    "3.4": Activity(not_yet=_WORK),
    "3.5": Activity(not_yet=_WORK),
    "3.6": Activity(not_yet=_("Contracts and licences come with the catalogue.")),
    "4.1": Activity(not_yet=_WORK),
    "4.2": Activity(("map", "items"), (*_SERVICES, *_ITEMS)),
    "4.3": Activity(not_yet=_CONTROL),
    "4.4": Activity(("items",), _ITEMS),
    "4.5": Activity(not_yet=_CONTROL),
    "5.1": Activity(("people", "roles"), _ACCESS),
    "5.2": Activity(("people",), ("people.create_token", "people.end_token")),
    "5.3": Activity(not_yet=_("Back-ups and proofs of restore come with the continuity part of Beheer.")),
    "5.4": Activity(
        ("audit", "checks"), ("people.withdraw_role", "people.end_token", "monitoring.renew_token")
    ),
    "5.5": Activity(("audit", "state_changes")),
    "6.1": Activity(
        ("agreements", "customers"), ("service_levels.save_agreement", "catalogue.change_customer")
    ),
    "6.2": Activity(("portal",)),
    "6.3": Activity(not_yet=_("Instruction comes with the knowledge part of Beheer.")),
    "7.1": Activity(not_yet=_WORK),
    "7.2": Activity(("kinds",), _KINDS),
    "7.3": Activity(("kinds",), _KINDS),
    "7.4": Activity(not_yet=_WORK),
    "8.1": Activity(("agreements", "teams"), _NORMS),
    "8.2": Activity(("kinds", "levels"), (*_KINDS, "profile.set_level_permission")),
    "8.3": Activity(not_yet=_("Shifts and leave come with the rosters.")),
    "8.4": Activity(("service_levels", "corrections")),
    "8.5": Activity(("home",)),
    "9.1": Activity(not_yet=_COACHING),
    "9.2": Activity(not_yet=_COACHING),
    "9.3": Activity(not_yet=_COACHING),
    "9.4": Activity(not_yet=_("Manuals and articles come with the knowledge part of Beheer.")),
    "10.1": Activity(not_yet=_WORK),
    "10.2": Activity(not_yet=_WORK),
    "10.3": Activity(not_yet=_WORK),
    "10.4": Activity(("kinds",), _KINDS),
    "10.5": Activity(not_yet=_WORK),
    "10.6": Activity(not_yet=_WORK),
    "10.7": Activity(not_yet=_WORK),
    "10.8": Activity(not_yet=_DESIGN),
    "11.1": Activity(not_yet=_WORK),
    "11.2": Activity(not_yet=_WORK),
    "11.3": Activity(not_yet=_WORK),
    "11.4": Activity(not_yet=_WORK),
    "11.5": Activity(("state_changes",)),
    "11.6": Activity(not_yet=_WORK),
    "11.7": Activity(not_yet=_WORK),
    "11.8": Activity(("kinds",), _KINDS),
    "12.1": Activity(not_yet=_("Selection of staff comes with the people part of Beheer.")),
    "12.2": Activity(not_yet=_("Results agreements come with the people part of Beheer.")),
    "12.3": Activity(("posts", "cases"), ("profile.save_post", "profile.assign_post", "profile.open_case")),
}
