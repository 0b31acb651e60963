"""Accounts of a unit's people: opened, or given a new password, on a slip to hand over."""

from uuid import uuid4

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.access import own_address, posted_token, refusals_lead_to, visible_or_404
from registry.forms.accounts import HandOverForm, OpenAccountForm
from registry.keeping import keep_for, words_are_saved
from registry.models import (
    FormToken,
    Handover,
    Membership,
    MoveRefused,
    Organisation,
    PracticeModel,
    User,
)

ask_or_do = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@ask_or_do
def account_open(request, pk):
    organisations = Organisation.objects.select_related("parent")
    unit = visible_or_404(organisations, request.user, pk, may="looked_after_by")
    # Before the form is looked at: by now there is an account of this number, the one it opened.
    if back := FormToken.led(posted_token(request), request.user):
        return no_second_slip(request, back)
    with refusals_lead_to(reverse("registry:unit_card", args=[unit.pk])):
        if not Organisation.objects.existing().filter(pk=unit.pk).exists():
            raise MoveRefused(_("This organisation has ended."), code="move")
        data = request.POST if request.method == "POST" else None
        form = OpenAccountForm(data, initial=known_of(unit))
        if form.is_valid():
            account = form.instance
            return slip_once(
                request, account, unit, lambda: account.open_for(unit, by=request.user)
            )
    context = {"unit": unit, "form": form, "token": uuid4(), "keep": keep_for(request, form)}
    return render(request, "registry/account_open.html", context)


def known_of(unit):
    """Return the person in charge of the unit's latest model, unless they have an account."""
    models = PracticeModel.objects.filter(organisation=unit).exclude(contact_phone="")
    latest = models.order_by("-pk").first()
    if latest is None or User.objects.filter(phone=latest.contact_phone).exists():
        return {}
    return {
        "full_name": latest.contact_name,
        "phone": latest.contact_phone,
        "position": latest.contact_position,
    }


@never_cache
@ask_or_do
def account_reset(request, pk):
    account = visible_or_404(User.objects, request.user, pk, may="reset_by")
    below = Organisation.objects.looked_after_by(request.user)
    memberships = Membership.objects.current().filter(user=account, organisation__in=below)
    membership = memberships.select_related("organisation__parent").order_by("pk").first()
    unit = membership and membership.organisation
    back = way_back(account, unit)
    if request.method == "POST":
        with refusals_lead_to(back):
            return slip_once(
                request, account, unit, lambda: account.reset_password(by=request.user)
            )
    context = {"account": account, "unit": unit, "back": back, "token": uuid4()}
    return render(request, "registry/account_reset.html", context)


def way_back(account, unit):
    """Return the card of the unit; of an account without one, its page in the administration."""
    if unit is None:
        return reverse("admin:registry_user_change", args=[account.pk])
    return reverse("registry:unit_card", args=[unit.pk])


@never_cache
@ask_or_do
def hand_over(request, pk):
    """Let the next person act for the unit, and print what was handed over."""
    organisations = Organisation.objects.select_related("parent")
    unit = visible_or_404(organisations, request.user, pk, may="looked_after_by")
    card = reverse("registry:unit_card", args=[unit.pk])
    # Before the form is looked at: by now who handed over does not act for the unit any more.
    if record := FormToken.led(posted_token(request), request.user):
        return redirect(record)
    with refusals_lead_to(card):
        if not Organisation.objects.existing().filter(pk=unit.pk).exists():
            raise MoveRefused(_("This organisation has ended."), code="move")
        data = request.POST if request.method == "POST" else None
        form = HandOverForm(data, unit=unit)
        if form.is_valid():
            return handed_over_once(request, unit, form)
    context = {
        "unit": unit,
        "form": form,
        "token": uuid4(),
        "held": Handover.held_by(unit),
        "keep": keep_for(request, form) if form.fields["outgoing"].queryset else None,
    }
    return render(request, "registry/hand_over.html", context)


def handed_over_once(request, unit, form):
    """Answer with the slip of a new person, else lead to the record; a second sending to it too."""
    passwords = []

    def create():
        membership, person = form.cleaned_data["outgoing"], form.next_person
        handover, password = Handover.carry_out(membership, person, by=request.user)
        passwords.append(password)
        return handover.get_absolute_url()

    record = once(request, create)
    if not any(passwords):
        return redirect(record)
    return slip(request, form.next_person, unit, passwords[0], record=record)


def once(request, create):
    """Call ``create``, which returns an address, unless the page was sent before; return that."""
    token = posted_token(request)
    if token is None:
        raise MoveRefused(_("Something is missing in what was sent."), code="token")
    try:
        return FormToken.once(token, request.user, create)
    except IntegrityError:  # What the constraints forbid, and did not when the form was checked.
        raise MoveRefused(_("Somebody has just recorded the same."), code="move") from None


@require_safe
def handover_detail(request, pk):
    """The record of a hand-over, to be printed and signed by both."""
    handovers = Handover.objects.select_related(
        "organisation__parent", "outgoing", "incoming", "by"
    )
    handover = visible_or_404(handovers, request.user, pk)
    unit = handover.organisation
    looks_after = Organisation.objects.looked_after_by(request.user).filter(pk=unit.pk).exists()
    context = {"handover": handover, "unit": unit, "looks_after": looks_after}
    return render(request, "registry/handover_detail.html", context)


@require_POST
def account_shared(request, pk):
    account = visible_or_404(User.objects, request.user, pk, may="reset_by")
    account.share(by=request.user, is_shared=request.POST.get("shared") == "yes")
    said = (
        _("Who types is asked once a session.") if account.is_shared else _("Not asked any more.")
    )
    messages.success(request, said)
    return HttpResponseRedirect(own_address(request, request.POST.get("back", "")))


def slip_once(request, account, unit, give):
    """Answer with the slip, which shows the password this one time and nowhere else.

    Not after a redirect: the password would have to wait somewhere. A second sending of the
    page gives no second password, and leads back.
    """
    passwords = []

    def create():
        passwords.append(give())
        return way_back(account, unit)

    back = once(request, create)
    if not passwords:
        return no_second_slip(request, back)
    return slip(request, account, unit, passwords[0])


def no_second_slip(request, back):
    """Lead back from a page that was sent before, and say that its slip was shown."""
    messages.info(
        request, _("The slip was shown already, once. If it is lost, make a new password.")
    )
    return redirect(back)


def slip(request, account, unit, password, record=None):
    words_are_saved(request)
    context = {
        "account": account,
        "unit": unit,
        "password": password,
        "address": request.build_absolute_uri(reverse("home")),
        "back": way_back(account, unit),
        "record": record,
    }
    return render(request, "registry/account_slip.html", context)
