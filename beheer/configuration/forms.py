"""The form for a configuration file."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class FileForm(forms.Form):
    """A file to upload, or its text."""

    file = forms.FileField(
        label=_("File"), required=False, help_text=_("YAML, as `beheer export` writes it.")
    )
    text = forms.CharField(
        label=_("Or its text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 14, "class": "code", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, str]:
        """One text, from the file or from the field."""
        upload = self.cleaned_data.get("file")
        text = self.cleaned_data.get("text") or ""
        if upload is not None:
            try:
                text = upload.read().decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise forms.ValidationError(
                    {"file": _("This file is not in UTF-8. Save it as UTF-8.")}
                ) from error
        if not text.strip():
            raise forms.ValidationError({"file": _("Choose a file, or paste its text.")})
        return {"text": text, "name": upload.name if upload is not None else str(_("pasted text"))}
