"""What screens call the parts, states and steps of cases, complexities, steps of work, reasons and choices."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beheer.profile.rules import Reason

ROLES: Final[dict[str, Promise]] = {
    "assessor": _("assessor"),
    "holder": _("holder of the post"),
    "expert": _("expert who advises"),
    "authorised": _("authorised person who decides"),
    "reader": _("reader"),
}

STATES: Final[dict[str, Promise]] = {
    "draft": _("draft"),
    "submitted": _("submitted for advice"),
    "advised": _("advised"),
    "provisional": _("decided provisionally"),
    "reservations": _("reservations stated"),
    "heard": _("holder heard"),
    "decided": _("decided"),
    "objection": _("objection made"),
    "closed": _("closed"),
    "withdrawn": _("withdrawn"),
}

STATE_TONES: Final[dict[str, str]] = {
    "draft": "muted",
    "submitted": "info",
    "advised": "info",
    "provisional": "warn",
    "reservations": "warn",
    "heard": "warn",
    "decided": "good",
    "objection": "warn",
    "closed": "muted",
    "withdrawn": "muted",
}

CASE_STEPS: Final[dict[str, Promise]] = {
    "open": _("Opened"),
    "submit": _("Submit for advice"),
    "return": _("Send back"),
    "advise": _("Advise"),
    "decide_provisionally": _("Decide provisionally"),
    "agree": _("Agree"),
    "state_reservations": _("State reservations"),
    "hear": _("Record the hearing"),
    "decide": _("Decide"),
    "object": _("Object"),
    "uphold": _("Uphold the decision"),
    "reopen": _("Reopen"),
    "close": _("Close the case"),
    "withdraw": _("Withdraw"),
}

STEP_EXPLANATIONS: Final[dict[str, Promise]] = {
    "submit": _(
        "All criteria are answered with a motivation. What you submit is kept as a version and stays as it is."
    ),
    "return": _("The case becomes a draft again, with your reasons; terms begin anew."),
    "advise": _("Your advice on profile, areas, answers and level, for the person who decides."),
    "decide_provisionally": _(
        "The level by the rule on what was submitted, with your reasons. The holder may respond."
    ),
    "agree": _("You have no reservations; the decision need not wait for the term to pass."),
    "state_reservations": _("What you do not agree with, and why. A hearing follows."),
    "hear": _("A report of the hearing."),
    "decide": _("The definite decision. The post gets the level."),
    "object": _("Your objection to the decision, with its grounds."),
    "uphold": _("The decision stands; say why."),
    "reopen": _("The objection is well-founded: the case becomes a draft again."),
    "close": _("The term for objections has passed."),
    "withdraw": _("The grading is not carried on; say why."),
}

DEADLINES: Final[dict[str, Promise]] = {
    "reservations": _("Reservations or agreement"),
    "hearing": _("Hearing"),
    "decision": _("Decision"),
    "objection": _("Objection"),
}

COMPLEXITIES: Final[dict[str, Promise]] = {
    "routine": _("routine"),
    "normal": _("normal"),
    "complex": _("complex"),
    "very_complex": _("very complex"),
}

STEPS: Final[dict[str, Promise]] = {
    "assist": _("assist"),
    "carry_out": _("carry out"),
    "review": _("review"),
    "approve": _("approve"),
}

REASONS: Final[dict[Reason, Promise]] = {
    Reason.NO_DEMAND: _("asks nothing"),
    Reason.TEXT: _("met"),
    Reason.HEAVIER_TEXT: _("met by a heavier text"),
    Reason.OTHER_PARAGRAPH: _("met by the other paragraph"),
    Reason.UNMET: _("not met"),
}

CHOICES: Final[dict[str, Promise]] = {
    "renewal_and_security": _("Where the first text of the fourth row of the administration tasks stands"),
    "cumulative": _("Whether a level must also meet the criteria of the lighter levels"),
    "scale": _("Whether a heavier text counts for a lighter level"),
    "development_research": _("Whether development and research are both asked, or either"),
}

CHOICE_VALUES: Final[dict[str, Promise]] = {
    "level_1_only": _("at level 1 only"),
    "levels_1_and_2": _("at levels 1 and 2"),
    "level_2_only": _("at level 2 only"),
    "own_criteria_only": _("only the own criteria of a level"),
    "cumulative": _("cumulative: the lighter levels too"),
    "by_scale": _("yes, where the texts form a scale"),
    "strict": _("no, each text by itself"),
    "both": _("both"),
    "either": _("either suffices"),
}

CRITERIA: Final[dict[str, Promise]] = {
    "management_tasks.problems": _("problems"),
    "management_tasks.installation": _("installation"),
    "management_tasks.methods": _("methods"),
    "management_tasks.renewal_and_security": _("renewal and security"),
    "portfolio.products": _("products"),
    "portfolio.environment": _("environment"),
    "portfolio.availability": _("availability"),
    "development_research.development": _("development"),
    "development_research.research": _("research"),
    "process_improvement": _("process improvement"),
    "coordination_coaching": _("coordination and coaching"),
}


def name_of_criterion(criterion_id: str) -> str:
    """What screens call a criterion; of an institution's own profile its id in words."""
    known = CRITERIA.get(criterion_id)
    return str(known) if known else criterion_id.split(".")[-1].replace("_", " ")
