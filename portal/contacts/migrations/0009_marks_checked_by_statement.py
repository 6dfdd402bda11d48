import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


# Of a file, and of rows that are compressed already: to compress them (again) would be the longer
# part of keeping them.
_AS_THEY_ARE = "ALTER TABLE %s ALTER COLUMN content SET STORAGE EXTERNAL"


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0008_imported_entries_by_entry'),
    ]

    operations = [
        migrations.AlterField(
            model_name='contact',
            name='imported_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='made', to='contacts.import', verbose_name='import'),
        ),
        migrations.AlterField(
            model_name='membership',
            name='group',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='contacts.group'),
        ),
        migrations.AlterField(
            model_name='membership',
            name='imported_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contacts.import'),
        ),
        migrations.RunSQL(
            [_AS_THEY_ARE % table for table in ("contacts_importpart", "contacts_checkedrows")],
            migrations.RunSQL.noop,
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='group',
            trigger=pgtrigger.compiler.Trigger(name='group_keeps_members', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT FROM gone JOIN contacts_membership m ON m.group_id = gone.id)\n    THEN\n        RAISE foreign_key_violation USING MESSAGE = 'a group that still has members';\n    END IF;\n    RETURN NULL;\n", hash='385144819d03805d341b7d0463e24a6cdb8b3de4', level='STATEMENT', operation='DELETE', pgid='pgtrigger_group_keeps_members_34528', referencing='REFERENCING OLD TABLE AS gone ', table='contacts_group', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='import',
            trigger=pgtrigger.compiler.Trigger(name='import_keeps_what_it_made', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT FROM gone JOIN contacts_contact c ON c.imported_by_id = gone.id)\n       OR EXISTS (SELECT FROM gone JOIN contacts_membership m ON m.imported_by_id = gone.id)\n    THEN\n        RAISE foreign_key_violation USING MESSAGE = 'an import of which something is still there';\n    END IF;\n    RETURN NULL;\n", hash='76f403ab42fe81dbb25114af5fce18aded858bc4', level='STATEMENT', operation='DELETE', pgid='pgtrigger_import_keeps_what_it_made_6c477', referencing='REFERENCING OLD TABLE AS gone ', table='contacts_import', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='members_written', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    PERFORM FROM contacts_group g\n      WHERE g.id IN (SELECT group_id FROM written) ORDER BY g.id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM (SELECT DISTINCT group_id FROM written) AS joined\n         WHERE NOT EXISTS (SELECT FROM contacts_group g WHERE g.id = joined.group_id))\n    THEN\n        RAISE foreign_key_violation USING MESSAGE = 'a member of no group';\n    END IF;\n    RETURN NULL;\n", hash='db91f21fb6e78511efec91e86729a7c68b9da9c3', level='STATEMENT', operation='INSERT', pgid='pgtrigger_members_written_8f79e', referencing='REFERENCING NEW TABLE AS written ', table='contacts_membership', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='members_moved', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    PERFORM FROM contacts_group g\n      WHERE g.id IN (SELECT group_id FROM written) ORDER BY g.id FOR KEY SHARE;\n    IF EXISTS (\n        SELECT FROM (SELECT DISTINCT group_id FROM written) AS joined\n         WHERE NOT EXISTS (SELECT FROM contacts_group g WHERE g.id = joined.group_id))\n    THEN\n        RAISE foreign_key_violation USING MESSAGE = 'a member of no group';\n    END IF;\n    RETURN NULL;\n", hash='d6130c3162dfcd978789d732a2a92753425de360', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_members_moved_a2b10', referencing='REFERENCING NEW TABLE AS written ', table='contacts_membership', when='AFTER')),
        ),
    ]
