"""The frame of the pages: how a form looks, what an error says, what no template may have."""

import re
import unicodedata
from pathlib import Path

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from lxml import html

from registry.forms.base import Form

pytestmark = pytest.mark.look

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "tamky_models" / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
STANDING_ALONE = ["400", "403_csrf", "413", "500", "503"]


class Example(Form):
    name = forms.CharField(label="Name", max_length=4, help_text="Short")
    field = forms.ChoiceField(
        label="Field", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect
    )
    level = forms.ChoiceField(label="Level", choices=[("", "–"), ("1", "One")])
    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 7}))
    started = forms.DateField(
        label="Started", widget=forms.DateInput(attrs={"class": "govuk-input--width-10"})
    )
    households = forms.IntegerField(label="Households", min_value=0, required=False)
    photo = forms.FileField(label="Photo", required=False)
    agreed = forms.BooleanField(label="Agreed", help_text="Not final")
    version = forms.IntegerField(label="Version", widget=forms.HiddenInput)

    def clean(self):
        self.add_error(None, "Something as a whole")


class Password(Form):
    password = forms.CharField(strip=False, widget=forms.PasswordInput)


def parsed(form):
    return html.fromstring(f"<div>{form}</div>")


def by_id(tree, name):
    (found,) = tree.xpath(f"//*[@id='{name}']")
    return found


def test_every_field_has_a_label_of_its_own():
    tree = parsed(Example())

    labels = tree.xpath("//label/@for")
    fields = tree.xpath(
        "//*[self::input or self::select or self::textarea][@type!='hidden' or not(@type)]"
    )
    assert sorted(labels) == sorted(field.get("id") for field in fields)
    assert len(set(labels)) == len(labels)


def test_a_field_is_described_by_its_hint_and_its_error():
    tree = parsed(Example({}))

    described_by = by_id(tree, "id_name").get("aria-describedby").split()
    texts = [by_id(tree, name).text_content().split() for name in described_by]
    assert texts[0] == ["Short"]
    assert "required." in texts[1] or "buộc." in texts[1]
    assert by_id(tree, "id_name").get("aria-invalid") == "true"


def test_everything_a_field_is_described_by_exists():
    for form in (Example(), Example({}), Password({})):
        tree = parsed(form)
        names = " ".join(tree.xpath("//@aria-describedby")).split()

        assert [name for name in names if not tree.xpath(f"//*[@id='{name}']")] == []


def test_a_group_of_answers_has_a_legend_and_is_described_as_a_group():
    (group,) = parsed(Example({})).xpath("//fieldset")

    assert group.findtext("legend").strip() == "Field"
    assert group.get("aria-describedby") == "id_field_error"
    assert group.xpath(".//input/@class") == ["govuk-radios__input"] * 2


def test_what_was_typed_and_chosen_comes_back():
    tree = parsed(Example({"name": "Xanh & sạch", "field": "b", "reason": "<b>", "agreed": "on"}))

    assert by_id(tree, "id_name").get("value") == "Xanh & sạch"
    assert tree.xpath("//input[@checked]/@id") == ["id_field_1", "id_agreed"]
    assert by_id(tree, "id_reason").text.strip() == "<b>"


def test_a_field_keeps_its_own_width_and_rows_beside_the_class_of_the_frame():
    tree = parsed(Example({}))

    assert by_id(tree, "id_started").get("class") == (
        "govuk-input govuk-input--error govuk-input--width-10"
    )
    assert by_id(tree, "id_reason").get("rows") == "7"


def test_only_what_may_stay_empty_is_marked_and_nothing_in_a_filter():
    class Filter(Example):
        mark_optional = False

    marked = [
        label.get("for")
        for label in parsed(Example()).xpath("//label[.//span[@class='app-optional']]")
    ]

    assert marked == ["id_households", "id_photo"]
    assert parsed(Filter()).xpath("//span[@class='app-optional']") == []


def test_no_field_cuts_counts_or_checks_while_one_types():
    tree = parsed(Example())

    for attribute in ("maxlength", "required", "min", "placeholder"):
        assert tree.xpath(f"//@{attribute}") == []
    assert by_id(tree, "id_households").get("type") == "text"
    assert by_id(tree, "id_households").get("inputmode") == "numeric"
    # The keypad of an iPhone has no stroke to write a date with.
    assert by_id(tree, "id_started").get("inputmode") is None


def test_text_is_brought_into_one_form_before_its_length_is_checked():
    form = Example({"name": unicodedata.normalize("NFD", "Đổi!"), "reason": "Ðà"})
    form.is_valid()

    assert form.cleaned_data["name"] == "Đổi!"
    assert form.cleaned_data["reason"] == "Đà"


def test_a_password_is_taken_as_it_was_typed():
    typed = unicodedata.normalize("NFD", " Đổi mật khẩu ")
    form = Password({"password": typed})

    assert form.is_valid()
    assert form.cleaned_data["password"] == typed


def test_a_nul_character_is_refused_and_not_passed_on():
    form = Example({"name": "a\0b"})

    assert form.errors.as_data()["name"][0].code == "null_characters_not_allowed"


def test_each_line_of_the_error_summary_leads_to_a_field_that_is_there():
    form = Example({})
    tree = parsed(str(form) + render_to_string("includes/error_summary.html", {"form": form}))

    targets = tree.xpath("//*[@class='govuk-error-summary']//a/@href")
    assert [target for target in targets if not tree.xpath(f"//*[@id='{target[1:]}']")] == []
    assert targets == [
        "#id_name",
        "#id_field_0",
        "#id_level",
        "#id_reason",
        "#id_started",
        "#id_agreed",
    ]


def test_the_error_summary_also_tells_what_no_field_shows():
    form = Example({})
    tree = parsed(render_to_string("includes/error_summary.html", {"form": form}))

    without_link = [item.text_content() for item in tree.xpath("//li[not(a)]")]
    assert without_link[0].startswith("Version: ")
    assert without_link[1] == "Something as a whole"


def test_there_is_no_error_summary_without_errors():
    assert render_to_string("includes/error_summary.html", {"form": Example()}).strip() == ""
    assert render_to_string("includes/error_summary.html").strip() == ""


def test_a_formset_looks_alike_and_tells_its_errors():
    rows = forms.formset_factory(Password, extra=0, min_num=1, validate_min=True)
    formset = rows({"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0"})
    summary = render_to_string("includes/error_summary.html", {"formset": formset})
    tree = parsed(str(formset) + summary)

    assert by_id(tree, "id_form-0-password").get("class") == "govuk-input govuk-input--error"
    assert "#id_form-0-password" in tree.xpath("//a/@href")
    assert len(tree.xpath("//li")) == 2


def test_page_links_keep_the_filters(rf):
    page = Paginator(range(100), 10).page(5)
    request = rf.get("/models/?q=nước&page=5")
    tree = html.fromstring(
        render_to_string("includes/pagination.html", {"page_obj": page}, request)
    )

    assert tree.xpath("//a[@rel='next']/@href") == ["?q=n%C6%B0%E1%BB%9Bc&page=6"]
    assert [link.text for link in tree.xpath("//li/a")] == ["1", "4", "5", "6", "10"]
    assert tree.xpath("//a[@aria-current='page']/text()") == ["5"]


def test_a_count_that_stopped_at_its_limit_says_more_and_offers_no_last_page(rf):
    paginator = Paginator(range(100), 10)
    paginator.capped = True
    text = render_to_string(
        "includes/pagination.html", {"page_obj": paginator.page(1)}, rf.get("/models/")
    )

    assert "page=10" not in text
    assert "hơn 100" in text or "more than 100" in text


def test_a_single_page_has_no_page_links(rf):
    page = Paginator([1], 10).page(1)
    text = render_to_string("includes/pagination.html", {"page_obj": page}, rf.get("/"))

    assert "<nav" not in text


def test_a_button_form_carries_the_token_and_its_hidden_fields():
    context = {"action": "/go/", "label": "Go", "hidden": [("version", 3)], "csrf_token": "secret"}
    form = html.fromstring(render_to_string("includes/button_form.html", context))

    assert dict(form.form_values()) == {"csrfmiddlewaretoken": "secret", "version": "3"}
    assert form.method == "POST"


def test_text_in_a_summary_row_is_escaped_and_keeps_its_lines():
    text = render_to_string("includes/summary_row.html", {"key": "Lý do", "value": "a\n<b>"})

    assert "a<br>&lt;b&gt;" in text


@pytest.mark.parametrize("name", STANDING_ALONE)
def test_a_page_for_bad_times_needs_neither_context_nor_database(name):
    tree = html.fromstring(render_to_string(f"{name}.html"))

    assert len(tree.findtext(".//h1")) > 5
    assert "/" in tree.xpath("//main//a/@href")
    for address in tree.xpath("//link/@href | //img/@src"):
        assert (STATIC / address.removeprefix("/static/")).is_file()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_no_inline_code_and_trusts_nothing_typed(template):
    text = template.read_text(encoding="utf-8")

    assert re.findall(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|javascript:", text) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    # A mail is plain text: nothing in it is markup, and nothing is to be escaped.
    if template.suffix == ".html":
        assert re.findall(r"\|\s*safe\b|autoescape\s+off", text) == []


def test_what_a_page_loads_stays_small_and_asks_no_one_else():
    style = (STATIC / "govuk-6.6.0.css").read_text() + (STATIC / "site.css").read_text()
    script = (STATIC / "site.js").read_text()

    assert re.findall(r"sourceMappingURL|url\(|@import", style + script) == []
    assert len(style) < 130_000
    assert len(script) < 5_000
