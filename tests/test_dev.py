"""The developer's commands: what they report, and that they start on a bare system."""

import importlib.util
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import polib
import pytest

pytestmark = pytest.mark.look

ROOT = Path(__file__).resolve().parent.parent


def load(path):
    loader = SourceFileLoader(Path(path).stem, str(ROOT / path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def test_the_commands_are_listed_without_packages_and_without_a_locale():
    done = subprocess.run(
        [sys.executable, "-I", "-S", "dev", "--help"],
        cwd=ROOT,
        env={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        text=True,
    )

    assert done.stderr == ""
    assert all(command in done.stdout for command in ["run", "test", "lint", "messages", "lock"])


@pytest.mark.parametrize(
    ("folder", "found"), [("/{}/project", True), ("/srv/{}", False), ("{}/project", False)]
)
def test_a_path_of_one_machine_is_found(folder, found, tmp_path, capsys):
    file = tmp_path / "module.py"
    file.write_text(f'path = "{folder.format("root")}"')

    assert load("dev").machine_traces([str(file)]) is found


def test_an_index_in_a_lock_is_found(tmp_path, capsys):
    (tmp_path / "requirements").mkdir()
    lock = tmp_path / "requirements" / "run.txt"
    lock.write_text("--index-url https://example.org/simple\n")

    assert load("dev").machine_traces([str(lock)]) is True


@pytest.mark.parametrize(
    ("entry", "problems"),
    [
        ({"msgid": "Save", "msgstr": "Lưu"}, 0),
        ({"msgid": "Save", "msgstr": ""}, 1),
        ({"msgid": "Save", "msgstr": "Lưu", "flags": ["fuzzy"]}, 1),
        ({"msgid": "%(count)s left", "msgstr": "Còn %(count)s"}, 0),
        ({"msgid": "%(count)s left", "msgstr": "Còn %(cuont)s"}, 1),
        ({"msgid": "one", "msgid_plural": "%(n)s", "msgstr_plural": {0: "%(n)s cái"}}, 0),
        ({"msgid": "one", "msgid_plural": "%(n)s", "msgstr_plural": {0: ""}}, 1),
    ],
)
def test_a_text_without_a_sound_translation_is_reported(entry, problems):
    found = list(load(".ci/messages.py").problems_of(polib.POEntry(**entry)))

    assert len(found) == problems
