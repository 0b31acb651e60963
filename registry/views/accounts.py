"""Accounts of a unit's people: opened, or given a new password, on a slip to hand over."""

from uuid import uuid4

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from registry.access import posted_token, refusals_lead_to, visible_or_404
from registry.forms.accounts import OpenAccountForm
from registry.models import FormToken, Membership, MoveRefused, Organisation, PracticeModel, User

ask_or_do = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@ask_or_do
def account_open(request, pk):
    organisations = Organisation.objects.select_related("parent")
    unit = visible_or_404(organisations, request.user, pk, may="looked_after_by")
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
    context = {"unit": unit, "form": form, "token": uuid4()}
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
    unit = memberships.select_related("organisation__parent").order_by("pk").first().organisation
    if request.method == "POST":
        with refusals_lead_to(reverse("registry:unit_card", args=[unit.pk])):
            return slip_once(
                request, account, unit, lambda: account.reset_password(by=request.user)
            )
    context = {"account": account, "unit": unit, "token": uuid4()}
    return render(request, "registry/account_reset.html", context)


def slip_once(request, account, unit, give):
    """Answer with the slip, which shows the password this one time and nowhere else.

    Not after a redirect: the password would have to wait somewhere. A second sending of the
    page gives no second password, and leads to the card.
    """
    token = posted_token(request)
    if token is None:
        raise MoveRefused(_("Something is missing in what was sent."), code="token")
    passwords = []

    def create():
        passwords.append(give())
        return reverse("registry:unit_card", args=[unit.pk])

    card = FormToken.once(token, request.user, create)
    if not passwords:
        messages.info(
            request,
            _("The slip was shown already, once. If it is lost, make a new password."),
        )
        return redirect(card)
    context = {
        "account": account,
        "unit": unit,
        "password": passwords[0],
        "address": request.build_absolute_uri(reverse("home")),
        "card": card,
    }
    return render(request, "registry/account_slip.html", context)
