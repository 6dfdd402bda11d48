"""What the columns of files are: what may be chosen, and what an organisation chose before."""

from collections.abc import Sequence

from portal.accounts.models import Organisation
from portal.contacts.models import ColumnMemory, ContactField, Import, ImportTarget
from portal.contacts.reading import Meaning, OwnField, Preview, fold_heading, guess_meanings

# A page with more choices than this serves nobody; further columns are left out.
MOST_COLUMNS = 60
_NAMES = frozenset({Meaning.NAME, Meaning.SURNAME, Meaning.GIVEN_NAME, Meaning.PATRONYMIC})
_FIELD = "field:"


def own_fields(organisation: Organisation) -> list[OwnField]:
    found = ContactField.objects.filter(organisation=organisation)
    return [OwnField(field.pk, field.name, field.kind) for field in found]


def meanings_open(source: Import, fields: Sequence[OwnField]) -> list[str]:
    """What a column of the import may be said to be."""
    if source.target == ImportTarget.STOP_LIST:
        return [Meaning.SKIPPED, Meaning.PHONE, Meaning.REASON]
    plain = [meaning for meaning in Meaning if meaning is not Meaning.REASON]
    return [*plain, *(f"{_FIELD}{field.id}" for field in fields)]


def meanings_guessed(source: Import, preview: Preview) -> list[str]:
    """Of each column, before anybody has said anything."""
    fields = own_fields(source.organisation)
    guessed = guess_meanings(
        preview.headings[:MOST_COLUMNS],
        [row.cells[:MOST_COLUMNS] for row in preview.rows if row.fault is None],
        fields,
        _remembered(source.organisation, preview.headings),
        wants_reason=source.target == ImportTarget.STOP_LIST,
    )
    known = meanings_open(source, fields)
    return [meaning if meaning in known else Meaning.SKIPPED for meaning in guessed]


def says_whom(meanings: Sequence[str], target: str) -> bool:
    """Whether such columns say of whom each row is."""
    wanted = {Meaning.PHONE} if target == ImportTarget.STOP_LIST else {Meaning.PHONE, *_NAMES}
    return not wanted.isdisjoint(meanings)


def field_ids(meanings: Sequence[str]) -> list[int]:
    """Of the organisation's own fields among them."""
    return [int(one.removeprefix(_FIELD)) for one in meanings if one.startswith(_FIELD)]


def remember(source: Import, headings: Sequence[str]) -> None:
    """Keep what was said of columns that have headings, for the organisation's next file: theirs
    too who may not know what is in a member's own."""
    pairs = zip(headings, source.columns, strict=False)
    said = {fold_heading(heading)[:200]: meaning for heading, meaning in pairs}
    ColumnMemory.objects.bulk_create(
        [
            ColumnMemory(organisation=source.organisation, heading=heading, meaning=said[heading])
            for heading in sorted(said.keys() - {""})
        ],
        update_conflicts=True,
        unique_fields=["organisation", "heading"],
        update_fields=["meaning"],
    )


def _remembered(organisation: Organisation, headings: Sequence[str]) -> dict[str, str]:
    folded = [fold_heading(heading)[:200] for heading in headings]
    found = ColumnMemory.objects.filter(organisation=organisation, heading__in=folded)
    return dict(found.values_list("heading", "meaning"))
