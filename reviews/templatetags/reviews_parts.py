"""What the reviews have to say on a page of the registry, which does not know them."""

from django import template
from django.urls import reverse
from django.utils import timezone

from registry.models import Verdict
from reviews.models import Conclusion, DecisionLine, Round

register = template.Library()


@register.inclusion_tag("reviews/_verdicts.html")
def verdicts(model, user):
    """Show the issued lines and the proposals on the model, as far as the reader may see them."""
    lines = DecisionLine.objects.visible_to(user).filter(model=model).issued()
    proposals = Conclusion.objects.visible_to(user).filter(item__model=model)
    return {
        "lines": lines.latest_first().select_related("decision"),
        "proposals": proposals.select_related("item__seminar").order_by("-recorded_at"),
        "can_open": user.is_authenticated,
    }


@register.inclusion_tag("reviews/_round.html")
def registration_round(year, unsent, unsent_url):
    """Show the deadline of the year's round of registration, and how many units it concerns."""
    current = Round.objects.registering(year).first()
    return {
        "round": current,
        "is_over": current is not None and current.deadline < timezone.localdate(),
        "unsent": unsent,
        "unsent_url": unsent_url,
    }


@register.simple_tag
def unit_to_do_address(unit):
    return reverse("reviews:unit_to_do", args=[unit.pk])


@register.filter
def said_verdicts(tally):
    """Return (verdict in words, number) for each verdict that has ballots."""
    return [
        (Verdict(verdict).label, number) for verdict, number in tally["verdicts"].items() if number
    ]
