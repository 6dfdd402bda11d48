from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.imports.forms import UploadForm
from portal.contacts.imports.pages import ImportPage, bad_rows_file
from portal.contacts.imports.services import (
    import_confirm,
    import_discard,
    import_stop,
    import_undo,
    import_upload,
)
from portal.contacts.imports.uploading import chunks_of, has_come_whole, name_of, too_big
from portal.contacts.models import Import, ImportStage, ImportTarget
from portal.contacts.models.imports import IN_WORK
from portal.core.errors import Conflict, Refused
from portal.core.keyset import keyset_page
from portal.core.parts import wants_part
from portal.core.refusals import show_refusal


@require_safe
@requires(Right.EDIT_CONTACTS)
def imports(request: MemberRequest) -> HttpResponse:
    """The member's own, newest first; where there is none yet, the first is begun."""
    own = Import.objects.visible_to(request.member)
    if not own.exists():
        return redirect("contacts:import_add")
    page = keyset_page(own, fields=("-id",), cursor=request.GET.get("cursor"))
    shown = [ImportPage(source) for source in page.items]
    return render(request, "contacts/imports/imports.html", {"page": page, "imports": shown})


@requires(Right.EDIT_CONTACTS)
def import_add(request: MemberRequest) -> HttpResponse:
    is_sent = request.method == "POST"
    form = UploadForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        initial={"target": request.GET.get("target", ImportTarget.CONTACTS)},
    )
    if is_sent and has_come_whole(request, form) and form.is_valid():
        try:
            source = import_upload(
                actor=request.member,
                target=ImportTarget(form.cleaned_data["target"]),
                file_name=name_of(form),
                chunks=chunks_of(form),
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("contacts:import_columns", pk=source.pk)
    context = {
        "form": form,
        "most_bytes": settings.IMPORT_MAX_BYTES,
        "too_big": too_big(),
        "is_first": not Import.objects.visible_to(request.member).exists(),
    }
    return render(request, "contacts/imports/upload.html", context)


@require_safe
@requires(Right.EDIT_CONTACTS)
def import_page(request: MemberRequest, pk: int) -> HttpResponse:
    """By its stage: progress, report, what came of it; htmx gets the progress alone."""
    source = own_import(request, pk)
    if source.stage == ImportStage.UPLOADED:
        return redirect("contacts:import_columns", pk=pk)
    context = {"import": ImportPage(source), "source": source}
    return render(request, "contacts/imports/import.html", context)


@require_safe
@requires(Right.EDIT_CONTACTS)
def import_progress(request: MemberRequest, pk: int) -> HttpResponse:
    """How far it has come; once the stage is over, the page itself."""
    source = own_import(request, pk)
    asked = request.GET.get("stage")
    if source.stage not in IN_WORK or (asked and asked != source.stage):
        page = reverse("contacts:import", args=[pk])
        return HttpResponseClientRedirect(page) if wants_part(request) else redirect(page)
    context = {"import": ImportPage(source), "source": source}
    return render(request, "contacts/imports/_progress.html", context)


@require_safe
@requires(Right.EDIT_CONTACTS)
def import_bad_rows(request: MemberRequest, pk: int) -> StreamingHttpResponse:
    source = own_import(request, pk)
    response = StreamingHttpResponse(bad_rows_file(source), content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="import-{pk}-not-imported.csv"'
    return response


@require_POST
@requires(Right.EDIT_CONTACTS)
def import_go(request: MemberRequest, pk: int) -> HttpResponse:
    try:
        import_confirm(source=own_import(request, pk), actor=request.member)
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    return redirect("contacts:import", pk=pk)


@require_POST
@requires(Right.EDIT_CONTACTS)
def import_cancel(request: MemberRequest, pk: int) -> HttpResponse:
    try:
        import_stop(source=own_import(request, pk), actor=request.member)
    except Conflict as conflict:
        messages.warning(request, str(conflict.message))
    return redirect("contacts:import", pk=pk)


@requires(Right.EDIT_CONTACTS)
def import_take_back(request: MemberRequest, pk: int) -> HttpResponse:
    """GET asks, POST has it undone."""
    source = own_import(request, pk)
    if request.method != "POST":
        context = {"import": ImportPage(source), "source": source}
        return render(request, "contacts/imports/undo.html", context)
    try:
        import_undo(source=source, actor=request.member)
    except Conflict as conflict:
        messages.warning(request, str(conflict.message))
    return redirect("contacts:import", pk=pk)


@require_POST
@requires(Right.EDIT_CONTACTS)
def import_remove(request: MemberRequest, pk: int) -> HttpResponse:
    try:
        import_discard(source=own_import(request, pk), actor=request.member)
    except Conflict as conflict:
        messages.warning(request, str(conflict.message))
        return redirect("contacts:import", pk=pk)
    messages.success(request, _("The file has been deleted; nothing was imported."))
    return redirect("contacts:imports")


def own_import(request: MemberRequest, pk: int) -> Import:
    own = Import.objects.visible_to(request.member).select_related("group", "organisation")
    return get_object_or_404(own, pk=pk)
