"""Whatever people do, in whatever order: the register stays one that its rules allow.

Hypothesis draws who does what to what, from the table of permissions; every step is a form
sent through its page. The suite takes the same few hundred steps each time. To look further:
``./dev test tests/test_random_moves.py --hypothesis-profile=long``.
"""

import logging

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from registry import invariants
from registry.models import Enrolment, PracticeModel
from registry.sealing import broken_seals, sealed_models
from reviews.models import Assessment, Conclusion, Decision, DecisionLine, Seminar
from tests import permissions_world
from tests.permissions_table import NO, ROLES, TABLE, answers

pytestmark = pytest.mark.django_db

# Refused in words, or done; never an error of ours.
ANSWERED = {200, 302, 400, 403, 404, 405, 409}
NOT_OF_THE_REGISTER = ("account_", "set_language", "text_size", "seen", "registry:account_")


@pytest.fixture
def world(settings, caplog):
    caplog.set_level(logging.CRITICAL, "django.request")
    world = permissions_world.build()
    world.clients = permissions_world.clients_of(world.people)
    return world


def doings():
    """Return (role, address, record): every form there is, every record of a kind it takes.

    First those of people who may at times, then of everybody.
    """
    kinds = {}
    for name, lines in TABLE.items():
        for key, _get, _post in lines:
            kinds.setdefault(reverse_kind(name), set()).add(key)
    may, anybody = [], []
    for name, lines in TABLE.items():
        if name.startswith(NOT_OF_THE_REGISTER) or all(post == NO for *_, post in lines):
            continue
        doers = {
            role
            for *_, post in lines
            for role, code in answers(name, post).items()
            if code == "302"
        }
        for key in sorted(kinds[reverse_kind(name)] if lines[0][0] else [""]):
            if key or not lines[0][0]:
                may += [(role, name, key) for role in sorted(doers)]
                anybody += [(role, name, key) for role in ROLES]
    return may, anybody


def reverse_kind(name):
    """Return what the addresses of this kind are about: "registry:practicemodel"."""
    return name.rpartition("_")[0]


def takes(world, name, key):
    """Whether the address is of a record of that class; "year" and "model" share a first word."""
    own = TABLE[name][0][0]
    return not key or type(getattr(world, key)) is type(getattr(world, own))


class Now:
    """The world as it has become: each record anew from the database, while it is there."""

    def __init__(self, world):
        self._world = world

    def __getattr__(self, name):
        record = getattr(self._world, name)
        if isinstance(record, models.Model):
            try:
                return type(record)._base_manager.get(pk=record.pk)
            except ObjectDoesNotExist:
                return record
        return record


def standing():
    """Return what the register says of models and their reviews, as rows that can be compared."""
    ballots = Assessment.objects.order_by("pk").values_list("pk", "verdict", "handed_in_at")
    return {
        "models": set(PracticeModel.objects.values_list("pk", "organisation", "status", "version")),
        "years": set(Enrolment.objects.values_list("pk", "sent_at", "accepted_at", "endorsed_at")),
        "ballots": set(ballots),
        "proposals": set(Conclusion.objects.values_list("item", "verdict", "whose")),
        "seminars": set(Seminar.objects.values_list("pk", "state")),
        "papers": set(Decision.objects.values_list("pk", "issued_at", "published_at", "version")),
        "lines": set(DecisionLine.objects.values_list("pk", "decision", "model", "verdict")),
    }


def check_who(role, before, after):
    """Let nobody have changed what is not theirs."""
    changed = {name for name in before if before[name] != after[name]}
    allowed = {
        "anonymous": set(),
        "inactive": set(),
        "admin": set(),  # keeps the records, in the administration, and is no clerk
        "panel": {"ballots"},
        "stranger": {"models", "years"},
        "unit": {"models", "years"},
        "ward": {"models", "years"},
    }
    assert changed <= allowed.get(role, set(before)), (role, changed)


def check_rules(before, after):
    """What may be stored, ever, and what never changes again."""
    issued_lines = DecisionLine.objects.exclude(decision__issued_at=None)
    last = {
        line.model_id: line
        for line in issued_lines.order_by("decision__dated", "decision__issued_at")
    }
    for model in PracticeModel.objects.prefetch_related("moves"):
        moves = sorted(model.moves.all(), key=lambda move: (move.at, move.pk))
        assert model.status == (moves[-1].to_status if moves else "draft")
        assert (model.code is None) == (model.submitted_at is None)
        assert (model.status == "closed") == bool(model.closing_kind)
        assert (model.accepted_at is None) == (model.accepted_by_id is None)
        if model.status == "running":
            assert model.accepted_at
        assert model.verdict == (last[model.pk].verdict if model.pk in last else ""), model
        for move in moves:
            starts, to = PracticeModel.MOVES[move.name]
            assert move.from_status in starts
            assert move.to_status == to
    for paper in Decision.objects.exclude(issued_at=None):
        assert paper.number
        assert paper.dated
        assert paper.signatory
    issued = {row[0] for row in before["papers"] if row[1]}
    assert {row for row in before["lines"] if row[1] in issued} <= after["lines"]
    assert {row for row in before["ballots"] if row[2]} <= after["ballots"]


MAY, ANYBODY = doings()
STEP = st.one_of(st.sampled_from(MAY), st.sampled_from(MAY), st.sampled_from(ANYBODY))


@given(steps=st.lists(STEP, min_size=20, max_size=40))
def test_any_sequence_of_doings_keeps_the_rules(world, steps):
    now = Now(world)
    mark = transaction.savepoint()
    after = standing()
    try:
        for role, name, key in steps:
            if not takes(world, name, key):
                continue
            client = world.clients[role]
            client.cookies.pop("messages", None)
            before = after
            address = reverse(name, args=[getattr(world, key).pk] if key else [])
            response = client.post(address, permissions_world.body(now, name, key, role))
            assert response.status_code in ANSWERED, (response.status_code, role, name, key)
            after = standing()
            check_who(role, before, after)
            if before == after:
                continue
            assert response.status_code < 400, (response.status_code, role, name, key)
            check_rules(before, after)
        assert list(invariants.findings()) == []
        assert [each for model in sealed_models() for each in broken_seals(model)] == []
    finally:
        transaction.savepoint_rollback(mark)
