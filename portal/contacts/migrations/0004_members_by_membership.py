import django.contrib.postgres.search
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_fill_the_new_columns")]
    operations = [
        migrations.RemoveField(model_name="group", name="contacts"),
        migrations.AddField(
            model_name="group",
            name="contacts",
            field=models.ManyToManyField(
                blank=True,
                related_name="groups",
                through="contacts.Membership",
                to="contacts.contact",
                verbose_name="contacts",
            ),
        ),
        migrations.AlterField(
            model_name="contact",
            name="lexemes",
            field=django.contrib.postgres.search.SearchVectorField(editable=False),
        ),
    ]
