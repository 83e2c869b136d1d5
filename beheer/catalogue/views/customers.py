"""Pages of customers."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from beheer.catalogue.actions import change_customer, create_customer
from beheer.catalogue.forms import CustomerForm, without_key
from beheer.catalogue.models import Customer
from beheer.catalogue.queries import customer_by_key
from beheer.catalogue.states import states
from beheer.people.sign_in import person
from beheer.permissions.rules import allowed, require
from beheer.ui.form_pages import form_page
from beheer.ui.lists import Column, ListPage


@require_safe
def customer_list(request: HttpRequest) -> HttpResponseBase:
    """All customers."""
    actor = person(request)
    require(actor, "catalogue.see")
    may_change = allowed(actor, "catalogue.change_customer")
    page = ListPage(
        request,
        Customer.objects.annotate(service_count=Count("services")),
        columns=[
            Column("name", _("Customer"), sort="name", cell="catalogue/cells/customer.html"),
            Column("contact", _("Contact"), sort="contact"),
            Column("email", _("E-mail address")),
            Column("services", _("Services"), value="service_count", sort="-service_count", numeric=True),
        ],
        search_fields=("name", "key", "contact", "email"),
        name="customers",
        label=_("Customers"),
        nothing_yet=_("No customers yet"),
        nothing_yet_hint=_("A customer is with whom service levels are agreed: a faculty, a department."),
        action_url=reverse("catalogue:customer_new") if may_change else "",
        action_text=_("New customer"),
    )
    return page.response("catalogue/customer_list.html", {"may_change": may_change})


@require_safe
def customer_detail(request: HttpRequest, key: str) -> HttpResponse:
    """One customer with the services that are provided to it."""
    actor = person(request)
    require(actor, "catalogue.see")
    customer = customer_by_key(key)
    context = {
        "customer": customer,
        "services": customer.services.filter(retired_on=None).select_related("team"),
        "states": states(),
        "may_change": allowed(actor, "catalogue.change_customer"),
    }
    return render(request, "catalogue/customer_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_new(request: HttpRequest) -> HttpResponse:
    """Make a customer."""
    actor = person(request)
    require(actor, "catalogue.change_customer")
    form = CustomerForm(request.POST or None)

    def save() -> HttpResponse:
        customer = create_customer(actor=actor, values=form.cleaned_data, now=timezone.now())
        messages.success(request, _("%(name)s is in the catalogue.") % {"name": customer.name})
        return redirect("catalogue:customer_detail", customer.key)

    return form_page(
        request,
        form,
        save=save,
        heading=_("New customer"),
        back=(_("Customers"), reverse("catalogue:customer_list")),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def customer_change(request: HttpRequest, key: str) -> HttpResponse:
    """Change a customer."""
    actor = person(request)
    require(actor, "catalogue.change_customer")
    customer = customer_by_key(key)
    form = CustomerForm(request.POST or None, instance=customer_by_key(key))
    without_key(form)

    def save() -> HttpResponse:
        change_customer(actor=actor, customer=customer, values=form.cleaned_data, now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("catalogue:customer_detail", key)

    return form_page(
        request,
        form,
        save=save,
        heading=customer.name,
        back=(customer.name, reverse("catalogue:customer_detail", args=[key])),
    )
