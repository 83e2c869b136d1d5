"""Files that were added to work, as answers to a browser."""

from __future__ import annotations

from django.http import HttpResponse

from beheer.work.files import content_of
from beheer.work.models import Attachment


def as_download(row: Attachment) -> HttpResponse:
    """A file, always as a download: nothing that others added opens within our pages.

    Raises: NotFound where it is not kept any more.
    """
    response = HttpResponse(content_of(row.digest), content_type=row.media_type)
    quoted = row.name.replace("\\", "_").replace('"', "_").replace("\n", " ").replace("\r", " ")
    response["Content-Disposition"] = f'attachment; filename="{quoted}"'.encode("ascii", "replace").decode()
    response["X-Content-Type-Options"] = "nosniff"
    return response
