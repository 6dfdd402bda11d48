from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0006_phones_checked_without_a_pattern'),
    ]

    operations = [
        migrations.RenameField('connectionlease', 'expires_at', 'lease_until'),
    ]
