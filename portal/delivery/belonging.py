"""Recipients and texts belong to an envelope of their message: triggers in place of foreign keys.

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
        OR EXISTS (SELECT FROM gone JOIN delivery_envelopetext t ON t.envelope_id = gone.id)
    THEN
        RAISE foreign_key_violation USING MESSAGE = 'an envelope that still has recipients';
    END IF;
    RETURN NULL;
"""
_OF_PERSONALISED_MESSAGES = """
    IF EXISTS (
        SELECT FROM written
         WHERE NOT EXISTS (
               SELECT FROM delivery_envelope e JOIN delivery_message m ON m.id = e.message_id
                WHERE e.id = written.envelope_id AND m.is_personalised))
    THEN
        RAISE foreign_key_violation USING MESSAGE = 'a text of no personalised envelope';
    END IF;
    RETURN NULL;
"""
_UNCHANGED = """
    RAISE integrity_constraint_violation USING MESSAGE = 'the text of an envelope stays';
"""
_TEXTS_ARE_WHOLE = """
    IF (SELECT m.is_personalised FROM delivery_message m WHERE m.id = NEW.message_id)
        AND (SELECT bool_or(t.envelope_id IS NULL
                            OR e.cost <> m.price_per_segment * t.segments * e.recipients_count)
                    OR sum(t.segments::bigint * e.recipients_count) <> min(m.segments_in_all)
                    OR max(t.segments) <> min(m.segments)
                    OR sum(e.recipients_count) <> NEW.recipients_ahead
               FROM delivery_message m
               JOIN delivery_envelope e ON e.message_id = m.id
               LEFT JOIN delivery_envelopetext t ON t.envelope_id = e.id
              WHERE m.id = NEW.message_id)
    THEN
        RAISE check_violation USING MESSAGE = 'texts that are not those of a personalised message';
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


def texts_belong() -> list[pgtrigger.Trigger]:
    """Refuse texts of no envelope or of a uniform message's, and any change of one."""
    return [
        pgtrigger.Trigger(
            name="texts_written",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="written"),  # type: ignore[no-untyped-call]
            func=_OF_PERSONALISED_MESSAGES,
        ),
        pgtrigger.Trigger(
            name="texts_unchanged",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            func=_UNCHANGED,
        ),
    ]


def texts_are_whole() -> pgtrigger.Trigger:
    """No message enters the outbox, with its envelopes ahead of the cursor, unless each of a
    personalised one has a text and a price by it, and they come to what the message says."""
    return pgtrigger.Trigger(
        name="texts_are_whole",
        level=pgtrigger.Row,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Q(new__last_number__gt=0),
        func=_TEXTS_ARE_WHOLE,
    )


def envelopes_keep_recipients() -> pgtrigger.Trigger:
    """Refuses to delete an envelope that has recipients or a text."""
    return pgtrigger.Trigger(
        name="envelope_keeps_recipients",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        referencing=pgtrigger.Referencing(old="gone"),  # type: ignore[no-untyped-call]
        func=_NO_ORPHANS,
    )
