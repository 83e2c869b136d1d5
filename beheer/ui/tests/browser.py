"""Opens pages in Chromium as people do: on a desk and on a phone, in both languages, light and dark.

A room's test of its pages is one line: `look_at("/catalogue/services/", "/catalogue/map/")`.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, ViewportSize, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]
SIZES: dict[str, ViewportSize] = {
    "desk": {"width": 1440, "height": 900},
    "phone": {"width": 360, "height": 780},
}
SCHEMES: dict[str, Literal["light", "dark"]] = {"en": "light", "nl": "dark"}
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a screen. Skips the test where there is none."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not there: apt-get install chromium")
    with sync_playwright() as playwright:
        yield _launch(playwright)


def _launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@dataclass
class Visitor:
    """Someone with a browser: where the pages are, and the cookies that say who it is (none: a stranger)."""

    browser: Browser
    address: str
    cookies: dict[str, str]

    @contextmanager
    def page(self, language: str = "en", size: str = "desk", scripts: bool = True) -> Iterator[Page]:
        """A page in one language and size; what the browser complains about fails the test at its end."""
        context = self.browser.new_context(
            viewport=SIZES[size],
            color_scheme=SCHEMES[language],
            locale=language,
            java_script_enabled=scripts,
            base_url=self.address,
        )
        cookies = {**self.cookies, "django_language": language}
        context.add_cookies(
            [{"name": name, "value": value, "url": self.address} for name, value in cookies.items()]
        )
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if _is_fault(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        try:
            yield page
            assert complaints == []
        finally:
            context.close()

    def look_at(self, *paths: str) -> None:
        """Open each path in both languages, on desk and phone: it answers, fits, and axe finds nothing."""
        found: list[str] = []
        for language, size in itertools.product(SCHEMES, SIZES):
            with self.page(language, size) as page:
                for path in paths:
                    found += [f"{path} ({language}, {size}): {flaw}" for flaw in _flaws(page, path, language)]
        assert found == [], "\n".join(found)


def _is_fault(message: ConsoleMessage) -> bool:
    """Whether the browser complains of a page; that a form was sent back with its errors (422) is none."""
    return message.type == "error" and "status of 422" not in message.text


def _flaws(page: Page, path: str, language: str) -> list[str]:
    """What is wrong with one page."""
    answer = page.goto(path)
    if answer is None or answer.status != 200:
        return [f"answers {answer and answer.status}"]
    found = violations(page)
    if page.locator("html").get_attribute("lang") != language:
        found.append("is in another language")
    if (too_wide := page.evaluate(TOO_WIDE)) > 0:
        found.append(f"is {too_wide} pixels too wide")
    return found


def violations(page: Page) -> list[str]:
    """What axe finds on a page, one line each: rule, help, and the first places."""
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {[node['html'][:160] for node in rule['nodes'][:3]]}"
        for rule in found
    ]
