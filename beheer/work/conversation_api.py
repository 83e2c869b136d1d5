"""Texts to answer with, mails, and deputies, in the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import AwareDatetime

from beheer.lib.errors import InputError, NotFound, Problem
from beheer.people.models import Team, User
from beheer.people.sign_in import person
from beheer.permissions.rules import require_somewhere
from beheer.work.actions.approvals import end_deputy, set_deputy
from beheer.work.actions.links import add_article, remove_article
from beheer.work.actions.mails import retry_mail, take_in_mail, take_up_mail
from beheer.work.actions.templates import change_template, create_template, remove_template
from beheer.work.approvers import asked_approvals, decides_for, waits_for
from beheer.work.mail.words import with_state
from beheer.work.models import Deputy, MailIn, MailOut, ReplyTemplate
from beheer.work.reply_texts import language_of, reply_text
from beheer.work.sight import mails_in_sight, mails_out_in_sight, require_staff_sight, visible_item

router = Router(tags=["work"])
MOST = 500


class TemplateIn(Schema):
    """A text to answer with; `team` is a team's key, null for everybody. One of the texts may be empty."""

    name: str
    team: str | None = None
    text_nl: str = ""
    text_en: str = ""
    is_enabled: bool = True


class NewTemplate(TemplateIn):
    """A new one has its key."""

    key: str


class TemplateOut(NewTemplate):
    """A text to answer with."""


@router.get("/reply-templates", response=list[TemplateOut], summary="List reply templates")
def list_templates(request: HttpRequest) -> list[dict[str, Any]]:
    """All of them, by name."""
    require_somewhere(person(request), "work.see")
    return [_template(row) for row in ReplyTemplate.objects.select_related("team")]


@router.post("/reply-templates", response={201: TemplateOut}, summary="Make a reply template")
def post_template(request: HttpRequest, given: NewTemplate) -> Status[dict[str, Any]]:
    """A placeholder that is not there is refused, by name."""
    values = {**_values(given), "key": given.key}
    row = create_template(actor=person(request), values=values, now=timezone.now())
    return Status(201, _template(row))


@router.put("/reply-templates/{key}", response=TemplateOut, summary="Change a reply template")
def put_template(request: HttpRequest, key: str, given: TemplateIn) -> dict[str, Any]:
    """What is left out has its default again."""
    row = change_template(
        actor=person(request), template=_by_key(key), values=_values(given), now=timezone.now()
    )
    return _template(row)


@router.delete("/reply-templates/{key}", response={204: None}, summary="Remove a reply template")
def delete_template(request: HttpRequest, key: str) -> Status[None]:
    """What was answered with it stays."""
    remove_template(actor=person(request), template=_by_key(key), now=timezone.now())
    return Status(204, None)


@router.get("/work-items/{number}/reply-templates/{key}", summary="Fill in a reply template for an item")
def fill_template(request: HttpRequest, number: str, key: str) -> dict[str, str]:
    """The text in the reporter's language, to be sent as a message by whoever asked."""
    user = person(request)
    item = visible_item(user, number)
    require_staff_sight(user, item)
    return {"language": language_of(item), "text": reply_text(_by_key(key), item, user)}


def _by_key(key: str) -> ReplyTemplate:
    found = ReplyTemplate.objects.select_related("team").filter(key=key).first()
    if found is None:
        raise NotFound(f"There is no reply template '{key}'.")
    return found


def _values(given: TemplateIn) -> dict[str, Any]:
    values = given.dict(exclude={"key"})
    if given.team is not None:
        values["team"] = Team.objects.filter(key=given.team).first()
        if values["team"] is None:
            raise InputError(
                Problem(f"There is no team '{given.team}'.", "team", "Give the key of one that exists.")
            )
    return values


def _template(row: ReplyTemplate) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "team": row.team.key if row.team else None,
        "text_nl": row.text_nl,
        "text_en": row.text_en,
        "is_enabled": row.is_enabled,
    }


class ArticleIn(Schema):
    """A page elsewhere: an article, a manual."""

    title: str
    url: str


@router.post(
    "/work-items/{number}/articles", response={201: dict[str, Any]}, summary="Refer to an article or page"
)
def post_article(request: HttpRequest, number: str, given: ArticleIn) -> Status[dict[str, Any]]:
    """The same address again gives it the new title."""
    user = person(request)
    item = visible_item(user, number)
    row = add_article(actor=user, item=item, title=given.title, url=given.url, now=timezone.now())
    return Status(201, {"id": row.pk, "title": row.title, "url": row.url})


@router.get("/work-items/{number}/articles", summary="List the articles of an item")
def list_articles(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """Pages elsewhere that it refers to."""
    user = person(request)
    item = visible_item(user, number)
    require_staff_sight(user, item)
    return [{"id": row.pk, "title": row.title, "url": row.url} for row in item.articles.all()]


@router.delete("/work-items/{number}/articles/{int:pk}", response={204: None}, summary="Refer to it no more")
def delete_article(request: HttpRequest, number: str, pk: int) -> Status[None]:
    """That it was referred to stays in the events."""
    user = person(request)
    item = visible_item(user, number)
    remove_article(actor=user, row=get_object_or_404(item.articles, pk=pk), now=timezone.now())
    return Status(204, None)


class DeputyIn(Schema):
    """Who decides in whose place, by user name; `person` left out: in one's own."""

    person: str | None = None
    deputy: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime


@router.get("/deputies", summary="List deputies of now and to come")
def list_deputies(request: HttpRequest) -> list[dict[str, Any]]:
    """Everybody's."""
    require_somewhere(person(request), "work.see")
    rows = Deputy.objects.filter(ends_at__gt=timezone.now()).select_related("person", "deputy")
    return [_deputy(row) for row in rows.order_by("starts_at", "pk")]


@router.post("/deputies", response={201: dict[str, Any]}, summary="Name a deputy")
def post_deputy(request: HttpRequest, given: DeputyIn) -> Status[dict[str, Any]]:
    """One's own, or one of somebody in a team that one leads."""
    user = person(request)
    row = set_deputy(
        actor=user,
        person=_user(given.person, "person") if given.person else user,
        deputy=_user(given.deputy, "deputy"),
        starts_at=given.starts_at,
        ends_at=given.ends_at,
        now=timezone.now(),
    )
    return Status(201, _deputy(row))


@router.delete("/deputies/{int:pk}", response={204: None}, summary="End a deputy")
def delete_deputy(request: HttpRequest, pk: int) -> Status[None]:
    """From now on; what was decided stays."""
    end_deputy(actor=person(request), row=get_object_or_404(Deputy, pk=pk), now=timezone.now())
    return Status(204, None)


@router.get("/approvals/waiting", summary="List what waits for my approval")
def waiting_for_me(request: HttpRequest) -> list[dict[str, Any]]:
    """Approvals on which the asker can decide now, for themselves or as a deputy (`on_behalf_of`)."""
    user, now = person(request), timezone.now()
    require_somewhere(user, "work.see")
    found = []
    for row in asked_approvals()[:MOST]:
        if waits_for(row, user, now):
            other = decides_for(row, user, now)
            on_behalf_of = other.username if other else None
            found.append(
                {"id": row.pk, "key": row.key, "item": row.item.number, "title": row.item.title,
                 "asked_at": row.asked_at, "on_behalf_of": on_behalf_of}
            )  # fmt: skip
    return found


@router.get("/mails/in", summary="List mails that came in")
def list_mails_in(request: HttpRequest, outcome: str = "", limit: int = MOST) -> list[dict[str, Any]]:
    """Newest first; `outcome` is opened, added, noted or left (a loop, a bounce, an automatic answer, too large)."""
    user = person(request)
    require_somewhere(user, "work.see")
    rows = mails_in_sight(user)
    if outcome:
        rows = rows.filter(outcome=outcome)
    return [
        {"id": row.pk, "from": row.from_address, "subject": row.subject, "size_bytes": row.size_bytes,
         "received_at": row.received_at, "outcome": row.outcome, "reason": row.reason,
         "problem": row.problem, "is_waiting": row.tried_with != "",
         "item": row.item.number if row.item else None}
        for row in rows[: max(1, min(limit, MOST))]
    ]  # fmt: skip


@router.post("/mails/in/{int:pk}/item", response={201: dict[str, Any]}, summary="Open an item for a mail")
def take_up(request: HttpRequest, pk: int) -> Status[dict[str, Any]]:
    """For one that was left alone and should not have been."""
    item = take_up_mail(actor=person(request), mail=get_object_or_404(MailIn, pk=pk), now=timezone.now())
    return Status(201, {"item": item.number})


@router.post("/mails/in/{int:pk}/take-in", summary="Take in a mail now that could not be")
def take_in_now(request: HttpRequest, pk: int) -> dict[str, Any]:
    """For one with `is_waiting`; 422 with the reason where it still cannot be taken in."""
    row = take_in_mail(actor=person(request), mail=get_object_or_404(MailIn, pk=pk), now=timezone.now())
    return {"id": row.pk, "outcome": row.outcome, "item": row.item.number if row.item else None}


@router.get("/mails/out", summary="List mails that go out")
def list_mails_out(request: HttpRequest, state: str = "", limit: int = MOST) -> list[dict[str, Any]]:
    """Newest first; `state` is waiting, sent, returned (it bounced) or failed (given up)."""
    user = person(request)
    require_somewhere(user, "work.see")
    rows = with_state(mails_out_in_sight(user))
    if state:
        rows = rows.filter(state=state)  # type: ignore[misc]  # annotated by with_state
    return [
        {"id": row.pk, "to": row.to_address, "occasion": row.occasion, "item": row.item.number,
         "state": row.state, "attempts": row.attempts, "sent_at": row.sent_at,  # type: ignore[attr-defined]  # by with_state
         "next_at": row.next_at, "error": row.error}
        for row in rows[: max(1, min(limit, MOST))]
    ]  # fmt: skip


@router.post("/mails/out/{int:pk}/retry", summary="Send a mail again now")
def retry(request: HttpRequest, pk: int) -> dict[str, Any]:
    """One that waits or was given up; to the reporter's address as it is by now."""
    row = retry_mail(actor=person(request), mail=get_object_or_404(MailOut, pk=pk), now=timezone.now())
    return {"id": row.pk, "to": row.to_address, "next_at": row.next_at}


def _user(name: str, field: str) -> User:
    found = User.objects.filter(username=name).first()
    if found is None:
        raise InputError(Problem(f"There is nobody called '{name}'.", field, "Give a user name."))
    return found


def _deputy(row: Deputy) -> dict[str, Any]:
    return {
        "id": row.pk,
        "person": row.person.username,
        "deputy": row.deputy.username,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
    }
