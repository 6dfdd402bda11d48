"""Every route × GET and POST × everybody who might ask."""

from typing import Any

import pytest
from django.urls import reverse

from tests.integration.access.conftest import undone
from tests.integration.access.routes import TABLE, WRITERS, Outcome, Row, route_of, site_routes
from tests.integration.access.snapshot import snapshot
from tests.integration.access.world import Actor, World

pytestmark = pytest.mark.django_db

AT_HOME = {
    Actor.DISABLED: Actor.ANONYMOUS,
    Actor.DEMOTED: Actor.AUDITOR,
    Actor.FOREIGN_SENDER: Actor.SENDER,
    Actor.FOREIGN_MANAGER: Actor.MANAGER,
    Actor.FOREIGN_AUDITOR: Actor.AUDITOR,
}
FOREIGN = {Actor.FOREIGN_SENDER, Actor.FOREIGN_MANAGER, Actor.FOREIGN_AUDITOR}


def due(row: Row, method: str, actor: Actor) -> Outcome:
    verdict: Outcome = getattr(row, method)
    like = AT_HOME.get(actor, actor)
    if like not in row.opens:
        return _refusal(row, like)
    if actor in FOREIGN and row.is_of_an_object and not row.is_admin:
        return verdict if verdict is Outcome.NOT_ALLOWED else Outcome.MISSING
    return verdict


def _refusal(row: Row, actor: Actor) -> Outcome:
    if actor is Actor.ANONYMOUS:
        return Outcome.SIGN_IN
    if actor is Actor.ONE_TIME:
        return Outcome.OWN_PASSWORD
    if actor is Actor.ADMINISTRATOR:
        return Outcome.TO_ADMIN
    if actor in WRITERS and Actor.SENDER in row.opens:
        return Outcome.MISSING
    return Outcome.FORBIDDEN


def ask(world: World, row: Row, method: str, actor: Actor) -> Any:
    browser = world.browser_of(actor)
    response = getattr(browser, method)(
        row.url(world), row.data(world) if method == "post" else None
    )
    while row.is_admin and response.headers.get("Location", "").startswith("/admin/"):
        response = browser.get(response.headers["Location"])
    return response


def outcome_of(response: Any, row: Row, is_changed: bool) -> str:
    kind = _kind(response, row)
    is_goodbye = kind is Outcome.SIGN_IN and "logout" in row.address
    if is_changed and (kind is Outcome.READS or is_goodbye):
        return Outcome.WRITES
    return f"{kind}, yet the database changed" if is_changed else kind


def _kind(response: Any, row: Row) -> str:
    location = response.headers.get("Location", "").partition("?")[0]
    if location == reverse("account_login"):
        return Outcome.SIGN_IN
    if location == reverse("account_change_password"):
        return Outcome.OWN_PASSWORD
    if location == reverse("admin:index") and row.address not in {"/", "/account/login/"}:
        return Outcome.TO_ADMIN
    return Outcome.READS if response.status_code < 400 else str(response.status_code)


def test_every_route_has_a_row_and_every_row_a_route(world: World) -> None:
    listed, there = [route_of(row, world) for row in TABLE], list(site_routes())
    assert set(listed) ^ set(there) == set()
    assert len(listed) == len(there)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.address)
def test_a_route_opens_to_whom_the_table_says(world: World, row: Row, method: str) -> None:
    before = snapshot()
    found, expected = {}, {}
    for actor in Actor:
        with undone():
            response = ask(world, row, method, actor)
            found[actor] = outcome_of(response, row, snapshot() != before)
        expected[actor] = due(row, method, actor)
        # Whether the method or the person is looked at first is all the same.
        if getattr(row, method) is Outcome.NOT_ALLOWED and found[actor] == "405":
            expected[actor] = Outcome.NOT_ALLOWED
    assert found == expected
