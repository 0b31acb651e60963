"""Two people have written the same record: bring both texts together, and lose neither."""

from dataclasses import dataclass, field

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from registry.models import PracticeModel


@dataclass
class Merged:
    """What became of a sending that came too late.

    ``data`` is what the form shows now: one's own words, and theirs where only they wrote.
    ``both`` are the fields both have written, ``theirs`` the names of those they alone have,
    ``closed`` what one has written and may write no longer.
    """

    data: object
    both: list = field(default_factory=list)
    theirs: list = field(default_factory=list)
    closed: list = field(default_factory=list)


def merge(form, current, base):
    """Merge what a form brings with the record as it stands.

    ``base`` is the record as it stood when the form was opened (an entry of its history), None
    if that is not known. Lists of several are compared with the record alone.
    """
    merged = Merged(data=form.data.copy())
    for name, form_field in form.fields.items():
        if not _is_of_record(name, form_field):
            continue
        model_field = PracticeModel._meta.get_field(name)
        typed, theirs = form[name].data, model_field.value_from_object(current)
        if _is_same(form_field, theirs, typed):
            continue
        before = theirs
        if base is not None and not model_field.many_to_many:
            before = getattr(base, model_field.attname)
            if _is_same(form_field, before, typed):
                put(merged.data, form.add_prefix(name), form_field, theirs)
                merged.theirs.append(form_field.label)
                continue
        if before != theirs or base is None or model_field.many_to_many:
            words = {"mine": _shown(form_field, typed), "theirs": _shown(form_field, theirs)}
            merged.both.append({"name": name, "label": form_field.label, **words})
    merged.closed = list(_no_longer_open(form, current))
    return merged


def take_theirs(form, names, current):
    """Return what the form brings, with the record's own words in the named fields."""
    data = form.data.copy()
    for name in names:
        if name in form.fields and _is_of_record(name, form.fields[name]):
            theirs = PracticeModel._meta.get_field(name).value_from_object(current)
            put(data, form.add_prefix(name), form.fields[name], theirs)
    return data


def put(data, name, form_field, value):
    """Write a value into what was sent, as if it had been typed."""
    if isinstance(form_field.widget, forms.CheckboxInput):
        data.setlist(name, ["on"] if value else [])
        return
    typed = as_typed(form_field, value)
    data.setlist(name, typed if isinstance(typed, list) else [typed])


def as_typed(form_field, value):
    """Return a value as a person would have typed or chosen it."""
    prepared = form_field.widget.format_value(form_field.prepare_value(value))
    if isinstance(prepared, (list, tuple)):
        return [str(each) for each in prepared]
    return "" if prepared is None else str(prepared)


def _is_of_record(name, form_field):
    known = {each.name for each in PracticeModel._meta.get_fields()}
    return name in known and not isinstance(form_field, forms.FileField)


def _is_same(form_field, value, typed):
    if isinstance(form_field.widget, forms.CheckboxInput):
        return bool(value) == bool(typed)
    expected = as_typed(form_field, value)
    if expected == typed or (not expected and not typed):
        return True
    if isinstance(expected, list):
        return sorted(filter(None, expected)) == sorted(filter(None, _listed(typed)))
    return not form_field.has_changed(value, typed)


def _listed(typed):
    return typed if isinstance(typed, list) else [typed or ""]


def _shown(form_field, value):
    """Return a value, stored or typed, in the words of the page: a choice by its label."""
    if isinstance(form_field.widget, forms.CheckboxInput):
        return _("Yes") if value else _("No")
    typed = as_typed(form_field, value)
    if hasattr(form_field, "choices"):
        labels = {str(key): str(label) for key, label in form_field.choices}
        return ", ".join(labels.get(each, each) for each in _listed(typed) if each)
    return typed


def _no_longer_open(form, current):
    """Yield what was written into fields that this person's form does not have any more."""
    for model_field in PracticeModel._meta.concrete_fields:
        written = form.data.get(model_field.name)
        if model_field.name in form.fields or not model_field.editable or not written:
            continue
        if isinstance(model_field.value_from_object(current), str):
            words = model_field.to_python(written)
            if words != model_field.value_from_object(current):
                yield {"label": capfirst(model_field.verbose_name), "words": words}
