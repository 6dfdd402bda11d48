"""Administrators decide on sender names."""

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from portal.core.errors import Refused
from portal.senders.models import SenderName, SenderState
from portal.senders.services import sender_name_decide, sender_name_limit
from tests.factories import (
    AdministratorFactory,
    MemberFactory,
    OrganisationFactory,
    SenderNameFactory,
)
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


def test_a_name_is_kept_for_some_members_and_given_back_to_all(office: Client) -> None:
    name = SenderNameFactory()
    one, other = MemberFactory.create_batch(2, organisation=name.organisation)

    press(office, name, "limit", members=str(one.pk))
    assert list(SenderName.objects.usable_by(one)) == [name]
    assert list(SenderName.objects.usable_by(other)) == []
    page = text_of(office.get(page_url(name, "action", "limit")))
    assert page.count("checked") == 1

    press(office, name, "limit")
    assert list(SenderName.objects.usable_by(other)) == [name]
    trail = Event.objects.filter(action=Action.CHANGED).order_by("sequence")
    assert [event.details["limited_to"] for event in trail] == [
        {"from": [], "to": [one.pk]},
        {"from": [one.pk], "to": []},
    ]


def test_only_members_of_the_name_s_organisation_are_offered_and_taken(office: Client) -> None:
    name, stranger = SenderNameFactory(), MemberFactory(name="Stranger")

    page = text_of(office.get(page_url(name, "action", "limit")))
    response = press(office, name, "limit", members=str(stranger.pk))

    assert "Stranger" not in page
    assert "members" in errors_of(response)
    with pytest.raises(Refused):
        sender_name_limit(sender_name=name, members=[stranger], actor=AdministratorFactory())
    assert not name.limited_to.exists()


def test_choosing_the_same_members_is_not_recorded(office: Client) -> None:
    name = SenderNameFactory()

    press(office, name, "limit")

    assert not Event.objects.filter(action=Action.CHANGED).exists()


@pytest.mark.parametrize(
    "actor_fields", [{"is_staff": True, "is_active": False}, {"role": Role.MANAGER}]
)
def test_nobody_but_an_active_administrator_decides(actor_fields: dict[str, object]) -> None:
    name = requested()
    actor: User = MemberFactory(organisation=name.organisation, **actor_fields)

    with pytest.raises(Refused):
        sender_name_decide(sender_name=name, state=SenderState.APPROVED, actor=actor)
    with pytest.raises(Refused):
        sender_name_limit(sender_name=name, members=[actor], actor=actor)


def test_markup_in_a_reason_stays_text(office: Client) -> None:
    name = SenderNameFactory(state=SenderState.REJECTED, reason="<script>жалобы</script>")

    page = office.get(page_url(name, "change")).content.decode()

    assert "&lt;script&gt;жалобы" in page
    assert "<script>жалобы" not in page
