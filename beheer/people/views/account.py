"""The page on which people look after their own account."""

from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language

from beheer.people.actions import change_user, create_token, end_token
from beheer.people.forms import AccountForm, TokenForm
from beheer.people.models import ApiToken, User
from beheer.people.sign_in import person
from beheer.people.words import ROLE_WORDS
from beheer.ui.form_pages import form_page
from beheer.ui.forms import problems_on


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Own name and language, password and second factor, roles, tokens."""
    user = person(request)
    form = AccountForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        with problems_on(form):
            change_user(actor=user, user=user, values=form.cleaned_data, now=timezone.now())
            translation.activate(user.language or translation.get_language())
            messages.success(request, _("Saved."))
            response = redirect("people:account")
            if user.language:
                response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language)
            return response
    context = {
        "form": form,
        "token_form": TokenForm(),
        "tokens": user.api_tokens.filter(ends_at__gt=timezone.now()),
        "roles": [ROLE_WORDS.get(grant.role, grant.role) for grant in user.role_grants.order_by("role")],
        "teams": user.teams.all(),
        "has_second_factor": is_mfa_enabled(user),
    }
    return render(request, "people/account.html", context)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Read on in another language: on this device, and from now on wherever this person signs in and gets mail."""
    response = set_language(request)
    chosen = request.POST.get("language", "")
    if isinstance(request.user, User) and chosen in dict(settings.LANGUAGES):
        change_user(actor=request.user, user=request.user, values={"language": chosen}, now=timezone.now())
    return response


@require_POST
def token_new(request: HttpRequest) -> HttpResponse:
    """Make a token of one's own; it is shown once."""
    user = person(request)
    form = TokenForm(request.POST)

    def save() -> HttpResponse:
        token, text = create_token(
            actor=user,
            user=user,
            name=form.cleaned_data["name"],
            days=form.cleaned_data["days"],
            is_read_only=not form.cleaned_data["may_change"],
            now=timezone.now(),
        )
        response = render(request, "people/token.html", {"token": token, "text": text})
        response["Cache-Control"] = "no-store"
        return response

    return form_page(
        request, form, save=save, heading=_("New token"), back=(_("My account"), reverse("people:account"))
    )


@require_POST
def token_end(request: HttpRequest, token_id: int) -> HttpResponse:
    """Make a token useless from now on."""
    user = person(request)
    token = get_object_or_404(ApiToken, pk=token_id, user=user)
    end_token(actor=user, token=token, now=timezone.now())
    messages.success(request, _("The token no longer works."))
    return redirect("people:account")
