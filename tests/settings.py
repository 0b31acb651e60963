"""The settings of production, changed only where a test cannot have what production has."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Every process has its own folder: several runs, and the workers of one, do not meet.
_FOLDER = Path(tempfile.mkdtemp(prefix="tamky-models-"))
(_FOLDER / "static").mkdir()  # which whitenoise wants to see
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)

os.environ.setdefault("DATABASE_URL", f"sqlite:///{_FOLDER / 'unused.sqlite3'}")
os.environ.update(
    DEBUG="false",
    SECRET_KEY="a key for tests, which protects nothing at all, 0123456789",
    ALLOWED_HOSTS="localhost,testserver",
    HTTPS="false",
    SQLITE_IN_PRODUCTION="true",
    LOG_LEVEL="ERROR",
    # Most tests are about what people do once they are in; tests/test_mfa.py is about the door.
    MFA_REQUIRED_ROLES="NONE",
    MEDIA_ROOT=str(_FOLDER / "media"),
    STATIC_ROOT=str(_FOLDER / "static"),
)

from tamky_models.settings import *  # noqa: E402, F403
from tamky_models.settings import DATABASES, STORAGES  # noqa: E402

# Races can only be tested on a database that several connections share.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": _FOLDER / "test.sqlite3"}
    # A test's database need not outlive a power cut, and waits for no disk.
    OPTIONS = DATABASES["default"]["OPTIONS"]
    OPTIONS["init_command"] = OPTIONS["init_command"].replace("synchronous=FULL", "synchronous=OFF")

# The hasher of production takes a tenth of a second for each account, on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# The one of production wants files collected beforehand.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
