"""What was ever written of a model: by whom, when, why, and what it was before."""

from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry.access import record_opening, visible_or_404
from registry.admin.words import marked
from registry.models import PracticeModel
from registry.templatetags.vietnamese import vi
from registry.views.catalogue import PER_PAGE

# They change with every save, or follow from what else is told, and say nothing by themselves.
UNTOLD = {"version", "updated_at", "created_at", "accepted_by"}
# Where simple-history keeps an entry's many-to-many rows: so they are fetched for a page at once.
PARTNERS = "historicalpracticemodel_partners_set"
MOVEMENTS = "historicalpracticemodel_movements_set"


@require_safe
def practicemodel_history(request, pk):
    """Who wrote what when, and why; for those inside the unit and for the office."""
    model = visible_or_404(PracticeModel.objects, request.user, pk, may="inside_seen_by")
    record_opening(request.user, model)
    known = ("history_user", "on_behalf_of", "organisation", "field", "merged_into")
    entries = model.history.select_related(*known).order_by("-history_id")
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    context = {"model": model, "page_obj": page, "entries": compared(model, page.object_list)}
    return render(request, "registry/practicemodel_history.html", context)


def compared(model, entries):
    """Return each entry of the page with what changed in it since the one before."""
    entries = list(entries)
    if not entries:
        return []
    older = model.history.filter(history_id__lt=entries[-1].history_id).order_by("-history_id")
    line = [*entries, *older.select_related("organisation", "field", "merged_into")[:1]]
    prefetch_related_objects(line, f"{PARTNERS}__organisation", f"{MOVEMENTS}__movement")
    told = [told_by(entry) for entry in line]
    changes = [differences(*pair) for pair in zip(told[1:], told, strict=False)]
    # The first of all has nothing before it to differ from.
    changes += [[]] * (len(entries) - len(changes))
    return [
        {"entry": entry, "changes": changed}
        for entry, changed in zip(entries, changes, strict=True)
    ]


def told_by(entry):
    """Return ``{label: words}`` of all that the entry holds."""
    told = {
        capfirst(field.verbose_name): marked(field, getattr(entry, field.name))
        for field in entry.tracked_fields
        if field.name not in UNTOLD
    }
    told[_("Partners")] = joined(row.organisation for row in getattr(entry, PARTNERS).all())
    told[_("Movements")] = joined(row.movement for row in getattr(entry, MOVEMENTS).all())
    return told


def joined(records):
    return vi(", ".join(record.name for record in records))


def differences(before, after):
    return [
        {"label": label, "old": before[label], "new": words}
        for label, words in after.items()
        if before[label] != words
    ]
