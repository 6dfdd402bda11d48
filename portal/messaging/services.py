"""Submitting a message: the one door that the form, the command and later the API use."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.rights import Right
from portal.core.errors import Conflict, Refused
from portal.core.explain import explain
from portal.delivery.models import GatewayAccount, Message
from portal.delivery.outbox import AlreadySubmitted, Draft, content_hash, message_enqueue
from portal.delivery.resends import ToResend, personal_again, to_resend
from portal.messaging.approvals.doors import refuse_unless_free_to_go
from portal.messaging.audience import Audience, check_audience
from portal.messaging.gathering import audience_of
from portal.messaging.literal import refuse_placeholders
from portal.messaging.models import Mailing, Stage
from portal.senders.models import SenderName
from sms.segments import count
from sms.text import TextRefused, prepare_text


class FormKeyTaken(Conflict):
    """The form key names other content or another author's message; ``existing`` is that one."""

    def __init__(self, existing: Message) -> None:
        super().__init__(
            _("This form was already sent with other content. Open a new form to send more.")
        )
        self.existing = existing


class FormBecameMailing(Conflict):
    """Of the form whose key it is a mailing was made, which is no draft any more."""

    def __init__(self) -> None:
        super().__init__(
            _("A mailing was made of this form already. Open a new form to send more.")
        )


@dataclass(frozen=True)
class Order:
    """What an author asks to send, as yet unchecked. One form key of an organisation names one
    message. ``audience``: one that stays as it is. ``due_at``: aware, None for at once;
    ``expires_at``: aware, what has not left by then stays here, None for whenever it takes.
    ``is_approved``: whether another person's word for it, where rules want one, has been given."""

    author: User
    sender_value: str
    text: str
    audience: Audience
    form_key: str
    due_at: datetime | None = None
    expires_at: datetime | None = None
    resend_of: Message | None = None
    is_approved: bool = False

    def made(self, message: Message) -> bool:
        """Whether this very order led to ``message``, whatever the rules say today."""
        if message.author_id != self.author.pk or self.audience.reach.refused:
            return False
        try:
            return message.content_hash == self.content_hash
        except TextRefused:
            return False

    @cached_property
    def content_hash(self) -> str:
        """Of what the author asked for: a number that was stopped since changes nothing. Raises
        ``TextRefused``."""
        return content_hash(
            sender_value=self.sender_value,
            text=prepare_text(self.text),
            numbers=self.audience.asked_for(),
            due_at=self.due_at,
            expires_at=self.expires_at,
        )


@dataclass(frozen=True)
class Submitted:
    """``is_new`` is False where the same order came again and nothing was added."""

    message: Message
    is_new: bool


def message_submit(*, order: Order) -> Submitted:
    """Queue a message by all the rules, or find the one that the same order queued before.

    Raises ``Refused`` with the field at fault (``sender``, ``text``, ``numbers``, ``due_at``,
    ``expires_at`` or none), ``ApprovalWanted``, ``FormKeyTaken``, ``FormBecameMailing``,
    ``NotEnoughMoney``.
    """
    if known := message_submitted(order):
        return Submitted(known, is_new=False)
    draft = message_check(order)
    account = gateway_of(order.author)
    try:
        message = message_enqueue(draft=draft, account=account, actor=order.author)
    except AlreadySubmitted as meanwhile:
        return Submitted(_made_by(order, meanwhile.message), is_new=False)
    return Submitted(message, is_new=True)


def message_submitted(order: Order) -> Message | None:
    """The message that the same order queued before. Raises ``FormKeyTaken``.

    Asked before any rule: a replay must learn what became of the order even where the rules
    would refuse it by now.
    """
    known = Message.objects.filter(
        organisation=order.author.organisation_id, form_key=order.form_key
    ).first()
    return _made_by(order, known) if known else None


def _made_by(order: Order, message: Message) -> Message:
    if not order.made(message):
        raise FormKeyTaken(message)
    return message


def message_check(order: Order) -> Draft:
    """Everything ``message_submit`` refuses but money and the form key; writes nothing."""
    author = order.author
    if not author.may(Right.SEND):
        raise Refused(_("You may not send messages."))
    _refuse_if_mailing(order)
    gateway_of(author)
    sender_name = sender_name_for(author, order.sender_value)
    prepared = check_text(author, order.text)
    if order.resend_of is None:
        refuse_placeholders(author, prepared)
    check_audience(order.audience)
    _check_times(order)
    _check_approval(order, prepared)
    return Draft(
        author=author,
        sender_name=sender_name,
        text=prepared,
        recipients=order.audience,
        form_key=order.form_key,
        content_hash=order.content_hash,
        due_at=order.due_at,
        expires_at=order.expires_at,
        resend_of=order.resend_of,
    )


def _refuse_if_mailing(order: Order) -> None:
    """What rules or times made a mailing of must not leave by itself too once they are changed."""
    same = Mailing.objects.filter(
        organisation=order.author.organisation_id, form_key=order.form_key
    )
    if same.exclude(stage=Stage.DRAFT).exists():
        raise FormBecameMailing


def _check_approval(order: Order, prepared: str) -> None:
    if not order.is_approved:
        refuse_unless_free_to_go(
            author=order.author,
            sender_value=order.sender_value,
            segments=count(prepared).segments * len(order.audience),
            audience=order.audience,
            due_at=order.due_at,
        )


def _check_times(order: Order) -> None:
    now = timezone.now()
    for field, moment in (("due_at", order.due_at), ("expires_at", order.expires_at)):
        if moment and moment < now:
            raise Refused(_("This time has passed. Choose a later one."), field=field)
    if order.expires_at and order.expires_at <= (order.due_at or now):
        raise Refused(
            _("The message would expire before it is sent. Choose a later time."),
            field="expires_at",
        )


def gateway_of(author: User) -> GatewayAccount:
    """The author's gateway account, or ``Refused`` with whom to ask."""
    account = (
        GatewayAccount.objects.select_related("organisation")
        .filter(organisation=author.organisation_id)
        .first()
    )
    if account is None:
        raise Refused(
            _("Your organisation has no gateway account yet. Ask the administrator to set it up.")
        )
    return account


def sender_name_for(author: User, value: str) -> SenderName:
    """The approved sender name that equals ``value`` exactly and that the author may use."""
    sender_name = SenderName.objects.usable_by(author).filter(value=value).first()
    if sender_name is None:
        raise Refused(_("Choose one of the approved sender names."), field="sender")
    return sender_name


def check_text(author: User, text: str) -> str:
    """The text as it will be stored. Raises ``Refused`` (field ``text``)."""
    try:
        prepared = prepare_text(text)
    except TextRefused as refusal:
        raise Refused(explain(refusal), field="text") from None
    check_segments(author, count(prepared).segments)
    return prepared


def check_segments(author: User, segments: int) -> None:
    """Raises ``Refused`` (field ``text``) for more than the organisation allows."""
    organisation = author.organisation
    assert organisation is not None, "who may send is a member"
    if segments > organisation.segment_ceiling:
        raise Refused(
            _(
                "The text takes %(segments)s segments; your organisation allows %(ceiling)s. "
                "Shorten it."
            )
            % {"segments": segments, "ceiling": organisation.segment_ceiling},
            field="text",
        )


@transaction.atomic
def message_resend(*, message: Message, author: User, confirmed: int) -> Message:
    """Send the same text anew to the recipients whom the operator rejected, each at most once, and
    to none whose number was stopped since; each their own text where it is personalised.

    ``confirmed``: how many the author agreed to. The message's row is locked, so that of several
    at once the first alone sends. Raises ``Conflict`` where there are none or another number,
    else as ``message_submit``.
    """
    visible = Message.objects.visible_to(author).select_for_update(of=("self",), no_key=True)
    original = visible.filter(pk=message.pk).first()
    if original is None:
        raise Refused(_("You may not send messages."))
    found = to_resend(original)
    if not found.phones and found.stopped:
        raise Conflict(_("Whoever is left is on the stop list now; nothing would be sent."))
    if not found.phones:
        raise Conflict(_("These numbers were sent to again already."))
    if len(found.phones) != confirmed:
        raise Conflict(_("Since you confirmed, the numbers have changed. Check again."))
    if original.is_personalised:
        draft = _personal_draft_again(original, author, found)
        return message_enqueue(draft=draft, account=gateway_of(author), actor=author)
    return message_submit(order=_order_again(original, author, found.phones)).message


def _personal_draft_again(message: Message, author: User, found: ToResend) -> Draft:
    if not author.may(Right.SEND):
        raise Refused(_("You may not send messages."))
    recipients = personal_again(message, found)
    check_segments(author, recipients.most_segments)
    return Draft(
        author=author,
        sender_name=sender_name_for(author, message.sender_value),
        text=message.text,
        recipients=recipients,
        form_key=_form_key_again(message),
        content_hash=content_hash(
            sender_value=message.sender_value,
            text=message.text,
            numbers=found.phones,
            due_at=None,
        ),
        resend_of=message,
    )


def _form_key_again(message: Message) -> str:
    return f"resend-{message.pk}-{message.resends.count()}"


def _order_again(message: Message, author: User, phones: Collection[str]) -> Order:
    recipients = message.recipients.filter(phone__in=phones).order_by("id")
    names = dict(recipients.values_list("phone", "name"))
    return Order(
        author=author,
        sender_value=message.sender_value,
        text=message.text,
        audience=audience_of(author, names),
        form_key=_form_key_again(message),
        resend_of=message,
        # The same text to some of the same people: whatever word it needed was given once.
        is_approved=True,
    )
