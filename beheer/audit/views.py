"""Pages of the audit trail, for administrators and auditors."""

from __future__ import annotations

import json
from datetime import timedelta

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from beheer.audit.models import Entry
from beheer.audit.queries import asking, entries, verify_for
from beheer.ui.lists import Choice, Column, ListPage, Text


@require_safe
def entry_list(request: HttpRequest) -> HttpResponseBase:
    """Every deed, newest first."""
    page = ListPage(
        request,
        entries(asking(request)),
        columns=[
            Column("at", _("When"), sort="-at", cell="audit/cells/at.html"),
            Column("actor_name", _("Who"), sort="actor_name"),
            Column("verb", _("Deed"), cell="audit/cells/verb.html"),
            Column("subject", _("About"), cell="audit/cells/subject.html"),
            Column("changes", _("What changed"), value=_short, cell="audit/cells/changes.html"),
        ],
        filters=[
            Text("actor_name", _("Who")),
            Text("verb", _("Deed")),
            Choice("since", _("Since"), _spans(), queries=_since()),
        ],
        search_fields=("subject", "verb", "actor_name"),
        name="audit",
        label=_("Audit trail"),
    )
    return page.response("audit/entry_list.html")


def _spans() -> list[tuple[str, str]]:
    return [("1", _("one day")), ("7", _("one week")), ("31", _("one month")), ("366", _("one year"))]


def _since() -> dict[str, Q]:
    now = timezone.now()
    return {days: Q(at__gte=now - timedelta(days=int(days))) for days, _words in _spans()}


def _short(row: Entry) -> str:
    """The changes in one line."""
    parts = []
    for field, value in row.changes.items():
        if isinstance(value, list) and len(value) == 2:
            parts.append(f"{field}: {_word(value[0])} → {_word(value[1])}")
        else:
            parts.append(f"{field}: {_word(value)}")
    return "; ".join(parts)


def _word(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "–" if value in (None, "", []) else text


@require_safe
def entry_detail(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One deed with everything that is kept of it."""
    entry = get_object_or_404(entries(asking(request)), pk=entry_id)
    context = {
        "entry": entry,
        "changes": json.dumps(entry.changes, indent=2, ensure_ascii=False, sort_keys=True),
    }
    return render(request, "audit/entry_detail.html", context)


@require_POST
def verify_chain(request: HttpRequest) -> HttpResponse:
    """Go through the whole chain, and say whether it is as it was written."""
    found = verify_for(asking(request))
    if found.first_wrong_id is None:
        text = ngettext(
            "%(count)s entry, as it was written.",
            "%(count)s entries, all as they were written.",
            found.entries,
        )
        messages.success(request, text % {"count": found.entries})
    else:
        text = _("Entry %(id)s is wrong: %(reason)s.") % {"id": found.first_wrong_id, "reason": found.reason}
        messages.error(request, text)
    return redirect("audit:entry_list")
