"""From the filled-in form to the one message."""

import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse

from portal.accounts.models import Plan
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.billing.services import balance, top_up
from portal.contacts.models import Contact
from portal.delivery.models import Message, State
from portal.senders.models import SenderState
from tests.factories import (
    AdministratorFactory,
    ContactFactory,
    GroupFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
    contacts_made,
)
from tests.integration.messaging.desk import Desk

THREE_SPELLINGS = "8 (921) 000-00-00\n+7 911 123-45-67, 79215554433"


def test_a_confirmed_message_is_queued_for_every_number(desk: Desk) -> None:
    response = desk.send(numbers=THREE_SPELLINGS)

    [message] = desk.messages()
    assert response.headers["Location"] == reverse("history:message", args=[message.pk])
    assert [r.phone for r in message.recipients.order_by("id")] == [
        "79210000000",
        "79111234567",
        "79215554433",
    ]
    assert {e.state for e in message.envelopes.all()} == {State.QUEUED}
    assert message.author == desk.member
    assert Event.objects.filter(action=Action.SUBMITTED, actor_id=desk.member.pk).count() == 1


def test_the_confirmation_stores_nothing(desk: Desk) -> None:
    response = desk.confirm(numbers=THREE_SPELLINGS)

    assert response.status_code == 200
    assert desk.messages() == []


def test_the_confirmation_shows_text_recipients_and_letter(desk: Desk) -> None:
    contact = ContactFactory(organisation=desk.organisation, name="Анна", phone="79210000007")

    page = desk.confirm(numbers=THREE_SPELLINGS, contacts=[contact.pk]).content.decode()

    assert "Привет, мир!" in page
    assert "+7 921 000-00-07" in page
    assert "Анна" in page
    assert "SourceAddress=ACME" in page
    assert "Password=••••••" in page
    assert "Send to 4 recipients" in page


def test_the_operator_password_is_on_no_page(desk: Desk) -> None:
    for response in (desk.confirm(), desk.live(), desk.send()):
        assert "canary-9f3b" not in response.content.decode()


def test_what_was_typed_comes_back_to_the_form(desk: Desk) -> None:
    contact = ContactFactory(organisation=desk.organisation, name="Анна")
    typed = desk.filled_in(numbers=THREE_SPELLINGS, contacts=[contact.pk], text="Строка\n\nещё")

    page = desk.client.post(reverse("messaging:compose"), typed).content.decode()

    assert THREE_SPELLINGS in page
    assert "Строка\n\nещё" in page
    assert typed["form_key"] in page
    assert f'name="contacts" value="{contact.pk}" checked' in page


def test_the_confirmation_sends_on_exactly_what_was_confirmed(desk: Desk) -> None:
    people = [ContactFactory(organisation=desk.organisation) for _ in range(3)]
    groups = [GroupFactory(organisation=desk.organisation) for _ in range(2)]
    for group, person in zip(groups, people, strict=False):
        group.contacts.add(person)
    page = desk.confirm(
        numbers=THREE_SPELLINGS,
        contacts=[people[1].pk, people[2].pk],
        groups=[group.pk for group in groups],
        text='«Кавычки» "двойные" & <угловые>\n\nи строки',
    )

    desk.client.post(reverse("messaging:send"), hidden_fields(page.content.decode()))

    [message] = desk.messages()
    assert message.recipients_count == 6
    assert message.text == '«Кавычки» "двойные" & <угловые>\n\nи строки'


def hidden_fields(page: str) -> dict[str, list[str]]:
    """What the form of the page would post."""
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', page.split("<main")[1]):
        name, value = (re.search(rf'{part}="([^"]*)"', tag) for part in ("name", "value"))
        assert name is not None
        fields.setdefault(name[1], []).append(unescape(value[1] if value else ""))
    return fields


def test_a_replayed_send_makes_one_message(desk: Desk) -> None:
    filled_in = desk.filled_in()

    first = desk.send(**filled_in)
    second = desk.send(**filled_in)

    assert len(desk.messages()) == 1
    assert second.headers["Location"] == first.headers["Location"]
    page = desk.client.get(second.headers["Location"]).content.decode()
    assert "nothing was sent again" in page


def test_confirming_again_what_was_sent_leads_to_the_message(desk: Desk) -> None:
    filled_in = desk.filled_in()
    sent = desk.send(**filled_in)

    again = desk.confirm(**filled_in)

    assert again.headers["Location"] == sent.headers["Location"]


@pytest.mark.parametrize("step", ["confirm", "send"])
def test_the_same_form_key_with_other_content_is_a_conflict_with_both_shown(
    desk: Desk, step: str
) -> None:
    key = uuid.uuid4().hex
    desk.send(form_key=key, text="Первый текст")

    response = getattr(desk, step)(form_key=key, text="Второй текст")

    page = response.content.decode()
    assert response.status_code == 409
    assert "Первый текст" in page
    assert "Второй текст" in page
    assert [message.text for message in desk.messages()] == ["Первый текст"]


def test_the_conflict_shows_no_message_of_another_author(
    desk_of: Callable[..., Desk],
) -> None:
    desk = desk_of(role=Role.SENDER)
    key = uuid.uuid4().hex
    desk.send(form_key=key, text="Личное")
    colleague = MemberFactory(organisation=desk.organisation, role=Role.SENDER)
    desk.client.force_login(colleague)

    response = desk.send(form_key=key, text="Другое")

    assert response.status_code == 409
    assert "Личное" not in response.content.decode()


def test_a_conflict_can_go_on_as_a_new_message(desk: Desk) -> None:
    key = uuid.uuid4().hex
    filled_in = desk.filled_in(form_key=key, text="Второй текст")

    page = desk.client.post(reverse("messaging:compose"), {**filled_in, "anew": "1"})

    assert "Второй текст" in page.content.decode()
    assert key not in page.content.decode()


def test_a_group_that_grew_after_the_confirmation_is_confirmed_again(desk: Desk) -> None:
    group = GroupFactory(organisation=desk.organisation)
    group.contacts.add(ContactFactory(organisation=desk.organisation))
    filled_in = desk.filled_in(numbers="", groups=[group.pk])
    confirmed = desk.confirm(**filled_in).context["fingerprint"]
    group.contacts.add(ContactFactory(organisation=desk.organisation))

    response = desk.send(**filled_in, confirmed=confirmed)

    assert desk.messages() == []
    assert "have changed" in response.content.decode()
    desk.send(**filled_in, confirmed=response.context["fingerprint"])
    assert [message.recipients_count for message in desk.messages()] == [2]


def test_one_number_in_three_spellings_and_two_groups_is_one_recipient(desk: Desk) -> None:
    contact = ContactFactory(organisation=desk.organisation, phone="79210000000")
    groups = [GroupFactory(organisation=desk.organisation) for _ in range(2)]
    for group in groups:
        group.contacts.add(contact)
    filled_in = desk.filled_in(
        numbers="8 921 000-00-00\n+79210000000\n9210000000", groups=[g.pk for g in groups]
    )

    page = desk.confirm(**filled_in).content.decode()
    desk.send(**filled_in)

    assert "Will reach 1 person: 5 picked, 4 duplicates." in page
    assert [message.recipients_count for message in desk.messages()] == [1]


def test_contacts_and_groups_of_another_organisation_add_nobody(desk: Desk) -> None:
    foreign = OrganisationFactory()
    contact = ContactFactory(organisation=foreign, phone="79119999999")
    group = GroupFactory(organisation=foreign)
    group.contacts.add(contact)

    desk.send(contacts=[contact.pk], groups=[group.pk])

    [message] = desk.messages()
    assert [r.phone for r in message.recipients.all()] == ["79210000000"]


def test_a_link_with_foreign_ids_chooses_nobody(desk: Desk) -> None:
    foreign = ContactFactory(organisation=OrganisationFactory(), name="Чужой")
    own = ContactFactory(organisation=desk.organisation, name="Свой")

    page = desk.client.get(
        reverse("messaging:compose"), {"contact": [foreign.pk, own.pk, "x", "9" * 30]}
    ).content.decode()

    assert "Свой" in page
    assert "Чужой" not in page


def test_extra_fields_change_nothing(desk: Desk) -> None:
    other = OrganisationFactory()

    desk.send(organisation=other.pk, author=1, state="accepted", cost="0")

    [message] = desk.messages()
    assert message.author == desk.member
    assert Message.objects.filter(organisation=other).count() == 0


def prepaid(desk_of: Callable[..., Desk], amount: str) -> Desk:
    desk = desk_of(plan=Plan.PREPAID, price_per_segment=Decimal("2.50"))
    top_up(organisation=desk.organisation, amount=Decimal(amount), actor=AdministratorFactory())
    return desk


def test_the_confirmation_of_a_prepaid_message_shows_cost_and_balance(
    desk_of: Callable[..., Desk],
) -> None:
    desk = prepaid(desk_of, "100")

    money = desk.confirm(numbers=THREE_SPELLINGS).context["outlook"].money

    assert (money.cost, money.available, money.left) == (Decimal("7.5"), 100, Decimal("92.5"))


@pytest.mark.parametrize("step", ["confirm", "send"])
def test_a_message_beyond_the_balance_is_refused_at_the_top(
    desk_of: Callable[..., Desk], step: str
) -> None:
    desk = prepaid(desk_of, "5")

    page = getattr(desk, step)(numbers=THREE_SPELLINGS).content.decode()

    assert "The message costs 7.50\u00a0₽, the balance is 5.00\u00a0₽. Nothing was sent." in page
    assert desk.messages() == []
    assert balance(desk.organisation).available == 5


def test_of_two_tabs_that_spend_the_last_money_one_goes_through(
    desk_of: Callable[..., Desk],
) -> None:
    desk = prepaid(desk_of, "3")
    first, second = desk.filled_in(), desk.filled_in(text="Второе")
    desk.confirm(**first)
    desk.confirm(**second)

    desk.send(**first)
    refused = desk.send(**second)

    assert len(desk.messages()) == 1
    assert "the balance is 0.50\u00a0₽" in refused.content.decode()


def test_who_may_not_send_is_refused_on_every_step(desk_of: Callable[..., Desk]) -> None:
    desk = desk_of(role=Role.AUDITOR)

    statuses = {
        desk.confirm().status_code,
        desk.send().status_code,
        desk.live().status_code,
        desk.client.get(reverse("messaging:compose")).status_code,
        desk.client.post(reverse("messaging:recipients"), {"q": ""}).status_code,
    }

    assert statuses == {403}
    assert desk.messages() == []


@pytest.mark.parametrize("name", ["send", "live", "recipients"])
def test_what_is_only_posted_cannot_be_opened(desk: Desk, name: str) -> None:
    assert desk.client.get(reverse(f"messaging:{name}")).status_code == 405


def test_a_reload_of_the_confirmation_after_sign_in_leads_to_the_form(desk: Desk) -> None:
    response = desk.client.get(reverse("messaging:confirm"))

    assert response.headers["Location"] == reverse("messaging:compose")


def test_without_a_usable_sender_name_the_page_says_what_to_do(desk: Desk) -> None:
    desk.sender.state = SenderState.REVOKED
    desk.sender.save()

    page = desk.client.get(reverse("messaging:compose")).content.decode()

    assert "Ask for a sender name" in page
    assert reverse("senders:sender_names") in page


def test_without_a_gateway_account_the_page_says_what_to_do(desk: Desk) -> None:
    desk.organisation.gateway.delete()

    page = desk.client.get(reverse("messaging:compose")).content.decode()

    assert "Sending is not set up yet" in page
    assert desk.live().status_code == 204
    desk.send()
    assert desk.messages() == []


def test_the_sender_name_used_last_is_chosen(desk: Desk) -> None:
    SenderNameFactory(organisation=desk.organisation, value="OTHER")
    desk.send(sender="OTHER")

    form = desk.client.get(reverse("messaging:compose")).context["form"]

    assert form["sender"].value() == "OTHER"


def test_each_opened_form_has_a_key_of_its_own(desk: Desk) -> None:
    forms = [desk.client.get(reverse("messaging:compose")).context["form"] for _ in range(2)]

    assert forms[0]["form_key"].value() != forms[1]["form_key"].value()


def test_a_paused_account_is_told_of_and_messages_are_still_taken(desk: Desk) -> None:
    desk.organisation.gateway.paused_reason = "auth: 535 5.7.8 no"
    desk.organisation.gateway.save()

    page = desk.client.get(reverse("messaging:compose")).content.decode()
    desk.send()

    assert "Sending is paused" in page
    assert len(desk.messages()) == 1


def test_an_administrators_pause_is_told_in_their_own_words(desk: Desk) -> None:
    desk.organisation.gateway.paused_reason = "Contract is renewed on Monday"
    desk.organisation.gateway.save()

    page = desk.confirm().content.decode()

    assert "Contract is renewed on Monday" in page
    assert "refuses your organisation" not in page


def test_the_number_of_queries_does_not_grow_with_the_recipients(
    desk: Desk, django_assert_max_num_queries: Callable[..., object]
) -> None:
    group = GroupFactory(organisation=desk.organisation)
    contacts_made(
        desk.organisation, [f"N{i}" for i in range(200)], [f"7911{i:07}" for i in range(200)]
    )
    group.contacts.set(Contact.objects.filter(organisation=desk.organisation))

    with django_assert_max_num_queries(20):
        assert desk.confirm(groups=[group.pk]).status_code == 200
    with django_assert_max_num_queries(20):
        desk.client.get(reverse("messaging:compose"), {"group": group.pk})
