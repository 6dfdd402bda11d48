"""Totals of each gateway account, and the time of the last sweep, for whoever watches."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0002_outbox_by_message'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountMeter',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='meter', serialize=False, to='delivery.gatewayaccount')),
                ('accepted', models.BigIntegerField(default=0)),
                ('rejected', models.BigIntegerField(default=0)),
                ('uncertain', models.BigIntegerField(default=0)),
                ('put_off', models.BigIntegerField(default=0)),
                ('answers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('answer_seconds', models.FloatField(default=0)),
                ('metered_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SweepMark',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('swept_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='sweep_mark_only_one')],
            },
        ),
        # The rows change every second, and no index with them.
        migrations.RunSQL(
            "ALTER TABLE delivery_accountmeter SET (fillfactor = 50)",
            migrations.RunSQL.noop,
        ),
    ]
