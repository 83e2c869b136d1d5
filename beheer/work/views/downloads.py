"""Files that were added to work, as answers to a browser."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from beheer.work.files import content_of
from beheer.work.models import Attachment


def as_download(row: Attachment) -> HttpResponse:
    """A file, always as a download: nothing that others added opens within our pages.

    Raises: NotFound where it is not kept any more.
    """
    response = HttpResponse(content_of(row.digest), content_type=row.media_type)
    name = "".join("_" if sign in '\\/"' or not sign.isprintable() else sign for sign in row.name)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    return response
