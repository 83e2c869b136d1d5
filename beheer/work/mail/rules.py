"""What is done with a mail that came in. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from beheer.work.mail.reading import Mail

MOST_AN_HOUR = 20


class Deed(StrEnum):
    """What to do with a mail."""

    OPEN = "open"
    ADD = "add"
    NOTE = "note"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why."""

    deed: Deed
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """The item that a mail belongs to: whether the sender has a part in it, and whether it is closed."""

    is_participant: bool
    is_closed: bool


def decide(mail: Mail, thread: Thread | None, from_sender_last_hour: int) -> Decision:
    """What to do with a mail. `thread` None: it belongs to no item that is known.

    A mail never takes a step and gives nobody rights: its sender is easily forged. It opens an item, or adds words.
    """
    if mail.is_own:
        return Decision(Deed.LEAVE, "a mail of our own that came back")
    if mail.is_bounce:
        return Decision(Deed.NOTE if thread else Deed.LEAVE, "our mail could not be delivered")
    if mail.is_automatic:
        return Decision(Deed.NOTE if thread else Deed.LEAVE, "an automatic answer")
    if not mail.from_address:
        return Decision(Deed.LEAVE, "no sender is named")
    if from_sender_last_hour >= MOST_AN_HOUR:
        return Decision(
            Deed.LEAVE, f"more than {MOST_AN_HOUR} mails an hour from one sender: it looks like a loop"
        )
    if mail.failed_authentication:
        reason = "the mail server found that the sender is not who it says"
        return Decision(Deed.NOTE if thread else Deed.LEAVE, reason)
    if thread is None or (thread.is_closed and thread.is_participant):
        return Decision(Deed.OPEN, "" if thread is None else "the item it answers is closed")
    if not thread.is_participant:
        return Decision(Deed.NOTE, "the sender has no part in this item")
    return Decision(Deed.ADD)
