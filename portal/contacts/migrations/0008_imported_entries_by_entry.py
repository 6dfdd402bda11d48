from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0007_distinct_pairs")]

    operations = [
        migrations.AddIndex(
            "importedentry", models.Index(fields=["entry_id"], name="imported_entry_by_entry")
        ),
    ]
