"""The audit trail: append-only, one hash chain per organisation and one for the platform.

Events hold plain ids and labels and no foreign key, so that nothing they name needs to survive;
they never hold a message's text or a phone number.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.core.append_only import append_only


class Action(models.TextChoices):
    SIGNED_IN = "signed_in", _("signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("sign-in failed")
    SIGNED_OUT = "signed_out", _("signed out")
    PASSWORD_CHANGED = "password_changed", _("password changed")
    PASSWORD_RESET_ASKED = "password_reset_asked", _("password reset asked for")
    CREATED = "created", _("created")
    CHANGED = "changed", _("changed")
    DELETED = "deleted", _("deleted")
    REQUESTED = "requested", _("asked for")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    REVOKED = "revoked", _("revoked")
    SUBMITTED = "submitted", _("submitted")
    CANCELLED = "cancelled", _("cancelled")
    RELEASED = "released", _("released from hold")
    SETTLED = "settled", _("uncertain envelope settled")
    RESENT = "resent", _("sent again")
    PAUSED = "paused", _("paused")
    RESUMED = "resumed", _("resumed")
    TESTED = "tested", _("connection tested")
    TOPPED_UP = "topped_up", _("topped up")
    EXPORTED = "exported", _("exported")
    PLANNED = "planned", _("planned")
    RETURNED = "returned", _("returned to its author")


class Chain(models.Model):
    """Head of one hash chain. ``organisation_id`` 0 is the platform's own chain."""

    organisation_id = models.BigIntegerField(primary_key=True)
    length = models.BigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, default="", blank=True)


class Event(models.Model):
    organisation_id = models.BigIntegerField(_("organisation"))
    sequence = models.BigIntegerField(_("number in chain"))
    at = models.DateTimeField(_("time"))
    actor_id = models.BigIntegerField(_("actor's id"), null=True)
    actor_label = models.CharField(_("actor"), max_length=320)
    origin = models.CharField(_("from"), max_length=64, blank=True)
    action = models.CharField(_("action"), max_length=32, choices=Action)
    object_type = models.CharField(_("kind of object"), max_length=64, blank=True)
    object_id = models.CharField(_("object's id"), max_length=64, blank=True)
    object_label = models.CharField(_("object"), max_length=320, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    previous_hash = models.CharField(_("hash of the event before"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation_id", "sequence"], name="event_sequence_once"
            )
        ]
        indexes: ClassVar = [
            # The admin's list: newest first, and newest of one organisation.
            models.Index(fields=["-at", "-id"], name="event_newest"),
            models.Index(fields=["organisation_id", "-id"], name="event_of_organisation"),
            # What was decided about one object: on the admin's page of it, and who cancelled a
            # message.
            models.Index(fields=["object_type", "object_id"], name="event_of_object"),
        ]
        triggers: ClassVar = append_only("event", "audit events are append-only")

    def __str__(self) -> str:
        return f"{self.organisation_id}:{self.sequence} {self.get_action_display()}"
