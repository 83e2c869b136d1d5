"""What is kept of work: items, everything that happened to them, what was said, and what hangs together."""

from beheer.work.models.approvals import Approval, Decision, Deputy
from beheer.work.models.articles import Article
from beheer.work.models.conversation import Attachment, Message, MeToo, Watch
from beheer.work.models.figures import ItemFigures, StateTime
from beheer.work.models.items import AffectedService, Item, ItemThing, Link, Number, Task
from beheer.work.models.kinds import CalendarText, KindVersion, Renewal, Target
from beheer.work.models.lists import Freeze, SavedFilter
from beheer.work.models.mail import MailIn, MailOut
from beheer.work.models.outages import Outage, ServiceRule
from beheer.work.models.requests import RequestModel
from beheer.work.models.templates import ReplyTemplate
from beheer.work.models.timeline import ClockRow, Event

__all__ = [
    "AffectedService",
    "Approval",
    "Article",
    "Attachment",
    "CalendarText",
    "ClockRow",
    "Decision",
    "Deputy",
    "Event",
    "Freeze",
    "Item",
    "ItemFigures",
    "ItemThing",
    "KindVersion",
    "Link",
    "MailIn",
    "MailOut",
    "MeToo",
    "Message",
    "Number",
    "Outage",
    "Renewal",
    "ReplyTemplate",
    "RequestModel",
    "SavedFilter",
    "ServiceRule",
    "StateTime",
    "Target",
    "Task",
    "Watch",
]  # fmt: skip
