"""Links of an item: to other items, to services and configuration items, to pages elsewhere."""

from __future__ import annotations

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST

from beheer.people.models import User
from beheer.ui.forms import problems_on
from beheer.work.actions import change
from beheer.work.actions.links import add_article, link, remove_article, unlink
from beheer.work.definitions import definition
from beheer.work.forms import ArticleForm, LinkForm, TouchedForm
from beheer.work.gate import staff
from beheer.work.models import Item
from beheer.work.queries import item_by_number
from beheer.work.sight import item_for_staff


@require_http_methods(["GET", "POST"])
def link_new(request: HttpRequest, number: str) -> HttpResponse:
    """Link the item to another, to what it touches, or to a page elsewhere: three forms, of which one is sent."""
    user = staff(request)
    item = item_for_staff(user, number)
    sent = request.POST.get("what", "item") if request.method == "POST" else ""
    touched = {"services": item.services.all(), "items": item.items.all(), "version": item.version}
    forms: dict[str, BaseForm] = {
        "item": LinkForm(request.POST if sent == "item" else None),
        "article": ArticleForm(request.POST if sent == "article" else None),
        "touched": TouchedForm(request.POST if sent == "touched" else None, initial=touched),
    }
    form = forms.get(sent)
    if form is not None and form.is_valid():
        with problems_on(form):
            _do(user, item, sent, form)
            return redirect("work:item", number=item.number)
    kind = definition(item)
    editable = all(kind.mode(name, item.state) in ("editable", "required") for name in ("services", "items"))
    context = {
        "item": item,
        "forms": forms,
        "may_touch": editable,
        "what_article": _what("article"),
        "what_touched": _what("touched"),
    }
    return render(request, "work/links.html", context)


def _what(form: str) -> str:
    return format_html('<input type="hidden" name="what" value="{}">', form)


def _do(user: User, item: Item, what: str, form: BaseForm) -> None:
    given, now = form.cleaned_data, timezone.now()
    if what == "item":
        link(actor=user, item=item, other=item_by_number(given["number"]), kind=given["kind"], now=now)
    elif what == "article":
        add_article(actor=user, item=item, now=now, **given)
    else:
        values = {"services": list(given["services"]), "items": list(given["items"])}
        change(actor=user, item=item, values=values, version=given["version"], now=now)


@require_POST
def link_remove(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take a link out."""
    user = staff(request)
    item = item_for_staff(user, number)
    row = item.links_out.filter(pk=pk).first() or get_object_or_404(item.links_in, pk=pk)
    unlink(actor=user, row=row, now=timezone.now())
    return redirect("work:item", number=item.number)


@require_POST
def article_remove(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Refer to a page no more."""
    user = staff(request)
    item = item_for_staff(user, number)
    remove_article(actor=user, row=get_object_or_404(item.articles, pk=pk), now=timezone.now())
    return redirect("work:item", number=item.number)
