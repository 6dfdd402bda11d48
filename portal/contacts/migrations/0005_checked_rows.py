import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0004_members_by_membership'),
    ]

    operations = [
        migrations.AddField(
            model_name='import',
            name='begun_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='import',
            name='group_name',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.CreateModel(
            name='CheckedRows',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('last_row', models.PositiveIntegerField()),
                ('count', models.PositiveIntegerField()),
                ('content', models.BinaryField()),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='checked', to='contacts.import')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'number'), name='checked_rows_once')],
            },
        ),
    ]
