from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.placeholders import placeholders_of
from portal.core.errors import Refused
from portal.core.keyset import keyset_page
from portal.core.refusals import missing_if_gone, show_refusal
from portal.messaging.message_templates.forms import TemplateForm
from portal.messaging.message_templates.services import (
    may_change,
    template_change,
    template_create,
    template_delete,
)
from portal.messaging.message_templates.text import sample_of
from portal.messaging.models import Template

# Of fewer the page shows all, and nobody needs to search.
PAGE_SIZE = 30
MOST_QUERY_CHARACTERS = 100


@require_safe
@requires(Right.SEE_OWN_MESSAGES)
def templates(request: MemberRequest) -> HttpResponse:
    """The organisation's and the member's own, by name; those that ``?q=`` finds."""
    query = request.GET.get("q", "")[:MOST_QUERY_CHARACTERS].replace("\0", "").strip()
    page = keyset_page(
        _found(Template.objects.visible_to(request.member), query),
        fields=("name", "id"),
        cursor=request.GET.get("cursor"),
        size=PAGE_SIZE,
    )
    context = {
        "page": page,
        "query": query,
        "is_searched": bool(query or page.next_cursor or not page.is_first),
        "may_send": request.member.may(Right.SEND),
    }
    return render(request, "message_templates/templates.html", context)


@require_safe
@requires(Right.SEE_OWN_MESSAGES)
def template(request: MemberRequest, pk: int) -> HttpResponse:
    shown = _template(request, pk)
    context = {
        "template": shown,
        "sample": sample_of(request.member, shown.text),
        "may_send": request.member.may(Right.SEND),
        "may_change": _may_change(request, shown),
    }
    return render(request, "message_templates/template.html", context)


@requires(Right.SEND)
def template_add(request: MemberRequest) -> HttpResponse:
    form = TemplateForm(request.POST or None, member=request.member)
    if request.method == "POST" and form.is_valid():
        try:
            made = template_create(
                actor=request.member,
                name=form.cleaned_data["name"],
                text=form.cleaned_data["text"],
                is_own=form.is_for_oneself,
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The template is there."))
            return redirect("templates:template", pk=made.pk)
    return _form_page(request, form)


@requires(Right.SEND)
def template_edit(request: MemberRequest, pk: int) -> HttpResponse:
    shown = _changeable(request, pk)
    form = TemplateForm(request.POST or None, member=request.member, template=shown)
    if request.method == "POST" and form.is_valid():
        try:
            template_change(template=shown, actor=request.member, **form.cleaned_data)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The template has been changed."))
            return redirect("templates:template", pk=pk)
    return _form_page(request, form, template=shown)


@requires(Right.SEND)
@missing_if_gone
def template_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """GET asks, POST deletes."""
    shown = _changeable(request, pk)
    if request.method != "POST":
        return render(request, "message_templates/template_remove.html", {"template": shown})
    template_delete(template=shown, actor=request.member)
    messages.success(request, _("The template “%(name)s” has been deleted.") % {"name": shown})
    return redirect("templates:templates")


@require_POST
@requires(Right.SEND)
def live(request: MemberRequest) -> HttpResponse:
    """The sample of a text as it is typed. POST keeps texts out of addresses and logs."""
    sample = sample_of(request.member, request.POST.get("text", ""))
    return render(request, "message_templates/_sample.html", {"sample": sample})


def _form_page(request: MemberRequest, form: TemplateForm, **context: Any) -> HttpResponse:
    context |= {
        "form": form,
        "sample": sample_of(request.member, str(form["text"].value() or "")),
        "placeholders": placeholders_of(request.organisation),
    }
    return render(request, "message_templates/template_form.html", context)


def _found(seen: QuerySet[Template], query: str) -> QuerySet[Template]:
    if not query:
        return seen
    return seen.filter(Q(name__icontains=query) | Q(text__icontains=query))


def _template(request: MemberRequest, pk: int) -> Template:
    return get_object_or_404(Template.objects.visible_to(request.member), pk=pk)


def _changeable(request: MemberRequest, pk: int) -> Template:
    shown = _template(request, pk)
    if not _may_change(request, shown):
        raise PermissionDenied
    return shown


def _may_change(request: MemberRequest, shown: Template) -> bool:
    return may_change(request.member, shown.organisation_id, shown.owner_id)
