"""Pages of configuration items."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.catalogue.actions import change_item, create_item, remove_item
from beheer.catalogue.forms import ItemForm, without_key
from beheer.catalogue.models import ConfigurationItem, Service
from beheer.catalogue.queries import item_by_key
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed, allowed_somewhere, require
from beheer.ui.form_pages import form_page
from beheer.ui.lists import Choice, Column, ListPage


@require_safe
def item_list(request: HttpRequest) -> HttpResponseBase:
    """All configuration items."""
    actor = person(request)
    require(actor, "catalogue.see")
    may_add = allowed_somewhere(actor, "catalogue.change_item")
    page = ListPage(
        request,
        ConfigurationItem.objects.select_related("service"),
        columns=[
            Column("name", _("Configuration item"), sort="name", cell="catalogue/cells/item.html"),
            Column("kind", _("Kind"), sort="kind"),
            Column("address", _("Address"), sort="address"),
            Column(
                "service", _("Part of service"), value="service.name", sort="service__name", link=_service_url
            ),
        ],
        filters=[Choice("kind", _("Kind"), _kinds)],
        search_fields=("name", "key", "address", "service__name"),
        name="items",
        label=_("Configuration items"),
        nothing_yet=_("No configuration items yet"),
        nothing_yet_hint=_("Hosts, applications, databases, certificates: what services are made of."),
        action_url=reverse("catalogue:item_new") if may_add else "",
        action_text=_("New configuration item"),
    )
    return page.response("catalogue/item_list.html", {"may_add": may_add})


def _kinds() -> list[tuple[str, str]]:
    kinds = ConfigurationItem.objects.order_by("kind").values_list("kind", flat=True).distinct()
    return [(kind, kind) for kind in kinds]


def _service_url(row: ConfigurationItem) -> str:
    return reverse("catalogue:service_detail", args=[row.service.key]) if row.service else ""


@require_safe
def item_detail(request: HttpRequest, key: str) -> HttpResponse:
    """One configuration item."""
    actor = person(request)
    item = item_by_key(key)
    scope = _scope(item)
    require(actor, "catalogue.see", **scope)
    context = {"item": item, "may_change": allowed(actor, "catalogue.change_item", **scope)}
    return render(request, "catalogue/item_detail.html", context)


def _scope(item: ConfigurationItem) -> dict[str, int | None]:
    return {"team_id": item.service.team_id if item.service else None, "service_id": item.service_id}


@require_http_methods(["GET", "HEAD", "POST"])
def item_new(request: HttpRequest) -> HttpResponse:
    """Put a configuration item under control."""
    actor = person(request)
    if not allowed_somewhere(actor, "catalogue.change_item"):
        require(actor, "catalogue.change_item")
    service = Service.objects.filter(key=request.GET.get("service", "")).first()
    form = ItemForm(request.POST or None, initial={"service": service})

    def save() -> HttpResponse:
        item = create_item(actor=actor, values=form.cleaned_data, now=timezone.now())
        messages.success(request, _("%(name)s is in the catalogue.") % {"name": item.name})
        return redirect("catalogue:item_detail", item.key)

    return form_page(
        request,
        form,
        save=save,
        heading=_("New configuration item"),
        back=(_("Configuration items"), reverse("catalogue:item_list")),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def item_change(request: HttpRequest, key: str) -> HttpResponse:
    """Change a configuration item."""
    actor = person(request)
    item = item_by_key(key)
    require(actor, "catalogue.change_item", **_scope(item))
    form = ItemForm(request.POST or None, instance=item_by_key(key))
    without_key(form)

    def save() -> HttpResponse:
        change_item(actor=actor, item=item, values=form.cleaned_data, now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("catalogue:item_detail", key)

    return form_page(
        request,
        form,
        save=save,
        heading=item.name,
        back=(item.name, reverse("catalogue:item_detail", args=[key])),
    )


@require_POST
def item_remove(request: HttpRequest, key: str) -> HttpResponse:
    """Take a configuration item out of the catalogue."""
    item = item_by_key(key)
    remove_item(actor=person(request), item=item, now=timezone.now())
    messages.success(request, _("%(name)s is no longer in the catalogue.") % {"name": item.name})
    return redirect("catalogue:item_list")
