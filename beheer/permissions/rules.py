"""The one gate. Deny by default: a right that no role of the actor gives is not there.

A right is "<room>.<verb>". A role gives rights; a grant of a role may be limited to a team or to a service.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from beheer.lib.errors import NotAllowed

# What everybody on a team does with work.
WORK = ("work.create", "work.change", "work.step", "work.assign", "work.comment")
# What every role may do. A pattern may end in "*". Reading what the whole team sees is "<room>.see".
ROLES: dict[str, tuple[str, ...]] = {
    "administrator": ("*",),
    "lead": (
        "*.see", "people.see", "people.change_team", "catalogue.*", "monitoring.*", "work.*", "service_levels.*",
        "notifications.*", "profile.*", "portal.*",
    ),
    "member": (
        "*.see", "catalogue.change_item", "monitoring.change_check", "monitoring.run_check", *WORK,
        "service_levels.plan_window", "service_levels.propose_correction", "service_levels.write_findings", "portal.*",
    ),
    "service_owner": (
        "*.see", "catalogue.change_service", "monitoring.change_check", "monitoring.run_check", *WORK,
        "service_levels.plan_window", "service_levels.propose_correction", "service_levels.approve_correction",
        "service_levels.change_agreement", "service_levels.write_findings", "work.publish_request_model", "portal.*",
    ),
    "auditor": ("*.see", "audit.*"),
    "user": ("portal.*",),
}  # fmt: skip

# What programs that have an account of their own may do; people cannot hold these.
MACHINE_ROLES: dict[str, tuple[str, ...]] = {
    "agent": ("monitoring.report",),
    "alert_source": ("monitoring.report_alerts",),
}

# Rights that "*.see" does not give: what may be seen only by those who are named for it.
PRIVATE: frozenset[str] = frozenset({"profile.see_case", "people.see_secrets", "audit.see"})


@dataclass(frozen=True, slots=True)
class Grant:
    """One role that an actor holds: everywhere, or only for one team or one service (ids)."""

    role: str
    team_id: int | None = None
    service_id: int | None = None

    def covers(self, team_id: int | None, service_id: int | None) -> bool:
        """Whether the grant reaches an object of this team and service."""
        if self.team_id is None and self.service_id is None:
            return True
        if self.service_id is not None and self.service_id == service_id:
            return True
        return self.team_id is not None and self.team_id == team_id

    def gives(self, right: str) -> bool:
        """Whether the role gives this right, wherever it reaches."""
        patterns = ROLES.get(self.role) or MACHINE_ROLES.get(self.role, ())
        if right in PRIVATE:
            return any(
                pattern == "*" or fnmatchcase(right, pattern) for pattern in patterns if pattern != "*.see"
            )
        return any(fnmatchcase(right, pattern) for pattern in patterns)


class Actor(Protocol):
    """Whoever acts: a person, an API token, or the machine itself."""

    @property
    def actor_id(self) -> int | None:
        """The person's id; None for the machine."""

    @property
    def actor_name(self) -> str:
        """What the audit trail shows."""

    def grants(self) -> Sequence[Grant]:
        """The roles held at this moment."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine as an actor: the worker, or somebody at the machine's own command line. May do everything."""

    actor_name: str = "beheer"
    actor_id: int | None = None

    def grants(self) -> Sequence[Grant]:
        """All rights: who can start this program on this machine owns its stores already."""
        return (Grant("administrator"),)


SYSTEM = Machine()


def allowed(actor: Actor, right: str, *, team_id: int | None = None, service_id: int | None = None) -> bool:
    """Whether `actor` has `right` for an object of this team and service (None: the object has none)."""
    return any(grant.gives(right) and grant.covers(team_id, service_id) for grant in actor.grants())


def allowed_somewhere(actor: Actor, right: str) -> bool:
    """Whether `actor` has `right` for at least some objects: for showing a button, never for doing the deed."""
    return any(grant.gives(right) for grant in actor.grants())


def require_somewhere(actor: Actor, right: str) -> None:
    """Let pass who has the right anywhere: for pages and lists that everybody who sees a part may open.

    Raises: NotAllowed.
    """
    if not allowed_somewhere(actor, right):
        require(actor, right)


def require(actor: Actor, right: str, *, team_id: int | None = None, service_id: int | None = None) -> None:
    """Let pass or stop.

    Raises: NotAllowed, naming the right and the roles that give it.
    """
    if allowed(actor, right, team_id=team_id, service_id=service_id):
        return
    roles = ", ".join(role for role in ROLES if Grant(role).gives(right))
    raise NotAllowed(
        f"This needs the right '{right}' here. Roles that give it: {roles}. Ask an administrator."
    )
