"""The targets of work in an agreement, a kind at a time."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from beheer.lib.errors import InputError
from beheer.service_levels.actions.work_targets import save_work_targets, work_targets_of
from beheer.service_levels.forms.work_targets import WorkTargetsForm
from beheer.service_levels.queries.standings import agreement_by_key
from beheer.service_levels.views.gate import actor_of, staff
from beheer.ui.sentences import problems_told
from beheer.work.definitions import current_kinds


@staff
def work_targets(request: HttpRequest, key: str) -> HttpResponseBase:
    """Say how long work on the services of an agreement may take."""
    found = agreement_by_key(key)
    kinds = {name: kind for name, kind in current_kinds().items() if kind.clocks}
    chosen = request.GET.get("kind", "")
    chosen = chosen if chosen in kinds else next(iter(kinds))
    held = work_targets_of(found)
    form = WorkTargetsForm(request.POST or None, key=chosen, kind=kinds[chosen], targets=held)
    if request.method == "POST" and form.is_valid():
        wanted = [one for one in held if one.kind != chosen] + form.targets()
        try:
            save_work_targets(actor=actor_of(request), agreement=found, targets=wanted, now=timezone.now())
        except InputError as error:
            for text in problems_told(error):
                form.add_error(None, text)
        else:
            messages.success(request, _("Saved. Items follow within a minute."))
            return redirect("service_levels:agreement", key=found.key)
    language = get_language() or "en"
    context = {
        "agreement": found,
        "form": form,
        "chosen": chosen,
        "kinds": [(name, kind.plural.text(language)) for name, kind in kinds.items()],
    }
    return render(request, "service_levels/work_targets.html", context)
