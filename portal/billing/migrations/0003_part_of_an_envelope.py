from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('billing', '0002_ledger_sums'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='ledgerentry',
            name='ledger_envelope_settled_once',
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='recipients_left',
            field=models.PositiveSmallIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ['capture', 'release']), ('recipients_left', None)), fields=('envelope_id',), name='ledger_envelope_settled_once'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.UniqueConstraint(condition=models.Q(('recipients_left__isnull', False)), fields=('envelope_id', 'recipients_left'), name='ledger_recipients_taken_out_once'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(('recipients_left', None), models.Q(('envelope_id__isnull', False), ('kind', 'release'), ('message_id__isnull', False)), _connector='OR'), name='ledger_recipients_left_of_an_envelope'),
        ),
    ]
