"""What the reviews say of a model, for a page of the registry, which does not know them."""

from django import template

from registry.models import Verdict
from reviews.models import Conclusion, DecisionLine

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


@register.filter
def said_verdicts(tally):
    """Return (verdict in words, number) for each verdict that has ballots."""
    return [
        (Verdict(verdict).label, number) for verdict, number in tally["verdicts"].items() if number
    ]
