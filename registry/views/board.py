"""The board of units: who has sent what for a year, and who is to be called."""

from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from registry.access import record_export, visible_or_404
from registry.exports import defused, when_made
from registry.models import Call, Membership, Organisation, PracticeModel
from registry.paging import CappedPaginator
from registry.standing import Standing, being_typed, counts, numbers_of, standing_so, units_of
from registry.templatetags.vietnamese import moment
from registry.views.catalogue import address
from registry.views.organisations import BRANCHES

PER_PAGE = 40
# In the table to be copied; a spreadsheet takes more, a message does not.
COPIED = 1000
FIRST_YEAR, YEARS_OFFERED = 2021, 6

COLOURS = {
    Standing.SENT: "green",
    Standing.RETURNED: "orange",
    Standing.DRAFT: "yellow",
    Standing.NOTHING: "grey",
}


@require_safe
def board(request):
    """The units of one year, in protocol order; ``table=1`` shows all of them as text to copy."""
    user = request.user
    if not Organisation.objects.looked_after_by(user).exists():
        raise PermissionDenied
    year = asked_year(request.GET.get("year", ""))
    block = one_of(request.GET.get("block", ""), [*Organisation.Block.values, "none"])
    state = one_of(request.GET.get("state", ""), Standing.values)
    units = units_of(user, year)
    by_block = counts(units, year)
    found = units.select_related("parent").order_by(*BRANCHES)
    if block:
        found = found.filter(block="" if block == "none" else block)
    if state:
        found = found.filter(standing_so(year, state))
    in_block = [row for name, row in by_block.items() if not block or (name or "none") == block]
    total = {name: sum(row[name] for row in in_block) for name in ("all", *Standing.values)}
    page = CappedPaginator(found, PER_PAGE, found=total[state or "all"]).get_page(
        request.GET.get("page")
    )
    is_table = request.GET.get("table") == "1"
    if is_table:  # with everybody's telephone
        record_export(request, "bang-don-vi")
    shown = list(found[:COPIED]) if is_table else list(page.object_list)
    rows = rows_of(shown, year)
    context = {
        "year": year,
        "years": years_offered(year),
        "block": block,
        "state": state,
        "blocks": block_choices(by_block, block, state),
        "printed": when_made(),
        "narrowed_by": narrowed_by(block, state),
        "states": [
            (value, f"{label} ({total[value]})", value == state)
            for value, label in Standing.choices
        ],
        "total": total,
        "page_obj": page,
        "rows": rows,
        "table": as_text(rows, year) if is_table else "",
        "is_cut": is_table and total[state or "all"] > COPIED,
        "copied": COPIED,
        "table_url": address(request, table="1"),
        "list_url": address(request, table=None),
        "unsent_url": address(request, state=Standing.UNSENT, table=None),
        "all_url": f"{request.path}?year={year}",
        "back": request.get_full_path(),
        "can_find": user.sees_all,
    }
    return render(request, "registry/board.html", context)


def block_names():
    return [*Organisation.Block.choices, ("none", _("Without a block"))]


def narrowed_by(block, state):
    """Return what the board is narrowed by, as the chips of a list say it."""
    asked = [(_("Block"), dict(block_names()).get(block))]
    asked.append((_("What there is"), dict(Standing.choices).get(state)))
    return [{"label": name, "value": label} for name, label in asked if label]


def block_choices(by_block, block, state):
    """Return the blocks there are, with how many units of the chosen state each has."""
    numbers = {name or "none": row[state or "all"] for name, row in by_block.items()}
    return [
        (value, f"{label} ({numbers.get(value, 0)})", value == block)
        for value, label in block_names()
        if value in numbers or value == block
    ]


def asked_year(text):
    """Return the year asked for, this one where that is none of ours."""
    this_year = timezone.localdate().year
    if not (text.isascii() and text.isdigit() and len(text) == len("2026")):
        return this_year
    year = int(text)
    return year if FIRST_YEAR <= year <= this_year + 1 else this_year


def years_offered(chosen):
    this_year = timezone.localdate().year
    first = max(FIRST_YEAR, this_year - YEARS_OFFERED + 1)
    return [
        (str(year), str(year), year == chosen)
        for year in sorted({chosen, *range(first, this_year + 1)}, reverse=True)
    ]


def one_of(value, values):
    return value if value in values else ""


def rows_of(units, year):
    """Return what the board shows of each unit; the same queries however many they are."""
    keys = [unit.pk for unit in units]
    numbers = numbers_of(keys, year)
    calls = {
        call.organisation_id: call
        for call in Call.objects.filter(year=year, organisation__in=keys).select_related("by")
    }
    phones, typed = phones_of(units), being_typed(keys, year)
    return [
        {
            "unit": unit,
            "tags": tags(numbers.get(unit.pk, {})),
            "typed": typed.get(unit.pk),
            "call": calls.get(unit.pk),
            "phone": phones.get(unit.pk, ("", ""))[0],
            "answers": phones.get(unit.pk, ("", ""))[1],
        }
        for unit in units
    ]


def tags(numbers):
    found = [
        {"label": f"{standing.label}: {number}", "colour": COLOURS[standing]}
        for standing in Standing
        if (number := numbers.get(standing.value, 0))
    ]
    nothing = Standing.NOTHING
    return found or [{"label": str(nothing.label), "colour": COLOURS[nothing]}]


def phones_of(units):
    """Return ``{key: (number, who answers)}``: the unit's own number, else one of its people,
    else that of its newest model.
    """
    found = {unit.pk: (unit.phone, "") for unit in units if unit.phone}
    without = [unit.pk for unit in units if not unit.phone]
    people = Membership.objects.current().filter(organisation__in=without, user__is_active=True)
    people = people.exclude(user__phone="").order_by("user__sort_key", "pk")
    for key, phone, name in people.values_list("organisation", "user__phone", "user__full_name"):
        found.setdefault(key, (phone, name))
    without = [key for key in without if key not in found]
    contacts = PracticeModel.objects.exclude(contact_phone="")
    newest = contacts.filter(organisation=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    units_without = Organisation.objects.filter(pk__in=without)
    contacts = contacts.filter(pk__in=units_without.values_list(Subquery(newest)))
    for key, *answers in contacts.values_list("organisation", "contact_phone", "contact_name"):
        found[key] = tuple(answers)
    return found


def as_text(rows, year):
    """Return the rows as lines with tabs between the cells, which Excel takes as a table."""
    head = [
        _("No."),
        _("Organisation"),
        _("Stands below"),
        _("Block"),
        _("Year %(year)s") % {"year": year},
        _("Phone"),
        _("Who answers"),
        _("Called"),
    ]
    lines = [head]
    for number, row in enumerate(rows, 1):
        unit, call = row["unit"], row["call"]
        lines.append(
            [
                str(number),
                unit.name,
                unit.parent.name if unit.parent else "",
                unit.get_block_display() if unit.block else "",
                ", ".join(tag["label"] for tag in row["tags"]),
                row["phone"],
                row["answers"],
                f"{call.by}, {moment(call.at)}" if call else "",
            ]
        )
    return "\n".join("\t".join(map(cell, line)) for line in lines)


def cell(text):
    """Return the text as one cell, which no spreadsheet takes for a formula."""
    return defused(" ".join(str(text).split()))


@require_POST
def unit_call(request, pk):
    """Tick that the unit was called about a year, or take the tick back."""
    unit = visible_or_404(Organisation.objects, request.user, pk, may="looked_after_by")
    text = request.POST.get("year", "")
    year = asked_year(text)
    if str(year) != text:
        raise BadRequest("no such year")
    if request.POST.get("called") == "no":
        Call.untick(unit, year, by=request.user)
    else:
        Call.tick(unit, year, by=request.user)
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = reverse("registry:unit_card", args=[unit.pk])
    # A control character ends a header.
    if not back.isprintable() or "#" in back:
        raise BadRequest("no such address")
    return HttpResponseRedirect(f"{back}#unit-{unit.pk}")
