"""The lists of what is on its way to leave."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.messaging.models import Mailing, Stage
from portal.messaging.picked import Picked
from portal.messaging.plans.recurrence import (
    LAST_DAY,
    Birthdays,
    EveryDays,
    Monthly,
    Recurrence,
    Rule,
    Weekly,
)
from portal.messaging.plans.views import MAILINGS_PER_PAGE
from tests.factories import GroupFactory, MailingFactory, MemberFactory, submit_message

LIST = reverse("messaging:mailings")
SignIn = Callable[[User], Client]


def planned(author: User, *, hours: int = 24, **fields: Any) -> Mailing:
    mailing: Mailing = MailingFactory(
        author=author,
        planned=True,
        due_at=timezone.now() + timedelta(hours=hours),
        **fields,
    )
    return mailing


def row_of(client: Client, mailing: Mailing) -> Any:
    rows = client.get(LIST, {"tab": "all"}).context["rows"]
    return next(row for row in rows if row.mailing == mailing)


def listed(client: Client, **query: str) -> list[Mailing]:
    return [row.mailing for row in client.get(LIST, query).context["rows"]]


def test_what_leaves_next_comes_first(browser_of: SignIn, sender: User) -> None:
    later, sooner = planned(sender, hours=48), planned(sender, hours=24)

    assert listed(browser_of(sender)) == [sooner, later]


@pytest.mark.parametrize(
    ("tab", "stages"),
    [
        ("planned", {Stage.PLANNED}),
        ("drafts", {Stage.DRAFT, Stage.PREPARING, Stage.PREPARED}),
        ("approval", {Stage.IN_APPROVAL}),
        ("held", {Stage.HELD}),
        ("all", set(Stage) - {Stage.REPEATING}),
        ("no such tab", {Stage.PLANNED}),
    ],
)
def test_each_tab_has_its_stages(
    browser_of: SignIn, sender: User, tab: str, stages: set[Stage]
) -> None:
    for stage in set(Stage) - {Stage.REPEATING}:
        MailingFactory(author=sender, stage=stage, due_at=timezone.now())

    assert {Stage(mailing.stage) for mailing in listed(browser_of(sender), tab=tab)} == stages


def test_a_sender_sees_their_own_and_a_manager_and_an_auditor_see_all(
    browser_of: SignIn, sender: User, manager: User, auditor: User
) -> None:
    own, others = planned(sender), planned(manager, hours=48)

    assert listed(browser_of(sender)) == [own]
    assert listed(browser_of(manager)) == [own, others]
    assert listed(browser_of(auditor)) == [own, others]


def test_a_draft_is_its_authors_alone(browser_of: SignIn, sender: User, manager: User) -> None:
    MailingFactory(author=sender)

    assert listed(browser_of(manager), tab="all") == []


def test_another_organisation_sees_nothing(
    browser_of: SignIn, sender: User, stranger: User
) -> None:
    planned(sender)
    submit_message(sender, due_at=timezone.now() + timedelta(days=1))

    context = browser_of(stranger).get(LIST).context

    assert not context["rows"]
    assert not context["queued"]


def test_every_mailing_is_on_exactly_one_page(browser_of: SignIn, sender: User) -> None:
    made = [planned(sender, hours=hours % 7 + 1) for hours in range(MAILINGS_PER_PAGE + 3)]
    client = browser_of(sender)

    first = client.get(LIST).context
    second = client.get(LIST, {"cursor": first["page"].next_cursor}).context

    seen = [row.mailing.pk for row in [*first["rows"], *second["rows"]]]
    assert sorted(seen) == [mailing.pk for mailing in made]


def test_a_message_that_waits_for_its_time_is_listed_until_it_is_cancelled(
    browser_of: SignIn, sender: User
) -> None:
    client = browser_of(sender)
    waiting = submit_message(sender, due_at=timezone.now() + timedelta(days=1))
    submit_message(sender)

    assert list(client.get(LIST).context["queued"]) == [waiting]
    client.post(reverse("history:cancel", args=[waiting.pk]))
    assert list(client.get(LIST).context["queued"]) == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (EveryDays(), "every day at 09:30"),
        (EveryDays(3), "every 3 days at 09:30"),
        (Weekly(frozenset({5, 1})), "on Mon, Fri at 09:30"),
        (Monthly(31), "on day 31 of each month at 09:30"),
        (Monthly(LAST_DAY), "on the last day of each month at 09:30"),
        (Birthdays(1), "on birthdays at 09:30"),
    ],
)
def test_a_repeating_one_says_by_which_rule(
    browser_of: SignIn, sender: User, rule: Rule, words: str
) -> None:
    rule_kept = Recurrence(rule, time(9, 30), timezone.now().date()).as_dict()
    mailing = MailingFactory(
        author=sender, repeating=True, due_at=timezone.now(), repeats=rule_kept
    )

    assert row_of(browser_of(sender), mailing).when == words


def test_a_rule_that_cannot_be_read_breaks_no_page(browser_of: SignIn, sender: User) -> None:
    MailingFactory(
        author=sender, repeating=True, due_at=timezone.now(), repeats={"every": "moment"}
    )
    client = browser_of(sender)

    assert client.get(LIST).status_code == 200
    assert client.get(reverse("messaging:calendar")).status_code == 200


@pytest.mark.parametrize(
    ("picked", "words"),
    [
        (Picked(), ""),
        (Picked(typed="79210000000\n8 921 000-00-01"), "2 typed numbers"),
        (Picked(contact_ids=(1,)), "1 contact"),
        (Picked(contact_ids=(1, 2), typed="79210000000"), "2 contacts, 1 typed number"),
    ],
)
def test_whom_to_is_told_in_a_few_words(
    browser_of: SignIn, sender: User, picked: Picked, words: str
) -> None:
    draft = MailingFactory(author=sender, picked=picked.as_dict())

    assert row_of(browser_of(sender), draft).whom == words


def test_groups_that_the_reader_does_not_see_are_not_named(
    browser_of: SignIn, sender: User, manager: User
) -> None:
    shared = GroupFactory(organisation=sender.organisation, name="Клиенты")
    own = GroupFactory(organisation=sender.organisation, owner=sender, name="Мои")
    picked = Picked(group_ids=(own.pk, shared.pk)).as_dict()
    mailing = planned(sender, picked=picked)

    assert row_of(browser_of(sender), mailing).whom == "“Мои”, 1 more group"
    assert row_of(browser_of(manager), mailing).whom == "“Клиенты”, 1 more group"


def test_once_it_was_prepared_it_says_how_many(browser_of: SignIn, sender: User) -> None:
    mailing = planned(sender, snapshot_hash="1" * 64, prepared_at=timezone.now(), reached=1234)

    assert row_of(browser_of(sender), mailing).whom == "1234 recipients"


def test_a_held_one_says_why(browser_of: SignIn, sender: User) -> None:
    MailingFactory(author=sender, stage=Stage.HELD, failure="sender_not_approved")

    page = browser_of(sender).get(LIST, {"tab": "held"}).content.decode()

    assert "no longer approved" in page


@pytest.mark.parametrize("stage", [Stage.SUBMITTING, Stage.SENT, Stage.EXPIRED, Stage.CANCELLED])
def test_what_has_left_or_is_over_offers_nothing(
    browser_of: SignIn, sender: User, stage: Stage
) -> None:
    mailing = MailingFactory(author=sender, stage=stage)
    row = row_of(browser_of(sender), mailing)

    assert not row.may_edit
    assert not row.may_cancel


def test_others_mailings_are_cancelled_by_managers_and_edited_by_nobody(
    browser_of: SignIn, sender: User, manager: User, auditor: User
) -> None:
    mailing = planned(sender)

    by_manager, by_auditor = (row_of(browser_of(member), mailing) for member in (manager, auditor))

    assert by_manager.may_cancel
    assert not by_manager.may_edit
    assert not by_auditor.may_cancel


def test_editing_takes_it_back_into_the_form(browser_of: SignIn, sender: User) -> None:
    mailing = planned(sender)

    response = browser_of(sender).post(reverse("messaging:mailing_edit", args=[mailing.pk]))

    mailing.refresh_from_db()
    assert mailing.stage == Stage.DRAFT
    assert response.headers["Location"] == reverse("messaging:draft", args=[mailing.pk])


def test_a_draft_leads_to_its_form(browser_of: SignIn, sender: User) -> None:
    draft = MailingFactory(author=sender)

    page = browser_of(sender).get(LIST, {"tab": "drafts"}).content.decode()

    assert f'href="{reverse("messaging:draft", args=[draft.pk])}"' in page


def test_cancelled_it_leaves_no_more(browser_of: SignIn, sender: User, manager: User) -> None:
    mailing = planned(sender)

    browser_of(manager).post(reverse("messaging:mailing_cancel", args=[mailing.pk]))

    mailing.refresh_from_db()
    assert mailing.stage == Stage.CANCELLED


def test_what_has_left_meanwhile_is_said_and_nothing_is_changed(
    browser_of: SignIn, sender: User
) -> None:
    mailing = MailingFactory(author=sender, stage=Stage.SENT)
    address = reverse("messaging:mailing_cancel", args=[mailing.pk])

    page = browser_of(sender).post(address, follow=True)

    mailing.refresh_from_db()
    assert mailing.stage == Stage.SENT
    assert b"alert-warning" in page.content


@pytest.mark.parametrize("action", ["mailing_edit", "mailing_cancel"])
def test_nobody_else_finds_it(
    browser_of: SignIn, sender: User, stranger: User, action: str
) -> None:
    mailing = planned(sender)
    colleague = MemberFactory(organisation=sender.organisation)

    for member in (stranger, colleague):
        response = browser_of(member).post(reverse(f"messaging:{action}", args=[mailing.pk]))
        assert response.status_code == 404
    mailing.refresh_from_db()
    assert mailing.stage == Stage.PLANNED
