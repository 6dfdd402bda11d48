"""Messages whose recipients each have a text of their own."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, connection

from portal.accounts.models import Plan, User
from portal.audit.models import Event
from portal.billing.services import NotEnoughMoney, balance, top_up
from portal.delivery.engine import deliver_account
from portal.delivery.models import Envelope, EnvelopeText, GatewayAccount, Message, State
from portal.delivery.personal import PersonalRecipient
from portal.delivery.uncertain import envelope_send_again
from portal.embedded.sandbox import read_letters
from tests.factories import AdministratorFactory, submit_message
from tests.integration.delivery.engine_run import numbers, sandbox
from tests.personalised import (
    TEMPLATE,
    personal_recipients,
    submit_personalised,
)

LONG = "длинный текст " * 10
ONE, TWO, THREE = numbers(3)


def texts_taken(folder: Path, account: GatewayAccount) -> dict[str, str]:
    """What the operator got, by number."""
    with sandbox(folder, account):
        deliver_account(account.pk)
    letters = read_letters(folder / "letters.jsonl")
    return {phone: letter.text for letter in letters for phone in letter.numbers}


def prepaid(author: User, money: str) -> None:
    organisation = author.organisation
    assert organisation is not None
    organisation.plan, organisation.price_per_segment = Plan.PREPAID, Decimal("2.50")
    organisation.save()
    top_up(organisation=organisation, amount=Decimal(money), actor=AdministratorFactory())


def test_everybody_gets_their_own_text(
    author: User, account: GatewayAccount, tmp_path: Path
) -> None:
    texts = {ONE: "Здравствуйте, Анна!", TWO: "Здравствуйте, Пётр!", THREE: LONG.strip()}
    submit_personalised(author, texts)

    assert texts_taken(tmp_path, account) == texts


def test_neighbours_with_the_same_text_share_an_email(
    author: User, account: GatewayAccount, tmp_path: Path
) -> None:
    GatewayAccount.objects.update(numbers_per_email=3)
    phones = numbers(8)
    alike = dict.fromkeys(phones[:5], "Одно") | dict.fromkeys(phones[5:7], "Другое")
    texts = {**alike, phones[7]: "Одно"}

    message = submit_personalised(author, texts)

    sizes = message.envelopes.order_by("number").values_list("recipients_count", flat=True)
    assert list(sizes) == [3, 2, 2, 1]
    assert texts_taken(tmp_path, account) == texts


def test_its_price_is_that_of_all_texts(author: User) -> None:
    prepaid(author, "100")

    message = submit_personalised(author, {ONE: "Коротко", TWO: LONG, THREE: "Коротко"})

    assert (message.segments, message.segments_in_all, message.cost) == (3, 5, Decimal("12.50"))
    costs = message.envelopes.order_by("number").values_list("cost", "reserved")
    assert list(costs) == [(Decimal(cost), Decimal(cost)) for cost in ("2.5", "7.5", "2.5")]
    assert balance(author.organisation).reserved == Decimal("12.50")  # type: ignore[arg-type]


def test_nothing_stays_of_one_that_is_too_dear(author: User) -> None:
    prepaid(author, "12")

    with pytest.raises(NotEnoughMoney):
        submit_personalised(author, {ONE: "Коротко", TWO: LONG, THREE: "Коротко"})

    assert not Message.objects.exists()
    assert not EnvelopeText.objects.exists()


def test_people_may_be_read_from_the_database_while_they_are_written(author: User) -> None:
    def read() -> Iterator[PersonalRecipient]:
        for number in numbers(9000):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            yield PersonalRecipient(number, "", f"Вам {number}", 1)

    counted = replace(personal_recipients({ONE: "x"}), people=read(), count=9000)

    message = submit_personalised(author, replace(counted, segments_in_all=9000))

    assert EnvelopeText.objects.filter(envelope__message=message).count() == 9000


@pytest.mark.parametrize("said", [{"segments_in_all": 6}, {"most_segments": 2}, {"count": 4}])
def test_one_that_is_not_as_it_was_said_to_be_is_refused(
    author: User, said: dict[str, int]
) -> None:
    recipients = personal_recipients({ONE: "Коротко", TWO: LONG, THREE: "Коротко"})

    with pytest.raises(IntegrityError):
        submit_personalised(author, replace(recipients, **said))  # type: ignore[arg-type]

    assert not Message.objects.exists()


def test_the_database_wants_texts_of_personalised_messages_alone(author: User) -> None:
    envelope = submit_message(author).envelopes.get()

    with pytest.raises(IntegrityError):
        EnvelopeText.objects.create(envelope=envelope, text="x", segments=1)


def test_the_database_lets_nobody_change_a_text(author: User) -> None:
    submit_personalised(author, {ONE: "Анна"})

    with pytest.raises(DatabaseError):
        EnvelopeText.objects.update(text="Пётр")


def test_an_email_without_its_text_is_refused_rather_than_sent_as_written(
    author: User, account: GatewayAccount, tmp_path: Path
) -> None:
    submit_personalised(author, {ONE: "Анна", TWO: "Пётр"})
    EnvelopeText.objects.filter(text="Анна").delete()

    assert texts_taken(tmp_path, account) == {TWO: "Пётр"}
    assert Envelope.objects.get(recipients__phone=ONE).state == State.REJECTED


def test_sent_again_it_has_the_same_text(
    author: User, account: GatewayAccount, tmp_path: Path
) -> None:
    message = submit_personalised(author, {ONE: "Анна", TWO: "Пётр"})
    envelope = message.envelopes.get(number=1)
    message.envelopes.filter(pk=envelope.pk).update(state=State.UNCERTAIN)

    envelope_send_again(envelope=envelope, actor=author)
    taken = texts_taken(tmp_path, account)

    assert taken == {ONE: "Анна", TWO: "Пётр"}


def test_no_text_is_told_to_the_audit(author: User) -> None:
    submit_personalised(author, {ONE: "Анна, тайна", TWO: LONG})

    [event] = Event.objects.filter(action="submitted")
    assert event.details["segments"] == 3
    assert event.details["segments_in_all"] == 4
    assert "тайна" not in str(event.details)
    assert TEMPLATE not in str(event.details)
