"""Keep the Vietnamese catalogues in step with the texts of code and templates.

With --check it changes nothing and fails when something is missing. Entries commented
"From <library>" translate texts of a library, which are not ours to collect; they are kept.
The second catalogue, of scripts, holds nothing else: what our own scripts say is in the page.
"""

import re
import sys
import tempfile
from io import BytesIO
from pathlib import Path

import polib
from babel.messages import extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tamky_models" / "locale" / "vi" / "LC_MESSAGES"
PACKAGES = ["registry", "reviews", "tamky_models"]
HEADER = {
    "Project-Id-Version": "tamky-models",
    "Language": "vi",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}
KEYWORDS = {
    name + suffix: arguments
    for name, arguments in {
        "_": None,
        "gettext": None,
        "ngettext": (1, 2),
        "pgettext": ((1, "c"), 2),
        "npgettext": ((1, "c"), 2, 3),
    }.items()
    for suffix in ["", "_lazy", "_noop"]
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def main():
    check = sys.argv[1:] == ["--check"]
    problems = [
        *brought_up_to_date(FOLDER / "django.po", dict(texts_in_use()), check),
        *brought_up_to_date(FOLDER / "djangojs.po", {}, check),
    ]
    print("\n".join([*problems, f"{len(problems)} problems"]))
    return bool(check and problems)


def brought_up_to_date(path, texts, check):
    """Write and compile a catalogue, unless it is only to be checked; return what is wrong."""
    catalogue = updated_catalogue(path, texts)
    problems = [problem for entry in catalogue for problem in problems_of(entry)]
    compiled = compile_catalogue(catalogue)
    binary = path.with_suffix(".mo")
    if check:
        if read(path) != str(catalogue).encode() or read(binary) != compiled:
            problems.append(f"{path.name} is not in step with the texts: ./dev messages")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(catalogue), encoding="utf-8")
        binary.write_bytes(compiled)
    print(f"{path.name}: {len(catalogue)} messages")
    return problems


def updated_catalogue(path, texts):
    """Return the catalogue with the texts in use, keeping the translations it has."""
    kept = {}
    if path.exists():
        kept = {(entry.msgctxt, entry.msgid): entry for entry in polib.pofile(str(path))}
    catalogue = polib.POFile(wrapwidth=98)
    catalogue.metadata = HEADER
    keys = set(texts) | {key for key, entry in kept.items() if entry.tcomment.startswith("From ")}
    for key in sorted(keys, key=lambda key: (key[1], key[0] or "")):
        catalogue.append(entry_for(key, texts.get(key), kept.get(key)))
    return catalogue


def entry_for(key, plural, old):
    context, text = key
    entry = polib.POEntry(msgctxt=context, msgid=text)
    if old:
        entry.msgstr, entry.msgid_plural = old.msgstr, old.msgid_plural
        entry.msgstr_plural, entry.tcomment = old.msgstr_plural, old.tcomment
        entry.flags = [flag for flag in old.flags if flag == "fuzzy"]
    if plural and not entry.msgid_plural:
        entry.msgid_plural, entry.msgstr_plural = plural, {0: entry.msgstr}
        entry.msgstr = ""
    return entry


def texts_in_use():
    """Yield ((context, text), plural) of every text marked for translation."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                with path.open("rb") as source:
                    yield from texts_of(source)
    for path in sorted((ROOT / "templates").rglob("*.*")):
        python = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        # Babel reads Python, where the indentation of a template means nothing.
        stripped = "\n".join(line.strip() for line in python.splitlines())
        yield from texts_of(BytesIO(stripped.encode()))


def texts_of(source):
    options = {"encoding": "utf-8"}
    for _line, text, _comments, context in extract.extract(
        "python", source, keywords=KEYWORDS, options=options
    ):
        singular, plural = text if isinstance(text, tuple) else (text, None)
        yield (context, singular), plural


def problems_of(entry):
    """Say what keeps an entry from being shown to a reader."""
    texts = list(entry.msgstr_plural.values()) or [entry.msgstr]
    if not all(texts) or entry.fuzzy:
        yield f"Not translated: {entry.msgid!r}"
    elif any(
        placeholders(text) != placeholders(entry.msgid_plural or entry.msgid) for text in texts
    ):
        yield f"The translation has other placeholders: {entry.msgid!r}"


def placeholders(text):
    return set(PLACEHOLDER.findall(text))


def compile_catalogue(catalogue):
    with tempfile.NamedTemporaryFile(suffix=".mo") as file:
        catalogue.save_as_mofile(file.name)
        return Path(file.name).read_bytes()


def read(path):
    return path.read_bytes() if path.exists() else b""


if __name__ == "__main__":
    sys.exit(main())
