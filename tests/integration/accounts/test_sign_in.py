import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.audit.models import Action, Event
from tests.factories import PASSWORD, AdministratorFactory, MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> User:
    return MemberFactory(email="anna@example.com", role=Role.MANAGER)


def sign_in(client: Client, email: str, password: str, **fields: str) -> str:
    """Posts the form; the page that came of it, or where it leads."""
    response = client.post(
        reverse("account_login"), {"login": email, "password": password, **fields}
    )
    return response.headers.get("Location") or response.content.decode()


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_member_signs_in_by_e_mail_in_any_capitals(client: Client, member: User) -> None:
    assert sign_in(client, "Anna@Example.com", PASSWORD) == reverse("home")
    assert is_signed_in(client)


def test_a_wrong_password_an_unknown_address_and_a_switched_off_user_read_alike(
    client: Client, member: User
) -> None:
    MemberFactory(email="gone@example.com", is_active=False)

    pages = [
        sign_in(client, email, password)
        for email, password in (
            (member.email, "wrong"),
            ("nobody@example.com", PASSWORD),
            ("gone@example.com", PASSWORD),
            ("gone@example.com", "wrong"),
        )
    ]

    assert not is_signed_in(client)
    alerts = {page.split('class="alert')[1].split("</div>")[0] for page in pages}
    assert len(alerts) == 1


@pytest.mark.parametrize("bad", ["//evil.example", "https://evil.example/", "javascript:alert(1)"])
def test_a_foreign_next_address_leads_home(client: Client, member: User, bad: str) -> None:
    assert sign_in(client, member.email, PASSWORD, next=bad) == reverse("home")


def test_a_next_address_of_our_own_is_followed(client: Client, member: User) -> None:
    own = reverse("members:members")

    assert sign_in(client, member.email, PASSWORD, next=own) == own


def test_guessing_at_one_account_is_stopped_after_five_failures(
    client: Client, member: User
) -> None:
    for _ in range(5):
        sign_in(client, member.email, "wrong")

    page = sign_in(client, member.email, PASSWORD)

    assert not is_signed_in(client)
    assert 'name="password"' in page
    assert "alert-danger" in page


def test_another_spelling_of_the_host_does_not_count_anew(client: Client, member: User) -> None:
    for port in range(5):
        client.post(
            reverse("account_login"),
            {"login": member.email, "password": "wrong"},
            headers={"host": f"localhost:{8000 + port}"},
        )

    sign_in(client, member.email, PASSWORD)

    assert not is_signed_in(client)


def test_guessing_from_one_address_is_stopped_after_ten_failures(client: Client) -> None:
    member = MemberFactory()
    for number in range(10):
        sign_in(client, f"nobody{number}@example.com", "wrong")

    sign_in(client, member.email, PASSWORD)

    assert not is_signed_in(client)


def test_failures_count_for_every_process_since_they_lie_in_the_cache(
    client: Client, member: User
) -> None:
    for _ in range(5):
        sign_in(Client(), member.email, "wrong")

    sign_in(client, member.email, PASSWORD)

    assert not is_signed_in(client)


def test_a_right_password_does_not_count_as_an_attempt(client: Client, member: User) -> None:
    for _ in range(8):
        sign_in(client, member.email, PASSWORD)
        client.post(reverse("account_logout"))

    assert sign_in(client, member.email, PASSWORD) == reverse("home")


def test_too_many_posts_of_the_form_are_answered_by_a_page_that_says_to_wait(
    client: Client, member: User
) -> None:
    statuses = [
        client.post(reverse("account_login"), {"login": "x", "password": "y"}).status_code
        for _ in range(101)
    ]

    assert statuses[-1] == 429


def test_sign_out_takes_a_post(client: Client, member: User) -> None:
    client.force_login(member)

    client.get(reverse("account_logout"))
    assert is_signed_in(client)

    client.post(reverse("account_logout"))
    assert not is_signed_in(client)


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_set_password"])
def test_there_is_no_sign_up_and_no_other_page_of_the_library(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_an_administrator_is_led_from_the_admin_to_the_one_sign_in(client: Client) -> None:
    administrator = AdministratorFactory()
    index = reverse("admin:index")

    response = client.get(index, follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))

    assert sign_in(client, administrator.email, PASSWORD, next=index) == index
    assert client.get(index).status_code == 200


def test_a_member_at_the_admin_is_refused_without_a_loop(client: Client, member: User) -> None:
    client.force_login(member)

    response = client.get(reverse("admin:index"), follow=True)

    assert response.status_code == 403


def test_a_user_switched_off_while_signed_in_is_out_at_the_next_request(
    client: Client, member: User
) -> None:
    client.force_login(member)
    User.objects.filter(pk=member.pk).update(is_active=False)

    response = client.get(reverse("members:members"))

    assert response.headers["Location"].startswith(reverse("account_login"))


def test_a_manager_demoted_while_signed_in_is_refused_at_the_next_request(
    client: Client, member: User
) -> None:
    client.force_login(member)
    User.objects.filter(pk=member.pk).update(role=Role.SENDER)

    assert client.get(reverse("members:members")).status_code == 403


def test_sign_ins_and_sign_outs_stand_in_the_organisations_trail(
    client: Client, member: User
) -> None:
    sign_in(client, member.email, PASSWORD)
    client.post(reverse("account_logout"))

    events = Event.objects.filter(organisation_id=member.organisation_id).order_by("sequence")

    assert [(event.action, event.actor_id, event.origin) for event in events] == [
        (Action.SIGNED_IN, member.pk, "127.0.0.1"),
        (Action.SIGNED_OUT, member.pk, "127.0.0.1"),
    ]


def test_a_failed_sign_in_is_recorded_without_the_password(client: Client, member: User) -> None:
    sign_in(client, member.email, "hunter2-canary")

    event = Event.objects.get()

    assert (event.action, event.organisation_id) == (Action.SIGN_IN_FAILED, member.organisation_id)
    assert (event.actor_id, event.actor_label) == (None, member.email)
    assert "canary" not in repr(vars(event))


def test_a_failed_sign_in_of_nobody_is_the_platforms_to_know(client: Client) -> None:
    sign_in(client, "nobody@example.com", "wrong")

    event = Event.objects.get()

    assert (event.organisation_id, event.actor_label) == (0, "nobody@example.com")


@pytest.mark.parametrize("email", ["", "\0", "x" * 400 + "@example.com", "<script>@example.com"])
def test_nonsense_for_an_address_is_an_error_at_the_form(client: Client, email: str) -> None:
    assert 'name="login"' in sign_in(client, email, "x")
