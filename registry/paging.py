"""Pages of a list that may be a million long."""

from django.core.paginator import Paginator
from django.db.models import IntegerField, Subquery
from django.utils.formats import localize
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

# Counting a million takes a fifth of a second, and nobody turns to page 40,000.
COUNTED = 10_000


def up_to_the_cap(queryset):
    """Return what has to be counted to know whether there are more than 10,000."""
    return queryset.order_by().values("pk")[: COUNTED + 1]


class CountOf(Subquery):
    """How many rows a query has, as a column of another one."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()
    empty_result_set_value = 0


class CappedPaginator(Paginator):
    """Counts up to 10,000 and says that there are more (``capped``).

    Its pages end there: whoever looks for more narrows the list. ``found`` is what
    ``CountOf(up_to_the_cap(object_list))`` gave, if another query has counted already.
    """

    def __init__(self, *args, found=None, **kwargs):
        super().__init__(*args, **kwargs)
        self._counted = found

    @cached_property
    def _found(self):
        if self._counted is None:
            return up_to_the_cap(self.object_list).count()
        return self._counted

    @property
    def capped(self):
        return self._found > COUNTED

    @property
    def count(self):
        return min(self._found, COUNTED)


def written(number):
    """Return a number as it is written; the library takes long to see that it has no thousands."""
    return str(number) if number < 1000 else localize(number)


def rows_shown(page):
    """Say which rows a page shows, of how many; "" where there are none."""
    paginator = page.paginator
    if not paginator.count:
        return ""
    if getattr(paginator, "capped", False):
        words = _("%(start)s to %(end)s of more than %(count)s")
    else:
        words = _("%(start)s to %(end)s of %(count)s")
    return words % {
        "start": written(page.start_index()),
        "end": written(page.end_index()),
        "count": written(paginator.count),
    }


def page_links(page, query):
    """Return the addresses of the pages before and after this one, None where there is none, and
    those of the pages offered by number, None where some are left out.

    ``query`` is what was asked for, and stays in each address.
    """
    kept = query.copy()
    kept.pop("page", None)
    front = f"?{kept.urlencode()}&page=" if kept else "?page="
    last, is_last_known = page.paginator.num_pages, not getattr(page.paginator, "capped", False)
    before = page.number - 1 if page.number > 1 else None
    after = page.number + 1 if page.number < last else None

    numbers = [number for number in (before, page.number, after) if number]
    if numbers[0] > 1:
        numbers = [1, *([None] if numbers[0] > 2 else []), *numbers]
    if numbers[-1] < last:
        numbers += [None] if numbers[-1] < last - 1 else []
        numbers += [last] if is_last_known else []
    return {
        "before": before and f"{front}{before}",
        "after": after and f"{front}{after}",
        "numbers": [number and _link(number, front, page.number) for number in numbers],
    }


def _link(number, front, current):
    shown = written(number)
    return {
        "number": shown,
        "label": _("Page %(number)s") % {"number": shown},
        "address": f"{front}{number}",
        "is_current": number == current,
    }
