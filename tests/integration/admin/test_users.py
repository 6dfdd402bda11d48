"""Users on the administrators' pages."""

import re

import pytest
from django.test import Client

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from tests.factories import PASSWORD, AdministratorFactory, MemberFactory, OrganisationFactory
from tests.integration.admin.pages import errors_of, messages_of, page_url, press, text_of

pytestmark = pytest.mark.django_db

ONE_TIME = re.compile(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}")


def new_member(organisation: Organisation, **fields: str) -> dict[str, str]:
    return {
        "email": "Anna@Example.com",
        "name": "Анна",
        "organisation": str(organisation.pk),
        "role": "manager",
        **fields,
    }


def as_shown(user: User, **fields: str) -> dict[str, str]:
    """The change form of the user as the browser would post it back."""
    shown = {"name": user.name, "role": user.role, "organisation": str(user.organisation_id or "")}
    switches = {"is_active": user.is_active, "is_staff": user.is_staff}
    return shown | {name: "on" for name, on in switches.items() if on} | fields


def test_a_new_member_gets_a_one_time_password_that_is_shown_once(office: Client) -> None:
    organisation = OrganisationFactory()

    response = office.post(page_url(User, "add"), new_member(organisation), follow=True)

    user = User.objects.get(email="anna@example.com")
    shown = ONE_TIME.search(" ".join(messages_of(response)))
    assert shown
    assert user.check_password(shown.group())
    assert (user.organisation, user.role) == (organisation, Role.MANAGER)
    assert user.must_change_password
    assert not user.is_staff
    assert shown.group() not in text_of(office.get(page_url(user, "change")))
    assert shown.group() not in str(list(Event.objects.values()))


def test_a_new_administrator_needs_no_organisation(office: Client) -> None:
    fields = {"email": "second@example.com", "name": "", "is_staff": "on", "role": ""}
    office.post(page_url(User, "add"), fields)

    user = User.objects.get(email="second@example.com")
    assert (user.is_staff, user.organisation, user.role) == (True, None, "")


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"role": ""}, "__all__"),
        ({"organisation": "999999"}, "organisation"),
        ({"organisation": "", "role": ""}, "organisation"),
        ({"role": "director"}, "role"),
    ],
)
def test_a_user_who_would_be_nobody_is_refused(
    office: Client, fields: dict[str, str], at: str
) -> None:
    response = office.post(page_url(User, "add"), new_member(OrganisationFactory()) | fields)

    assert at in errors_of(response)
    assert not User.objects.filter(email__startswith="anna").exists()


def test_an_address_that_is_known_is_refused(office: Client) -> None:
    MemberFactory(email="anna@example.com")

    response = office.post(page_url(User, "add"), new_member(OrganisationFactory()))

    assert "email" in errors_of(response)


def test_a_changed_role_is_recorded(office: Client) -> None:
    member = MemberFactory(role=Role.SENDER)

    office.post(page_url(member, "change"), as_shown(member, role="auditor"))

    member.refresh_from_db()
    assert member.role == Role.AUDITOR
    event = Event.objects.get(action=Action.CHANGED)
    assert event.organisation_id == member.organisation_id
    assert event.details == {"role": {"from": "sender", "to": "auditor"}}


def test_a_member_who_moves_is_in_the_trail_of_both_organisations(office: Client) -> None:
    member = MemberFactory()
    left, joined = member.organisation, OrganisationFactory()

    office.post(page_url(member, "change"), as_shown(member, organisation=str(joined.pk)))

    events = Event.objects.filter(action=Action.CHANGED).values_list("organisation_id", flat=True)
    assert set(events) == {left.pk, joined.pk}


def test_a_switched_off_member_is_refused_at_the_next_request(office: Client) -> None:
    member = MemberFactory()
    theirs = Client()
    theirs.force_login(member)
    fields = as_shown(member)
    del fields["is_active"]

    office.post(page_url(member, "change"), fields)

    assert theirs.get("/").status_code == 302
    assert "_auth_user_id" not in theirs.session or "login" in theirs.get("/").headers["Location"]


def test_extra_fields_are_ignored(office: Client) -> None:
    member = MemberFactory()
    before = User.objects.get(pk=member.pk)

    office.post(
        page_url(member, "change"),
        as_shown(
            member,
            email="other@example.com",
            password="plain",
            is_superuser="on",
            must_change_password="on",
            name="Новое имя",
        ),
    )

    member.refresh_from_db()
    assert member.name == "Новое имя"
    assert (member.email, member.password) == (before.email, before.password)
    assert (member.is_superuser, member.must_change_password) == (False, False)


def test_administrators_cannot_take_access_from_themselves(
    office: Client, administrator: User
) -> None:
    response = office.post(page_url(administrator, "change"), {"name": "x", "is_active": "on"})

    assert "cannot take access from yourself" in str(errors_of(response))
    administrator.refresh_from_db()
    assert administrator.is_staff


def test_one_administrator_can_take_access_from_another(office: Client) -> None:
    other = AdministratorFactory()

    office.post(page_url(other, "change"), {"name": "", "is_active": "on", "role": ""})

    # Who is neither staff nor a member has no page to go to.
    other.refresh_from_db()
    assert (other.is_staff, other.is_superuser) == (False, False)


def test_a_new_one_time_password_replaces_the_old_and_signs_out(office: Client) -> None:
    member = MemberFactory()
    theirs = Client()
    theirs.force_login(member)

    shown = ONE_TIME.search(" ".join(messages_of(press(office, member, "new-password"))))

    member.refresh_from_db()
    assert shown
    assert member.check_password(shown.group())
    assert not member.check_password(PASSWORD)
    assert member.must_change_password
    assert theirs.get("/").status_code == 302
    assert Event.objects.get(action=Action.PASSWORD_CHANGED).object_id == str(member.pk)


def test_looking_at_the_button_presses_nothing(office: Client) -> None:
    member = MemberFactory()

    assert office.get(page_url(member, "action", "new-password")).status_code == 405
    assert office.post(page_url(member, "action", "no-such-button")).status_code == 404
    member.refresh_from_db()
    assert member.check_password(PASSWORD)


def test_no_page_shows_a_password_hash(office: Client) -> None:
    member = MemberFactory()

    for url in (page_url(member, "change"), page_url(User, "changelist")):
        assert member.password not in text_of(office.get(url))
