"""What is written elsewhere about an item."""

from __future__ import annotations

from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from beheer.work.models.items import Item


class Article(models.Model):
    """One page elsewhere that an item refers to: an article, a manual, an answer of a supplier."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="articles")
    title = models.CharField(_("title"), max_length=200)
    url = models.CharField(
        _("web address"), max_length=1000, validators=[URLValidator(schemes=["http", "https"])]
    )
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["item", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "url"], name="an_item_refers_to_an_article_once")
        ]

    def __str__(self) -> str:
        return self.title
