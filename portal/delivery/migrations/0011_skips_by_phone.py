from django.contrib.postgres.indexes import HashIndex
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("delivery", "0010_recipients_by_phone")]

    operations = [
        migrations.AddIndex("skip", HashIndex(fields=["phone"], name="skip_of_phone")),
    ]
