"""What of the outbox waits for somebody or does not go as it should, for administrators."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from portal.delivery.models import GatewayAccount, Message, State
from portal.delivery.selectors import messages_in_state
from portal.delivery.trouble import Cause, Trouble, trouble_under

CAUSE_WORDS: Mapping[Cause, str | Promise] = {
    Cause.STOPPED: gettext_lazy("stopped"),
    Cause.PAUSED: gettext_lazy("paused"),
    Cause.REFUSED: gettext_lazy("paused"),
    Cause.WAITING: gettext_lazy("waits"),
    Cause.SLOWED: gettext_lazy("slowed"),
}


@dataclass(frozen=True)
class AccountInTrouble:
    account: GatewayAccount
    trouble: Trouble

    @property
    def state(self) -> str | Promise:
        return CAUSE_WORDS[self.trouble.cause]

    @property
    def words(self) -> str:
        """The server's failure in plain words, or an administrator's own reason."""
        return self.trouble.words or self.trouble.raw


@dataclass(frozen=True)
class MessagesWaiting:
    """So many messages of one organisation with any recipient in ``state``: uncertain or held."""

    organisation_id: int
    organisation: str
    state: str
    count: int


def accounts_in_trouble() -> list[AccountInTrouble]:
    """Accounts that are paused, back off or are slowed, whether or not all sending is stopped."""
    suspects = GatewayAccount.objects.exclude(
        paused_reason="", last_failure="", not_before=None
    ).select_related("organisation", "paused_by")
    now = timezone.now()
    troubles = (
        (account, trouble_under(None, account, now=now))
        for account in suspects.order_by("organisation__name")
    )
    return [AccountInTrouble(account, trouble) for account, trouble in troubles if trouble]


def messages_waiting() -> list[MessagesWaiting]:
    """Messages that wait for their organisations' decisions, by organisation."""
    return [
        MessagesWaiting(organisation_id, name, state.value, count)
        for state in (State.UNCERTAIN, State.HELD)
        for organisation_id, name, count in _by_organisation(state)
    ]


def _by_organisation(state: State) -> list[tuple[int, str, int]]:
    found = (
        messages_in_state(Message.objects.all(), state)
        .order_by("organisation__name")
        .values_list("organisation_id", "organisation__name")
        .annotate(messages=Count("pk"))
    )
    return list(found)
