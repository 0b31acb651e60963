"""Who is calling? From a unit's name, a person's name or a number to the unit's card."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from registry.models import Membership, Organisation, PracticeModel, User
from registry.phones import Digits, digits_of
from registry.vietnamese import fold

SHOWN = 20
# Fewer digits are in too many numbers.
FEWEST_DIGITS = 4


@require_safe
def find(request):
    """Lead to the card of the one unit that is meant, or list those that may be."""
    if not request.user.sees_all:
        raise PermissionDenied
    words = request.GET.get("q", "").strip()[:200]
    digits = digits_of(words)
    if len(digits) >= FEWEST_DIGITS:
        found, loose = by_number(digits)
    elif fold(words):
        found, loose = by_name(words)
    else:
        found, loose = {}, []
    if len(found) == 1 and not loose:
        return redirect("registry:unit_card", *found)
    units = Organisation.objects.select_related("parent").in_bulk(list(found)[:SHOWN])
    context = {
        "words": words,
        "hits": [
            {"unit": units[key], "reasons": found[key]}
            for key in list(found)[:SHOWN]
            if key in units
        ],
        "loose": loose[:SHOWN],
        "has_more": len(found) > SHOWN or len(loose) > SHOWN,
        "too_short": 0 < len(digits) < FEWEST_DIGITS,
    }
    return render(request, "registry/find.html", context)


def by_number(digits):
    """Return ``{key of a unit: why}``, and the people of that number who act for no unit."""
    # Looked up one by one among the models, of which there may be a million.
    written = (digits, f"84{digits[1:]}")
    units = Organisation.objects.alias(digits=Digits("phone")).filter(digits__contains=digits)
    people = User.objects.alias(digits=Digits("phone")).filter(
        Q(digits__contains=digits) | Q(username__contains=digits), is_active=True
    )
    models = PracticeModel.objects.alias(digits=Digits("contact_phone"))
    models = models.filter(digits__in=written).order_by("-pk")
    found = {unit.pk: [unit.phone] for unit in in_order(units)}
    loose = add_people(found, people)
    for unit, name, phone, model in models.values_list(
        "organisation", "contact_name", "contact_phone", "name"
    )[: SHOWN + 1]:
        found.setdefault(unit, []).append(f"{name} – {phone} ({model})")
    return found, loose


def by_name(words):
    """Return the same of a name; the unit that is called just so comes first."""
    wanted = fold(words)
    units = sorted(
        in_order(Organisation.objects.existing().search(words)),
        key=lambda unit: wanted not in {fold(unit.name), fold(unit.short_name)},
    )
    found = {unit.pk: [] for unit in units}
    return found, add_people(found, User.objects.filter(is_active=True).search(words))


def in_order(units):
    return units.order_by("position", "sort_key", "pk")[: SHOWN + 1]


def add_people(found, people):
    """Put people beside the units they act for today. Return those who act for none."""
    people = list(people.order_by("sort_key", "pk")[: SHOWN + 1])
    current = Membership.objects.current().filter(user__in=[person.pk for person in people])
    units = {}
    for user, unit in current.order_by("pk").values_list("user", "organisation"):
        units.setdefault(user, []).append(unit)
    loose = []
    for person in people:
        for unit in units.get(person.pk, ()):
            found.setdefault(unit, []).append(f"{person} – {person.phone or person.username}")
        if person.pk not in units:
            loose.append(person)
    return loose
