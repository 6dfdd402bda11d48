"""Who stopped the platform, and who cancelled a message of which something is still under way."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


def somebody(**options: object) -> models.ForeignKey:
    return models.ForeignKey(
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0003_meters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("outboxentry", "cancelled_by", somebody(blank=True, db_index=False)),
        migrations.AddField("platformstop", "stopped_by", somebody()),
        migrations.AddConstraint(
            "gatewayaccount",
            models.CheckConstraint(
                condition=Q(paused_by=None) | ~Q(paused_reason=""),
                name="gateway_paused_by_whom_only_while_paused",
            ),
        ),
        migrations.AddConstraint(
            "outboxentry",
            models.CheckConstraint(
                condition=Q(cancelled_by=None) | Q(paused_at__isnull=False),
                name="outbox_claimed_no_more_once_cancelled",
            ),
        ),
    ]
