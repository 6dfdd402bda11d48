from django.db import migrations

# Nobody knows which part of a name is which: all of it becomes the given name.
_NAMES = """
    UPDATE contacts_contact
       SET given_name = left(name, 80),
           surname = substr(name, 81),
           lexemes = array_to_tsvector(ARRAY(
               SELECT DISTINCT organisation_id || ':' || word
                 FROM unnest(string_to_array(search_key, ' ')) AS word WHERE word <> ''))
"""
_MEMBERS = """
    INSERT INTO contacts_membership (group_id, contact_id)
    SELECT group_id, contact_id FROM contacts_group_contacts ORDER BY id
"""
_MEMBERS_BACK = """
    INSERT INTO contacts_group_contacts (group_id, contact_id)
    SELECT group_id, contact_id FROM contacts_membership ORDER BY id
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0002_organisation_size")]
    operations = [
        migrations.RunSQL(_NAMES, migrations.RunSQL.noop),
        migrations.RunSQL(_MEMBERS, _MEMBERS_BACK),
    ]
