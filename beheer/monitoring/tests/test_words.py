"""What kinds of probes say can be read in every language."""

from __future__ import annotations

from django.utils.translation import gettext, override

from beheer.monitoring.forms import settings_of
from beheer.monitoring.labels import label_of
from beheer.monitoring.probe_words import WORDS
from beheer.monitoring.probes import KINDS


def test_every_text_of_a_kind_is_named_for_translation() -> None:
    texts = set()
    for kind in KINDS.values():
        texts |= {kind.title, kind.summary, *(value.meaning for value in kind.values)}
        for name, info in settings_of(kind):
            texts |= {label_of(name), info.description or ""}
    assert sorted(texts - {""}) == sorted(WORDS)


def test_names_of_settings_become_labels() -> None:
    assert label_of("follow_redirects") == "Follow redirects"
    assert label_of("max_run_s") == "Max run (seconds)"
    assert label_of("verify_tls") == "Verify TLS"


def test_a_kind_is_told_in_dutch() -> None:
    with override("nl"):
        assert gettext(KINDS["tls"].title) == "TLS-certificaat"
