import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

STATES = {
    "queued": "queued",
    "transmitting": "waiting for the operator",
    "accepted": "accepted by the operator",
    "rejected": "rejected by the operator",
    "uncertain": "uncertain",
    "held": "held",
    "cancelled": "cancelled",
    "expired": "expired",
    "replaced": "sent again",
    "skipped": "skipped",
}


class Migration(migrations.Migration):
    dependencies = [("delivery", "0008_counts_of_the_outbox")]

    operations = [
        migrations.CreateModel(
            name="Skip",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("phone", models.CharField(max_length=15, verbose_name="phone")),
                ("name", models.CharField(blank=True, max_length=150, verbose_name="name")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("stop_list", "on the stop list"),
                            ("platform_stop_list", "on the portal’s stop list"),
                        ],
                        max_length=24,
                        verbose_name="reason",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                (
                    "at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="skipped"
                    ),
                ),
                ("envelope_number", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="skips",
                        to="delivery.message",
                    ),
                ),
            ],
            options={
                "verbose_name": "skipped recipient",
                "verbose_name_plural": "skipped recipients",
            },
        ),
        migrations.AddConstraint(
            "skip",
            models.UniqueConstraint(fields=("message", "phone"), name="skip_phone_once"),
        ),
        migrations.AddConstraint(
            "skip",
            models.CheckConstraint(
                condition=models.Q(("reason__in", ["stop_list", "platform_stop_list"])),
                name="skip_reason_known",
            ),
        ),
        migrations.AlterField(
            "envelope",
            "state",
            models.CharField(
                choices=list(STATES.items()),
                db_default="queued",
                default="queued",
                max_length=16,
                verbose_name="state",
            ),
        ),
        migrations.RemoveConstraint("envelope", "envelope_state_stored"),
        migrations.AddConstraint(
            "envelope",
            models.CheckConstraint(
                condition=models.Q(("state__in", sorted(STATES.keys() - {"held"}))),
                name="envelope_state_stored",
            ),
        ),
    ]
