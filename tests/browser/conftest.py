"""Debian's Chromium at the size of a desk and of a phone, and the check for barriers."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from portal.accounts.models import User
from tests.factories import PASSWORD
from tests.patience import until

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# Colours amid a transition have a contrast that nobody reads.
AT_REST = {"reduced_motion": "reduce"}
GRAVE = {"serious", "critical"}
_BETWEEN_QUERIES = 0.1
_BUSY = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND backend_type = 'client backend' AND state <> 'idle'
"""

SignIn = Callable[[Page, User], None]
Check = Callable[[Page], None]


@pytest.fixture(autouse=True)
def sign_ins_are_forgotten(transactional_db: None) -> None:
    """Every test signs in from one address; the throttle counts them all."""
    cache.clear()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Closed after each file: while it is open its driver's event loop counts as running in this
    thread, so that Django refuses the ORM unless told otherwise and asyncio refuses another loop.
    """
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing")
        pytest.skip(f"{CHROMIUM} is missing")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def _opened(context: BrowserContext) -> Iterator[Page]:
    """A page whose console stays clean: no script fails, nothing is blocked by the CSP."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    # A page that is closed saves itself once more; emptied tables must not meet that.
    until(_nobody_asks_the_database, patience=10)
    assert _without_replaced_requests(complaints) == []


def _nobody_asks_the_database() -> bool:
    """Twice in a row: between its queries a request is not seen."""
    for _look in range(2):
        with connection.cursor() as cursor:
            cursor.execute(_BUSY)
            if cursor.fetchone() != (0,):
                return False
        time.sleep(_BETWEEN_QUERIES)
    return True


def _without_replaced_requests(complaints: list[str]) -> list[str]:
    """A request that a newer one replaces is given up, as it should be; htmx complains twice."""
    kept: list[str] = []
    for complaint in complaints:
        if complaint.startswith("htmx:sendAbort") and kept[-1:] and "afterRequest" in kept[-1]:
            kept.pop()
        else:
            kept.append(complaint)
    return kept


@pytest.fixture
def page(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    yield from _opened(
        chromium.new_context(viewport=DESK, locale="en", base_url=live_server.url, **AT_REST)  # type: ignore[arg-type]
    )


@pytest.fixture
def phone_page(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    yield from _opened(
        chromium.new_context(  # type: ignore[arg-type]
            viewport=PHONE, locale="en", base_url=live_server.url, has_touch=True, **AT_REST
        )
    )


@pytest.fixture
def plain_page(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A browser that runs no scripts."""
    yield from _opened(
        chromium.new_context(  # type: ignore[arg-type]
            viewport=DESK,
            locale="en",
            base_url=live_server.url,
            java_script_enabled=False,
            **AT_REST,
        )
    )


@pytest.fixture
def sign_in() -> SignIn:
    def through_the_door(page: Page, member: User) -> None:
        page.goto("/account/login/")
        page.fill("input[name=login]", member.email)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(lambda url: "/account/login" not in url)

    return through_the_door


@pytest.fixture
def axe() -> Check:
    """Fails on barriers that axe calls serious or critical, with where they are."""

    def check(page: Page) -> None:
        violations = Axe().run(page).response["violations"]
        grave = [
            f"{violation['id']}: {node['target']}"
            for violation in violations
            if violation["impact"] in GRAVE
            for node in violation["nodes"]
        ]
        assert grave == []

    return check
