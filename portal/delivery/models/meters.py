"""What operations are told about the engine; nothing of the delivery itself depends on it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class AccountMeter(models.Model):
    """How tries on a gateway account ended, since the account was made.

    A killed worker loses its last second of counting; the envelopes are the truth. ``answers``:
    answers to the closing dot by how long they took since MAIL, divided as
    ``meters.ANSWER_SECONDS`` says, with those beyond its last edge at the end.
    ``answer_seconds``: all of them together.
    """

    account = models.OneToOneField(
        "delivery.GatewayAccount", models.CASCADE, primary_key=True, related_name="meter"
    )
    accepted = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    uncertain = models.BigIntegerField(default=0)
    put_off = models.BigIntegerField(default=0)
    answers = ArrayField(models.BigIntegerField(), default=list)
    answer_seconds = models.FloatField(default=0)
    # When something of the account was last tried.
    metered_at = models.DateTimeField()


class SweepMark(models.Model):
    """Its one row says when the last sweep was done."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    swept_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="sweep_mark_only_one")
        ]
