"""How items stand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from beheer.lib.errors import InputError, Problem
from beheer.permissions.rules import Actor
from beheer.work.actions.items import create
from beheer.work.definitions import definition
from beheer.work.models import Article, Item, Link
from beheer.work.models.items import LinkKind
from beheer.work.models.timeline import Verb
from beheer.work.queries import leads_back
from beheer.work.recording import begin
from beheer.work.standing import require_on

# Ways that may not run in a circle.
ONE_WAY = (LinkKind.CHILD_OF, LinkKind.BLOCKS, LinkKind.CAUSED_BY, LinkKind.DUPLICATES)


@transaction.atomic
def link(*, actor: Actor, item: Item, other: Item, kind: str, now: datetime) -> Link:
    """Say how `item` stands to `other`. Saying it twice is saying it once.

    Raises: NotAllowed; InputError for an unknown kind, an item with itself, or a circle.
    """
    require_on(actor, "work.change", item)
    if kind not in LinkKind.values:
        raise InputError(
            Problem(f"'{kind}' is no kind of link.", "kind", f"Choose one of {', '.join(LinkKind.values)}.")
        )
    if item.pk == other.pk:
        raise InputError(Problem("An item is not linked to itself.", "other", "Give another number."))
    if LinkKind(kind) in ONE_WAY and leads_back(other, item, kind):
        message = f"{other.number} already stands so to {item.number}, perhaps by others in between."
        raise InputError(Problem(message, "other", "Take that link out first."))
    found = Link.objects.filter(source=item, target=other, kind=kind).first()
    if found is not None:
        return found
    under_way = begin(actor=actor, item=item, version=None, now=now)
    row = Link(source=under_way.item, target=other, kind=kind, made_at=now, made_by=actor.actor_name)
    row.full_clean()
    row.save()
    under_way.event(Verb.LINKED, data={"link": kind, "to": other.number})
    under_way.save(is_edit=False)
    under_way.finish("link", {"kind": kind, "to": other.number})
    return row


@transaction.atomic
def unlink(*, actor: Actor, row: Link, now: datetime) -> None:
    """Take a link out; that it was there stays in the events."""
    require_on(actor, "work.change", row.source)
    under_way = begin(actor=actor, item=row.source, version=None, now=now)
    said = {"link": row.kind, "to": row.target.number}
    row.delete()
    under_way.event(Verb.UNLINKED, data=said)
    under_way.save(is_edit=False)
    under_way.finish("unlink", said)


@transaction.atomic
def lead_to(
    *, actor: Actor, item: Item, kind: str, now: datetime, values: Mapping[str, Any] | None = None
) -> Item:
    """Open an item of another kind out of this one, linked as this one's kind says. Gives the new item.

    Title, description, service and customer are taken over unless `values` says otherwise.
    Raises: NotAllowed; InputError where the kind does not lead there.
    """
    require_on(actor, "work.change", item)
    leads = definition(item).leads_to
    if kind not in leads:
        remedy = f"It leads to: {', '.join(leads) or 'nothing'}."
        raise InputError(Problem(f"This kind does not lead to '{kind}'.", "kind", remedy))
    taken_over = {
        "title": item.title,
        "description": item.description,
        "service": item.service,
        "customer": item.customer,
        "impact": item.impact,
        "urgency": item.urgency,
    }
    made = create(actor=actor, kind=kind, values={**taken_over, **(values or {})}, now=now)
    if leads[kind] in ("caused_by", "blocks"):
        link(actor=actor, item=item, other=made, kind=leads[kind], now=now)
    else:
        link(actor=actor, item=made, other=item, kind=leads[kind], now=now)
    return made


@transaction.atomic
def add_article(*, actor: Actor, item: Item, title: str, url: str, now: datetime) -> Article:
    """Refer to a page elsewhere. Referring twice to one address is referring once, with the newer title.

    Raises: NotAllowed; InputError for an address that is no web address, or without a title.
    """
    require_on(actor, "work.change", item)
    under_way = begin(actor=actor, item=item, version=None, now=now)
    row = Article.objects.filter(item=item, url=url.strip()).first() or Article(
        item=under_way.item, url=url.strip(), made_at=now, made_by=actor.actor_name
    )
    row.title = title.strip()
    _checked(row)
    row.save()
    under_way.event(Verb.LINKED, data={"link": "article", "to": row.title, "url": row.url})
    under_way.save(is_edit=False)
    under_way.finish("add_article", {"title": row.title, "url": row.url})
    return row


def _checked(row: Article) -> None:
    problems = []
    if not row.title:
        problems.append(Problem(_("There is no title."), "title", _("Say what stands there.")))
    try:
        row.clean_fields(exclude=["item", "title"])
    except ValidationError:
        remedy = _("Begin with https:// or http://.")
        problems.append(Problem(_("This is no web address."), "url", remedy))
    if len(row.title) > 200:
        problems.append(Problem(_("This title is too long."), "title", _("Keep it under 200 characters.")))
    if problems:
        raise InputError(problems)


@transaction.atomic
def remove_article(*, actor: Actor, row: Article, now: datetime) -> None:
    """Refer to a page no more; that it was referred to stays in the events."""
    require_on(actor, "work.change", row.item)
    under_way = begin(actor=actor, item=row.item, version=None, now=now)
    said = {"link": "article", "to": row.title, "url": row.url}
    row.delete()
    under_way.event(Verb.UNLINKED, data=said)
    under_way.save(is_edit=False)
    under_way.finish("remove_article", said)
