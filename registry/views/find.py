"""Who is calling? From a unit's name, a person's name or a number to the unit's card."""

from itertools import islice

from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from registry.models import Membership, Organisation, PracticeModel, User
from registry.phones import Digits, digits_of, whole_numbers
from registry.vietnamese import fold

SHOWN = 20
# Fewer digits are in too many numbers.
FEWEST_DIGITS = 4
# Of a model's number, which is looked up whole by an index: there may be a million models.
FEWEST_OF_A_MODEL = 6
# Of so many models, the newest, people are found by name: no index knows it without diacritics.
NEWEST = 5000
# Who is in charge of a model.
CONTACT = ("organisation", "contact_name", "contact_phone", "name")


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
    units = Organisation.objects.alias(digits=Digits("phone")).filter(digits__contains=digits)
    people = User.objects.alias(digits=Digits("phone")).filter(
        Q(digits__contains=digits) | Q(username__contains=digits), is_active=True
    )
    found = {unit.pk: [unit.phone] for unit in in_order(units)}
    loose = add_people(found, people)
    if len(digits) >= FEWEST_OF_A_MODEL:
        models = PracticeModel.objects.alias(digits=Digits("contact_phone"))
        models = models.filter(digits__in=whole_numbers(digits))
        # Not simply by the key, along which PostgreSQL would look at each of a million models.
        add_contacts(found, models.order_by(-F("pk")).values_list(*CONTACT)[: SHOWN + 1])
    return found, loose


def by_name(words):
    """Return the same of a name; the unit that is called just so comes first."""
    wanted = fold(words)
    units = sorted(
        in_order(Organisation.objects.existing().search(words)),
        key=lambda unit: wanted not in {fold(unit.name), fold(unit.short_name)},
    )
    found = {unit.pk: [] for unit in units}
    loose = add_people(found, User.objects.filter(is_active=True).search(words))
    newest = PracticeModel.objects.order_by("-pk").values_list(*CONTACT)[:NEWEST]
    parts = wanted.split()
    named = (row for row in newest if all(part in fold(row[1]) for part in parts))
    add_contacts(found, islice(named, SHOWN + 1))
    return found, loose


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


def add_contacts(found, rows):
    """Put people in charge of models beside the units, each once with the first of theirs."""
    told = set()
    for unit, name, phone, model in rows:
        if (unit, name, phone) not in told:
            told.add((unit, name, phone))
            who = " – ".join(filter(None, [name, phone]))
            found.setdefault(unit, []).append(f"{who} ({model})" if model else who)
