"""Components show what they are given, and nothing where there is nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from django import forms
from django.template import Context, Template
from django.test import Client, RequestFactory, override_settings

from beheer.ui.templatetags.ui import problem_count
from beheer.ui.views import failed


def shown(source: str, **values: object) -> str:
    """A piece of template as text."""
    return Template("{% load ui %}" + source).render(Context(values)).strip()


@pytest.mark.parametrize("tag", ["duration", "instant", "day", "percent", "number"])
def test_what_is_not_there_is_a_dash(tag: str) -> None:
    assert shown(f"{{% {tag} nothing.at.all %}}") == "–"
    assert shown(f"{{% {tag} value %}}", value=None) == "–"


def test_a_state_is_an_icon_a_word_and_a_colour() -> None:
    page = shown('{% state "down" %}')
    assert "#down" in page and "Down" in page and 'class="state down"' in page
    assert "Unknown" in shown("{% state value %}", value="nonsense")


def test_a_verdict_says_when_there_is_no_norm() -> None:
    assert "No norm" in shown("{% verdict value %}", value=None)
    assert "At risk" in shown('{% verdict "at_risk" %}')


def test_an_instant_can_be_read_by_machines() -> None:
    value = dt.datetime(2026, 7, 1, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert 'datetime="2026-07-01T10:00:00Z"' in shown("{% instant value %}", value=value)


def test_a_figure_of_nothing_is_never_bad() -> None:
    assert "bad" not in shown('{% figure 0 "x" tone="bad" %}')
    assert "bad" in shown('{% figure 1 "x" tone="bad" %}')


def test_what_stands_in_a_card_is_text_unless_it_is_safe() -> None:
    page = shown("{% card title=value %}{{ value }}{% endcard %}", value="<b>")
    assert "<b>" not in page and page.count("&lt;b&gt;") == 2


def test_facts_are_a_list_of_terms() -> None:
    page = shown('{% facts %}{% fact "Owner" %}{{ value }}{% endfact %}{% endfacts %}', value="<i>")
    assert page == '<dl class="facts"><div><dt>Owner</dt><dd>&lt;i&gt;</dd></div></dl>'


def test_an_icon_that_is_not_drawn_is_found_out() -> None:
    with pytest.raises(ValueError, match="There is no icon 'nope'"):
        shown('{% icon "nope" %}')


@pytest.mark.django_db
@override_settings(DEBUG=False)
def test_a_page_that_is_not_there_says_what_to_do(admin_client: Client) -> None:
    answer = admin_client.get("/nothing-here/", headers={"Referer": "http://testserver/ui/"})
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "This page is not there" in page and 'href="http://testserver/ui/"' in page


@pytest.mark.django_db
def test_nobody_is_led_back_to_another_site(admin_client: Client) -> None:
    answer = admin_client.get("/nothing-here/", headers={"Referer": "http://elsewhere.example/"})
    assert "elsewhere" not in answer.content.decode()


@pytest.mark.django_db
def test_colours_are_kept_and_lead_back_only_to_our_pages(admin_client: Client) -> None:
    answer = admin_client.post("/ui/theme/", {"theme": "dark", "next": "//elsewhere.example/"})
    assert answer["Location"] == "/"
    assert 'data-theme="dark"' in admin_client.get("/ui/").content.decode()
    admin_client.post("/ui/theme/", {"theme": "system", "next": "/ui/"})
    assert "data-theme" not in admin_client.get("/ui/").content.decode()


@pytest.mark.django_db
def test_colours_that_are_not_there_are_refused(admin_client: Client) -> None:
    answer = admin_client.post("/ui/theme/", {"theme": "pink"})
    assert answer.status_code == 422
    assert "Choose light, dark or system." in answer.content.decode()


def test_the_page_of_a_failure_needs_no_store(rf: RequestFactory) -> None:

    answer = failed(rf.get("/"))
    assert answer.status_code == 500
    assert "Something in Beheer failed" in answer.content.decode()


@pytest.mark.django_db
def test_a_form_from_an_old_page_is_asked_for_once_more() -> None:
    answer = Client(enforce_csrf_checks=True).post("/account/login/", {"login": "anna"})
    assert answer.status_code == 403
    assert "Send the form once more" in answer.content.decode()


def test_a_form_counts_all_that_is_wrong_with_it() -> None:
    form = forms.Form({})
    form.add_error(None, "One thing.")
    form.add_error(None, "Another thing.")
    assert problem_count(form) == 2
