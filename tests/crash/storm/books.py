"""The operator's own log against what the portal says."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from portal.billing.services import balance
from portal.delivery.models import Attempt, Envelope, Recipient, State
from portal.embedded.sandbox import SandboxLetter
from sms.segments import count
from tests.crash.storm.stage import PRICE, Stage

NEVER_TAKEN = (State.REJECTED, State.CANCELLED, State.EXPIRED)


@dataclass(frozen=True)
class Books:
    """What became of the recipients. The last six must be 0 or empty.

    ``lost``: neither sent nor known as not sent. ``falsely_accepted``: the operator has it not.
    ``falsely_unsent``: it has. ``wrong_texts``: whom it has with another's text. ``wrong_money``:
    by how much the ledger is wrong.
    """

    states: dict[str, int]
    uncertain_after_faults: int
    uncertain_after_deaths: int
    lost: int
    doubled: int
    falsely_accepted: int
    falsely_unsent: int
    wrong_texts: int
    wrong_money: float


def balanced(stage: Stage, letters: list[SandboxLetter]) -> Books:
    sent = Counter(phone for letter in letters for phone in letter.numbers)
    states = dict(Recipient.objects.values_list("phone", "envelope__state"))
    of_state = {state: {phone for phone in states if states[phone] == state} for state in State}
    settled = set().union(
        *(of_state[state] for state in (State.ACCEPTED, State.UNCERTAIN, *NEVER_TAKEN))
    )
    unfounded = Envelope.objects.filter(state=State.REJECTED).exclude(last_code=554).count()
    died = Attempt.objects.filter(outcome="uncertain", reply="worker vanished").count()
    uncertain = len(of_state[State.UNCERTAIN])
    return Books(
        states={state: len(found) for state, found in of_state.items() if found},
        uncertain_after_faults=uncertain - died,
        uncertain_after_deaths=died,
        lost=stage.submitted - len(settled) + unfounded,
        doubled=sum(times > 1 for times in sent.values()),
        falsely_accepted=len(of_state[State.ACCEPTED] - sent.keys()),
        falsely_unsent=sum(len(of_state[state] & sent.keys()) for state in NEVER_TAKEN),
        wrong_texts=sum(
            letter.text != stage.texts[phone] for letter in letters for phone in letter.numbers
        ),
        wrong_money=float(_wrong_money(stage)),
    )


def _wrong_money(stage: Stage) -> Decimal:
    spent = _price(stage, State.ACCEPTED)
    held = _price(stage, State.UNCERTAIN)
    found = balance(stage.prepaid)
    expected = stage.topped_up - spent - held
    return abs(found.available - expected) + abs(found.reserved - held)


def _price(stage: Stage, state: State) -> Decimal:
    """Of the texts of the prepaid organisation's recipients in the state."""
    there = Recipient.objects.filter(envelope__state=state, message__organisation=stage.prepaid)
    phones = there.values_list("phone", flat=True)
    return PRICE * sum(count(stage.texts[phone]).segments for phone in phones)
