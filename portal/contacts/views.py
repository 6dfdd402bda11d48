from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.contacts.forms import ContactForm
from portal.contacts.models import Contact
from portal.contacts.services import contact_change, contact_create, contact_delete
from portal.core.errors import Refused
from portal.core.refusals import missing_if_gone, show_refusal


@requires(Right.EDIT_CONTACTS)
def contact_add(request: MemberRequest) -> HttpResponse:
    form = ContactForm(request.POST or None, organisation=request.organisation)
    if request.method == "POST" and _is_valid(form):
        try:
            contact = contact_create(
                organisation=request.organisation, actor=request.member, **form.cleaned_data
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s has been added.") % {"name": contact.name})
            return redirect("contacts:contacts")
    return render(request, "contacts/contact_form.html", {"form": form})


@requires(Right.EDIT_CONTACTS)
def contact_edit(request: MemberRequest, pk: int) -> HttpResponse:
    contact = _contact(request, pk)
    form = ContactForm(request.POST or None, organisation=request.organisation, contact=contact)
    if request.method == "POST" and _is_valid(form):
        try:
            contact_change(contact=contact, actor=request.member, **form.cleaned_data)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The contact has been saved."))
            return redirect("contacts:contacts")
    return render(request, "contacts/contact_form.html", {"form": form, "contact": contact})


@requires(Right.EDIT_CONTACTS)
@missing_if_gone
def contact_remove(request: MemberRequest, pk: int) -> HttpResponse:
    """GET asks, POST deletes."""
    contact = _contact(request, pk)
    if request.method != "POST":
        return render(request, "contacts/contact_remove.html", {"contact": contact})
    contact_delete(contact=contact, actor=request.member)
    messages.success(request, _("%(name)s has been deleted.") % {"name": contact.name})
    return redirect("contacts:contacts")


def _contact(request: MemberRequest, pk: int) -> Contact:
    return get_object_or_404(Contact.objects.of(request.organisation), pk=pk)


def _is_valid(form: ContactForm) -> bool:
    valid = form.is_valid()
    if form.has_foreign_group:
        raise Http404
    return valid
