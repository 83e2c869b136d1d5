"""A page with one form: shown, checked, saved by one action, or shown again with what is wrong."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from beheer.ui.forms import problems_on


def form_page(
    request: HttpRequest,
    form: forms.BaseForm,
    *,
    save: Callable[[], HttpResponse],
    heading: str,
    back: tuple[str, str],
    lead: str = "",
    submit: str = "",
    danger: bool = False,
) -> HttpResponse:
    """The answer to a request for a form's page.

    `save` is called once the form is valid, in one transaction, and gives the answer; an InputError or
    ValidationError of it is shown at its field, with nothing kept. `back`: title and address of the page that
    cancelling leads to. `lead`: a sentence under the heading. `submit`: the button's word; empty: "Save".
    """
    if request.method == "POST" and form.is_valid():
        with problems_on(form), transaction.atomic():
            return save()
    context = {
        "form": form,
        "heading": heading,
        "back": back,
        "lead": lead,
        "submit": submit,
        "danger": danger,
    }
    return render(request, "ui/form_page.html", context, status=422 if form.errors else 200)
