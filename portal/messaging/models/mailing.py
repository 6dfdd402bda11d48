"""What authors write, from the first letter to the messages it becomes."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import Organisation, User
from portal.accounts.rights import Right
from portal.core.lease import Leased
from portal.delivery.models import Message
from portal.messaging.models.sheet import Sheet


class Stage(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("stage of a mailing", "draft")
    PREPARING = "preparing", pgettext_lazy("stage of a mailing", "being prepared")
    PREPARED = "prepared", pgettext_lazy("stage of a mailing", "to be confirmed")
    IN_APPROVAL = "in_approval", pgettext_lazy("stage of a mailing", "waits for approval")
    PLANNED = "planned", pgettext_lazy("stage of a mailing", "planned")
    REPEATING = "repeating", pgettext_lazy("stage of a mailing", "repeating")
    SUBMITTING = "submitting", pgettext_lazy("stage of a mailing", "being queued")
    SENT = "sent", pgettext_lazy("stage of a mailing", "queued")
    HELD = "held", pgettext_lazy("stage of a mailing", "held")
    EXPIRED = "expired", pgettext_lazy("stage of a mailing", "expired")
    CANCELLED = "cancelled", pgettext_lazy("stage of a mailing", "cancelled")


# A worker is at it, or will be.
IN_WORK = (Stage.PREPARING, Stage.SUBMITTING)
# Its author is still at it, and nobody else sees it.
UNSEEN = (Stage.DRAFT, Stage.PREPARING, Stage.PREPARED)
# Nothing leads out of these.
OVER = (Stage.SENT, Stage.EXPIRED, Stage.CANCELLED)


class MailingQuerySet(models.QuerySet["Mailing"]):
    def visible_to(self, member: User) -> "MailingQuerySet":
        """The organisation's for who may see all, else one's own; what is unconfirmed, its author's
        alone."""
        of_organisation = self.filter(organisation=member.organisation_id)
        if member.may(Right.SEE_ALL_MESSAGES):
            return of_organisation.filter(Q(author=member) | ~Q(stage__in=UNSEEN))
        if member.may(Right.SEE_OWN_MESSAGES):
            return of_organisation.filter(author=member)
        return self.none()


class Mailing(Leased):
    """Each time it leaves, a mailing becomes one message or several (its waves).

    ``text``: as it was written, with placeholders. ``picked``: whom to, as ``Picked.as_dict``;
    or the rows of ``sheet``. ``when_missing``: what is put in for placeholders without a value,
    ``{"defaults": {name: text}, "skip": bool}``. Times: ``due_at`` when it is to leave (None: once
    it is confirmed), ``expires_at`` after which nothing of it leaves, ``window_from`` and
    ``window_until`` the hours of the day in which it may, on the clocks of the organisation or,
    ``by_recipient_zone``, of each recipient. ``repeats``: a rule as ``Recurrence.as_dict``, of a
    mailing that makes another (``series`` is this one) each time; its ``due_at`` is the next time.
    ``canary_size``: how many get it ``canary_minutes`` before the others.

    Since it was prepared its people and their texts stand in ``PreparedRecipient``, and
    ``snapshot_hash`` (SHA-256, hex) is of all that makes the SMS and their price; ``reached``,
    ``segments_in_all``, ``most_segments``, ``cost`` are of those it goes to; ``reach``: who else
    was picked, as ``PreparedReach.as_dict``. ``position`` of about ``total`` people are done.
    ``pen`` names the open page that saved the draft last.
    ``failure``: a code of ``mailings/words.py``, why it is held or was not prepared. Since
    ``confirmed_at`` its author has agreed to it: prepared anew, it goes on without a further word.
    ``vouched_by``: the manager who answers for it since it was held.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="mailings")
    author = models.ForeignKey(
        User, models.PROTECT, related_name="mailings", verbose_name=_("author")
    )
    stage = models.CharField(_("stage"), max_length=16, choices=Stage, default=Stage.DRAFT)
    form_key = models.CharField(max_length=64)
    pen = models.CharField(max_length=32, blank=True)
    sender_value = models.CharField(_("sender name"), max_length=15, blank=True)
    text = models.TextField(_("text"), blank=True)
    picked = models.JSONField(default=dict, blank=True)
    sheet = models.ForeignKey(Sheet, models.PROTECT, null=True, blank=True, related_name="mailings")
    when_missing = models.JSONField(default=dict, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    expires_at = models.DateTimeField(_("not after"), null=True, blank=True)
    window_from = models.TimeField(null=True, blank=True)
    window_until = models.TimeField(null=True, blank=True)
    by_recipient_zone = models.BooleanField(default=False)
    repeats = models.JSONField(null=True, blank=True)
    series = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="occurrences"
    )
    canary_size = models.PositiveIntegerField(null=True, blank=True)
    canary_minutes = models.PositiveIntegerField(null=True, blank=True)

    is_personalised = models.BooleanField(default=False)
    prepared_at = models.DateTimeField(null=True, blank=True)
    snapshot_hash = models.CharField(max_length=64, blank=True)
    reached = models.PositiveIntegerField(_("recipients"), default=0)
    segments_in_all = models.PositiveBigIntegerField(_("segments"), default=0)
    most_segments = models.PositiveSmallIntegerField(default=0)
    cost = models.DecimalField(_("cost"), max_digits=16, decimal_places=4, default=0)
    reach = models.JSONField(default=dict, blank=True)
    position = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=40, blank=True)
    author_told_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    vouched_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = MailingQuerySet.as_manager()

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "form_key"], name="mailing_form_key_once"
            ),
            # An occurrence of a series is made once, however many workers find it due.
            models.UniqueConstraint(
                fields=["series", "due_at"],
                condition=Q(series__isnull=False),
                name="mailing_occurrence_once",
            ),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="mailing_stage_known"),
            models.CheckConstraint(
                condition=~Q(stage__in=[Stage.PLANNED, Stage.REPEATING]) | Q(due_at__isnull=False),
                name="mailing_planned_for_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(stage=Stage.REPEATING) | Q(repeats__isnull=False, series=None),
                name="mailing_repeats_by_a_rule",
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(due_at=None) | Q(expires_at__gt=F("due_at")),
                name="mailing_due_before_it_expires",
            ),
            models.CheckConstraint(
                condition=Q(window_from=None, window_until=None)
                | Q(window_from__isnull=False, window_until__isnull=False)
                & ~Q(window_from=F("window_until")),
                name="mailing_window_whole",
            ),
            models.CheckConstraint(
                condition=Q(canary_size=None, canary_minutes=None)
                | Q(canary_size__gte=1, canary_minutes__gte=1),
                name="mailing_canary_whole",
            ),
            models.CheckConstraint(
                condition=Q(snapshot_hash="") | Q(prepared_at__isnull=False),
                name="mailing_snapshot_was_prepared",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "stage", "-id"], name="mailing_newest"),
            models.Index(fields=["author", "stage", "-id"], name="mailing_newest_of_author"),
            # The sweep: what has become due, and what a worker that died has left.
            models.Index(
                fields=["due_at"],
                condition=Q(stage__in=["planned", "repeating"]),
                name="mailing_due",
            ),
            models.Index(
                fields=["id"],
                condition=Q(stage__in=["preparing", "submitting"]),
                name="mailing_in_work",
            ),
            # The same: what waits for a person, maybe in vain.
            models.Index(
                fields=["id"],
                condition=Q(stage__in=["in_approval", "held"]),
                name="mailing_waits_for_somebody",
            ),
            # Notices: whom nobody was told of.
            models.Index(
                fields=["id"],
                condition=Q(stage__in=["held", "expired"], author_told_at=None),
                name="mailing_untold",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_over(self) -> bool:
        return self.stage in OVER


class Wave(models.Model):
    """A message that a mailing became: all of it, or those who get it at one time."""

    mailing = models.ForeignKey(Mailing, models.PROTECT, db_index=False, related_name="waves")
    number = models.PositiveSmallIntegerField()
    message = models.OneToOneField(Message, models.PROTECT, related_name="wave")
    is_canary = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailing", "number"], name="wave_number_once")
        ]
