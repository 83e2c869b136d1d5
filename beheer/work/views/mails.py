"""Mails that came in and that go out: what became of each, why, and what can still be done about it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from beheer.lib.errors import InputError, NotFound
from beheer.people.models import User
from beheer.permissions.rules import allowed, require
from beheer.ui.lists import Choice, Column, ListPage
from beheer.ui.sentences import problems_told
from beheer.work import cells
from beheer.work.actions.mails import SEE, retry_mail, take_in_mail, take_up_mail
from beheer.work.files import content_of
from beheer.work.gate import staff
from beheer.work.mail.incoming import AT_ONCE, own_mark
from beheer.work.mail.reading import Mail, read_mail
from beheer.work.mail.standing import setting_fault
from beheer.work.mail.words import FAILED, OUTCOME_TONES, STATES, why, with_state
from beheer.work.models import MailIn, MailOut
from beheer.work.models.mail import Occasion, Outcome
from beheer.work.sight import mails_in_sight, mails_out_in_sight
from beheer.work.standing import may


@require_safe
def mails_in(request: HttpRequest) -> HttpResponseBase:
    """What came in, newest first."""
    user = staff(request)
    page = ListPage(
        request,
        mails_in_sight(user),
        columns=[
            Column("received_at", _("Received"), sort="-received_at", cell=cells.instant),
            Column("from_address", _("From"), sort="from_address"),
            Column("subject", _("Subject"), value=lambda row: row.subject or "–", link=_in_url),
            Column("outcome", _("What became of it"), value="get_outcome_display", cell=cells.outcome),
            Column("reason", _("Reason"), value=why),
            Column("item", _("Item"), value="item.number", link=_item_url),
        ],
        filters=[Choice("outcome", _("What became of it"), Outcome.choices)],
        search_fields=("subject", "from_address"),
        name="mails-in",
        label=_("Mails that came in"),
        nothing_yet=_("No mail came in yet"),
        nothing_yet_hint="" if settings.IMAP_HOST else _("No mailbox is read: set BEHEER_IMAP_HOST."),
    )
    may_take_in = allowed(user, SEE) and allowed(user, "work.create")
    return page.response("work/mails.html", {"is_in": True, "may_take_in": may_take_in, **_counts(user)})


@require_safe
def mails_out(request: HttpRequest) -> HttpResponseBase:
    """What goes to reporters, newest first."""
    user = staff(request)
    page = ListPage(
        request,
        with_state(mails_out_in_sight(user)),
        columns=[
            Column("state", _("State"), value=lambda row: STATES[row.state][0], cell=cells.mail_state),
            Column("to_address", _("To"), sort="to_address"),
            Column("about", _("About"), value=lambda row: row.item.title, link=_out_url),
            Column("occasion", _("Occasion"), value="get_occasion_display"),
            Column("sent_at", pgettext("mail", "Sent"), sort="-sent_at", cell=cells.instant),
            Column("attempts", _("Attempts"), sort="-attempts", numeric=True),
            Column("error", _("What went wrong")),
            Column("item", _("Item"), value="item.number", link=_item_url),
        ],
        filters=[
            Choice("state", _("State"), [(key, words) for key, (words, _tone) in STATES.items()]),
            Choice("occasion", _("Occasion"), Occasion.choices),
        ],
        search_fields=("to_address", "item__title", "item__number"),
        name="mails-out",
        label=_("Mails that go out"),
        nothing_yet=_("No mail went out yet"),
        nothing_yet_hint=_("A reply on an item goes to the reporter by mail."),
    )
    return page.response("work/mails.html", {"is_in": False, **_counts(user)})


def _counts(user: User) -> dict[str, int]:
    return {
        "failed": mails_out_in_sight(user).filter(FAILED).count(),
        "waiting": MailIn.objects.exclude(tried_with="").count(),
    }


def _in_url(row: MailIn) -> str:
    return reverse("work:mail_in", args=[row.pk])


def _out_url(row: MailOut) -> str:
    return reverse("work:mail_out", args=[row.pk])


def _item_url(row: MailIn | MailOut) -> str:
    return cells.item_url(row.item.number) if row.item is not None else ""


@require_safe
def mail_in(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail that came in: what became of it and why; what it says only for who may see mails."""
    user = staff(request)
    row = get_object_or_404(mails_in_sight(user), pk=pk)
    may_see = allowed(user, SEE)
    context = {
        "mail": row,
        "reason": why(row),
        "tone": OUTCOME_TONES[row.outcome],
        "may_see": may_see,
        "read": _read(row) if may_see else None,
        "may_take_in": may_see and allowed(user, "work.create") and row.tried_with,
        "may_take_up": may_see
        and not row.tried_with
        and allowed(user, "work.create")
        and row.outcome == Outcome.LEFT,
    }
    return render(request, "work/mail_in.html", context)


def _read(row: MailIn) -> Mail | None:
    """What the mail says; None where the raw mail was not kept."""
    try:
        return read_mail(content_of(row.digest), own_mark=own_mark())
    except NotFound:
        return None


@require_safe
def mail_raw(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as it came, always as a download."""
    user = staff(request)
    require(user, SEE)
    row = get_object_or_404(MailIn, pk=pk)
    response = HttpResponse(content_of(row.digest), content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="mail-{row.pk}.eml"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
def mail_take_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Open an item for a mail that was left alone."""
    user = staff(request)
    item = take_up_mail(actor=user, mail=get_object_or_404(MailIn, pk=pk), now=timezone.now())
    return redirect("work:item", number=item.number)


@require_POST
def mail_take_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Take in one mail now that could not be taken in before."""
    user = staff(request)
    _take_in(request, user, get_object_or_404(MailIn, pk=pk))
    return redirect("work:mail_in", pk=pk)


@require_POST
def mails_take_in(request: HttpRequest) -> HttpResponse:
    """Take in now all that could not be taken in before, the oldest first."""
    user = staff(request)
    require(user, SEE)
    require(user, "work.create")
    waiting = list(MailIn.objects.exclude(tried_with="").order_by("received_at", "pk")[:AT_ONCE])
    done = 0
    for row in waiting:
        done += (is_done := _take_in(request, user, row))
        if not is_done and setting_fault():
            break  # it stops the others too, and is told once
    if done:
        text = ngettext("%(n)s mail is taken in.", "%(n)s mails are taken in.", done) % {"n": done}
        messages.success(request, text)
    return redirect("work:mails_in")


def _take_in(request: HttpRequest, user: User, row: MailIn) -> bool:
    """Whether it is taken in now; where not, the page tells why, each reason once."""
    try:
        take_in_mail(actor=user, mail=row, now=timezone.now())
    except InputError as error:
        for text in problems_told(error):
            messages.error(request, text)
        return False
    return True


@require_safe
def mail_out(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail that goes out."""
    user = staff(request)
    row = get_object_or_404(with_state(mails_out_in_sight(user)), pk=pk)
    words, tone = STATES[row.state]  # type: ignore[attr-defined]  # annotated by with_state
    context = {
        "mail": row,
        "words": words,
        "tone": tone,
        "may_retry": row.sent_at is None and may(user, "work.comment", row.item),
    }
    return render(request, "work/mail_out.html", context)


@require_POST
def mail_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a mail now that did not go."""
    user = staff(request)
    row = get_object_or_404(mails_out_in_sight(user), pk=pk)
    try:
        retry_mail(actor=user, mail=row, now=timezone.now())
        messages.success(request, _("It is sent within seconds. Look here in a moment whether it went."))
    except InputError as error:
        for text in problems_told(error):
            messages.error(request, text)
    return redirect("work:mail_out", pk=pk)
