from django.contrib.postgres.indexes import HashIndex
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("delivery", "0009_skips")]

    operations = [
        migrations.AddIndex("recipient", HashIndex(fields=["phone"], name="recipient_of_phone")),
    ]
