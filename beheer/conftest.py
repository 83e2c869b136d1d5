"""Fixtures for every room, and what holds for every test."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings as project_settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import translation
from playwright.sync_api import Browser
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from beheer.ui.tests import browser

# No test is timed: an example that takes long on a busy machine is none that fails.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def static_files_as_they_stand() -> None:
    """Nothing was collected for tests; also not for the server that browser tests open."""
    project_settings.WHITENOISE_AUTOREFRESH = project_settings.WHITENOISE_USE_FINDERS = True


@pytest.fixture(autouse=True)
def own_var(settings: Settings, tmp_path: Path) -> Path:
    """Each test has a `var/` of its own, and sends no mail outside."""
    settings.VAR = tmp_path / "var"
    settings.MEASUREMENTS = str(settings.VAR / "measurements")
    settings.MEDIA_ROOT = settings.VAR / "files"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.MFA = "optional"
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return tmp_path / "var"


@pytest.fixture(autouse=True)
def own_language() -> None:
    """Each test begins in the language of the settings, whatever one before it read in."""
    translation.deactivate()


@pytest.fixture
def shared_data() -> Path:
    """The folder of real records beside the project; tests that use it skip where it is not there."""
    project = Path(__file__).resolve().parent.parent
    folder = Path(os.environ.get("BEHEER_SHARED_DATA", project.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"Real records are not there: {folder}")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all browser tests."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright keeps an event loop in this thread
    with browser.chromium() as found:
        yield found


@pytest.fixture
def visitor(chromium: Browser, live_server: LiveServer, client: Client) -> browser.Visitor:
    """An administrator with a browser, at a server that runs."""
    user = get_user_model().objects.create_user(
        "visitor", "visitor@example.org", display_name="Anna de Vries"
    )
    user.role_grants.create(role="administrator")
    client.force_login(user)
    return browser.Visitor(chromium, live_server.url, {"sessionid": client.cookies["sessionid"].value})


@pytest.fixture
def look_at(visitor: browser.Visitor) -> Callable[..., None]:
    """`look_at("/one/", "/two/")` opens pages in both languages, on desk and phone, and tests what all promise."""
    return visitor.look_at


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever speaks to the relational store runs on PostgreSQL too; browser tests once are enough."""
    for item in items:
        if item.get_closest_marker("django_db") and not item.get_closest_marker("browser"):
            item.add_marker("store")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI runs, all parts are there: a test that skips has found something missing, and fails."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped where nothing may be skipped: {report.longrepr}"
    return report
