"""All settings with their types, in one class. A wrong value stops the start and is named.

For each setting `NAME` there is `NAME_FILE`: the value is read from that file, as container secrets want it.
"""

import os
import secrets
from collections.abc import Collection, Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import unquote, urlsplit

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from signup.ground.broker_url import BROKERS, scheme_of
from signup.ground.errors import SettingError
from signup.ground.keep_settings import KeepSettings
from signup.ground.plain_text import invisible, name_of
from signup.ground.private_files import make_folder

PACKAGE = Path(__file__).resolve().parents[1]


def _project() -> Path:
    """The folder that holds templates, migrations, translations and docs: in a wheel it lies inside the package."""
    carried = PACKAGE / "project"
    return carried if carried.is_dir() else PACKAGE.parent


PROJECT = _project()
MIN_KEY_BYTES = 32


def _split(value: object) -> object:
    return [part for part in value.replace(",", " ").split() if part] if isinstance(value, str) else value


Keys = Annotated[list[SecretStr], BeforeValidator(_split)]
Networks = Annotated[list[IPv4Network | IPv6Network], BeforeValidator(_split)]


class Settings(KeepSettings):
    """The settings, from the environment. A field's description is its reference; docs/configuration.md repeats it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    signup_var: Path = Field(Path("var"), description="Folder for the database, keys, emails and exports.")
    signup_port: int = Field(8000, ge=0, le=65535, description="Port of the web server.")
    signup_host: str = Field("127.0.0.1", description="Address the web server listens on.")
    signup_demo_port: int = Field(8001, ge=0, le=65535, description="Port of the demo host page (`run` only).")
    signup_mail_port: int = Field(8025, ge=0, le=65535, description="Port of the mail catcher's page.")
    signup_smtp_port: int = Field(1025, ge=0, le=65535, description="Port on which the mail catcher receives email.")
    public_url: str = Field(
        "", description="The address where visitors reach this service; empty: http://127.0.0.1:SIGNUP_PORT."
    )
    database_url: SecretStr = Field(
        SecretStr(""), description="sqlite:/// or postgresql+psycopg://; empty: SQLite under SIGNUP_VAR."
    )
    database_pool: int = Field(
        10, ge=1, le=200, description="Database connections one process may hold in each of its two pools."
    )
    broker_url: SecretStr = Field(SecretStr(""), description="redis://, rediss:// or amqp://; empty: in-process.")
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="smtp:// (STARTTLS), smtps://, or smtp://…?starttls=no; empty: the catcher.",
    )
    service_address: str = Field(
        "",
        pattern=r"^([!#-;=?A-~]+@[^@\s<>]+)?$",
        description="Sender of invitations and new passwords to operators; empty: signup@ the host of PUBLIC_URL.",
    )
    bounce_domain: str = Field(
        "",
        pattern=r"^([A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{0,63}$",
        description="Domain whose mail reaches this service, for the return path of every email; empty: bounces go to"
        " the sender.",
    )
    bounce_maildir: Path | None = Field(
        None, description="Maildir that the mail server fills with returned emails, read every minute; empty: none."
    )
    bounce_imap_url: SecretStr = Field(
        SecretStr(""),
        description="imaps://user:password@host/FOLDER of a mailbox that receives returned emails, read every minute;"
        " empty: none.",
    )
    bounce_hook_brevo: SecretStr = Field(
        SecretStr(""), description="Bearer token of Brevo's webhook, for /hooks/bounce/brevo; empty: off."
    )
    bounce_hook_mailgun: SecretStr = Field(
        SecretStr(""), description="Signing key of Mailgun's webhooks, for /hooks/bounce/mailgun; empty: off."
    )
    bounce_hook_postmark: SecretStr = Field(
        SecretStr(""), description="User:password of Postmark's webhook, for /hooks/bounce/postmark; empty: off."
    )
    bounce_hook_sendgrid: SecretStr = Field(
        SecretStr(""), description="Public key of SendGrid's event webhook, for /hooks/bounce/sendgrid; empty: off."
    )
    bounce_hook_ses: SecretStr = Field(
        SecretStr(""), description="ARN of the SNS topic to which Amazon SES tells, for /hooks/bounce/ses; empty: off."
    )
    webhook_networks: Networks = Field(
        [],
        description="Networks of your own that webhooks may lead to, as 10.0.0.0/8 192.168.1.5; empty: the public"
        " internet alone.",
    )
    storage_url: str = Field("", description="file:///folder for incentive files; empty: files under SIGNUP_VAR.")
    ledger_folder: Path | None = Field(
        None,
        description="Folder outside of the database, best on another disk, for signed checkpoints and the journal of"
        " withdrawals; empty: ledger under SIGNUP_VAR.",
    )
    secret_keys: Keys = Field(
        [], description="Signing keys, newest first, 32 bytes or more; empty: made under SIGNUP_VAR."
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=5,
        description="How many reverse proxies in front set X-Forwarded-For; say 0 yourself if there is none.",
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR.")
    metrics_token: SecretStr = Field(
        SecretStr(""), description="Bearer token for /metrics; empty: this machine only, and nobody behind a proxy."
    )
    keep_addresses_of_visitors: bool = Field(default=True, description="Record IP and user agent as part of the proof.")
    messages_days: int = Field(
        180, ge=1, le=3_650, description="Days until messages from contact and event forms are deleted."
    )
    limit_list_per_hour: int = Field(2_000, ge=1, description="Sign-ups one list accepts per hour.")
    limit_all_per_hour: int = Field(5_000, ge=1, description="Sign-ups the whole service accepts per hour.")
    limit_key_per_minute: int = Field(
        6_000, ge=1, description="Requests one API key may send per minute to one web process."
    )
    limit_domain_per_hour: int = Field(
        50, ge=1, description="Unconfirmed sign-ups one email domain may have per hour, except free email providers."
    )
    limit_unconfirmed_share: int = Field(
        80,
        ge=1,
        le=100,
        description="Percentage of the last 200 sign-ups left unconfirmed above which everyone needs a proof of work;"
        " 100: never.",
    )
    dns_server: str = Field(
        "",
        pattern=r"^(off|[0-9A-Fa-f.:]+(@[0-9]{1,5})?)?$",
        description="Resolver asked whether a mail domain exists: IP[@port]; empty: the system's; off: never asked.",
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings. Raises `SettingError` naming every wrong one."""
        environ = os.environ if environment is None else environment
        values: dict[str, str] = {}
        for name in cls.model_fields:
            key = name.upper()
            path = environ.get(f"{key}_FILE", "")
            if environ.get(key) and path:
                raise SettingError(f"{key} and {key}_FILE are both set: keep one")
            if path:
                values[name] = _read_secret(f"{key}_FILE", Path(path))
            elif environ.get(key):
                values[name] = environ[key]
            # Keys in a file may stand on a line each.
            if found := invisible(values.get(name, ""), lines=name == "secret_keys"):
                raise SettingError(f"{key}: holds an invisible character ({name_of(found)})")
        try:
            return cls(**values)  # type: ignore[arg-type]  # pydantic converts the strings
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, e['loc'][:1])).upper() or 'settings'}: {e['msg']}" for e in error.errors()
            )
            raise SettingError(problems) from None

    @model_validator(mode="after")
    def _fill_in(self) -> Self:
        fill = self.__dict__  # frozen for everyone else
        fill["signup_var"] = self.signup_var.absolute()
        _check_scheme("DATABASE_URL", self.database_url, {"", "sqlite", "postgresql+psycopg"})
        _check_scheme("BROKER_URL", self.broker_url, BROKERS)
        _check_scheme("SMTP_URL", self.smtp_url, {"", "smtp", "smtps"})
        _check_scheme("BOUNCE_IMAP_URL", self.bounce_imap_url, {"", "imap", "imaps"})
        _check_mailbox("BOUNCE_IMAP_URL", self.bounce_imap_url)
        if self.storage_url and not _is_folder(self.storage_url):
            raise ValueError("STORAGE_URL: expected file:///an/absolute/folder outside of this program")
        if not self.database_url.get_secret_value():
            fill["database_url"] = SecretStr(f"sqlite:///{self.signup_var / 'signup.db'}")
        if not self.public_url:
            fill["public_url"] = f"http://127.0.0.1:{self.signup_port}"
        fill["public_url"] = self.public_url.rstrip("/")
        url = urlsplit(self.public_url)
        if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment or url.path:
            raise ValueError("PUBLIC_URL: expected https://host[:port] without a path")
        if any(len(key.get_secret_value().encode()) < MIN_KEY_BYTES for key in self.secret_keys):
            raise ValueError(
                f"SECRET_KEYS: every key needs {MIN_KEY_BYTES} bytes or more (try: openssl rand -base64 48)"
            )
        return self

    @property
    def is_https(self) -> bool:
        """Whether visitors reach the service over TLS. It decides the cookies' `Secure` and `__Host-`."""
        return self.public_url.startswith("https:")

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.get_secret_value().startswith("sqlite")

    @property
    def sqlite_files(self) -> list[Path]:
        """SQLite's files: the database, its log, the log's index, and the lock file of waiting writers."""
        _scheme, _colon, path = self.database_url.get_secret_value().partition("sqlite:///")
        return [Path(f"{path}{ending}") for ending in ("", "-wal", "-shm", "-turn")] if path else []

    @property
    def sender_of_service(self) -> str:
        """The sender of emails to operators."""
        host = urlsplit(self.public_url).hostname or ""
        has_name = "." in host and not host.rpartition(".")[2].isdecimal()  # no address is at a bare number
        return self.service_address or f"signup@{host if has_name else 'localhost'}"

    @property
    def files_folder(self) -> Path:
        """The folder for incentives' files. A web server never serves it or a folder above it."""
        return Path(unquote(urlsplit(self.storage_url).path)) if self.storage_url else self.signup_var / "files"

    @property
    def outside_folder(self) -> Path:
        """The folder for what must outlive the database."""
        return (self.ledger_folder or self.signup_var / "ledger").absolute()

    @property
    def smtp_target(self) -> str:
        """The mail server's URL; without one, the mail catcher on this machine."""
        return self.smtp_url.get_secret_value() or f"smtp://127.0.0.1:{self.signup_smtp_port}?starttls=no"

    def key_ring(self) -> list[str]:
        """The signing keys, newest first. Makes `SIGNUP_VAR/secret.key` (mode 0600) when none is set."""
        if self.secret_keys:
            return [key.get_secret_value() for key in self.secret_keys]
        path = self.signup_var / "secret.key"
        try:
            make_folder(path.parent)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            keys = path.read_text().split()
            if not keys or any(len(key.encode()) < MIN_KEY_BYTES for key in keys):
                raise SettingError(f"SECRET_KEYS: {path} holds no key of {MIN_KEY_BYTES} bytes") from None
            return keys
        with os.fdopen(handle, "w") as file:
            file.write(key := secrets.token_urlsafe(48))
        return [key]


def _read_secret(name: str, path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise SettingError(f"{name}: cannot read {path} ({error.strerror})") from None


def _is_folder(url: str) -> bool:
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    is_ours = PACKAGE in (path, *path.parents)  # its static folders are served
    return parts.scheme == "file" and not parts.netloc and len(path.parts) > 1 and not is_ours


def _check_scheme(name: str, url: SecretStr, schemes: Collection[str]) -> None:
    # Only the scheme is named in the message: the rest may hold a password.
    if (scheme := scheme_of(url.get_secret_value())) not in schemes:
        raise ValueError(
            f"{name}: scheme must be one of {', '.join(sorted(filter(None, schemes)))}, not {scheme[:20]!r}"
        )


def _check_mailbox(name: str, url: SecretStr) -> None:
    text = url.get_secret_value()
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname and parts.username and parts.password) and parts.port != 0
    except ValueError:  # a port that is none: its message may hold the password
        is_whole = False
    if text and not is_whole:
        raise ValueError(f"{name}: expected imaps://user:password@host[:port]/FOLDER, with @ / : in a word as %40 …")
    if any(ord(sign) < ord(" ") for sign in unquote(text)):
        raise ValueError(f"{name}: holds a control character")
