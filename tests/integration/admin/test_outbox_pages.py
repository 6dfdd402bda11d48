"""Messages, envelopes and audit events on the administrators' pages."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.audit.models import Action, Event
from portal.audit.services import event_record
from portal.core import admin_pages
from portal.delivery.decisions import message_pause
from portal.delivery.models import Attempt, Envelope, GatewayAccount, Message, State
from portal.senders.models import SenderName
from tests.factories import (
    ContactFactory,
    MemberFactory,
    OrganisationFactory,
    StopFactory,
    submit_message,
)
from tests.integration.admin.pages import page_url, text_of
from tests.integration.history.answers import ACCEPTED, REJECTED, Answer, answer, hold

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"


def a_row_of_everything() -> None:
    member = MemberFactory()
    envelope = submit_message(member).envelopes.get()
    Attempt.objects.create(
        envelope=envelope,
        started_at=timezone.now(),
        ended_at=timezone.now(),
        phase="dot",
        outcome="uncertain",
    )


def queries(action: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured)


@pytest.mark.parametrize("model", [Message, Envelope, Attempt, SenderName, GatewayAccount, Event])
def test_a_longer_list_takes_no_more_queries(office: Client, model: type[models.Model]) -> None:
    a_row_of_everything()
    url = page_url(model, "changelist")
    office.get(url)
    few = queries(lambda: office.get(url))

    for _ in range(5):
        a_row_of_everything()

    assert queries(lambda: office.get(url)) == few


def test_a_message_shows_its_text_and_a_capped_list_of_recipients(office: Client) -> None:
    numbers = [f"7921{number:07d}" for number in range(130)]
    message = submit_message(MemberFactory(), *numbers, text="Собрание в 18:00")

    page = text_of(office.get(page_url(message, "change")))

    assert "Собрание в 18:00" in page
    assert page.count("+7 921 ") == 100
    assert "and 30 more" in page
    assert "queued: 130" in page


def test_whom_a_message_skips_is_shown_apart_and_found_by_the_state(office: Client) -> None:
    author = MemberFactory()
    StopFactory(organisation=author.organisation, phone="79310000000")
    message = submit_message(author, "79210000000", "79310000000")
    submit_message(author, "79210000000")

    page = text_of(office.get(page_url(message, "change")))
    listed = office.get(page_url(Message, "changelist"), {"state": "skipped"})

    assert "skipped: 1" in page
    assert page.count("+7 931 000-00-00") == 1
    assert "more" not in page
    assert list(listed.context["cl"].result_list) == [message]


def test_messages_are_found_by_state_organisation_and_id(office: Client) -> None:
    first = submit_message(MemberFactory(email="anna@example.com"))
    second = submit_message(MemberFactory(email="boris@example.com"))
    second.envelopes.update(state=State.CANCELLED)

    def shown(**query: object) -> set[int]:
        response = office.get(page_url(Message, "changelist"), query)
        assert response.status_code == 200
        return {message.pk for message in response.context["cl"].result_list}

    assert shown(state="cancelled") == {second.pk}
    assert shown(organisation__id__exact=first.organisation_id) == {first.pk}
    assert shown(q=first.pk) == {first.pk}
    assert shown(q="no number") == set()
    assert shown(state="no such state") == {first.pk, second.pk}


def test_envelopes_are_found_from_their_message(office: Client) -> None:
    message = submit_message(MemberFactory())
    submit_message(MemberFactory())

    response = office.get(page_url(Envelope, "changelist"), {"message__id__exact": message.pk})

    assert [envelope.message_id for envelope in response.context["cl"].result_list] == [message.pk]


def test_an_envelope_is_found_by_its_message_id(office: Client) -> None:
    envelope = submit_message(MemberFactory()).envelopes.get()
    submit_message(MemberFactory())
    header = envelope.message_id_header

    def found(asked: str) -> list[int]:
        response = office.get(page_url(Envelope, "changelist"), {"q": asked})
        return [row.pk for row in response.context["cl"].result_list]

    for asked in (header, header.strip("<>"), header.partition("@")[0]):
        assert found(asked) == [envelope.pk], asked
    for asked in ("<" + "0" * 32 + ".1@example.com>", "0" * 32 + ".9999999999", "x"):
        assert found(asked) == []


def test_a_held_or_paused_message_is_shown_and_found_as_such(office: Client) -> None:
    author = MemberFactory(name="Анна")
    held, paused, queued = (submit_message(author) for _ in range(3))
    hold(held)
    message_pause(message=paused, actor=author)

    def shown(model: type[models.Model], **query: object) -> set[int]:
        return {
            row.pk
            for row in office.get(page_url(model, "changelist"), query).context["cl"].result_list
        }

    assert shown(Message, state="held") == {held.pk}
    assert shown(Message, state="paused") == {paused.pk}
    assert shown(Message, state="queued") == {paused.pk, queued.pk}
    assert shown(Envelope, state="held") == {held.envelopes.get().pk}
    assert shown(Envelope, state="queued") == {
        paused.envelopes.get().pk,
        queued.envelopes.get().pk,
    }
    assert "its author may no longer send" in text_of(office.get(page_url(held, "change")))
    assert "Анна" in text_of(office.get(page_url(paused, "change")))
    for row in (held.envelopes.get(), held):
        assert "held" in text_of(office.get(page_url(row, "change")))


@pytest.mark.parametrize(
    ("answers", "words"),
    [([], "Other attempts"), ([ACCEPTED], "taken at the first try"), ([REJECTED], "Show</a>")],
)
def test_an_envelope_says_where_its_tries_are_told(
    office: Client, answers: list[Answer], words: str
) -> None:
    message = submit_message(MemberFactory())
    if answers:
        answer(message, *answers)

    assert words in text_of(office.get(page_url(message.envelopes.get(), "change")))


def test_attempts_are_shown_and_found_in_words(office: Client) -> None:
    a_row_of_everything()
    attempt = Attempt.objects.get()
    url = page_url(Attempt, "changelist")

    listed = text_of(office.get(url))
    shown = text_of(office.get(page_url(attempt, "change")))

    for page in (listed, shown):
        assert "the e-mail's end" in page
        assert "dot accepted" not in page
    for query, found in (({"phase": "dot"}, 1), ({"outcome": "retry"}, 0), ({"phase": "x"}, 1)):
        assert office.get(url, query).context["cl"].result_count == found


def test_who_acted_without_signing_in_is_named_in_words(office: Client) -> None:
    event = event_record(action=Action.CHANGED, actor=None, organisation_id=None)

    for url in (page_url(Event, "changelist"), page_url(event, "change")):
        assert "the portal itself" in text_of(office.get(url))


def test_no_list_counts_or_pages_beyond_its_cap(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_pages, "MOST_COUNTED", 2)
    for _ in range(4):
        event_record(action=Action.CHANGED, actor=None, organisation_id=None)

    response = office.get(page_url(Event, "changelist"))

    assert response.context["cl"].result_count == 2


def test_audit_events_are_found_by_organisation_action_actor_and_object(office: Client) -> None:
    organisation = OrganisationFactory(name="ООО Ромашка")
    event = event_record(
        action=Action.APPROVED,
        actor=None,
        actor_label="anna@example.com",
        organisation_id=organisation.pk,
        object_label="ACME",
        details={"reason": "да"},
    )
    other = event_record(action=Action.CHANGED, actor=None, organisation_id=None)

    def shown(**query: object) -> set[int]:
        response = office.get(page_url(Event, "changelist"), query)
        return {event.pk for event in response.context["cl"].result_list} & {event.pk, other.pk}

    assert shown(organisation_id=organisation.pk) == {event.pk}
    assert shown(organisation_id=0) == {other.pk}
    assert shown(action__exact="approved") == {event.pk}
    assert shown(q="anna") == {event.pk}
    assert shown(q="acme") == {event.pk}
    assert shown(organisation_id="x") == {event.pk, other.pk}
    assert "ООО Ромашка" in text_of(office.get(page_url(Event, "changelist")))
    assert '"reason": "да"' in text_of(office.get(page_url(event, "change")))


def test_an_objects_history_is_the_audit_trail(office: Client) -> None:
    organisation = OrganisationFactory()
    mine = event_record(
        action=Action.CHANGED, actor=None, organisation_id=organisation.pk, obj=organisation
    )
    event_record(action=Action.CHANGED, actor=None, organisation_id=organisation.pk)

    response = office.get(page_url(organisation, "history"), follow=True)

    assert [event.pk for event in response.context["cl"].result_list] == [mine.pk]


def test_a_script_in_names_texts_and_reasons_is_inert(office: Client) -> None:
    organisation = OrganisationFactory(name=SCRIPT)
    member = MemberFactory(organisation=organisation, name=SCRIPT)
    ContactFactory(organisation=organisation, name=SCRIPT)
    message = submit_message(member, text=SCRIPT)
    account = GatewayAccount.objects.get()
    account.paused_reason = account.last_failure = SCRIPT
    account.save()
    envelope = message.envelopes.get()
    envelope.last_reply = SCRIPT
    envelope.save()
    event = event_record(
        action=Action.REJECTED,
        actor=None,
        actor_label=SCRIPT,
        organisation_id=organisation.pk,
        object_label=SCRIPT,
        details={"reason": SCRIPT},
    )
    sender_name = SenderName.objects.get()
    sender_name.reason = SCRIPT
    sender_name.save()

    for obj in (organisation, member, message, account, envelope, event, sender_name):
        listed = page_url(type(obj), "changelist")
        for url in (page_url(obj, "change"), listed, f"{listed}?q={quote(SCRIPT)}"):
            assert SCRIPT not in office.get(url).content.decode(), url
