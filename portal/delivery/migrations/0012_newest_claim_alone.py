from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("delivery", "0011_skips_by_phone")]

    operations = [
        migrations.RemoveConstraint("envelope", "envelope_leased_while_transmitting"),
        migrations.AddConstraint(
            "envelope",
            models.CheckConstraint(
                condition=Q(state="queued")
                | Q(state="transmitting", token__isnull=False)
                | (~Q(state__in=["queued", "transmitting"]) & Q(token__isnull=True)),
                name="envelope_leased_while_transmitting",
            ),
        ),
    ]
