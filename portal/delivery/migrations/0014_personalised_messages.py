import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

# One pass over the messages, of which there are as many as submits and not as recipients, and one
# over those skipped, of which nothing was charged at submit.
SEGMENTS = """
    UPDATE delivery_message m
       SET segments_in_all = m.segments::bigint
                             * (m.recipients_count - coalesce(skipped.people, 0))
      FROM delivery_message same
      LEFT JOIN (SELECT message_id, count(*) AS people FROM delivery_skip
                  WHERE envelope_number IS NULL GROUP BY message_id) AS skipped
        ON skipped.message_id = same.id
     WHERE m.id = same.id
"""
# Without the texts, what is queued would leave as it was written, with its placeholders.
REFUSE_WHERE_TEXTS_WOULD_BE_LOST = """
    DO $$ BEGIN
        IF EXISTS (SELECT FROM delivery_message WHERE is_personalised)
            OR EXISTS (SELECT FROM delivery_outboxentry WHERE canary_id IS NOT NULL)
        THEN
            RAISE EXCEPTION 'there are personalised messages, or some that await a trial part';
        END IF;
    END $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('delivery', '0013_messages_of_one_text'),
        ('senders', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EnvelopeText',
            fields=[
                ('envelope', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='own', serialize=False, to='delivery.envelope')),
                ('text', models.TextField(verbose_name='text')),
                ('segments', models.PositiveSmallIntegerField(verbose_name='segments')),
            ],
            options={
                'verbose_name': 'text of an envelope',
                'verbose_name_plural': 'texts of envelopes',
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='envelope',
            name='envelope_keeps_recipients',
        ),
        migrations.AddField(
            model_name='message',
            name='is_personalised',
            field=models.BooleanField(db_default=False, default=False, verbose_name='personalised'),
        ),
        migrations.AddField(
            model_name='message',
            name='segments_in_all',
            field=models.PositiveBigIntegerField(default=0, verbose_name='segments in all'),
            preserve_default=False,
        ),
        migrations.RunSQL(SEGMENTS, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddField(
            model_name='outboxentry',
            name='canary',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='delivery.message'),
        ),
        migrations.AddField(
            model_name='outboxentry',
            name='cost_ahead',
            field=models.DecimalField(blank=True, decimal_places=4, max_digits=16, null=True),
        ),
        migrations.AlterField(
            model_name='outboxentry',
            name='held_because',
            field=models.CharField(blank=True, choices=[('author_disabled', 'its author may no longer send'), ('sender_not_approved', 'its sender name is no longer approved'), ('awaits_canary', 'it waits for its trial part'), ('canary_trouble', 'its trial part was not accepted in full and in time')], max_length=32, verbose_name='held because'),
        ),
        migrations.AddIndex(
            model_name='outboxentry',
            index=models.Index(condition=models.Q(('held_because', 'awaits_canary')), fields=['canary'], name='outbox_awaits_canary'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='envelope',
            trigger=pgtrigger.compiler.Trigger(name='envelope_keeps_recipients', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT FROM gone JOIN delivery_recipient r ON r.envelope_id = gone.id)\n        OR EXISTS (SELECT FROM gone JOIN delivery_envelopetext t ON t.envelope_id = gone.id)\n    THEN\n        RAISE foreign_key_violation USING MESSAGE = 'an envelope that still has recipients';\n    END IF;\n    RETURN NULL;\n", hash='037b6372ea8662a0f2b6408981849fe4212b0f6f', level='STATEMENT', operation='DELETE', pgid='pgtrigger_envelope_keeps_recipients_aac97', referencing='REFERENCING OLD TABLE AS gone ', table='delivery_envelope', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='outboxentry',
            trigger=pgtrigger.compiler.Trigger(name='texts_are_whole', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."last_number" > 0)', func="\n    IF (SELECT m.is_personalised FROM delivery_message m WHERE m.id = NEW.message_id)\n        AND (SELECT bool_or(t.envelope_id IS NULL\n                            OR e.cost <> m.price_per_segment * t.segments * e.recipients_count)\n                    OR sum(t.segments::bigint * e.recipients_count) <> min(m.segments_in_all)\n                    OR max(t.segments) <> min(m.segments)\n                    OR sum(e.recipients_count) <> NEW.recipients_ahead\n               FROM delivery_message m\n               JOIN delivery_envelope e ON e.message_id = m.id\n               LEFT JOIN delivery_envelopetext t ON t.envelope_id = e.id\n              WHERE m.id = NEW.message_id)\n    THEN\n        RAISE check_violation USING MESSAGE = 'texts that are not those of a personalised message';\n    END IF;\n    RETURN NULL;\n", hash='4c69746163219375e59a293b13923dfb7de349bc', operation='INSERT', pgid='pgtrigger_texts_are_whole_a0ce4', table='delivery_outboxentry', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('cost', django.db.models.expressions.CombinedExpression(models.F('price_per_segment'), '*', models.F('segments_in_all'))), ('segments_in_all__gte', models.F('segments')), ('segments_in_all__lte', django.db.models.expressions.CombinedExpression(models.F('segments'), '*', models.F('recipients_count')))), name='message_costs_its_segments'),
        ),
        migrations.AddConstraint(
            model_name='outboxentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('canary', None), models.Q(('held_because__in', ('awaits_canary', 'canary_trouble')), _negated=True)), models.Q(('canary__isnull', False), ('held_because__in', ('awaits_canary', 'canary_trouble')), models.Q(('canary', models.F('message')), _negated=True)), _connector='OR'), name='outbox_held_for_its_canary'),
        ),
        migrations.AddConstraint(
            model_name='outboxentry',
            constraint=models.CheckConstraint(condition=models.Q(('cost_ahead', None), models.Q(('cost_ahead__gte', 0), ('recipients_ahead__gt', 0)), ('cost_ahead', 0), _connector='OR'), name='outbox_cost_of_whom_is_ahead'),
        ),
        migrations.AddConstraint(
            model_name='envelopetext',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('text', ''), _negated=True), ('segments__gte', 1)), name='envelope_text_not_empty'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='envelopetext',
            trigger=pgtrigger.compiler.Trigger(name='texts_written', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (\n        SELECT FROM written\n         WHERE NOT EXISTS (\n               SELECT FROM delivery_envelope e JOIN delivery_message m ON m.id = e.message_id\n                WHERE e.id = written.envelope_id AND m.is_personalised))\n    THEN\n        RAISE foreign_key_violation USING MESSAGE = 'a text of no personalised envelope';\n    END IF;\n    RETURN NULL;\n", hash='7eecc7ad84dd325386f5e203a25d116433232211', level='STATEMENT', operation='INSERT', pgid='pgtrigger_texts_written_cd74b', referencing='REFERENCING NEW TABLE AS written ', table='delivery_envelopetext', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='envelopetext',
            trigger=pgtrigger.compiler.Trigger(name='texts_unchanged', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    RAISE integrity_constraint_violation USING MESSAGE = 'the text of an envelope stays';\n", hash='05d9928cb7dca89c07ecfd4b1331139b55e8cc6b', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_texts_unchanged_3d319', table='delivery_envelopetext', when='BEFORE')),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, REFUSE_WHERE_TEXTS_WOULD_BE_LOST),
    ]
