"""The service catalogue as it was published, and who else is hit by a disturbance."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RequestModel(models.Model):
    """One published version of an item of the service catalogue. Requests keep the version they were filled in with.

    `text` is the whole item as JSON, as `RequestSpec` reads it.
    """

    key = models.SlugField(_("key"), max_length=50)
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField()
    digest = models.CharField(max_length=64)
    is_current = models.BooleanField(_("for new requests"), default=True)
    is_simulated = models.BooleanField(_("simulated"), default=False)
    published_at = models.DateTimeField(_("published"))
    published_by = models.CharField(_("published by"), max_length=150)

    class Meta:
        ordering = ["key", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="a_request_model_has_each_version_once"),
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(is_current=True),
                name="a_request_model_has_one_current_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"
