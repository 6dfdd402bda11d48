"""The outbox by message: claims move a message's cursor, envelopes become narrow.

Workers must not run meanwhile. Backwards, pauses and stops are forgotten and held messages wait in
the queue, where the next claim holds them again.
"""

import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

HELD_BECAUSE = [
    ("author_disabled", "its author may no longer send"),
    ("sender_not_approved", "its sender name is no longer approved"),
]
STATES = [
    ("queued", "queued"),
    ("transmitting", "waiting for the operator"),
    ("accepted", "accepted by the operator"),
    ("rejected", "rejected by the operator"),
    ("uncertain", "uncertain"),
    ("held", "held"),
    ("cancelled", "cancelled"),
    ("expired", "expired"),
    ("replaced", "sent again"),
]
OLD_STATES = [STATES[0], ("claimed", "being sent"), *STATES[1:]]
PERSON = settings.AUTH_USER_MODEL


def protected(to: str, **options: object) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=to, **options)


# What every message takes over from its envelopes.
MESSAGES_FORWARD = """
    UPDATE delivery_message m
       SET due_at = e.due_at, priority = e.priority, expires_at = e.expires_at,
           mail_domain = e.mail_domain, reference = gen_random_uuid()
      FROM (SELECT message_id, min(due_at) AS due_at, min(priority) AS priority,
                   max(expires_at) AS expires_at,
                   min(rtrim(split_part(message_id_header, '@', 2), '>')) AS mail_domain
              FROM delivery_envelope GROUP BY message_id) e
     WHERE m.id = e.message_id
"""
# Everything under way is behind the cursor.
OUTBOX_FORWARD = """
    INSERT INTO delivery_outboxentry (message_id, account_id, priority, due_at, next_number,
                                      last_number, held_because, author_told_at)
    SELECT message_id, min(account_id), min(priority), min(due_at), max(number) + 1, max(number),
           max(held_because), min(author_told_at) FILTER (WHERE state = 'held')
      FROM delivery_envelope
     WHERE message_id IN (SELECT message_id FROM delivery_envelope
                           WHERE state IN ('queued', 'claimed', 'transmitting', 'held'))
     GROUP BY message_id;
    INSERT INTO delivery_claim (token, account_id, lease_until, envelope_ids)
    SELECT token, min(account_id), max(lease_until), array_agg(id)
      FROM delivery_envelope WHERE token IS NOT NULL GROUP BY token;
    UPDATE delivery_envelope SET retry_at = due_at WHERE state IN ('queued', 'held');
    UPDATE delivery_envelope
       SET state = 'queued', held_because = '',
           token = NULL, lease_until = NULL
     WHERE state IN ('claimed', 'held');
"""
OUTBOX_BACKWARD = """
    UPDATE delivery_envelope e SET lease_until = now() WHERE state = 'transmitting';
    UPDATE delivery_envelope e
       SET due_at = coalesce(e.retry_at, m.due_at), priority = m.priority,
           expires_at = m.expires_at, organisation_id = m.organisation_id,
           message_id_header = '<' || replace(m.reference::text, '-', '') || '.' || e.number
                               || '@' || m.mail_domain || '>'
      FROM delivery_message m WHERE m.id = e.message_id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            "gatewayaccount",
            "connections",
            models.PositiveSmallIntegerField(
                default=8,
                help_text="At once, over all workers.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(500),
                ],
                verbose_name="connections",
            ),
        ),
        migrations.AddField(
            "gatewayaccount",
            "paused_by",
            protected(PERSON, blank=True, editable=False, null=True, related_name="+"),
        ),
        migrations.CreateModel(
            "PlatformStop",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stopped_at", models.DateTimeField(verbose_name="stopped")),
                ("because", models.CharField(max_length=300, verbose_name="stopped because")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=Q(id=1), name="platform_stop_only_one")
                ]
            },
        ),
        # Message
        migrations.AddField(
            "message",
            "reference",
            models.UUIDField(default=uuid.uuid4, editable=False),
        ),
        migrations.AddField(
            "message",
            "mail_domain",
            models.CharField(default="", editable=False, max_length=253),
            preserve_default=False,
        ),
        migrations.AddField(
            "message",
            "priority",
            models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            "message", "due_at", models.DateTimeField(null=True, verbose_name="due")
        ),
        migrations.AddField(
            "message",
            "expires_at",
            models.DateTimeField(blank=True, null=True, verbose_name="not after"),
        ),
        migrations.AddField(
            "message",
            "settled_counts",
            models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(MESSAGES_FORWARD, migrations.RunSQL.noop),
        # The deferred foreign keys' checks stand in the way of the next ALTER TABLE.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField("message", "due_at", models.DateTimeField(verbose_name="due")),
        migrations.AddConstraint(
            "message",
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("due_at")),
                name="message_due_before_it_expires",
            ),
        ),
        # The outbox
        migrations.CreateModel(
            "OutboxEntry",
            fields=[
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="outbox_entry",
                        serialize=False,
                        to="delivery.message",
                    ),
                ),
                ("account", protected("delivery.gatewayaccount", db_index=False, related_name="+")),
                ("priority", models.PositiveSmallIntegerField()),
                ("due_at", models.DateTimeField()),
                ("next_number", models.PositiveIntegerField(default=1)),
                ("last_number", models.PositiveIntegerField()),
                (
                    "held_because",
                    models.CharField(
                        blank=True, choices=HELD_BECAUSE, max_length=32, verbose_name="held because"
                    ),
                ),
                ("author_told_at", models.DateTimeField(blank=True, null=True)),
                (
                    "paused_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="paused"),
                ),
                (
                    "paused_by",
                    protected(PERSON, blank=True, db_index=False, null=True, related_name="+"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(next_number__gte=1, next_number__lte=F("last_number") + 1),
                        name="outbox_cursor_within_message",
                    ),
                    models.CheckConstraint(
                        condition=Q(paused_at=None, paused_by=None)
                        | Q(paused_at__isnull=False, paused_by__isnull=False),
                        name="outbox_paused_by_somebody",
                    ),
                ],
                "indexes": [
                    models.Index(
                        fields=["account", "priority", "due_at", "message"],
                        condition=Q(held_because="", paused_at=None),
                        name="outbox_due",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            "Claim",
            fields=[
                ("token", models.UUIDField(primary_key=True, serialize=False)),
                ("lease_until", models.DateTimeField()),
                (
                    "envelope_ids",
                    django.contrib.postgres.fields.ArrayField(models.BigIntegerField()),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="delivery.gatewayaccount",
                    ),
                ),
            ],
        ),
        # Envelopes: constraints and indexes of the old way go first.
        migrations.RemoveConstraint("envelope", "envelope_leased_while_under_way"),
        migrations.RemoveConstraint("envelope", "envelope_held_with_a_reason"),
        migrations.RemoveConstraint("envelope", "envelope_state_known"),
        migrations.RemoveIndex("envelope", "envelope_due"),
        migrations.RemoveIndex("envelope", "envelope_lease"),
        migrations.RemoveIndex("envelope", "envelope_needs_a_person"),
        migrations.RemoveIndex("envelope", "envelope_by_state"),
        migrations.AddField(
            "envelope",
            "retry_at",
            models.DateTimeField(blank=True, null=True, verbose_name="next try"),
        ),
        # Nullable for the way back, where a row fills them.
        migrations.AlterField("envelope", "due_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "envelope", "message_id_header", models.CharField(max_length=120, null=True)
        ),
        migrations.AlterField(
            "envelope", "organisation", protected("accounts.organisation", null=True)
        ),
        migrations.RunSQL(OUTBOX_FORWARD, OUTBOX_BACKWARD),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.RemoveField("envelope", "organisation"),
        migrations.RemoveField("envelope", "message_id_header"),
        migrations.RemoveField("envelope", "held_because"),
        migrations.RemoveField("envelope", "priority"),
        migrations.RemoveField("envelope", "due_at"),
        migrations.RemoveField("envelope", "expires_at"),
        migrations.RemoveField("envelope", "lease_until"),
        migrations.AlterField(
            "envelope",
            "account",
            protected(
                "delivery.gatewayaccount",
                db_index=False,
                related_name="envelopes",
                verbose_name="gateway account",
            ),
        ),
        migrations.AlterField(
            "envelope",
            "message",
            protected(
                "delivery.message",
                db_index=False,
                related_name="envelopes",
                verbose_name="message",
            ),
        ),
        migrations.AlterField(
            "envelope",
            "replaces",
            protected(
                "delivery.envelope",
                blank=True,
                db_index=False,
                null=True,
                related_name="+",
                verbose_name="in place of",
            ),
        ),
        migrations.AlterField(
            "envelope",
            "settled_by",
            protected(
                PERSON,
                blank=True,
                db_index=False,
                null=True,
                related_name="+",
                verbose_name="decided by",
            ),
        ),
        migrations.AlterField(
            "envelope",
            "state",
            models.CharField(
                choices=STATES,
                db_default="queued",
                default="queued",
                max_length=16,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            "envelope",
            "tries",
            models.PositiveIntegerField(db_default=0, default=0, verbose_name="tries"),
        ),
        migrations.AlterField(
            "envelope",
            "last_phase",
            models.CharField(
                blank=True, db_default="", max_length=16, verbose_name="phase reached"
            ),
        ),
        migrations.AlterField(
            "envelope",
            "last_reply",
            models.CharField(
                blank=True, db_default="", max_length=500, verbose_name="operator's last reply"
            ),
        ),
        migrations.AddField(
            "envelope",
            "notable",
            models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(
                        state__in=("rejected", "uncertain", "cancelled", "expired"),
                        then=F("state"),
                    )
                ),
                output_field=models.CharField(max_length=16, null=True),
            ),
        ),
        migrations.AddConstraint(
            "envelope",
            models.UniqueConstraint(
                condition=Q(replaces__isnull=False),
                fields=("replaces",),
                name="envelope_replaced_once",
            ),
        ),
        migrations.AddConstraint(
            "envelope",
            models.CheckConstraint(
                condition=Q(state="transmitting", token__isnull=False)
                | (~Q(state="transmitting") & Q(token__isnull=True)),
                name="envelope_leased_while_transmitting",
            ),
        ),
        migrations.AddConstraint(
            "envelope",
            models.CheckConstraint(
                condition=Q(retry_at=None) | Q(state="queued"),
                name="envelope_retried_while_queued",
            ),
        ),
        migrations.AddConstraint(
            "envelope",
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "accepted",
                        "cancelled",
                        "expired",
                        "queued",
                        "rejected",
                        "replaced",
                        "transmitting",
                        "uncertain",
                    ]
                ),
                name="envelope_state_stored",
            ),
        ),
        migrations.AddIndex(
            "envelope",
            models.Index(
                condition=Q(retry_at__isnull=False),
                fields=["account", "retry_at"],
                name="envelope_returned",
            ),
        ),
        migrations.AddIndex(
            "envelope",
            models.Index(
                condition=Q(notable__isnull=False),
                fields=["notable", "message"],
                name="envelope_notable",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE delivery_envelope SET (fillfactor = 50)",
            "ALTER TABLE delivery_envelope RESET (fillfactor)",
        ),
        migrations.RunSQL(
            "ALTER TABLE delivery_outboxentry SET (fillfactor = 50)",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            "recipient",
            "message",
            protected("delivery.message", db_index=False, related_name="recipients"),
        ),
    ]
