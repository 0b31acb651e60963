"""All settings, read from the environment; a value that is not understood stops the start.

``DEBUG=true`` gives a working register on SQLite with nothing else set. Without it the
register is in production, and refuses to start with a weak key, any host or no database.
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environs import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.bool("DEBUG", False)

# Who keeps this register. Committees merge and are renamed, so none of it is in the code.
COMMITTEE_NAME = env.str("COMMITTEE_NAME", "Thành ủy Tam Kỳ")
PLACE_NAME = env.str("PLACE_NAME", "Tam Kỳ")
# What stands in the head of papers: the body above, and the sign after the number's dash.
SUPERIOR_NAME = env.str("SUPERIOR_NAME", "Đảng bộ tỉnh Quảng Nam")
DOCUMENT_CODE = env.str("DOCUMENT_CODE", "TU")
PANEL_NAME = env.str("PANEL_NAME", "Tổ thẩm định")
# Whom every page says to call; while trying out, a number that nobody has.
CLERK_NAME = env.str("CLERK_NAME", "Chuyên viên tổng hợp" + (" (số mẫu)" if DEBUG else ""))
CLERK_PHONE = env.str("CLERK_PHONE", "0235 000 0000" if DEBUG else "")
MODEL_CODE_PREFIX = env.str("MODEL_CODE_PREFIX", "MH")
PUBLIC_CATALOGUE = env.bool("PUBLIC_CATALOGUE", DEBUG)
# Whether the committee above a cell endorses its models before they are received.
ENDORSEMENT = env.str("ENDORSEMENT", "optional")
if ENDORSEMENT not in {"off", "optional", "required"}:
    raise ImproperlyConfigured("ENDORSEMENT is off, optional or required.")

# --- Security ---------------------------------------------------------------------------------

DEVELOPMENT_KEY = "only-for-development-never-in-production"
SECRET_KEY = env.str("SECRET_KEY", DEVELOPMENT_KEY if DEBUG else "")
# Former keys, while old second factors and signed forms still need them.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [])
# Where the register is, for letters that leave it.
SITE_URL = env.str("SITE_URL", f"https://{ALLOWED_HOSTS[0]}" if ALLOWED_HOSTS else "").rstrip("/")


def is_weak(key):
    """Whether a key can be guessed, or read in a text that everybody has."""
    return len(key) < 50 or len(set(key)) < 5 or "insecure" in key or DEVELOPMENT_KEY in key


if DEBUG:
    # Whoever reaches a register that is being tried out reads its settings off a page of faults.
    if not all(
        host in {"localhost", "127.0.0.1", "[::1]"} or host.endswith(".localhost")
        for host in ALLOWED_HOSTS
    ):
        raise ImproperlyConfigured("With DEBUG=true, ALLOWED_HOSTS names this machine alone.")
else:
    if is_weak(SECRET_KEY):
        raise ImproperlyConfigured("Set SECRET_KEY to at least 50 random characters.")
    if any(is_weak(key) for key in SECRET_KEY_FALLBACKS):
        raise ImproperlyConfigured("SECRET_KEY_FALLBACKS are keys as good as SECRET_KEY.")
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("Set ALLOWED_HOSTS to the names of this site, never '*'.")
    if "DATABASE_URL" not in os.environ:
        raise ImproperlyConfigured("Set DATABASE_URL, for example postgres://user@/tamky_models.")

# Off only for an isolated network without certificates, and then said in so many words.
HTTPS = env.bool("HTTPS", not DEBUG)
if HTTPS and not SITE_URL.startswith("https://"):
    raise ImproperlyConfigured("SITE_URL begins with https://.")
if any("*" in origin for origin in CSRF_TRUSTED_ORIGINS):
    raise ImproperlyConfigured("CSRF_TRUSTED_ORIGINS names each site in full, never with '*'.")
if HTTPS and not all(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS):
    raise ImproperlyConfigured("CSRF_TRUSTED_ORIGINS begin with https://.")
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
# A browser takes a cookie of such a name from this very host alone, and over HTTPS.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
TEXT_SIZE_COOKIE_NAME = f"{COOKIE_PREFIX}text"
MESSAGES_COOKIE_NAME = f"{COOKIE_PREFIX}messages"
DEVICE_COOKIE_NAME = f"{COOKIE_PREFIX}device"
MESSAGE_STORAGE = "tamky_models.messages.Messages"
LANGUAGE_COOKIE_SAMESITE = "Lax"
# A person of 70 fills a long form over a morning, with lunch in between; what they type is kept
# on the server all the while. Twelve hours are a working day: tomorrow one signs in again.
SESSION_IDLE_HOURS = env.int("SESSION_IDLE_HOURS", 4)
SESSION_MOST_HOURS = env.int("SESSION_MOST_HOURS", 12)
if not 1 <= SESSION_IDLE_HOURS <= 12:
    raise ImproperlyConfigured("SESSION_IDLE_HOURS is a number of hours from 1 to 12.")
if not 1 <= SESSION_MOST_HOURS <= 24:
    raise ImproperlyConfigured("SESSION_MOST_HOURS is a number of hours from 1 to 24.")
SESSION_IDLE_SECONDS = SESSION_IDLE_HOURS * 60 * 60
SESSION_MOST_SECONDS = SESSION_COOKIE_AGE = SESSION_MOST_HOURS * 60 * 60
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
SECURE_REFERRER_POLICY = "same-origin"
# How many proxies of ours stand in front: so many addresses in X-Forwarded-For are true.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
if TRUSTED_PROXY_COUNT < 0:
    raise ImproperlyConfigured("TRUSTED_PROXY_COUNT is a number of proxies, 0 for none.")
# Behind a proxy that sets X-Forwarded-Proto itself and drops the client's.
if env.bool("TRUST_X_FORWARDED_PROTO", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    if not DEBUG and not TRUSTED_PROXY_COUNT:
        raise ImproperlyConfigured(
            "TRUST_X_FORWARDED_PROTO speaks of a proxy: set TRUSTED_PROXY_COUNT,"
            " or everybody has its address."
        )
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "registry.views.drafts.csrf_failure"

# The committee's own directory to sign in by, if it has one (tamky_models/oidc.py).
OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", "")
OIDC_NAME = env.str("OIDC_NAME", "OpenID Connect")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", "")
# What of it is the name of an account here: "email" counts only where the directory vouches for it.
OIDC_CLAIM = env.str("OIDC_CLAIM", "preferred_username")
OIDC_ORIGINS = []
if OIDC_SERVER_URL:
    if not (OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
        raise ImproperlyConfigured("OIDC_SERVER_URL needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.")
    if HTTPS and not OIDC_SERVER_URL.startswith("https://"):
        raise ImproperlyConfigured("OIDC_SERVER_URL begins with https://.")
    OIDC_ORIGINS = ["/".join(OIDC_SERVER_URL.split("/")[:3])]

# What every answer tells the browser to let a page do. Where the committee's directory signs
# people in, the sign-in form leads there.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        *(f"{what}-src 'self'" for what in ("script", "style", "img", "connect")),
        " ".join(["form-action 'self'", *OIDC_ORIGINS]),
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)

# --- Parts ------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "reviews",
    "registry",
    "tamky_models.apps.RegisterAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_filters",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "registry.history.RecordRequest",
    "registry.who_types.AskWhoTypes",
    "tamky_models.middleware.LogRequest",
    "tamky_models.middleware.CarefulHeaders",
    "tamky_models.middleware.HeadersAlone",
    "tamky_models.middleware.ClientAddress",
    "tamky_models.limits.OneExportAtATime",
    "tamky_models.limits.TimeLimit",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tamky_models.middleware.RefuseNulBytes",
    "tamky_models.middleware.RefuseStrangeMethods",
    "tamky_models.health.MonitorsAreNobody",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "tamky_models.middleware.VietnameseFirst",
    "tamky_models.middleware.RefuseTooLarge",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "registry.sessions.SessionLimits",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tamky_models.middleware.SignInFirst",
    "tamky_models.middleware.OwnPasswordFirst",
    "tamky_models.second_factor.SecondFactorFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tamky_models.middleware.PageForWrongMethod",
    "tamky_models.middleware.PageForWrongAddress",
    "registry.access.RefusalsExplained",
    "registry.keeping.LetGoOfSavedWords",
]

ROOT_URLCONF = "tamky_models.urls"
WSGI_APPLICATION = "tamky_models.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tamky_models.context.site",
            ],
        },
    },
]

# --- Database, cache, files -------------------------------------------------------------------

# How long a request may take, one that brings files or asks for a whole list, and a wait for
# what somebody else is just writing.
REQUEST_SECONDS = env.int("REQUEST_SECONDS", 30)
LONG_REQUEST_SECONDS = max(env.int("LONG_REQUEST_SECONDS", 120), REQUEST_SECONDS)
LOCK_SECONDS = min(10, REQUEST_SECONDS)
if REQUEST_SECONDS < 1:
    raise ImproperlyConfigured("REQUEST_SECONDS is a number of seconds, at least 1.")

DATABASES = {
    "default": env.dj_db_url("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}"),
}
DATABASE_ENGINE = DATABASES["default"]["ENGINE"].rpartition(".")[2]
if DATABASE_ENGINE not in {"postgresql", "sqlite3"}:
    raise ImproperlyConfigured("DATABASE_URL begins with postgres:// or sqlite://.")
if DATABASE_ENGINE == "sqlite3" and not DEBUG and not env.bool("SQLITE_IN_PRODUCTION", False):
    raise ImproperlyConfigured(
        "DATABASE_URL names SQLite, which serves one machine and a small committee:"
        " use PostgreSQL, or say SQLITE_IN_PRODUCTION=true."
    )
if DATABASE_ENGINE == "sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A transaction takes the write lock when it begins: one that upgrades from reading
        # to writing fails at once with "database is locked", however long the timeout.
        "transaction_mode": "IMMEDIATE",
        "timeout": min(20, REQUEST_SECONDS),
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    # Races can only be tested on a database that several connections share.
    DATABASES["default"]["TEST"] = {"NAME": BASE_DIR / "test.sqlite3"}
else:
    # Which also notices a server that has stopped answering.
    DATABASES["default"]["ENGINE"] = "tamky_models.postgresql"
    # Each process keeps one connection. A pool would make everybody wait for its time-out, one
    # behind the other, while the server is away; so they are told at once. A network that loses
    # every packet is found out by what is not acknowledged, or, while we wait for an answer, by
    # what keeps the connection alive.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 2,
        "tcp_user_timeout": 5_000,
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
    }
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

CACHES = {
    # One cache for all application servers: the sign-in throttle counts in it. With Django's 300
    # entries whoever tries 300 names pushes out the count of the account they guess at.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", BASE_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "tamky_models" / "static"]
# Uploaded files lie here and are never served from an address of their own.
MEDIA_ROOT = env.path("MEDIA_ROOT", BASE_DIR / "media")
STORAGES = {
    "default": {"BACKEND": "registry.storage.PrivateStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# What somebody has typed and not saved is kept for so long.
KEEP_UNSAVED_DAYS = env.int("KEEP_UNSAVED_DAYS", 180)
# What a unit may store of photos and documents in all, and what stays free for everything else.
UNIT_MEGABYTES = env.int("UNIT_MEGABYTES", 500)
FREE_MEGABYTES = env.int("FREE_MEGABYTES", 200)
# Of clamd: host:port or unix:/run/clamav/clamd.ctl. Empty: files are not scanned.
CLAMAV_ADDRESS = env.str("CLAMAV_ADDRESS", "")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
# Twenty files of 20 MB and the text beside them; the proxy takes a little more.
REQUEST_MAX_MEGABYTES = 410
# Above the limit of a form (20), which says so in words and keeps what was typed.
DATA_UPLOAD_MAX_NUMBER_FILES = 100

# --- People -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "registry.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "registry.passwords.OwnDataValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "phone", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "registry.passwords.OwnWordsValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "tamky_models.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "tamky_models.accounts.LoginForm",
    "change_password": "tamky_models.accounts.ChangePasswordForm",
    "reauthenticate": "tamky_models.accounts.ReauthenticateForm",
    "reset_password_from_key": "tamky_models.accounts.ResetPasswordKeyForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = False
# Guessing is held up per account; an office of fifty people has one address between them. The
# page as such has no limit, which would be one for the whole office.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": "60/m/ip,5/300s/key",
    # Where the account has signed in before (tamky_models/devices.py).
    "login_failed_here": "5/300s/key",
}

# A slip that nobody has used by then opens nothing; a new one takes those above a minute.
FIRST_PASSWORD_DAYS = env.int("FIRST_PASSWORD_DAYS", 30)

# Who must have a second factor, and why: tamky_models/second_factor.py.
MFA_REQUIRED_ROLES = env.list("MFA_REQUIRED_ROLES", ["NONE"] if DEBUG else ["CLERK", "ADMIN"])
if MFA_REQUIRED_ROLES == ["NONE"]:
    MFA_REQUIRED_ROLES = []
elif not MFA_REQUIRED_ROLES or not set(MFA_REQUIRED_ROLES) <= {"UNIT", "PANEL", "CLERK", "ADMIN"}:
    raise ImproperlyConfigured(
        "MFA_REQUIRED_ROLES names UNIT, PANEL, CLERK or ADMIN; NONE, if nobody is to have one."
    )
MFA_ADAPTER = "tamky_models.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "tamky_models.second_factor.AuthenticateForm",
    "reauthenticate": "tamky_models.second_factor.ReauthenticateForm",
    "activate_totp": "tamky_models.second_factor.ActivateTOTPForm",
    "deactivate_totp": "tamky_models.second_factor.DeactivateTOTPForm",
    "generate_recovery_codes": "tamky_models.second_factor.GenerateRecoveryCodesForm",
    "add_webauthn": "tamky_models.second_factor.AddKeyForm",
    "authenticate_webauthn": "tamky_models.second_factor.KeyForm",
    "reauthenticate_webauthn": "tamky_models.second_factor.KeyAgainForm",
}
SOCIALACCOUNT_ADAPTER = "tamky_models.oidc.SocialAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# E-mail is optional here and proves nothing: accounts are opened by people who know each other.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# The clock of a phone or of an isolated server may be half a minute off.
MFA_TOTP_TOLERANCE = 1

# --- Language, time ---------------------------------------------------------------------------

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "tamky_models" / "locale"]
FORMAT_MODULE_PATH = ["tamky_models.formats"]
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True

# --- Mail, logs -------------------------------------------------------------------------------

# Without a mail server no mail is written: what a unit needs to know stands in the register.
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_PORT = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "tamky-models@localhost")

LOG_FORMAT = env.str("LOG_FORMAT", "text" if DEBUG else "json")
if LOG_FORMAT not in {"json", "text"}:
    raise ImproperlyConfigured("LOG_FORMAT is json or text.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "tamky_models.logs.AsJson"},
        "text": {"()": "tamky_models.logs.AsText"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        # Refusals stand in the line of the request already.
        "django": {"handlers": []},
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": [], "level": "ERROR"},
    },
}

SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
SIMPLE_HISTORY_EDIT = False

# Which of all these were given here. A backup names them: without their values, but so that who
# sets up another machine forgets none.
GIVEN = sorted(env.dump().keys() & os.environ.keys())
