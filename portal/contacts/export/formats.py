"""What contacts are exported as."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ExportFormat(models.TextChoices):
    XLSX = "xlsx", _("Excel (XLSX)")
    CSV = "csv", _("CSV for Excel (UTF-8)")
    CSV_WINDOWS_1251 = "csv-windows-1251", _("CSV for older programs (windows-1251)")


CONTENT_TYPES = {
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.CSV_WINDOWS_1251: "text/csv; charset=windows-1251",
}
CSV_ENCODINGS = {
    ExportFormat.CSV: "utf-8-sig",
    ExportFormat.CSV_WINDOWS_1251: "windows-1251",
}
EXTENSIONS = {
    ExportFormat.XLSX: "xlsx",
    ExportFormat.CSV: "csv",
    ExportFormat.CSV_WINDOWS_1251: "csv",
}
