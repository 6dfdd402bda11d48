from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "event",
            models.Index(fields=["object_type", "object_id"], name="event_of_object"),
        ),
    ]
