"""A portal that does not answer is told of on the page that waits for it."""

import pytest
from playwright.sync_api import Browser, Route, expect
from pytest_django.live_server_helper import LiveServer

from portal.accounts.models import User
from portal.accounts.rights import Role
from tests.browser.conftest import SignIn
from tests.factories import GatewayAccountFactory, MemberFactory, submit_message

pytestmark = pytest.mark.django_db(transaction=True)


def refuse_connection(route: Route) -> None:
    route.abort("connectionrefused")


def test_a_page_that_gets_no_news_says_so_until_the_portal_answers_again(
    chromium: Browser, live_server: LiveServer, sign_in: SignIn
) -> None:
    manager: User = MemberFactory(role=Role.MANAGER)
    GatewayAccountFactory(organisation=manager.organisation)
    message = submit_message(manager)
    context = chromium.new_context(locale="en", base_url=live_server.url)
    page = context.new_page()
    sign_in(page, manager)
    page.goto(f"/history/{message.pk}")
    notice = page.get_by_text("The portal does not answer; this page may be out of date.")
    expect(notice).to_be_hidden()

    page.route("**/progress*", refuse_connection)
    expect(notice).to_be_visible()
    page.unroute("**/progress*")
    expect(notice).to_be_hidden()

    context.close()
