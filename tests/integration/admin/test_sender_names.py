"""Administrators decide on sender names."""

import pytest
from django.test import Client

from portal.audit.models import Action, Event
from portal.senders.models import SenderName, SenderState
from tests.factories import OrganisationFactory, SenderNameFactory
from tests.integration.admin.pages import errors_of, messages_of, page_url, press, text_of

pytestmark = pytest.mark.django_db


def requested(**fields: str) -> SenderName:
    return SenderNameFactory(state=SenderState.REQUESTED, **fields)


def test_requested_names_stand_first(office: Client) -> None:
    SenderNameFactory(value="AAA")
    requested(value="ZZZ")

    page = text_of(office.get(page_url(SenderName, "changelist")))

    assert page.index("ZZZ") < page.index("AAA")


def test_the_list_can_be_narrowed_to_a_state(office: Client) -> None:
    SenderNameFactory(value="AAA")
    requested(value="ZZZ")

    page = text_of(
        office.get(page_url(SenderName, "changelist"), {"state__exact": SenderState.REQUESTED})
    )

    assert "ZZZ" in page
    assert "AAA" not in page


def test_one_button_approves(office: Client) -> None:
    name = requested()

    press(office, name, "approve")

    name.refresh_from_db()
    assert name.state == SenderState.APPROVED
    assert name.decided_by is not None
    assert Event.objects.get(action=Action.APPROVED).actor_label == "root@example.com"


@pytest.mark.parametrize(
    ("state", "action", "after"),
    [
        (SenderState.REQUESTED, "reject", SenderState.REJECTED),
        (SenderState.APPROVED, "revoke", SenderState.REVOKED),
    ],
)
def test_a_refusal_needs_a_reason(
    office: Client, state: SenderState, action: str, after: SenderState
) -> None:
    name = SenderNameFactory(state=state)

    response = press(office, name, action, reason="  ")
    name.refresh_from_db()
    assert "reason" in errors_of(response)
    assert name.state == state

    press(office, name, action, reason="Нет договора")
    name.refresh_from_db()
    assert (name.state, name.reason) == (after, "Нет договора")


def test_the_reason_is_asked_for_on_a_page_of_its_own(office: Client) -> None:
    name = requested()

    page = text_of(office.get(page_url(name, "action", "reject")))

    assert 'name="reason"' in page
    name.refresh_from_db()
    assert name.state == SenderState.REQUESTED


def test_a_decision_that_does_not_follow_from_the_state_changes_nothing(office: Client) -> None:
    name = SenderNameFactory(state=SenderState.REJECTED)

    response = press(office, name, "revoke", reason="x")

    assert "already" in str(errors_of(response))
    name.refresh_from_db()
    assert name.state == SenderState.REJECTED


def test_approving_by_a_link_is_impossible(office: Client) -> None:
    name = requested()

    assert office.get(page_url(name, "action", "approve")).status_code == 405
    name.refresh_from_db()
    assert name.state == SenderState.REQUESTED


def test_only_open_decisions_have_buttons(office: Client) -> None:
    page = text_of(office.get(page_url(requested(), "change")))
    assert "/do/approve/" in page
    assert "/do/reject/" in page
    assert "/do/revoke/" not in page


def test_several_names_are_approved_at_once_and_the_others_named(office: Client) -> None:
    names = [requested(value="AAA"), requested(value="BBB")]
    known = SenderNameFactory(value="CCC")
    chosen = {
        "action": "approve_chosen",
        "_selected_action": [str(name.pk) for name in [*names, known]],
    }

    response = office.post(page_url(SenderName, "changelist"), chosen, follow=True)

    assert set(SenderName.objects.values_list("state", flat=True)) == {SenderState.APPROVED}
    assert Event.objects.filter(action=Action.APPROVED).count() == 2
    assert any(message.startswith("CCC: ") for message in messages_of(response))


def test_the_value_is_fixed_once_made(office: Client) -> None:
    name = requested(value="ACME")

    response = office.post(page_url(name, "change"), {"value": "OTHER", "state": "approved"})

    assert response.status_code == 403
    name.refresh_from_db()
    assert (name.value, name.state) == ("ACME", SenderState.REQUESTED)


def test_a_name_made_here_waits_for_its_decision(office: Client) -> None:
    organisation = OrganisationFactory()

    office.post(
        page_url(SenderName, "add"),
        {"organisation": organisation.pk, "value": "ACME", "state": "approved"},
    )

    name = SenderName.objects.get()
    assert (name.value, name.state) == ("ACME", SenderState.REQUESTED)


@pytest.mark.parametrize("value", ["АCME", "SMS Info", "TWELVE CHARS", "acme", ""])
def test_a_bad_name_is_refused_at_its_field(office: Client, value: str) -> None:
    organisation = OrganisationFactory()
    SenderNameFactory(organisation=organisation, value="ACME")

    response = office.post(
        page_url(SenderName, "add"), {"organisation": organisation.pk, "value": value}
    )

    assert errors_of(response)
    assert SenderName.objects.count() == 1
