"""What is done with work. Each action: right, rule, check, save, event, audit line; in one transaction."""

from beheer.work.actions.approvals import decide, set_deputy
from beheer.work.actions.conversation import attach, comment, give_satisfaction, reply, watch
from beheer.work.actions.items import assign, change, create, fix_deadline, hand_over
from beheer.work.actions.kinds import publish_kind
from beheer.work.actions.links import lead_to, link, unlink
from beheer.work.actions.requests import (
    make_request,
    publish_request_model,
    retire_request_model,
    say_me_too,
    share_item,
)
from beheer.work.actions.steps import do_task, take_step

__all__ = [
    "assign", "attach", "change", "comment", "create", "decide", "do_task", "fix_deadline", "give_satisfaction",
    "hand_over", "lead_to", "link", "make_request", "publish_kind", "publish_request_model", "reply",
    "retire_request_model", "say_me_too", "set_deputy", "share_item", "take_step", "unlink", "watch",
]  # fmt: skip
