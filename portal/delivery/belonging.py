"""Recipients belong to an envelope of their message: triggers in place of foreign keys.

They run once a statement. Recipients are written by the transaction that makes their envelope, so
no other can delete it meanwhile; a foreign key would lock it against that, row by row.
"""

import pgtrigger

_NO_STRANGERS = """
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT envelope_id, message_id FROM written) AS pair
         WHERE NOT EXISTS (
               SELECT FROM delivery_envelope e
                WHERE e.id = pair.envelope_id AND e.message_id = pair.message_id))
    THEN
        RAISE foreign_key_violation USING MESSAGE = 'a recipient of no envelope of its message';
    END IF;
    RETURN NULL;
"""
_NO_ORPHANS = """
    IF EXISTS (SELECT FROM gone JOIN delivery_recipient r ON r.envelope_id = gone.id)
    THEN
        RAISE foreign_key_violation USING MESSAGE = 'an envelope that still has recipients';
    END IF;
    RETURN NULL;
"""


def recipients_belong() -> list[pgtrigger.Trigger]:
    """Refuse recipients of no envelope, and of another message's."""
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
            ("recipients_written", pgtrigger.Insert),
            ("recipients_moved", pgtrigger.Update),
        )
    ]


def envelopes_keep_recipients() -> pgtrigger.Trigger:
    """Refuses to delete an envelope that has recipients."""
    return pgtrigger.Trigger(
        name="envelope_keeps_recipients",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        referencing=pgtrigger.Referencing(old="gone"),  # type: ignore[no-untyped-call]
        func=_NO_ORPHANS,
    )
