"""What every form of the register has in common: how it looks, and how it takes text.

``default_renderer`` sits here and not in the settings, so that Django admin keeps its own look.
"""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.boundfield import BoundField as DjangoBoundField
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import ChoiceWidget, Input

from registry.vietnamese import clean_text

# The first kind a widget belongs to gives it its class.
CLASSES = (
    (forms.CheckboxSelectMultiple, "govuk-checkboxes"),  # a RadioSelect to Django
    (forms.RadioSelect, "govuk-radios"),
    (forms.CheckboxInput, "govuk-checkboxes__input"),
    (forms.Select, "govuk-select"),
    (forms.Textarea, "govuk-textarea"),
    (forms.FileInput, "govuk-file-upload"),
    (Input, "govuk-input"),
)
WRITTEN = (forms.TextInput, forms.Textarea)
WITH_ERROR_CLASS = {"govuk-select", "govuk-textarea", "govuk-file-upload", "govuk-input"}
# Attributes Django or a library adds which a page must not have: a browser cuts what UniKey
# is still composing at maxlength, and a placeholder looks like an answer.
UNWANTED = ("maxlength", "minlength", "placeholder", "min", "max", "step")


class Renderer(TemplatesSetting):
    form_template_name = "forms/form.html"
    formset_template_name = "forms/formset.html"
    field_template_name = "forms/field.html"
    widget_template_names = {
        "django/forms/widgets/radio.html": "forms/widgets/choices.html",
        "django/forms/widgets/checkbox_select.html": "forms/widgets/choices.html",
        "django/forms/widgets/select.html": "forms/widgets/select.html",
        # A number box changes under a scrolling wheel and refuses "1.000".
        "django/forms/widgets/number.html": "forms/widgets/text.html",
        "django/forms/widgets/password.html": "forms/widgets/password.html",
    }

    def get_template(self, template_name):
        return super().get_template(self.widget_template_names.get(template_name, template_name))


class BoundField(DjangoBoundField):
    @property
    def data(self):
        """Return what was typed, in the one way of writing it that the register stores.

        Cleaned here, before any validation, so that lengths are counted on what is kept.
        A password is left as it is: the accounts of today were opened without this.
        """
        data = super().data
        if isinstance(data, str) and not isinstance(self.field.widget, forms.PasswordInput):
            return clean_text(data)
        return data

    def build_widget_attrs(self, attrs, widget=None):
        widget = widget or self.field.widget
        attrs = super().build_widget_attrs(attrs, widget)
        if widget.is_hidden:
            return attrs
        attrs |= {name: False for name in UNWANTED if name in widget.attrs}
        attrs["class"] = self._css_classes(widget)
        # What people write here is Vietnamese whatever the language of the page; so are lists
        # of what they have written.
        if isinstance(self.field, forms.ModelChoiceField) or type(widget) in WRITTEN:
            attrs["lang"] = "vi"
        # Not for dates: the keypad of an iPhone has no stroke.
        if isinstance(widget, forms.NumberInput):
            attrs.setdefault("inputmode", widget.attrs.get("inputmode", "numeric"))
        return attrs

    def _css_classes(self, widget):
        classes = [name for kind, name in CLASSES if isinstance(widget, kind)][:1]
        if self.errors:
            classes += [f"{name}--error" for name in classes if name in WITH_ERROR_CLASS]
        return " ".join([*classes, widget.attrs.get("class", "")]).strip()

    @property
    def first_id(self):
        """Return the id an error links to: of the field, or of the first answer in a group."""
        if self.id_for_label:
            return self.id_for_label
        if isinstance(self.field.widget, ChoiceWidget):
            return next((option.id_for_label for option in self.subwidgets), self.auto_id)
        return f"{self.auto_id}_0"

    @property
    def is_checkbox(self):
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def is_marked_optional(self):
        return (
            self.form.mark_optional
            and not self.field.required
            and not self.field.disabled
            and not self.is_checkbox
        )


class FormLook:
    """The look and the manners, also for forms that a library brings."""

    default_renderer = Renderer
    bound_field_class = BoundField
    use_required_attribute = False
    template_name_div = Renderer.form_template_name  # what a formset renders its forms with
    mark_optional = True  # off in a filter, where nothing is required

    @property
    def error_summary(self):
        """Return every error, with the name and the address of its field.

        Both are "" for an error of the form as a whole; a hidden field has no address.
        In the order of the fields, in which the reader goes through the page.
        """
        return [
            {"message": message, **self._field_of_error(name)}
            for name in [*self.fields, NON_FIELD_ERRORS]
            for message in self.errors.get(name, [])
        ]

    def add_error(self, field, error):
        """Put an error of a constraint at the field its code names, if the form has that field.

        So that a rule is written once, on the model, and still speaks at the right place.
        """
        if field is None and isinstance(error, ValidationError):
            for name, found in _by_field(error, self.fields):
                super().add_error(name, found)
        else:
            super().add_error(field, error)

    def _field_of_error(self, name):
        if name == NON_FIELD_ERRORS:
            return {"label": "", "href": ""}
        field = self[name]
        return {"label": field.label, "href": "" if field.is_hidden else f"#{field.first_id}"}


def _by_field(error, fields):
    """Yield a field's name, or None, for each of the errors."""
    named = (
        error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    )
    for name, errors in named.items():
        for each in errors:
            if name in fields:
                yield name, each
            else:
                yield (each.code if each.code in fields else None), each


class Form(FormLook, forms.Form):
    pass


class ModelForm(FormLook, forms.ModelForm):
    pass
