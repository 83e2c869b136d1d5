"""Answers that are given often."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from beheer.people.models import Team


class ReplyTemplate(models.Model):
    """One text to answer with, for one team or (team None) for all. `rules/templates.py` says what may stand in braces.

    At least one of the two texts is filled in; where the reporter's language has none, the other is taken.
    """

    key = models.SlugField(_("key"), unique=True, help_text=_("Short name, used in files and addresses."))
    name = models.CharField(_("name"), max_length=100)
    team = models.ForeignKey(
        Team,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reply_templates",
        verbose_name=_("team"),
        help_text=_("Empty: for everybody."),
    )
    text_nl = models.TextField(_("text in Dutch"), blank=True)
    text_en = models.TextField(_("text in English"), blank=True)
    is_enabled = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("reply template")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(text_nl="", text_en=""),
                name="a_reply_template_has_a_text",
                violation_error_message=_("Write the text in at least one language."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def text(self, language: str) -> str:
        """The text in a language; in the other where that one is empty."""
        pair = (self.text_nl, self.text_en)
        return (pair[0] or pair[1]) if language.startswith("nl") else (pair[1] or pair[0])
