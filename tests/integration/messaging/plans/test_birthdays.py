"""Whom a mailing to each one's birthday can be for."""

from datetime import date, time

import pytest

from portal.accounts.models import User
from portal.core.errors import Refused
from portal.messaging.picked import Picked
from portal.messaging.plans.birthdays import check_birthday_people
from portal.messaging.plans.recurrence import Birthdays, EveryDays, Recurrence, Rule
from tests.factories import MailingFactory

TYPED = Picked(typed="79210000000", group_ids=(1,)).as_dict()


def kept(rule: Rule) -> dict[str, object]:
    return Recurrence(rule, time(10), date(2026, 11, 24)).as_dict()


def test_typed_numbers_have_no_birthdays(sender: User) -> None:
    mailing = MailingFactory(author=sender, repeats=kept(Birthdays(7)), picked=TYPED)

    with pytest.raises(Refused) as refused:
        check_birthday_people(mailing)

    assert refused.value.field == "numbers"


def test_rows_of_a_spreadsheet_have_none(sender: User) -> None:
    mailing = MailingFactory.build(author=sender, repeats=kept(Birthdays(7)), sheet_id=1)

    with pytest.raises(Refused) as refused:
        check_birthday_people(mailing)

    assert refused.value.field == "sheet"


def test_contacts_and_groups_may_have_them(sender: User) -> None:
    picked = Picked(contact_ids=(1,), group_ids=(1,)).as_dict()

    check_birthday_people(MailingFactory(author=sender, repeats=kept(Birthdays(7)), picked=picked))


def test_other_days_are_for_anybody(sender: User) -> None:
    check_birthday_people(MailingFactory(author=sender, repeats=kept(EveryDays()), picked=TYPED))
    check_birthday_people(MailingFactory(author=sender, picked=TYPED))
