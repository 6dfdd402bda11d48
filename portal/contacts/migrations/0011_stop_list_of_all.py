from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("contacts", "0010_who_was_added_lately")]

    operations = [
        migrations.AlterModelOptions(
            name="stoplistentry",
            options={
                "verbose_name": "stop list entry",
                "verbose_name_plural": "stop list of the whole portal",
            },
        )
    ]
