"""What the tests of pages about seminars have in common."""

from django.urls import reverse
from lxml import html
from pytest_django.asserts import assertRedirects

from registry.models import Verdict
from tests import factories


def signed_in(client, user):
    client.force_login(user)
    return user


def to(page, record):
    return reverse(f"reviews:{page}", args=[record.pk])


def leads_to(response, address):
    assertRedirects(response, str(address), fetch_redirect_response=False)


def text_of(response):
    return " ".join(html.fromstring(response.content).find(".//main").text_content().split())


def answers_on(response):
    """Return what the last form of the page would send as it stands."""
    form = html.fromstring(response.content).xpath("//main//form")[-1]
    return {name: value for name, value in form.fields.items() if value is not None}


def sent(client, page, record, **answers):
    """Post what the page holds, hidden version included, with these answers."""
    held = answers_on(client.get(to(page, record)))
    return client.post(to(page, record), held | answers)


def planned(*names, **fields):
    seminar = factories.SeminarFactory(**fields)
    for position, name in enumerate(names, 1):
        model = factories.running(name=name)
        factories.AgendaItemFactory(seminar=seminar, model=model, position=position)
    return seminar


def hand_in(ballot, verdict=Verdict.MAINTAIN):
    ballot.verdict, ballot.remark = verdict, "Có kết quả rõ."
    ballot.hand_in(by=ballot.member.user, version=ballot.version)
