"""What authors submit."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Right
from portal.senders.models import SenderName
from sms.segments import Encoding


class EncodingChoice(models.TextChoices):
    GSM7 = Encoding.GSM7.value, "GSM-7"
    UCS2 = Encoding.UCS2.value, "UCS-2"


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, member: User) -> "MessageQuerySet":
        """The organisation's for who may see all, else one's own."""
        of_organisation = self.filter(organisation=member.organisation_id)
        if member.may(Right.SEE_ALL_MESSAGES):
            return of_organisation
        if member.may(Right.SEE_OWN_MESSAGES):
            return of_organisation.filter(author=member)
        return self.none()


class Message(models.Model):
    """What an author submitted. ``content_hash`` tells a replay from other content.

    ``settled_counts``: recipients of its envelopes by state (of ``STORED``) once nothing is under
    way, None while it is in the outbox; whoever changes an envelope after that changes it too.

    ``is_personalised``: ``text`` is the template as it was written, and each recipient's own text
    is their envelope's (``EnvelopeText``). ``segments``: of the text, or of the longest one.
    ``segments_in_all``: of all those it went to when it was submitted.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name=_("organisation"))
    author = models.ForeignKey(
        User, models.PROTECT, related_name="messages", verbose_name=_("author")
    )
    vouched_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
        help_text=_("The manager who answers for it since it was held."),
    )
    sender_name = models.ForeignKey(SenderName, models.PROTECT, verbose_name=_("sender name"))
    sender_value = models.CharField(max_length=15)
    text = models.TextField(_("text"))
    encoding = models.CharField(_("encoding"), max_length=8, choices=EncodingChoice)
    is_personalised = models.BooleanField(_("personalised"), default=False, db_default=False)
    segments = models.PositiveSmallIntegerField(_("segments per SMS"))
    segments_in_all = models.PositiveBigIntegerField(_("segments in all"))
    recipients_count = models.PositiveIntegerField(_("recipients"))
    price_per_segment = models.DecimalField(_("price per segment"), max_digits=10, decimal_places=4)
    cost = models.DecimalField(_("cost"), max_digits=16, decimal_places=4)
    form_key = models.CharField(max_length=64)
    content_hash = models.CharField(max_length=64)
    resend_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="resends"
    )
    # Names its e-mails: the Message-ID of each is made of it.
    reference = models.UUIDField(default=uuid.uuid4, editable=False)
    mail_domain = models.CharField(max_length=253, editable=False)
    priority = models.PositiveSmallIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(_("due"))
    expires_at = models.DateTimeField(_("not after"), null=True, blank=True)
    created_at = models.DateTimeField(_("submitted"))
    settled_counts = models.JSONField(null=True, blank=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "form_key"], name="message_form_key_once"
            ),
            models.CheckConstraint(
                condition=Q(segments__gte=1, recipients_count__gte=1), name="message_not_empty"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="message_text_not_empty"),
            models.CheckConstraint(
                condition=Q(
                    segments_in_all__gte=F("segments"),
                    segments_in_all__lte=F("segments") * F("recipients_count"),
                    cost=F("price_per_segment") * F("segments_in_all"),
                ),
                name="message_costs_its_segments",
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("due_at")),
                name="message_due_before_it_expires",
            ),
        ]
        indexes: ClassVar = [
            # History of an organisation and of an author: newest first, keyset.
            models.Index(fields=["organisation", "-id"], name="message_newest"),
            models.Index(fields=["author", "-id"], name="message_newest_of_author"),
            # Whether a text went out lately already; texts themselves are too long for an index.
            models.Index("organisation", MD5("text"), "created_at", name="message_of_one_text"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def answerable(self) -> User:
        """Its author, or the manager who released it after it was held."""
        return self.vouched_by or self.author
