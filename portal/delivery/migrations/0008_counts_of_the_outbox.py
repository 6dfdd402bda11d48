from django.db import migrations, models
from django.db.models import F, Q

AHEAD = """
    UPDATE delivery_outboxentry o
       SET recipients_ahead = coalesce((
               SELECT sum(e.recipients_count) FROM delivery_envelope e
                WHERE e.message_id = o.message_id
                  AND e.number BETWEEN o.next_number AND o.last_number), 0),
           recipients_replaced = coalesce((
               SELECT sum(e.recipients_count) FROM delivery_envelope e
                WHERE e.message_id = o.message_id AND e.state = 'replaced'), 0)
"""
# Decisions about settled messages used to empty their counts.
SETTLED_UNCOUNTED = """
    UPDATE delivery_message m SET settled_counts = counts.by_state
      FROM (SELECT message_id, jsonb_object_agg(state, total) AS by_state
              FROM (SELECT e.message_id, e.state, sum(e.recipients_count) AS total
                      FROM delivery_message u JOIN delivery_envelope e ON e.message_id = u.id
                     WHERE u.settled_counts IS NULL
                       AND NOT EXISTS (
                           SELECT FROM delivery_outboxentry o WHERE o.message_id = u.id)
                     GROUP BY e.message_id, e.state) AS s
             GROUP BY message_id) AS counts
     WHERE m.id = counts.message_id
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0007_one_word_for_the_end_of_a_lease")]

    operations = [
        migrations.AddField(
            "gatewayaccount",
            "stop_told_of",
            models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterModelOptions(
            "platformstop",
            options={
                "verbose_name": "stop of all sending",
                "verbose_name_plural": "stops of all sending",
            },
        ),
        migrations.AddField(
            "outboxentry",
            "recipients_ahead",
            models.PositiveIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            "outboxentry", "recipients_replaced", models.PositiveIntegerField(default=0)
        ),
        migrations.RunSQL(AHEAD, migrations.RunSQL.noop),
        migrations.RunSQL(SETTLED_UNCOUNTED, migrations.RunSQL.noop),
        # The deferred foreign keys' checks stand in the way of the next ALTER TABLE.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddConstraint(
            "outboxentry",
            models.CheckConstraint(
                condition=Q(next_number__lte=F("last_number"), recipients_ahead__gt=0)
                | Q(next_number__gt=F("last_number"), recipients_ahead=0),
                name="outbox_recipients_ahead_of_the_cursor",
            ),
        ),
    ]
