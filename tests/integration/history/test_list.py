"""The list of messages."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import Organisation, User
from portal.delivery.models import Message
from portal.history.views import MESSAGES_PER_PAGE
from tests.factories import MemberFactory, OrganisationFactory, submit_message
from tests.integration.history.answers import ACCEPTED, REJECTED, UNCERTAIN, answer, hand_over

LIST = reverse("history:messages")
ROWS = reverse("history:rows")
SignIn = Callable[[User], Client]


def listed(client: Client, **query: object) -> list[int]:
    return [row.message.pk for row in client.get(LIST, query).context["rows"]]


def test_messages_are_listed_newest_first(browser_of: SignIn, manager: User) -> None:
    first, second = submit_message(manager), submit_message(manager)

    assert listed(browser_of(manager)) == [second.pk, first.pk]


def test_a_sender_sees_their_own_and_a_manager_and_an_auditor_see_all(
    browser_of: SignIn, manager: User, sender: User, auditor: User
) -> None:
    own, other = submit_message(sender), submit_message(manager)

    assert listed(browser_of(sender)) == [own.pk]
    assert listed(browser_of(manager)) == [other.pk, own.pk]
    assert listed(browser_of(auditor)) == [other.pk, own.pk]


def test_another_organisation_is_not_listed(browser_of: SignIn, manager: User) -> None:
    submit_message(MemberFactory(organisation=OrganisationFactory(), role="manager"))

    assert listed(browser_of(manager)) == []


def test_nobody_unknown_sees_the_list(client: Client, db: None) -> None:
    assert client.get(LIST).headers["Location"].startswith("/account/login/")


def test_every_message_is_on_exactly_one_page(browser_of: SignIn, manager: User) -> None:
    sent = [submit_message(manager).pk for _ in range(MESSAGES_PER_PAGE + 3)]
    client = browser_of(manager)

    first = client.get(LIST).context
    second = client.get(LIST, {"cursor": first["page"].next_cursor}).context

    seen = [row.message.pk for row in [*first["rows"], *second["rows"]]]
    assert seen == sent[::-1]
    assert second["page"].next_cursor is None


def test_the_list_says_what_became_of_each_message(browser_of: SignIn, manager: User) -> None:
    message = submit_message(manager)
    answer(message, ACCEPTED)

    page = browser_of(manager).get(LIST).content.decode()

    assert "accepted by the operator" in page
    assert "delivered" not in page


def test_messages_are_filtered_by_state(browser_of: SignIn, manager: User) -> None:
    accepted, rejected = submit_message(manager), submit_message(manager)
    answer(rejected, ACCEPTED, REJECTED)
    queued = submit_message(manager)
    client = browser_of(manager)

    assert listed(client, state="accepted") == [accepted.pk]
    assert listed(client, state="rejected") == [rejected.pk]
    assert listed(client, state="queued") == [queued.pk]
    assert listed(client, state="held") == []


def test_what_is_being_sent_is_found_by_it(browser_of: SignIn, manager: User) -> None:
    message = submit_message(manager)
    submit_message(manager)
    hand_over(message, 1, now=datetime.now(UTC))

    assert listed(browser_of(manager), state="sending") == [message.pk]


def test_days_are_those_of_the_organisations_zone(
    browser_of: SignIn, manager: User, organisation: Organisation
) -> None:
    organisation.time_zone = "Asia/Vladivostok"
    organisation.save()
    message = submit_message(manager)
    # 1 March 09:30 in Vladivostok.
    Message.objects.update(created_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC))
    client = browser_of(manager)

    assert listed(client, date_from="2026-03-01", date_to="2026-03-01") == [message.pk]
    assert listed(client, date_to="2026-02-28") == []
    assert listed(client, date_from="2026-03-02") == []


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "yesterday", "2026-02-30"])
def test_an_impossible_day_is_told_at_its_field(
    browser_of: SignIn, manager: User, day: str
) -> None:
    for field in ("date_from", "date_to"):
        response = browser_of(manager).get(LIST, {field: day})

        assert response.status_code == 200
        assert response.context["filter"].form.errors[field]


def test_a_last_day_before_the_first_is_told_at_its_field(
    browser_of: SignIn, manager: User
) -> None:
    days = {"date_from": "2026-03-02", "date_to": "2026-03-01"}

    response = browser_of(manager).get(LIST, days)

    assert list(response.context["filter"].form.errors) == ["date_to"]


def test_who_sees_all_filters_by_author(browser_of: SignIn, manager: User, sender: User) -> None:
    own = submit_message(sender)
    submit_message(manager)

    assert listed(browser_of(manager), author=sender.pk) == [own.pk]
    assert "author" not in browser_of(sender).get(LIST).context["filter"].form.fields


def test_a_foreign_author_is_no_choice(browser_of: SignIn, manager: User) -> None:
    foreign = MemberFactory(organisation=OrganisationFactory())

    response = browser_of(manager).get(LIST, {"author": foreign.pk})

    assert response.context["filter"].form.errors["author"]


def test_messages_that_need_a_person_are_announced_with_links(
    browser_of: SignIn, manager: User, sender: User
) -> None:
    answer(submit_message(manager), UNCERTAIN)

    page = browser_of(manager).get(LIST).content.decode()

    assert "1 message waits for a person" in page
    assert "?state=uncertain" in page
    assert "waits for a person" not in browser_of(sender).get(LIST).content.decode()


def test_an_empty_history_leads_to_the_first_message(
    browser_of: SignIn, sender: User, auditor: User
) -> None:
    assert "Write the first message" in browser_of(sender).get(LIST).content.decode()
    page = browser_of(auditor).get(LIST).content.decode()
    assert "No messages yet" in page
    assert reverse("messaging:compose") not in page


def test_a_filter_that_fits_nothing_says_so(browser_of: SignIn, manager: User) -> None:
    submit_message(manager)

    assert "No message fits" in browser_of(manager).get(LIST, {"state": "held"}).content.decode()


def test_costs_are_listed_where_sending_costs_something(
    browser_of: SignIn, manager: User, organisation: Organisation
) -> None:
    organisation.price_per_segment = Decimal("2.5")
    organisation.save()
    submit_message(manager)

    assert "2.50\u00a0₽" in browser_of(manager).get(LIST).content.decode()


def test_only_a_list_with_something_under_way_asks_for_news(
    browser_of: SignIn, manager: User
) -> None:
    message = submit_message(manager)
    client = browser_of(manager)
    assert f"id={message.pk}" in client.get(LIST).content.decode()
    assert "every 3s" in client.get(LIST).content.decode()

    answer(message, ACCEPTED)

    assert "every 3s" not in client.get(LIST).content.decode()
    news = client.get(ROWS, {"id": message.pk}).content.decode()
    assert "accepted by the operator" in news
    assert "every 3s" not in news


def test_news_come_of_visible_messages_alone(
    browser_of: SignIn, manager: User, sender: User
) -> None:
    own, other = submit_message(sender), submit_message(manager)

    response = browser_of(sender).get(ROWS, {"id": [own.pk, other.pk, "x", "9" * 40]})

    assert [row.message.pk for row in response.context["rows"]] == [own.pk]


def test_markup_in_a_text_is_inert(browser_of: SignIn, manager: User) -> None:
    submit_message(manager, text="<script>alert(1)</script>")

    assert "<script>alert" not in browser_of(manager).get(LIST).content.decode()


def test_the_list_costs_the_same_queries_however_long(
    browser_of: SignIn, manager: User, django_assert_max_num_queries: Callable[..., object]
) -> None:
    client = browser_of(manager)
    for _ in range(MESSAGES_PER_PAGE):
        author = MemberFactory(organisation=manager.organisation, role="manager")
        submit_message(author)

    with django_assert_max_num_queries(11):
        assert len(listed(client)) == MESSAGES_PER_PAGE
