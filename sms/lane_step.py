"""How far a lane has come with a mail."""

from enum import IntEnum, auto

from sms.retry import Phase


class Step(IntEnum):
    """What the lane waits for: a reply, unless said otherwise. (Its members are ints for speed.)"""

    IDLE = auto()  # begin()
    RSET = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    BODY = auto()  # the server reading it
    READY = auto()  # commit()
    DOT = auto()
    QUIT = auto()
    CLOSED = auto()  # nothing, for ever


STEP_AFTER = {Step.RSET: Step.MAIL, Step.MAIL: Step.RCPT, Step.RCPT: Step.DATA}
# The first digit decides, as RFC 5321 4.3.2 has it.
WANTED_KIND = {Step.RSET: 2, Step.MAIL: 2, Step.RCPT: 2, Step.DATA: 3}
PHASE_OF = {
    Step.RSET: Phase.MAIL,
    Step.MAIL: Phase.MAIL,
    Step.RCPT: Phase.RCPT,
    Step.DATA: Phase.DATA,
    Step.BODY: Phase.BODY,
    Step.READY: Phase.BODY,
    Step.DOT: Phase.DOT,
}
