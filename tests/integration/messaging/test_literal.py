"""No text is sent with the name of a placeholder in it."""

import pytest

from portal.contacts.models import FieldKind
from portal.core.errors import Refused
from portal.delivery.models import Envelope, Message, State
from portal.messaging.services import message_resend
from tests.factories import ContactFieldFactory, MemberFactory, submit_message

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "text", ["Привет, {имя}!", "{ NAME }", "{Имя|друг}", "{{имя}}", "До {СЧЁТ:число}", "{счет:x}"]
)
def test_a_text_with_a_placeholder_of_the_organisation_is_refused(text: str) -> None:
    author = MemberFactory()
    ContactFieldFactory(organisation=author.organisation, name="Счёт", kind=FieldKind.NUMBER)
    with pytest.raises(Refused) as caught:
        submit_message(author, text=text)
    assert caught.value.field == "text"
    assert not Message.objects.exists()


@pytest.mark.parametrize("text", ["{город}", ":-{", "}{", "{}", "{имя", "{имя.телефон}"])
def test_other_braces_are_just_braces(text: str) -> None:
    ContactFieldFactory(name="Город")
    assert submit_message(MemberFactory(), text=text).text == text


def test_what_went_out_before_a_field_got_its_name_is_sent_again_as_it_was() -> None:
    author = MemberFactory()
    message = submit_message(author, text="Код {счёт}")
    Envelope.objects.filter(message=message).update(state=State.REJECTED)
    ContactFieldFactory(organisation=author.organisation, name="Счёт")

    assert message_resend(message=message, author=author, confirmed=1).text == "Код {счёт}"
