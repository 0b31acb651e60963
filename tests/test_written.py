"""What a page writes once, and shows again in the next."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.template.base import Lexer, TokenType
from django.utils.translation import override

from registry.templatetags.written import MOST_KEPT

ROOT = Path(__file__).resolve().parent.parent
ONCE = [
    path for path in sorted((ROOT / "templates").rglob("*.html")) if "{% once" in path.read_text()
]
# What asks nobody but the language and its arguments; most of all no token, which is one person's.
HARMLESS = {"translate", "url", "static", "if", "elif", "else", "endif", "for", "endfor", "options"}
HARMLESS |= {"spaceless", "endspaceless"}
HARMLESS |= {"get_current_language", "get_available_languages", "get_language_info_list"}
WORDS = {"and", "or", "not", "in", "is", "as", "for", "None", "True", "False"}


def drawn(source, **values):
    return Template("{% load i18n written %}" + source).render(Context(values))


class Counted:
    """Says how often it was asked."""

    times = 0

    def __str__(self):
        self.times += 1
        return "ô"


def test_what_is_written_once_is_written_again_for_another_value_and_in_another_language():
    source = "{% once size %}{% translate 'Models' %} {{ size }}{{ spy }}{% endonce %}"
    template = Template("{% load i18n written %}" + source)
    spy = Counted()

    said = []
    for language in ("vi", "en", "vi"):
        with override(language):
            said += [template.render(Context({"size": size, "spy": spy})) for size in "aba"]

    assert said == [
        *["Mô hình aô", "Mô hình bô", "Mô hình aô"],
        *["Models aô", "Models bô", "Models aô"],
        *["Mô hình aô", "Mô hình bô", "Mô hình aô"],
    ]
    assert spy.times == 4


def test_no_more_is_kept_than_so_much():
    template = Template("{% load written %}{% once size %}{{ size }}{% endonce %}")

    assert [template.render(Context({"size": n})) for n in range(500)] == [*map(str, range(500))]
    assert len(template.nodelist[1].kept) <= MOST_KEPT


def test_what_is_missing_is_nothing_and_what_is_dangerous_is_escaped():
    source = "{% once name %}{{ name }}{% endonce %}"

    assert drawn(source) == ""
    assert drawn(source, name="<b>") == "&lt;b&gt;"


def names_in(words):
    """Return what a tag or a variable asks for, without texts and filters."""
    words = re.sub(r"\"[^\"]*\"|'[^']*'", " ", words)
    return set(re.findall(r"(?<!\|)\b[A-Za-z_][\w.]*", words)) - WORDS


def unnamed(source):
    """Return what stands in a ``once`` and is neither harmless nor named by it."""
    named, found = None, set()
    for token in Lexer(source).tokenize():
        tag, _space, rest = token.contents.partition(" ")
        if token.token_type == TokenType.BLOCK and tag in ("once", "endonce"):
            named = names_in(rest) | {"forloop"} if tag == "once" else None
        elif named is None or token.token_type not in (TokenType.BLOCK, TokenType.VAR):
            continue
        elif token.token_type == TokenType.BLOCK and tag not in HARMLESS:
            found.add(tag)
        else:
            is_tag = token.token_type == TokenType.BLOCK
            used = names_in(rest if is_tag else token.contents)
            if is_tag and (made := re.search(r"^(\w+(?:, \w+)*) in |\bas (\w+)$", rest)):
                named |= names_in(made[0]) if tag != "if" else set()
            found |= {each for each in used if not is_named(each, named)}
    return found


def is_named(name, named):
    return any(name == each or name.startswith(f"{each}.") for each in named)


@pytest.mark.parametrize("template", ONCE, ids=lambda path: path.stem)
def test_what_is_written_once_names_all_that_it_depends_on(template):
    assert unnamed(template.read_text()) == set()


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        ("{{ user.name }}", "user.name"),
        ("{{ size.of.it }}{{ sizes }}", "sizes"),
        ("{% csrf_token %}", "csrf_token"),
        ("{% if keep and size %}{% endif %}", "keep"),
        ("{% url 'home' pk=model.pk %}", "model.pk"),
        ("{% for one in many %}{{ one }}{% endfor %}", "many"),
        ("{{ size|add:other }}", "other"),
    ],
)
def test_what_is_not_named_is_found(inside, what):
    assert what in unnamed("{% once size %}" + inside + "{{ size }}{% endonce %}")
