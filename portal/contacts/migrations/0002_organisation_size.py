import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('contacts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BadRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_number', models.PositiveIntegerField()),
                ('cells', models.JSONField()),
                ('faults', models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name='BulkAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lease_token', models.UUIDField(blank=True, editable=False, null=True)),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True)),
                ('takeovers', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('kind', models.CharField(choices=[('add_to_group', 'add to a group'), ('take_out_of_group', 'take out of a group'), ('share', 'share with the organisation'), ('archive', 'archive'), ('restore', 'bring back from the archive'), ('stop', 'put on the stop list'), ('delete', 'delete')], max_length=24)),
                ('selection', models.JSONField()),
                ('argument', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('done', 'done'), ('cancelled', 'cancelled'), ('failed', 'failed')], default='waiting', max_length=12)),
                ('position', models.BigIntegerField(default=0)),
                ('total', models.PositiveIntegerField(default=0)),
                ('done_count', models.PositiveIntegerField(default=0)),
                ('skipped_count', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'bulk action',
                'verbose_name_plural': 'bulk actions',
            },
        ),
        migrations.CreateModel(
            name='ColumnMemory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('heading', models.CharField(max_length=200)),
                ('meaning', models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name='ContactField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, validators=[django.core.validators.RegexValidator('\\A\\w[\\w -]*\\Z')], verbose_name='name')),
                ('kind', models.CharField(choices=[('text', 'text'), ('date', 'date'), ('number', 'number')], max_length=8, verbose_name='kind')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
            ],
            options={
                'verbose_name': 'contact field',
                'verbose_name_plural': 'contact fields',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lease_token', models.UUIDField(blank=True, editable=False, null=True)),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True)),
                ('takeovers', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('target', models.CharField(choices=[('contacts', 'contacts'), ('stop_list', 'stop list')], default='contacts', max_length=12)),
                ('file_name', models.CharField(blank=True, max_length=200, verbose_name='file')),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='size')),
                ('reading', models.JSONField(default=dict)),
                ('columns', models.JSONField(default=list)),
                ('updates_known', models.BooleanField(default=True)),
                ('stage', models.CharField(choices=[('uploaded', 'columns to be chosen'), ('checking', 'being checked'), ('checked', 'to be confirmed'), ('writing', 'being imported'), ('done', 'imported'), ('undoing', 'being undone'), ('undone', 'undone'), ('failed', 'failed')], default='uploaded', max_length=12)),
                ('stop_requested', models.BooleanField(default=False)),
                ('position', models.PositiveIntegerField(default=0)),
                ('total', models.PositiveIntegerField(default=0)),
                ('report', models.JSONField(default=dict)),
                ('outcome', models.JSONField(default=dict)),
                ('failure', models.CharField(blank=True, max_length=40)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='uploaded')),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'import',
                'verbose_name_plural': 'imports',
            },
        ),
        migrations.CreateModel(
            name='ImportBefore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contact_id', models.BigIntegerField()),
                ('before', models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name='ImportedEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_id', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='ImportPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'verbose_name': 'membership',
                'verbose_name_plural': 'memberships',
            },
        ),
        migrations.CreateModel(
            name='StopListEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phone', models.CharField(db_collation='C', max_length=15, validators=[django.core.validators.RegexValidator('\\A[0-9]{5,15}\\Z')], verbose_name='phone')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('source', models.CharField(choices=[('hand', 'by hand'), ('import', 'from a file'), ('administrator', 'administrator')], max_length=16, verbose_name='source')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='added')),
            ],
            options={
                'verbose_name': 'stop list entry',
                'verbose_name_plural': 'stop list',
            },
        ),
        migrations.RemoveConstraint(
            model_name='contact',
            name='contact_phone_once',
        ),
        migrations.RemoveConstraint(
            model_name='contact',
            name='contact_phone_is_msisdn',
        ),
        migrations.RemoveConstraint(
            model_name='group',
            name='group_name_once',
        ),
        migrations.RemoveIndex(
            model_name='contact',
            name='contact_by_name',
        ),
        migrations.RemoveIndex(
            model_name='contact',
            name='contact_words',
        ),
        migrations.RemoveIndex(
            model_name='contact',
            name='contact_phone_prefix',
        ),
        migrations.AddField(
            model_name='contact',
            name='archived_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='archived'),
        ),
        migrations.AddField(
            model_name='contact',
            name='changed_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='changed'),
        ),
        migrations.AddField(
            model_name='contact',
            name='field_values',
            field=models.JSONField(blank=True, default=dict, verbose_name='fields'),
        ),
        migrations.AddField(
            model_name='contact',
            name='given_name',
            field=models.CharField(blank=True, max_length=80, verbose_name='given name'),
        ),
        migrations.AddField(
            model_name='contact',
            name='lexemes',
            field=django.contrib.postgres.search.SearchVectorField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='contact',
            name='owner',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='own_contacts', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AddField(
            model_name='contact',
            name='shelf',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce(models.F('owner'), 0), output_field=models.BigIntegerField()),
        ),
        migrations.AddField(
            model_name='contact',
            name='patronymic',
            field=models.CharField(blank=True, max_length=80, verbose_name='patronymic'),
        ),
        migrations.AddField(
            model_name='group',
            name='owner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='own_groups', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AddField(
            model_name='group',
            name='shelf',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce(models.F('owner'), 0), output_field=models.BigIntegerField()),
        ),
        migrations.AddField(
            model_name='contact',
            name='surname',
            field=models.CharField(blank=True, max_length=80, verbose_name='surname'),
        ),
        migrations.AddField(
            model_name='group',
            name='conditions',
            field=models.JSONField(blank=True, null=True, verbose_name='conditions'),
        ),
        migrations.AlterField(
            model_name='contact',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='added'),
        ),
        migrations.AlterField(
            model_name='contact',
            name='name',
            field=models.CharField(editable=False, max_length=150, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='contact',
            name='organisation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='accounts.organisation'),
        ),
        migrations.AlterField(
            model_name='contact',
            name='phone',
            field=models.CharField(blank=True, db_collation='C', max_length=15, validators=[django.core.validators.RegexValidator('\\A[0-9]{5,15}\\Z')], verbose_name='phone'),
        ),
        migrations.AlterField(
            model_name='contact',
            name='search_key',
            field=models.CharField(db_collation='C', editable=False, max_length=300),
        ),
        migrations.AddField(
            model_name='bulkaction',
            name='actor',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='bulkaction',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='columnmemory',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='contactfield',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contact_fields', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='import',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='import',
            name='group',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contacts.group'),
        ),
        migrations.AddField(
            model_name='import',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='import',
            name='owner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='badrow',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='bad_rows', to='contacts.import'),
        ),
        migrations.AddField(
            model_name='contact',
            name='imported_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='made', to='contacts.import', verbose_name='import'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(condition=models.Q(('archived_at', None)), fields=['organisation', 'shelf', 'search_key', 'id'], name='contact_by_name'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['organisation', 'shelf', '-archived_at', '-id'], name='contact_archive'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=django.contrib.postgres.indexes.GinIndex(fields=['lexemes'], name='contact_lexemes'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(condition=models.Q(('imported_by__isnull', False)), fields=['imported_by', 'id'], name='contact_of_import'),
        ),
        migrations.AddConstraint(
            model_name='contact',
            constraint=models.UniqueConstraint(condition=models.Q(('phone', ''), _negated=True), fields=('organisation', 'shelf', 'phone'), name='contact_phone_once', violation_error_message='There is a contact with this number already.'),
        ),
        migrations.AddConstraint(
            model_name='contact',
            constraint=models.CheckConstraint(condition=models.Q(('phone', ''), ('phone__regex', '^[0-9]{5,15}$'), _connector='OR'), name='contact_phone_is_msisdn'),
        ),
        migrations.AddConstraint(
            model_name='contact',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('phone', ''), _negated=True), _connector='OR'), name='contact_not_empty'),
        ),
        migrations.AddField(
            model_name='importbefore',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='befores', to='contacts.import'),
        ),
        migrations.AddField(
            model_name='importedentry',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='contacts.import'),
        ),
        migrations.AddField(
            model_name='importpart',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='contacts.import'),
        ),
        migrations.AddField(
            model_name='membership',
            name='contact',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='contacts.contact'),
        ),
        migrations.AddField(
            model_name='membership',
            name='group',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='contacts.group'),
        ),
        migrations.AddField(
            model_name='membership',
            name='imported_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contacts.import'),
        ),
        migrations.AddConstraint(
            model_name='group',
            constraint=models.UniqueConstraint(fields=('organisation', 'shelf', 'name'), name='group_name_once', violation_error_message='There is a group of this name already.'),
        ),
        migrations.AddField(
            model_name='stoplistentry',
            name='added_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='added by'),
        ),
        migrations.AddField(
            model_name='stoplistentry',
            name='organisation',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stop_list', to='accounts.organisation', verbose_name='organisation'),
        ),
        migrations.AddIndex(
            model_name='bulkaction',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['id'], name='bulk_action_open'),
        ),
        migrations.AddConstraint(
            model_name='bulkaction',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['add_to_group', 'take_out_of_group', 'share', 'archive', 'restore', 'stop', 'delete'])), name='bulk_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='bulkaction',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'done', 'cancelled', 'failed'])), name='bulk_state_known'),
        ),
        migrations.AddConstraint(
            model_name='columnmemory',
            constraint=models.UniqueConstraint(fields=('organisation', 'heading'), name='column_memory_once'),
        ),
        migrations.AddConstraint(
            model_name='contactfield',
            constraint=models.UniqueConstraint(models.F('organisation'), django.db.models.functions.text.Lower('name'), name='contact_field_name_once', violation_error_message='There is a field of this name already.'),
        ),
        migrations.AddConstraint(
            model_name='contactfield',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['text', 'date', 'number'])), name='contact_field_kind_known'),
        ),
        migrations.AddIndex(
            model_name='import',
            index=models.Index(fields=['author', '-id'], name='import_newest_of_author'),
        ),
        migrations.AddIndex(
            model_name='import',
            index=models.Index(condition=models.Q(('stage__in', ['checking', 'writing', 'undoing'])), fields=['id'], name='import_in_work'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(('stage__in', ['uploaded', 'checking', 'checked', 'writing', 'done', 'undoing', 'undone', 'failed'])), name='import_stage_known'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(('target__in', ['contacts', 'stop_list'])), name='import_target_known'),
        ),
        migrations.AddConstraint(
            model_name='badrow',
            constraint=models.UniqueConstraint(fields=('source', 'row_number'), name='bad_row_once'),
        ),
        migrations.AddConstraint(
            model_name='importbefore',
            constraint=models.UniqueConstraint(fields=('source', 'contact_id'), name='import_before_once'),
        ),
        migrations.AddConstraint(
            model_name='importedentry',
            constraint=models.UniqueConstraint(fields=('source', 'entry_id'), name='imported_entry_once'),
        ),
        migrations.AddConstraint(
            model_name='importpart',
            constraint=models.UniqueConstraint(fields=('source', 'number'), name='import_part_once'),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(condition=models.Q(('imported_by__isnull', False)), fields=['imported_by', 'id'], name='membership_of_import'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('group', 'contact'), name='membership_once'),
        ),
        migrations.AddIndex(
            model_name='stoplistentry',
            index=models.Index(fields=['organisation', '-created_at', '-id'], name='stop_list_newest'),
        ),
        migrations.AddConstraint(
            model_name='stoplistentry',
            constraint=models.UniqueConstraint(fields=('organisation', 'phone'), name='stop_list_phone_once', nulls_distinct=False, violation_error_message='The number is on the stop list already.'),
        ),
        migrations.AddConstraint(
            model_name='stoplistentry',
            constraint=models.CheckConstraint(condition=models.Q(('phone__regex', '^[0-9]{5,15}$')), name='stop_list_phone_is_msisdn'),
        ),
        migrations.AddConstraint(
            model_name='stoplistentry',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['hand', 'import', 'administrator'])), name='stop_list_source_known'),
        ),
    ]
