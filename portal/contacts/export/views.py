import re

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.export.formats import CONTENT_TYPES, EXTENSIONS, ExportFormat
from portal.contacts.export.forms import ExportForm
from portal.contacts.export.services import contacts_export
from portal.contacts.lists.filters import Filters
from portal.contacts.lists.query import FilterGone, ListQuery, list_query
from portal.core.errors import Refused


@require_POST
@requires(Right.SEE_CONTACTS)
def export(request: MemberRequest) -> HttpResponseBase:
    """The list that the address narrows as the list's own does, as a file; POST, for it is
    recorded."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    file_format: ExportFormat = form.cleaned_data["format"]
    listed = list_query(request.member, request.GET.dict())
    try:
        filters = listed.filters
        pieces = contacts_export(
            query=listed.text, filters=filters, file_format=file_format, actor=request.member
        )
    except FilterGone:
        raise Http404 from None
    except Refused as refusal:
        messages.error(request, str(refusal.message))
        return _back(listed)
    name = _file_name(filters, file_format)
    response = StreamingHttpResponse(pieces, content_type=CONTENT_TYPES[file_format])
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _back(listed: ListQuery) -> HttpResponse:
    return redirect(f"{reverse('contacts:contacts')}?{listed.encoded}")


def _file_name(filters: Filters, file_format: ExportFormat) -> str:
    """Names of files have no slashes and the like."""
    name = filters.group.name if filters.group else str(_("Contacts"))
    plain = re.sub(r"[^\w(),.-]+", " ", name).strip() or str(_("Contacts"))
    return f"{plain} {timezone.localdate().isoformat()}.{EXTENSIONS[file_format]}"
