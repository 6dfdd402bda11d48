"""What the compose page does beside sending: it saves itself, and tries a text on its author."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST
from django_htmx.http import replace_url

from portal.accounts.gates import MemberRequest, requires
from portal.accounts.rights import Right
from portal.core.errors import Refused
from portal.messaging.composing.drafts import DraftElsewhere, draft_save, version_of
from portal.messaging.composing.trials import trial_send
from portal.messaging.forms import ComposeForm
from portal.messaging.views import compose_page


@requires(Right.SEND)
@require_POST
def save(request: MemberRequest) -> HttpResponse:
    """Keep what is in the form by now. The address then names the form, so that a reload or a
    closed tab lead back to it."""
    form = ComposeForm.as_typed(request.POST, member=request.member)
    if not form.key:
        return HttpResponse(status=400)
    try:
        draft = draft_save(
            author=request.member,
            content=form.content,
            form_key=form.key,
            pen=form.pen_value,
            seen=str(form["seen"].value() or ""),
        )
    except DraftElsewhere as elsewhere:
        return render(request, "messaging/_draft.html", {"elsewhere": elsewhere})
    except Refused as refused:
        return render(request, "messaging/_draft.html", {"refused": refused.message})
    query = f"?{urlencode({'form': form.key})}" if draft else ""
    seen = version_of(draft) if draft else ""
    saved = {"draft": draft, "seen": seen, "is_update": True}
    response = render(request, "messaging/_draft.html", saved)
    return replace_url(response, reverse("messaging:compose") + query)


@requires(Right.SEND)
@require_POST
def trial(request: MemberRequest) -> HttpResponse:
    """Send the text, as the first recipient would get it, to the author alone; the form stays."""
    form = ComposeForm.as_typed(request.POST, member=request.member)
    became = trial_send(
        author=request.member,
        sender_value=form.usable_sender,
        wording=form.wording,
        first_phone=next(iter(form.audience.phones()), ""),
        number=request.POST.get("own_number", ""),
        key=request.POST.get("trial_key", ""),
    )
    if request.headers.get("HX-Request"):
        return render(request, "messaging/_trial.html", {"trial": became})
    return compose_page(request, form, trial=became)
