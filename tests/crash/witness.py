"""What the sandbox operator saw against what the portal says."""

from collections import Counter

from portal.delivery.models import Message, Recipient, State
from portal.embedded.sandbox import SandboxOperator


def uncertain_after(operator: SandboxOperator, *messages: Message) -> int:
    """How many recipients of the only messages, which are over and share none, are uncertain.

    Fails where a recipient was lost, was sent to twice, or is called accepted although the
    operator knows nothing of it.
    """
    sent = Counter(phone for letter in operator.letters() for phone in letter.numbers)
    states = dict(Recipient.objects.values_list("phone", "envelope__state"))
    of_state = {state: {phone for phone in states if states[phone] == state} for state in State}
    assert len(states) == sum(message.recipients_count for message in messages)
    assert of_state[State.ACCEPTED] | of_state[State.UNCERTAIN] == set(states), "lost"
    assert [phone for phone, times in sent.items() if times > 1] == [], "sent twice"
    assert sent.keys() <= states.keys(), "sent to somebody else"
    assert of_state[State.ACCEPTED] <= sent.keys(), "accepted, but the operator has it not"
    return len(of_state[State.UNCERTAIN])
