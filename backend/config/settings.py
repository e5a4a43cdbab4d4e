"""Every setting of the server, in one file.

Values come from the environment; each variable is listed in `deploy/README.md`. A missing or
malformed value stops the start with the variable's name, never with a default that is unsafe.
"""

import base64
import binascii
import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from backend.config import logs, messaging
from fieldforms import vocabulary

T = TypeVar("T")
BASE_DIR = Path(__file__).resolve().parent.parent.parent

# What any process of the server writes (files, queue, logs, ledger) is for its own user alone.
os.umask(0o077)


def env(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it in the environment; see deploy/README.md."
        )
    return value


def env_bool(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "1" if default else "0")
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value == "1"


def env_int(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def env_choice(name: str, choices: Sequence[str]) -> str:
    """The first choice is the default."""
    value = os.environ.get(name, choices[0])
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def env_list(name: str, default: str) -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def env_numbers(name: str) -> dict[str, int]:
    """`522630:7,522629:21`: a whole number by name."""
    pairs = [item.partition(":") for item in env_list(name, "")]
    try:
        return {key.strip(): int(value) for key, _, value in pairs}
    except ValueError:
        raise ImproperlyConfigured(f"{name} must look like 522630:7,522629:21.") from None


def env_key(name: str) -> bytes:
    """32 bytes in base64: `python -c "import base64,os;print(base64.b64encode(os.urandom(32)).decode())"`."""
    try:
        key = base64.b64decode(env(name), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured(f"{name} must be 32 bytes in base64.")
    return key


def database(url: str) -> dict[str, object]:
    """`postgres://user:password@host:port/name`, or `?host=/socket/dir` for a Unix socket."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            "DATABASE_URL must start with postgres:// (PostgreSQL 15 or later)."
        )
    query = dict(item.split("=", 1) for item in parts.query.split("&") if "=" in item)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        # Connections are kept: a sync costs about twenty statements, a new connection costs more.
        # The web's are shared by its threads (config/pool.py).
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # Seconds until a database that does not answer is one that is away.
        "OPTIONS": {
            "connect_timeout": 5,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
    }


def s3(bucket: str, endpoint: str) -> dict[str, object] | None:
    """Photos in an S3-compatible store, when a bucket is named; its keys come as AWS_* variables."""
    if not bucket:
        return None
    options = {"bucket_name": bucket, "endpoint_url": endpoint or None, "file_overwrite": True}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def env_as(name: str, default: str, read: Callable[[str], T], like: str) -> T:
    """What `read` makes of the value; `like` shows a value that it can use."""
    try:
        return read(env(name, default))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must look like {like}") from None


DEBUG = env_bool("HUXING_DEBUG", default=False)
SECRET_KEY = env("HUXING_SECRET_KEY")
# The key that wraps every file's data key, and the one that makes names and ID numbers findable.
# They live outside the database, so that a copy of the database alone is unreadable.
HUXING_MASTER_KEY = env_key("HUXING_MASTER_KEY")
# While keys are re-wrapped: opens what the new master key has not wrapped yet, and wraps nothing.
HUXING_MASTER_KEY_PREVIOUS = (
    env_key("HUXING_MASTER_KEY_PREVIOUS") if env("HUXING_MASTER_KEY_PREVIOUS", "") else None
)
HUXING_INDEX_KEY = env_key("HUXING_INDEX_KEY")
# While the code of the release before still serves, which cannot read keyed ids: write none. See
# backend/common/decisions/0003-keyed-ids.md.
HUXING_IDS_IN_CLEAR = env_bool("HUXING_IDS_IN_CLEAR", default=False)
# A phone that has had no answer for so long closes its files; a new concern can always be written.
HUXING_LEASE_DAYS = env_int("HUXING_LEASE_DAYS", 14)
HUXING_LEASE_DAYS_BY_COUNTY = env_numbers("HUXING_LEASE_DAYS_BY_COUNTY")
# Working days in which a county answers what a guardian asks for by law.
HUXING_RIGHTS_DAYS = env_int("HUXING_RIGHTS_DAYS", 15)
HUXING_RIGHTS_DAYS_BY_COUNTY = env_numbers("HUXING_RIGHTS_DAYS_BY_COUNTY")
# Years after the 18th birthday for which counties keep a child's file; others: retention/schedule.yaml.
HUXING_KEEP_YEARS_BY_COUNTY = env_numbers("HUXING_KEEP_YEARS_BY_COUNTY")
# After a restore: how long an author's phone may stay away before a person looks at what others held.
HUXING_RECOVERED_HOURS = env_int("HUXING_RECOVERED_HOURS", 2)
HUXING_DATA_DIR = Path(env("HUXING_DATA_DIR", str(BASE_DIR / ".huxing")))
# What no restored backup may undo. Keep it on another disk than the database's.
HUXING_LEDGER = Path(env("HUXING_LEDGER", "") or HUXING_DATA_DIR / "ledger.jsonl")

# What a monitoring system shows to read /metrics and the checks of /readyz; empty: nobody can.
HUXING_OPERATOR_TOKEN = env("HUXING_OPERATOR_TOKEN", "")
# When somebody should look at a disk, and how old the last backup may be.
HUXING_DISK_FREE_MIB = env_int("HUXING_DISK_FREE_MIB", 1024)
HUXING_BACKUP_HOURS = env_int("HUXING_BACKUP_HOURS", 26)

ALLOWED_HOSTS = env_list("HUXING_ALLOWED_HOSTS", "127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = env_list("HUXING_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "knox",
    "django_otp",
    "django_otp_webauthn",
    "sync",
    "fieldforms",
    "backend.common",
    "backend.audit",
    "backend.regions",
    "backend.accounts",
    "backend.notifications",
    "backend.tasks",
    "backend.duty",
    "backend.children",
    "backend.caseload",
    "backend.visits",
    "backend.concerns",
    "backend.referrals",
    "backend.guardianship",
    "backend.dossier",
    "backend.quarantine",
    "backend.erasure",
    "backend.rights",
    "backend.retention",
    "backend.breaches",
    "backend.console",
    # After the console, whose template takes the place of one of its own.
    "django.contrib.admin",
    "backend.health",
    "backend.recovery",
    "backend.config",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "backend.common.answers.Answers",
    "backend.console.methods.PageMethods",
    "backend.config.parameters.KnownParameters",
    "backend.common.unusable.UsableInput",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "backend.accounts.gate.SecondFactorGate",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "backend.config.urls"
WSGI_APPLICATION = "backend.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ]
        },
    }
]

DATABASES = {"default": database(env("DATABASE_URL"))}
# Seconds, for whoever serves requests; `backend.config.timeouts` puts them on its connections.
DATABASE_TIMEOUTS = {
    "statement_timeout": env_int("HUXING_STATEMENT_SECONDS", 30),
    "lock_timeout": env_int("HUXING_LOCK_SECONDS", 10),
    "idle_in_transaction_session_timeout": env_int("HUXING_IDLE_SECONDS", 60),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# How many proxies in front each add whom they heard to X-Forwarded-For.
HUXING_TRUSTED_PROXIES = env_int("HUXING_TRUSTED_PROXIES", 0)
# Leads, administrators and auditors need a second factor, so many days after they could first set one
# up; "offered" leaves it to them, which is for a demo.
HUXING_SECOND_FACTOR = env_choice("HUXING_SECOND_FACTOR", ("required", "offered"))
HUXING_SECOND_FACTOR_GRACE_DAYS = env_int("HUXING_SECOND_FACTOR_GRACE_DAYS", 14)

LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/office/"
LOGOUT_REDIRECT_URL = "/login/"

# A phone's clock that is off by more is flagged on what it wrote, and shown; never refused.
SYNC_MAX_ATTACHMENT = env_int("HUXING_MAX_ATTACHMENT_MIB", 64) * 1024 * 1024
SYNC_CLOCK_TOLERANCE_SECONDS = env_int("HUXING_CLOCK_TOLERANCE_SECONDS", 300)

# TLS ends at the proxy in front. The demo on 127.0.0.1 has none and says so with HUXING_TLS=0.
TLS = env_bool("HUXING_TLS", default=True)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
SECURE_SSL_REDIRECT = TLS
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
SESSION_ENGINE = "backend.accounts.sessions"
SESSION_COOKIE_AGE = 8 * 3600
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = HUXING_DATA_DIR / "static"
LOCAL_FILES = {
    "BACKEND": "sync.uploads.folder.Folder",
    "OPTIONS": {"location": str(HUXING_DATA_DIR / "files")},
}
STORAGES = {
    # What lies there is sealed by sync.uploads; the store needs no encryption of its own.
    "default": s3(env("HUXING_S3_BUCKET", ""), env("HUXING_S3_ENDPOINT", "")) or LOCAL_FILES,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Ten photographs' worth of form fields never reach Django; a push has its own limit (sync/limits).
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "backend.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["backend.accounts.permissions.SignedIn"],
    "DEFAULT_PARSER_CLASSES": [
        "backend.common.parsers.StrictJson",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "backend.config.openapi.Schema",
    "EXCEPTION_HANDLER": "backend.common.api.problem_response",
    # An answer's form is chosen by Accept alone; `format` is a parameter like any other.
    "URL_FORMAT_OVERRIDE": None,
}
KNOX_TOKEN_MODEL = "accounts.AccessToken"
# Knox's own table is replaced by ours; its migrations would make it all the same.
MIGRATION_MODULES = {"knox": None}
TOKEN_TTL = timedelta(hours=10)
REST_KNOX = {
    # An office token ends with the working day. A device's token has no end: revocation is a
    # state of the device, so that what a revoked phone still holds can be received.
    "TOKEN_TTL": TOKEN_TTL,
    "TOKEN_MODEL": "accounts.AccessToken",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Huxing API",
    "VERSION": "1",
    "DESCRIPTION": (
        "Times are RFC 3339 with their offset; dates lie in 1900 to 2199. A parameter of the address"
        " that is not listed is refused as `parameter.unknown`; only what phones bring (sync and"
        " uploads) is taken whatever its address says. Nothing may keep an answer, unless it says so"
        " itself."
    ),
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    # A coded list has one name everywhere: the vocabulary's.
    "ENUM_NAME_OVERRIDES": {
        "".join(part.capitalize() for part in name.split("_")): vocabulary.codes(name)
        for name in vocabulary.distinct()
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "backend.config.openapi.complete",
    ],
}

# How long an operation waits for what it depends on before it is forced, and how long the server may
# fail on one before somebody is told.
SYNC_FORCE_AFTER = timedelta(hours=env_int("HUXING_FORCE_AFTER_HOURS", 7 * 24))
SYNC_ALARM_AFTER = timedelta(minutes=env_int("HUXING_ALARM_AFTER_MINUTES", 60))
# The same for a visit, a report or a confirmation, which may say that a child is in danger.
SYNC_URGENT_ALARM_AFTER = timedelta(minutes=env_int("HUXING_URGENT_ALARM_AFTER_MINUTES", 5))
# How many days something may wait for a person before its county is reminded, each day anew.
HUXING_REVIEW_DAYS = env_int("HUXING_REVIEW_DAYS", 3)
# Threads of one web process, none of which waits for a line (config/front). Whoever comes on top is told
# when to come again. Of the syncs one county has all but one.
HUXING_OFFICE_THREADS = env_int("HUXING_OFFICE_THREADS", 4)
HUXING_LOGIN_THREADS = env_int("HUXING_LOGIN_THREADS", 1)
SYNC_UPLOAD_CONCURRENCY = env_int("HUXING_UPLOAD_CONCURRENCY", 4)
SYNC_CONCURRENCY = env_int("HUXING_SYNC_CONCURRENCY", 5)
# Connections to the database of one web process: one for each thread but the uploads', which give theirs
# back while they wait for their line (config/pool.py).
HUXING_DB_POOL = env_int(
    "HUXING_DB_POOL", HUXING_OFFICE_THREADS + HUXING_LOGIN_THREADS + SYNC_CONCURRENCY + 4
)
SYNC_CONCURRENCY_PER_SHARD = env_int(
    "HUXING_SYNC_CONCURRENCY_PER_COUNTY", max(1, SYNC_CONCURRENCY - 1)
)

# Messages to people (backend/notifications). Where links in them lead; empty leaves links out.
HUXING_ADDRESS = env("HUXING_ADDRESS", "").rstrip("/")
# Passkeys belong to the name in that address (WebAuthn's relying party), on one's own machine to localhost.
_ORIGIN = HUXING_ADDRESS if HUXING_ADDRESS.startswith("https://") else "http://localhost"
OTP_WEBAUTHN_RP_ID = urlsplit(_ORIGIN).hostname
OTP_WEBAUTHN_RP_NAME = "护行 Huxing"
OTP_WEBAUTHN_ALLOWED_ORIGINS = [_ORIGIN]
OTP_WEBAUTHN_HELPER_CLASS = "backend.accounts.passkeys.Helper"
# The second step after the password, never instead of it.
OTP_WEBAUTHN_ALLOW_PASSWORDLESS_LOGIN = False
# Its exceptions say what a browser sent; the answer says enough.
OTP_WEBAUTHN_EXCEPTION_LOGGER_NAME = ""
# When messages that are not critical wait; everybody may choose her own.
HUXING_QUIET_HOURS = env_as("HUXING_QUIET_HOURS", "22:00-07:00", messaging.hours, "22:00-07:00")
HUXING_QUIET_HOURS_BY_COUNTY = env_as(
    "HUXING_QUIET_HOURS_BY_COUNTY", "",
    lambda text: messaging.hours_by_county([item for item in text.split(",") if item.strip()]),
    "522630=21:00-08:00,522629=23:00-06:00",
)  # fmt: skip
# Mail is on where a server is named.
HUXING_SMTP: dict[str, Any] | None = env_as(
    "HUXING_SMTP_URL", "", lambda url: messaging.mail_server(url) if url else None,
    "smtp://user:password@host:587?tls=start",
)  # fmt: skip
HUXING_MAIL_FROM = env("HUXING_MAIL_FROM", "huxing@localhost")
# Text messages are on where a gateway is named. In its header values and body, {phone}, {text},
# {key} and {kind} are filled in.
HUXING_SMS_URL = env("HUXING_SMS_URL", "")
HUXING_SMS_METHOD = env_choice("HUXING_SMS_METHOD", ("POST", "PUT", "GET"))
HUXING_SMS_FORMAT = env_choice("HUXING_SMS_FORMAT", ("json", "form"))
HUXING_SMS_HEADERS = env_as(
    "HUXING_SMS_HEADERS", "{}", messaging.json_object, '{"Authorization": "Bearer …"}'
)
HUXING_SMS_BODY = env_as(
    "HUXING_SMS_BODY", '{"phone": "{phone}", "text": "{text}", "id": "{key}"}',
    messaging.json_object, '{"phone": "{phone}", "text": "{text}", "id": "{key}"}',
)  # fmt: skip
# What the gateway's answer must contain to mean yes, where a 2xx alone does not say it.
HUXING_SMS_SUCCESS = env("HUXING_SMS_SUCCESS", "")
# Webhooks to addresses of the own network, and without TLS: only where it is one's own machine.
HUXING_WEBHOOK_PRIVATE = env_bool("HUXING_WEBHOOK_PRIVATE", default=False)
# How long a message is tried before it becomes a dead letter.
HUXING_GIVE_UP_AFTER = timedelta(hours=env_int("HUXING_GIVE_UP_AFTER_HOURS", 48))

CELERY_BROKER_URL = env("CELERY_BROKER_URL", "filesystem://")
# Another name where installations share one broker.
CELERY_TASK_DEFAULT_QUEUE = env("CELERY_TASK_DEFAULT_QUEUE", "celery")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
# A broker that is away is waited for, at the start and later, for ever.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BEAT_SCHEDULER = "backend.config.beat:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(HUXING_DATA_DIR / "beat.json")
# Every entry looks at what is due by what stands in the database, and does no harm when it runs twice at once:
# what was not sent while beat or broker were down is made up for by the next run.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # On the minute, so that what a minute brought is one seal.
    "seal-audit": {"task": "backend.audit.tasks.seal", "schedule": crontab()},
    # Writes once a day, whenever it comes.
    "witness-audit": {"task": "backend.audit.tasks.witness", "schedule": timedelta(hours=1)},
    "alert-recovered": {
        "task": "backend.recovery.tasks.alert_recovered",
        "schedule": timedelta(minutes=10),
    },
    "run-rehearsals": {
        "task": "backend.concerns.tasks.run_rehearsals",
        "schedule": timedelta(minutes=1),
    },
    "retry-held-operations": {"task": "sync.tasks.retry_held", "schedule": timedelta(minutes=1)},
    "open-kept": {"task": "sync.tasks.open_kept", "schedule": timedelta(minutes=1)},
    "force-held-operations": {"task": "sync.tasks.force_held", "schedule": timedelta(minutes=15)},
    "raise-alarms": {"task": "sync.tasks.raise_alarms", "schedule": timedelta(minutes=1)},
    # Whoever asks nudges the worker; likewise.
    "carry-on-with-tasks": {
        "task": "backend.tasks.tasks.carry_on",
        "schedule": timedelta(minutes=1),
    },
    "forget-expired-tasks": {
        "task": "backend.tasks.tasks.forget_expired",
        "schedule": timedelta(hours=1),
    },
    "finish-assignment-orders": {
        "task": "backend.caseload.tasks.finish_orders",
        "schedule": timedelta(minutes=1),
    },
    "bound-loans": {"task": "backend.caseload.tasks.bound_loans", "schedule": timedelta(hours=1)},
    # Each commit nudges the worker; this is for what a broker that was down did not hear.
    "deliver-messages": {
        "task": "backend.notifications.tasks.deliver_all",
        "schedule": timedelta(minutes=1),
    },
    "remind-of-referrals": {
        "task": "backend.referrals.tasks.remind",
        "schedule": timedelta(hours=1),
    },
    "remind-of-guardians-requests": {
        "task": "backend.rights.tasks.remind",
        "schedule": timedelta(hours=1),
    },
    "remind-of-what-waits": {
        "task": "backend.quarantine.tasks.remind",
        "schedule": timedelta(hours=1),
    },
    "look-at-escalation-clocks": {
        "task": "backend.concerns.tasks.look_at_clocks",
        "schedule": timedelta(minutes=1),
    },
    # Each run says what it has to say once a day or week: hours only bound how late that is.
    "look-at-what-time-calls-for": {
        "task": "backend.concerns.tasks.look_at_time",
        "schedule": timedelta(hours=1),
    },
    "alert-cases": {
        "task": "backend.guardianship.tasks.give_alerts",
        "schedule": timedelta(minutes=15),
    },
    "clean-log-ins": {"task": "backend.accounts.tasks.clean", "schedule": timedelta(hours=1)},
    "carry-out-confirmed": {
        "task": "backend.accounts.tasks.carry_out_confirmed",
        "schedule": timedelta(minutes=10),
    },
    # Also what the schedule names, see retention/schedule.yaml.
    "keep-to-the-schedule": {
        "task": "backend.retention.tasks.keep",
        "schedule": timedelta(hours=1),
    },
    # Says it once a month and county, whenever it comes.
    "propose-erasures": {
        "task": "backend.retention.tasks.propose",
        "schedule": timedelta(hours=12),
    },
    "expire-uploads": {"task": "sync.tasks.expire_uploads", "schedule": timedelta(hours=1)},
}
# A worker that was away for days need not do the same thing thousands of times: seconds after which a broker
# drops what beat has sent, by the broker's own clock (our own queue of files keeps each only once).
for _entry in CELERY_BEAT_SCHEDULE.values():
    _entry["options"] = {"expiration": 3600}
if CELERY_BROKER_URL.startswith("filesystem:"):
    # Needs no broker at all: messages are files (backend/config/broker.py). For the demo and for one machine.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
    # A child killed while it waits for work may take the lock of the others with it: over a queue of files, where
    # children share one pipe, nobody works from then on. So the worker has none, and what is killed is started again.
    CELERY_WORKER_POOL = "solo"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(HUXING_DATA_DIR / "queue"),
        "data_folder_out": str(HUXING_DATA_DIR / "queue"),
        "control_folder": str(HUXING_DATA_DIR / "queue-control"),
    }

LOGGING_CONFIG = "backend.config.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": logs.formatter(env_choice("HUXING_LOG_FORMAT", logs.FORMATS))},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["console"], "level": env("HUXING_LOG_LEVEL", "INFO")},
    # These bring handlers of their own, whose formatters let everything pass.
    "loggers": {
        **logs.taken_over("django", "django.server", "_granian", "granian.access"),
        # What is wrong is in the answer and among the metrics, and is asked for every few seconds.
        "health_check": {"level": "ERROR"},
    },
}
