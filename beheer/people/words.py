"""What roles are called on a screen."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ROLE_WORDS: dict[str, Promise] = {
    "administrator": _("administrator"),
    "lead": _("team leader"),
    "member": _("staff member"),
    "service_owner": _("service owner"),
    "auditor": _("auditor"),
    "user": _("ICT user"),
}
