"""One contact: its page, adding, changing, archiving, deleting."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.contact_page import ContactPage
from portal.contacts.forms import ContactForm
from portal.contacts.models import Contact
from portal.contacts.services import (
    contact_archive,
    contact_change,
    contact_create,
    contact_delete,
    contact_restore,
)
from portal.core.errors import Refused
from portal.core.refusals import missing_if_gone, show_refusal


@require_safe
@requires(Right.SEE_CONTACTS)
def contact_page(request: MemberRequest, pk: int) -> HttpResponse:
    page = ContactPage(visible_contact(request, pk), request.member)
    return render(request, "contacts/contact.html", {"page": page, "contact": page.contact})


@requires(Right.EDIT_CONTACTS)
def contact_add(request: MemberRequest) -> HttpResponse:
    form = ContactForm(request.POST or None, member=request.member)
    if request.method == "POST" and _is_valid(form):
        try:
            contact = contact_create(
                organisation=request.organisation,
                particulars=form.particulars,
                is_own=form.stays_own,
                groups=form.cleaned_data["groups"],
                actor=request.member,
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _added(contact))
            return redirect("contacts:contacts")
    return render(request, "contacts/contact_form.html", {"form": form})


@requires(Right.EDIT_CONTACTS)
def contact_edit(request: MemberRequest, pk: int) -> HttpResponse:
    contact = visible_contact(request, pk)
    form = ContactForm(request.POST or None, member=request.member, contact=contact)
    if request.method == "POST" and _is_valid(form):
        try:
            contact_change(
                contact=contact,
                particulars=form.particulars,
                share=form.cleaned_data.get("share", False),
                groups=form.cleaned_data["groups"],
                actor=request.member,
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The contact has been saved."))
            return redirect("contacts:contact", pk=pk)
    return render(request, "contacts/contact_form.html", {"form": form, "contact": contact})


@require_POST
@requires(Right.EDIT_CONTACTS)
@missing_if_gone
def contact_to_archive(request: MemberRequest, pk: int) -> HttpResponse:
    contact = visible_contact(request, pk)
    contact_archive(contact=contact, actor=request.member)
    messages.success(request, _("%(name)s is in the archive now.") % {"name": contact})
    return redirect("contacts:contact", pk=pk)


@require_POST
@requires(Right.EDIT_CONTACTS)
@missing_if_gone
def contact_from_archive(request: MemberRequest, pk: int) -> HttpResponse:
    contact = visible_contact(request, pk)
    contact_restore(contact=contact, actor=request.member)
    messages.success(request, _("%(name)s is in use again.") % {"name": contact})
    return redirect("contacts:contact", pk=pk)


@requires(Right.EDIT_CONTACTS)
@missing_if_gone
def contact_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """GET asks, POST deletes."""
    contact = visible_contact(request, pk)
    if request.method != "POST":
        return render(request, "contacts/contact_remove.html", {"contact": contact})
    contact_delete(contact=contact, actor=request.member)
    messages.success(request, _("%(name)s has been deleted.") % {"name": contact})
    return redirect("contacts:contacts")


def _added(contact: Contact) -> str:
    """Its name leads to its page."""
    before, after = _("%(name)s has been added.").split("%(name)s")
    page = reverse("contacts:contact", args=[contact.pk])
    link = format_html('<a class="alert-link" href="{}">{}</a>', page, contact)
    return format_html("{}{}{}", before, link, after)


def visible_contact(request: MemberRequest, pk: int) -> Contact:
    """404 for another organisation's contact, and for another member's own."""
    visible = Contact.objects.visible_to(request.member)
    return get_object_or_404(visible.select_related("owner", "imported_by"), pk=pk)


def _is_valid(form: ContactForm) -> bool:
    valid = form.is_valid()
    if form.has_foreign_group:
        raise Http404
    return valid
