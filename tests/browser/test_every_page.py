"""Every page, as each kind of user, in both languages: on a phone, for barriers, for the CSP."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.senders.models import SenderState
from tests.browser.conftest import Check, SignIn
from tests.factories import (
    AdministratorFactory,
    ContactFactory,
    ContactFieldFactory,
    GatewayAccountFactory,
    GroupFactory,
    MailingFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
    StopFactory,
    TemplateFactory,
    sheet_made,
    submit_message,
)
from tests.integration.history.answers import REJECTED, UNCERTAIN, answer

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC = ["/account/login/", "/account/password/reset/", "/account/password/reset/done/"]
SEEN_BY_ALL = [
    "/mailings/",
    "/mailings/?tab=drafts",
    "/mailings/calendar/",
    "/history/",
    "/history/{uncertain}",
    "/history/{queued}",
    "/contacts/",
    "/contacts/?q=zzz",
    "/contacts/{contact}/",
    "/history/contacts/{contact}",
    "/contacts/groups/",
    "/contacts/groups/{group}/",
    "/contacts/stop-list/",
    "/contacts/stop-list/?q=555",
    "/templates/",
    "/templates/?q=zzz",
    "/templates/{template}/",
    "/history/{queued}?state=skipped",
    "/sender-names/",
    "/account/password/change/",
]
SEEN_BY_WRITERS = [
    "/messages/new",
    "/messages/new?sheet={sheet}",
    "/mailings/sheets/new",
    "/mailings/sheets/{sheet}/",
    "/templates/add/",
    "/templates/{own_template}/change/",
    "/templates/{own_template}/delete/",
    "/history/{uncertain}/uncertain",
    "/history/{rejected}/rejected",
    "/contacts/add/",
    "/contacts/{contact}/change/",
    "/contacts/{contact}/delete/",
    "/contacts/{contact}/merge/{twin}/",
    "/contacts/duplicates/",
    "/contacts/duplicates/apart/",
    "/contacts/stop-list/add/",
    "/contacts/groups/add/",
    "/contacts/groups/{group}/rename/",
    "/contacts/groups/{group}/delete/",
]
PAGES: Mapping[Role, list[str]] = {
    Role.SENDER: [*SEEN_BY_ALL, *SEEN_BY_WRITERS],
    Role.AUDITOR: [*SEEN_BY_ALL, "/members/"],
    Role.MANAGER: [
        *SEEN_BY_ALL,
        *SEEN_BY_WRITERS,
        "/contacts/fields/",
        "/contacts/fields/{field}/rename/",
        "/contacts/fields/{field}/delete/",
        "/contacts/stop-list/{stop}/remove/",
        "/sender-names/ask/",
        "/members/",
        "/members/add/",
        "/members/{member}/",
    ],
}
ADMIN_PAGES = [
    "/admin/",
    "/admin/accounts/organisation/",
    "/admin/accounts/organisation/add/",
    "/admin/accounts/user/",
    "/admin/accounts/user/{member}/change/",
    "/admin/audit/event/",
    "/admin/billing/ledgerentry/",
    "/admin/billing/ledgerentry/add/",
    "/admin/contacts/stoplistentry/",
    "/admin/contacts/stoplistentry/add/",
    "/admin/contacts/stoplistentry/{platform_stop}/change/",
    "/admin/contacts/stoplistentry/{platform_stop}/do/remove/",
    "/admin/delivery/gatewayaccount/",
    "/admin/delivery/gatewayaccount/{gateway}/change/",
    "/admin/delivery/message/",
    "/admin/delivery/message/{queued}/change/",
    "/admin/delivery/envelope/",
    "/admin/senders/sendername/",
    "/admin/senders/sendername/{requested}/change/",
    "/admin/senders/sendername/{requested}/do/reject/",
]
LONG = "Длинное-имя-без-единого-пробела-" * 3


def furnish(viewer_role: Role | None = None) -> tuple[User, dict[str, int]]:
    """A viewer, and an organisation with something of everything, named at length."""
    organisation = OrganisationFactory(name=LONG)
    gateway = GatewayAccountFactory(organisation=organisation)
    SenderNameFactory(organisation=organisation)
    requested = SenderNameFactory(organisation=organisation, state=SenderState.REQUESTED)
    author = MemberFactory(organisation=organisation, name=LONG)
    viewer = (
        MemberFactory(organisation=organisation, role=viewer_role, name=LONG)
        if viewer_role
        else AdministratorFactory()
    )
    writer = author if viewer_role in {None, Role.AUDITOR} else viewer
    group = GroupFactory(organisation=organisation, name=LONG[:90])
    field = ContactFieldFactory(organisation=organisation, name="д" * 40)
    contact, twin = (
        ContactFactory(
            organisation=organisation,
            surname=LONG[:60],
            name=LONG[:80],
            note=LONG * 4,
            field_values={str(field.pk): LONG * 3},
        )
        for _ in range(2)
    )
    group.contacts.add(contact)
    stop = StopFactory(organisation=organisation, reason=LONG * 2, added_by=author)
    platform_stop = StopFactory(organisation=None, reason=LONG * 2)
    MailingFactory(author=writer, text=LONG)
    soon = timezone.now() + timedelta(minutes=5)
    MailingFactory(author=writer, text=LONG, planned=True, due_at=soon)
    submit_message(writer, text="ж" * 100, due_at=soon)
    uncertain = submit_message(writer, contact.phone)
    answer(uncertain, UNCERTAIN)
    rejected = submit_message(writer)
    answer(rejected, REJECTED)
    return viewer, {
        "uncertain": uncertain.pk,
        "rejected": rejected.pk,
        "queued": submit_message(writer, "79210000000", stop.phone, text="ж" * 300).pk,
        "stop": stop.pk,
        "platform_stop": platform_stop.pk,
        "group": group.pk,
        "template": TemplateFactory(
            organisation=organisation, name=LONG[:90], text=LONG * 3 + "{имя} {неведомое}"
        ).pk,
        "own_template": TemplateFactory(organisation=organisation, owner=writer, text=LONG).pk,
        "contact": contact.pk,
        "twin": twin.pk,
        "field": field.pk,
        "member": author.pk,
        "gateway": gateway.pk,
        "requested": requested.pk,
        "sheet": sheet_made(
            writer, f"Телефон;{LONG};Сумма\n{contact.phone};{LONG * 3};1\n12345;{LONG};2\n"
        ).pk,
    }


def speak(page: Page, language: str, url: str) -> None:
    page.context.add_cookies([{"name": "django_language", "value": language, "url": url}])


def open_page(page: Page, address: str) -> None:
    response = page.goto(address)
    assert response
    assert "unsafe" not in response.headers["content-security-policy"], address
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, f"{address} is {width} pixels too wide"


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("role", [None, *Role])
def test_every_page_fits_a_phone_and_has_no_barrier(
    phone_page: Page,
    live_server: LiveServer,
    sign_in: SignIn,
    axe: Check,
    role: Role | None,
    language: str,
) -> None:
    page = phone_page
    speak(page, language, live_server.url)
    addresses = PUBLIC
    if role:
        viewer, ids = furnish(role)
        addresses = [address.format(**ids) for address in PAGES[role]]
        sign_in(page, viewer)
    for address in addresses:
        open_page(page, address)
        expect(page.locator("html")).to_have_attribute("lang", language)
        axe(page)


def test_the_administrators_pages_open_and_obey_the_policy(page: Page, sign_in: SignIn) -> None:
    administrator, ids = furnish()
    sign_in(page, administrator)
    for address in ADMIN_PAGES:
        response = page.goto(address.format(**ids))
        assert response
        assert response.status == 200, address
        assert "unsafe" not in response.headers["content-security-policy"]


def test_the_language_is_switched_by_its_button(page: Page) -> None:
    page.goto("/account/login/")
    page.get_by_role("button", name="Русский").click()

    expect(page.locator("html")).to_have_attribute("lang", "ru")
