from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from portal.accounts.models import User
from portal.contacts.imports.services import Destination
from portal.contacts.models import ContactField, FieldKind, Group, Import, ImportTarget
from portal.contacts.reading import DELIMITERS, ENCODINGS, Format, Meaning, OwnField, Reading
from portal.contacts.reading.limits import LONGEST_REASON

LONGEST_PASTE = 1_000_000
MOST_GROUPS = 1_000
LAST_HEADER_ROW = 50
NEW_GROUP = "new"
FORMATS = {
    Format.CSV: gettext_lazy("CSV"),
    Format.XLSX: gettext_lazy("Excel (XLSX)"),
    Format.VCARD: gettext_lazy("vCard"),
    Format.TEXT: gettext_lazy("plain text, a person a line"),
}
_DELIMITER_WORDS = {
    ";": gettext_lazy("semicolon ;"),
    ",": gettext_lazy("comma ,"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("bar |"),
}
MEANINGS = {
    Meaning.SKIPPED: gettext_lazy("— leave out —"),
    Meaning.PHONE: gettext_lazy("Phone"),
    Meaning.NAME: gettext_lazy("Full name"),
    Meaning.SURNAME: gettext_lazy("Surname"),
    Meaning.GIVEN_NAME: gettext_lazy("Given name"),
    Meaning.PATRONYMIC: gettext_lazy("Patronymic"),
    Meaning.NOTE: gettext_lazy("Note"),
    Meaning.REASON: gettext_lazy("Reason"),
}


class FileForm(forms.Form):
    """A file or pasted text, one of both."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("CSV, Excel (.xlsx), vCard (.vcf) or plain text."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.vcf"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste a list"),
        required=False,
        max_length=LONGEST_PASTE,
        strip=False,
        help_text=gettext_lazy("A person a line, or a table copied from Excel."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )

    def clean(self) -> None:
        file, text = self.cleaned_data.get("file"), self.cleaned_data.get("text", "")
        if file and text.strip():
            self.add_error("text", _("Choose a file or paste a list, not both."))
        if not file and not text.strip() and not self.errors:
            self.add_error("file", _("Choose a file, or paste a list below."))

    @property
    def upload(self) -> "UploadedFile[Any] | None":
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        return file


class UploadForm(FileForm):
    target = forms.ChoiceField(
        label=gettext_lazy("Import into"),
        choices=[
            (ImportTarget.CONTACTS, gettext_lazy("Contacts")),
            (ImportTarget.STOP_LIST, gettext_lazy("Stop list: numbers that nothing is sent to")),
        ],
        initial=ImportTarget.CONTACTS,
        widget=forms.RadioSelect,
    )


class ReadingForm(forms.Form):
    """How the file is read; what a format does not ask for is not heeded."""

    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=list(FORMATS.items()))
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"),
        choices=[(name, name) for name in ENCODINGS],
        required=False,
    )
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Columns are separated by"),
        choices=[(one, _DELIMITER_WORDS[one]) for one in DELIMITERS],
        required=False,
    )
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"), required=False)
    header_row = forms.ChoiceField(
        label=gettext_lazy("Headings are in row"),
        help_text=gettext_lazy("Rows above are passed over."),
        required=False,
    )

    def __init__(self, *args: object, sheets: Sequence[str] = (), **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through untouched
        self.fields["sheet"].choices = [(one, one) for one in sheets]  # type: ignore[attr-defined]
        numbered = [(str(number), str(number)) for number in range(1, LAST_HEADER_ROW + 1)]
        choices = [("0", _("none: there are no headings")), *numbered]
        self.fields["header_row"].choices = choices  # type: ignore[attr-defined]

    def reading(self, before: Reading) -> Reading:
        """As it was, but for what was chosen."""
        chosen = {name: value for name, value in self.cleaned_data.items() if value != ""}
        typed = {"format": Format(chosen["format"]), "header_row": int(chosen.get("header_row", 0))}
        reading = replace(before, **{**chosen, **typed})
        if reading.format is Format.XLSX:
            return replace(reading, encoding="", delimiter="")
        reading = replace(reading, encoding=reading.encoding or ENCODINGS[0], sheet="")
        if reading.format is Format.CSV:
            return replace(reading, delimiter=reading.delimiter or DELIMITERS[0])
        return replace(reading, delimiter="", header_row=0)


class ColumnsForm(forms.Form):
    """What each column is (``column-0`` and so on), and where the rows go."""

    shelf = forms.ChoiceField(
        label=gettext_lazy("Who sees the contacts"),
        choices=[
            ("shared", gettext_lazy("everybody in the organisation")),
            ("own", gettext_lazy("only me")),
        ],
        initial="shared",
        widget=forms.RadioSelect,
    )
    group = forms.ChoiceField(label=gettext_lazy("Put them into a group"), required=False)
    new_group = forms.CharField(
        label=gettext_lazy("Name of the new group"), max_length=100, required=False
    )
    known = forms.ChoiceField(
        label=gettext_lazy("Contacts that are there already"),
        choices=[
            ("update", gettext_lazy("update from the file (empty cells change nothing)")),
            ("leave", gettext_lazy("leave as they are")),
        ],
        initial="update",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        required=False,
        help_text=gettext_lazy("For every number of which the file gives none."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self, data: QueryDict | None, *, source: Import, member: User, fields: Sequence[OwnField]
    ) -> None:
        super().__init__(data, initial=_chosen_before(source))
        self.source, self.member = source, member
        if source.target == ImportTarget.STOP_LIST:
            for name in ("shelf", "group", "new_group", "known"):
                del self.fields[name]
        else:
            del self.fields["reason"]
            self.fields["group"].choices = self._group_choices()  # type: ignore[attr-defined]
        choices = _meaning_choices(source, fields)
        for number, meaning in enumerate(source.columns):
            self.fields[f"column-{number}"] = forms.ChoiceField(
                choices=choices, required=False, initial=meaning
            )

    def clean(self) -> None:
        chosen = [meaning for meaning in self.columns if meaning]
        twice = {meaning for meaning in chosen if chosen.count(meaning) > 1}
        for number, meaning in enumerate(self.columns):
            if meaning in twice:
                self.add_error(f"column-{number}", _("Two columns cannot be the same."))
        wants_new = self.cleaned_data.get("group") == NEW_GROUP
        if wants_new and not self.cleaned_data.get("new_group", "").strip():
            self.add_error("new_group", _("Name the group."))

    @property
    def columns(self) -> list[str]:
        numbers = range(len(self.source.columns))
        return [self.cleaned_data.get(f"column-{number}", "") for number in numbers]

    @property
    def destination(self) -> Destination:
        data = self.cleaned_data
        group = data.get("group", "")
        return Destination(
            is_own=data.get("shelf") == "own",
            group=Group.objects.filter(pk=group).first() if group.isdecimal() else None,
            new_group=" ".join(data["new_group"].split()) if group == NEW_GROUP else "",
            updates_known=data.get("known") != "leave",
            reason=" ".join(data.get("reason", "").split()),
        )

    def _group_choices(self) -> list[tuple[str, object]]:
        groups = Group.objects.visible_to(self.member).filter(conditions__isnull=True)
        listed = [
            (str(group.pk), group.name) for group in groups.order_by("name", "pk")[:MOST_GROUPS]
        ]
        return [("", _("into none")), (NEW_GROUP, _("into a new group")), *listed]


class FieldForm(forms.Form):
    """A new field of the organisation, for a column that has no place yet."""

    field_name = forms.CharField(
        label=pgettext_lazy("field", "Name"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=FieldKind.choices, required=False
    )

    def clean_field_name(self) -> str:
        name = " ".join(self.cleaned_data["field_name"].split())
        if not name:
            raise forms.ValidationError(_("Name the field."))
        ContactField._meta.get_field("name").run_validators(name)
        return name


def _chosen_before(source: Import) -> dict[str, str]:
    """Where the rows were to go when the file was last checked; at first, the usual."""
    is_new_group = bool(source.group_name) and not source.outcome.get("group_existed")
    return {
        "shelf": "own" if source.owner_id else "shared",
        "group": NEW_GROUP if is_new_group else str(source.group_id or ""),
        "new_group": source.group_name if is_new_group else "",
        "known": "update" if source.updates_known else "leave",
        "reason": source.outcome.get("reason", ""),
    }


def _meaning_choices(source: Import, fields: Sequence[OwnField]) -> list[tuple[str, object]]:
    if source.target == ImportTarget.STOP_LIST:
        open_ones = (Meaning.SKIPPED, Meaning.PHONE, Meaning.REASON)
        return [(one, MEANINGS[one]) for one in open_ones]
    plain = [(one, words) for one, words in MEANINGS.items() if one is not Meaning.REASON]
    return [*plain, *((f"field:{field.id}", field.name) for field in fields)]
