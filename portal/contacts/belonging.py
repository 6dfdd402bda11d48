"""What an import made bears the mark of one that is there, and members are in a group that is:
triggers in place of foreign keys.

They run once a statement. Foreign keys would ask again for each of a million rows that all bear the
same mark and join the same group.
"""

import pgtrigger

_IMPORTS_STAY = """
    IF EXISTS (SELECT FROM gone JOIN contacts_contact c ON c.imported_by_id = gone.id)
       OR EXISTS (SELECT FROM gone JOIN contacts_membership m ON m.imported_by_id = gone.id)
    THEN
        RAISE foreign_key_violation USING MESSAGE = 'an import of which something is still there';
    END IF;
    RETURN NULL;
"""
# Locked as a foreign key locks it: who deletes the group waits, and then finds the members.
_NO_STRANGERS = """
    PERFORM FROM contacts_group g
      WHERE g.id IN (SELECT group_id FROM written) ORDER BY g.id FOR KEY SHARE;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT group_id FROM written) AS joined
         WHERE NOT EXISTS (SELECT FROM contacts_group g WHERE g.id = joined.group_id))
    THEN
        RAISE foreign_key_violation USING MESSAGE = 'a member of no group';
    END IF;
    RETURN NULL;
"""
_NO_ORPHANS = """
    IF EXISTS (SELECT FROM gone JOIN contacts_membership m ON m.group_id = gone.id)
    THEN
        RAISE foreign_key_violation USING MESSAGE = 'a group that still has members';
    END IF;
    RETURN NULL;
"""


def imports_keep_what_they_made() -> pgtrigger.Trigger:
    """Refuses to delete an import whose mark a contact or a membership bears. Whoever writes a
    mark holds the import, as each of its steps does."""
    return _after_deletion("import_keeps_what_it_made", _IMPORTS_STAY)


def groups_keep_members() -> pgtrigger.Trigger:
    """Refuses to delete a group that has members."""
    return _after_deletion("group_keeps_members", _NO_ORPHANS)


def members_belong() -> list[pgtrigger.Trigger]:
    """Refuse members of no group."""
    return [
        pgtrigger.Trigger(
            name=name,
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=pgtrigger.Referencing(new="written"),  # type: ignore[no-untyped-call]
            func=_NO_STRANGERS,
        )
        for name, operation in (
            ("members_written", pgtrigger.Insert),
            ("members_moved", pgtrigger.Update),
        )
    ]


def _after_deletion(name: str, func: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        referencing=pgtrigger.Referencing(old="gone"),  # type: ignore[no-untyped-call]
        func=func,
    )
