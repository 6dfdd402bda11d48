"""Who is told by mail that a word is wanted, or was given; once."""

from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from portal.accounts.models import User
from portal.accounts.rights import Role
from portal.messaging.approvals.notices import approval_notices_send
from portal.messaging.approvals.services import approval_grant, approval_return
from portal.messaging.mailings.services import mailing_edit
from portal.messaging.models import Mailing
from tests.factories import MemberFactory
from tests.integration.messaging.approvals.prepared import in_approval

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> User:
    author: User = MemberFactory(email="author@example.com", name="Анна")
    return author


@pytest.fixture
def manager(author: User) -> User:
    manager: User = MemberFactory(
        email="manager@example.com", organisation=author.organisation, role=Role.MANAGER
    )
    return manager


def told() -> list[tuple[list[str], str]]:
    """To whom, and about what, since last asked."""
    mail.outbox.clear()
    approval_notices_send()
    return [(sorted(one.to), one.subject) for one in mail.outbox]


def grant(mailing: Mailing, manager: User) -> None:
    approval_grant(mailing=mailing, snapshot_hash=mailing.snapshot_hash, actor=manager)


def give_back(mailing: Mailing, manager: User, word: str) -> None:
    approval_return(mailing=mailing, snapshot_hash=mailing.snapshot_hash, word=word, actor=manager)


def test_approvers_are_told_of_a_request_once(author: User, manager: User) -> None:
    mailing = in_approval(author)
    [(people, _subject)] = told()
    assert people == [manager.email]
    assert f"/mailings/{mailing.pk}/approval/" in mail.outbox[0].body
    assert told() == []


def test_an_author_who_is_a_manager_is_not_asked_about_their_own(manager: User) -> None:
    in_approval(manager)
    assert told() == []
    MemberFactory(email="second@example.com", organisation=manager.organisation, role=Role.MANAGER)
    assert [people for people, _subject in told()] == [["second@example.com"]]


def test_nobody_of_another_organisation_is_told(author: User, manager: User) -> None:
    MemberFactory(role=Role.MANAGER)
    in_approval(author)
    assert [people for people, _subject in told()] == [[manager.email]]


def test_the_author_is_told_that_it_is_approved_once(author: User, manager: User) -> None:
    mailing = in_approval(author)
    told()
    grant(mailing, manager)
    [(people, _subject)] = told()
    assert people == [author.email]
    assert f"/mailings/{mailing.pk}/" in mail.outbox[0].body
    assert told() == []


def test_the_author_is_told_that_it_is_returned_but_not_the_word(
    author: User, manager: User
) -> None:
    mailing = in_approval(author)
    told()
    give_back(mailing, manager, "Номер 79215554433 лишний")
    [(people, _subject)] = told()
    assert people == [author.email]
    assert "лишний" not in mail.outbox[0].body


def test_mails_hold_no_text_and_no_number(author: User, manager: User) -> None:
    in_approval(author, "79215554433", text="Совершенно секретно")
    told()
    assert "секретно" not in mail.outbox[0].body + mail.outbox[0].subject
    assert "5554433" not in mail.outbox[0].body


def test_what_its_author_took_back_meanwhile_is_not_told_of(author: User, manager: User) -> None:
    mailing_edit(mailing=in_approval(author), actor=author)
    assert told() == []


def test_an_author_who_is_gone_is_told_nothing(author: User, manager: User) -> None:
    mailing = in_approval(author)
    told()
    grant(mailing, manager)
    User.objects.filter(pk=author.pk).update(is_active=False)
    assert told() == []


def test_a_mail_server_that_is_away_loses_no_notice(
    author: User, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> int:
        raise SMTPServerDisconnected

    in_approval(author)
    with monkeypatch.context() as away:
        away.setattr(EmailBackend, "send_messages", fail)
        assert told() == []
    assert [people for people, _subject in told()] == [[manager.email]]
