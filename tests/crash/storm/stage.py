"""Two organisations with messages to many and to few, and what people decide about them amid it."""

import random
from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from itertools import count, islice
from pathlib import Path

from portal.accounts.models import Organisation, Plan, User
from portal.accounts.rights import Role
from portal.billing.services import top_up
from portal.core.errors import Conflict
from portal.delivery.decisions import message_cancel, message_pause, message_resume
from portal.delivery.models import GatewayAccount, Message, OutboxEntry
from portal.delivery.outbox import AlreadySubmitted
from portal.embedded.sandbox import SandboxAccount, write_accounts
from sms.secret import Secret
from tests.crash.storm.parameters import SESSIONS
from tests.crash.storm.persistence import persistently
from tests.factories import (
    AdministratorFactory,
    GatewayAccountFactory,
    MemberFactory,
    submit_message,
)
from tests.personalised import submit_personalised

PRICE = Decimal("2.50")
TEXT = "Привет, мир!"
PARTS = 12
FEW = 5
MOST_CANCELLED = 8


class Stage:
    """The authors and everything that they submit, an e-mail for each number. ``texts``: what each
    number is to get."""

    def __init__(self, envelopes: int, dice: random.Random) -> None:
        self.envelopes = envelopes
        # As much as the longest texts cost.
        self.topped_up = 4 * PRICE * envelopes
        self._dice = dice
        self._numbers = map(str, count(79210000000))
        self._left = envelopes
        # The storm is about what is sent.
        self._to_cancel = envelopes // MOST_CANCELLED
        self.submitted = 0
        self.texts: dict[str, str] = {}
        self.authors = [_author("acme", Plan.PREPAID), _author("other", Plan.UNLIMITED)]
        prepaid = self.authors[0].organisation
        assert prepaid is not None
        top_up(organisation=prepaid, amount=self.topped_up, actor=AdministratorFactory())
        self._next_part = self._parts()

    @property
    def prepaid(self) -> Organisation:
        organisation = self.authors[0].organisation
        assert organisation is not None
        return organisation

    @property
    def has_more(self) -> bool:
        return self._left > 0

    def submit_next(self) -> None:
        """One message; big and small ones in turn, of both organisations, of one text and of as
        many as numbers."""
        author, size, is_personalised = next(self._next_part)
        size = min(size, self._left)
        numbers, key = list(islice(self._numbers, size)), str(self._left)
        submit = _submit_personalised if is_personalised else _submit_uniform
        texts = {number: _text(number) if is_personalised else TEXT for number in numbers}
        # Whether it was committed is not known where the database went away: the key tells.
        persistently(lambda: submit(author, texts, key))
        self.texts |= texts
        self._left -= size
        self.submitted += size

    def decide_something(self) -> None:
        """Pause, resume or cancel a message that is under way."""
        entry = OutboxEntry.objects.order_by("?").first()
        if entry is None:
            return
        message = Message.objects.get(pk=entry.message_id)
        with suppress(Conflict):
            if entry.paused_at:
                message_resume(message=message, actor=message.author)
            elif message.recipients_count <= self._to_cancel and self._dice.random() < 0.5:
                self._to_cancel -= message_cancel(message=message, actor=message.author)
            else:
                message_pause(message=message, actor=message.author)

    def resume_everything(self) -> None:
        for entry in OutboxEntry.objects.exclude(paused_at=None).select_related("message__author"):
            # It may have left the outbox meanwhile.
            with suppress(Conflict):
                message_resume(message=entry.message, actor=entry.message.author)

    def _parts(self) -> Iterator[tuple[User, int, bool]]:
        big = max(FEW, self.envelopes // PARTS)
        while True:
            for size, is_personalised in ((big, False), (big, True), (FEW, False), (FEW, True)):
                for author in self.authors:
                    yield author, size, is_personalised


def _text(number: str) -> str:
    """No two are the same, and they take one to four segments."""
    return f"Вам, {number}: {'очень ' * (int(number) % 30)}важно"


def _submit_uniform(author: User, texts: Mapping[str, str], form_key: str) -> None:
    submit_message(author, *texts, text=TEXT, form_key=form_key)


def _submit_personalised(author: User, texts: Mapping[str, str], form_key: str) -> None:
    with suppress(AlreadySubmitted):
        submit_personalised(author, texts, form_key=form_key)


def open_accounts(path: Path, port: int) -> None:
    """Let the operator know the accounts, and the accounts where it listens."""
    GatewayAccount.objects.update(port=port)
    write_accounts(
        path,
        [_known(account) for account in GatewayAccount.objects.all()],
    )


def _known(account: GatewayAccount) -> SandboxAccount:
    password = account.sms_password or Secret("")
    return SandboxAccount(account.sms_user, password, None, account.mailbox)


def _author(sms_user: str, plan: str) -> User:
    author: User = MemberFactory(role=Role.MANAGER)
    assert author.organisation is not None
    author.organisation.plan, author.organisation.price_per_segment = plan, PRICE
    author.organisation.save()
    GatewayAccountFactory(
        organisation=author.organisation,
        sms_user=sms_user,
        connections=SESSIONS,
        numbers_per_email=1,
    )
    return author
