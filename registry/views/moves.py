"""The moves of a model: each is one verb, asked for by whoever may and refused with a sentence."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from registry.access import (
    acting_for,
    posted_token,
    posted_version,
    refusals_lead_to,
    visible_or_404,
)
from registry.forms.moves import RefuseForm, SendBackForm
from registry.keeping import keep_for
from registry.models import FormToken, MoveRefused, PracticeModel

ask_or_do = require_http_methods(["GET", "HEAD", "POST"])


@require_POST
def practicemodel_submit(request, pk):
    """Send what the page of all answers has shown, in the version it has shown, once."""
    model = model_to_move(request, pk, may="written_by")
    unit = acting_for(request.user, model.organisation)

    def submit():
        model.submit(by=request.user, version=posted_version(request), on_behalf_of=unit)
        return reverse("registry:practicemodel_received", args=[model.pk])

    token = posted_token(request)
    try:
        with refusals_lead_to(reverse("registry:practicemodel_check", args=[model.pk])):
            if token is None:
                raise MoveRefused(
                    _("Please read the answers once more and send them."), code="token"
                )
            return redirect(FormToken.once(token, request.user, submit))
    except MoveRefused:
        raise
    except ValidationError:
        form = reverse("registry:practicemodel_update", args=[model.pk])
        return redirect(f"{form}?missing")


@ask_or_do
def practicemodel_withdraw(request, pk):
    model = model_to_move(request, pk, may="written_by")
    with refusals_lead_to(model.get_absolute_url()):
        model.check_can("withdraw")
        if request.method == "POST":
            unit = acting_for(request.user, model.organisation)
            model.withdraw(by=request.user, on_behalf_of=unit)
            messages.success(request, _("The registration is withdrawn. It is a draft again."))
            return redirect("registry:practicemodel_update", model.pk)
    return ask(
        request,
        model,
        title=_("Withdraw the registration?"),
        explanation=_("It becomes a draft again and keeps its code. You can send it again."),
        button=_("Withdraw"),
    )


@ask_or_do
def practicemodel_return(request, pk):
    model = model_to_move(request, pk, may="received_by")
    form = SendBackForm(request.POST if request.method == "POST" else None)
    with refusals_lead_to(model.get_absolute_url()):
        model.check_can("send_back")
        if form.is_valid():
            model.send_back(by=request.user, **form.cleaned_data)
            messages.success(request, _("The registration is returned to the unit."))
            return redirect(model)
    return ask(
        request,
        model,
        form=form,
        title=_("Return for completion"),
        explanation=_("The unit completes the registration and sends it again."),
        button=_("Return for completion"),
    )


@require_POST
def practicemodel_accept(request, pk):
    model = model_to_move(request, pk, may="received_by")
    with refusals_lead_to(model.get_absolute_url()):
        model.accept(by=request.user, version=posted_version(request))
    messages.success(request, _("The model is accepted into the register."))
    return redirect(model)


@ask_or_do
def practicemodel_refuse(request, pk):
    model = model_to_move(request, pk, may="received_by")
    form = RefuseForm(request.POST if request.method == "POST" else None)
    with refusals_lead_to(model.get_absolute_url()):
        model.check_can("refuse")
        if form.is_valid():
            model.refuse(by=request.user, **form.cleaned_data)
            messages.success(request, _("The registration is closed as not accepted."))
            return redirect(model)
    return ask(
        request,
        model,
        form=form,
        title=_("Do not accept"),
        explanation=_(
            "For what is registered twice, or is no model. If something is only missing, "
            "return it for completion instead."
        ),
        button=_("Do not accept"),
        is_final=True,
    )


@ask_or_do
def practicemodel_discard(request, pk):
    model = model_to_move(request, pk, may="discarded_by")
    with refusals_lead_to(model.get_absolute_url()):
        model.check_discardable()
        if request.method == "POST":
            model.discard(by=request.user)
            messages.success(request, _("The draft is discarded."))
            return redirect("home")
    return ask(
        request,
        model,
        title=_("Discard the draft?"),
        explanation=_("What is written in it is gone afterwards, photos too."),
        button=_("Discard the draft"),
        is_final=True,
    )


@require_POST
def practicemodel_public(request, pk):
    """Put the model into the open catalogue, or take it out, as the form says in so many words:
    a second click on the same button changes nothing back.
    """
    model = model_to_move(request, pk, may="received_by")
    with refusals_lead_to(model.get_absolute_url()):
        model.public = request.POST.get("public") == "yes"
        if model.public:
            model.check_accepted()
        model.write(by=request.user, version=posted_version(request))
    if model.public:
        messages.success(request, _("The model is now in the open catalogue."))
    else:
        messages.success(request, _("The model is no longer in the open catalogue."))
    return redirect(model)


def model_to_move(request, pk, *, may):
    models = PracticeModel.objects.select_related("organisation")
    return visible_or_404(models, request.user, pk, may=may)


def ask(request, model, *, title, explanation, button, form=None, is_final=False):
    """Show the page that asks before a move: whether, or for what reason."""
    context = {
        "model": model,
        "form": form,
        "title": title,
        "explanation": explanation,
        "button": button,
        "is_final": is_final,
        "keep": keep_for(request, form) if form is not None else None,
    }
    return render(request, "registry/practicemodel_move.html", context)
