"""Pages of a list that may be a million long."""

from django.core.paginator import Paginator
from django.db.models import IntegerField, Subquery
from django.utils.functional import cached_property

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
