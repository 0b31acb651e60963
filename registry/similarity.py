"""Which models are much like one that is about to be registered."""

from itertools import pairwise

from django.db.models import Q

from registry.models import PracticeModel
from registry.vietnamese import fold

# They stand in half of all names and tell nothing.
EMPTY_WORDS = frozenset(
    fold(
        "mô hình cách làm hay sáng tạo xây dựng phát huy nâng cao vai trò hiệu quả chất lượng "
        "công tác tại trong trên và của các những với theo cho về gắn thực hiện"
    ).split()
)
LIKE = 0.4
SHOWN = 5
LOOKED_AT = 300


def similar_to(name, *, user, organisation=None, model=None):
    """Return models the user sees whose names are like ``name``: own unit first, then the likest.

    A hint for people, who decide whether it is the same. Each has ``is_own`` and ``is_closed``.
    """
    wanted = significant(name)
    if len(wanted) < 2:
        return []
    pairs = [pair for pair in pairwise(fold(name).split()) if EMPTY_WORDS.isdisjoint(pair)]
    near = Q(pk=None)
    for phrase in map(" ".join, pairs[:12]):
        near |= Q(search_key__contains=phrase)
    found = PracticeModel.objects.visible_to(user).filter(near).exclude(name="")
    if model is not None:
        found = found.exclude(pk=model)
    candidates = found.select_related("organisation").defer("reason", "approach")[:LOOKED_AT]
    ranked = []
    for candidate in candidates:
        candidate.is_own = candidate.organisation_id == organisation
        candidate.is_closed = candidate.status == PracticeModel.Status.CLOSED
        likeness = likeness_of(wanted, significant(candidate.name))
        if likeness >= LIKE:
            ranked.append((not candidate.is_own, -likeness, candidate.pk, candidate))
    return [candidate for *_order, candidate in sorted(ranked, key=lambda row: row[:3])[:SHOWN]]


def significant(name):
    """Return the folded words of a name that tell what it is about, in their order.

    >>> significant("Mô hình “Con đường hoa tự quản”")
    ['con', 'duong', 'hoa', 'tu', 'quan']
    """
    return [word for word in fold(name).split() if word not in EMPTY_WORDS][:40]


def likeness_of(one, other):
    """Return how much two lists of words have in common, from 0 to 1 (Dice, on pairs of words).

    In pairs, because single syllables of Vietnamese mean little.
    """
    pairs, others = set(pairwise(one)), set(pairwise(other))
    if not pairs or not others:
        return 0.0
    return 2 * len(pairs & others) / (len(pairs) + len(others))
