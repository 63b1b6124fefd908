"""What a deployment may decide, read once from the environment (`CONTACT_HUB_…`), refused at boot by name where it makes no sense."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from contact_hub.errors import HubError

PREFIX = "CONTACT_HUB_"


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"} or parts.query:
        raise ValueError("an origin looks like https://hub.example.com")
    return f"{parts.scheme}://{parts.netloc}"


Origin = Annotated[str, AfterValidator(_origin)]


ROLES: Final = ("web", "router", "worker")


def _database(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme == "sqlite" and parts.path.startswith("/") and not parts.netloc:
        return value
    somewhere = parts.hostname or "host=" in parts.query  # a directory of sockets is named there
    if parts.scheme in {"postgresql", "postgresql+asyncpg"} and somewhere and parts.path.strip("/") and _port_of(parts):
        return value
    raise ValueError("a database looks like postgresql+asyncpg://user:password@host/name or sqlite:///path/to/file")


def _redis(value: str) -> str:
    parts = urlsplit(value)
    number = parts.path.strip("/")
    if parts.scheme in {"redis", "rediss"} and parts.hostname and _port_of(parts) and (not number or number.isdigit()):
        return value
    if parts.scheme == "unix" and parts.path:
        return value
    raise ValueError("a Redis looks like redis://host:6379/0")


def _endpoint(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _port_of(parts):
        raise ValueError("an endpoint looks like http://collector:4318/v1/traces")
    return value


def _port_of(parts: SplitResult) -> bool:
    """Whether the port is none or a number that ports have."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def _resolver(value: str) -> str:
    if value in {"system", "off"}:
        return value
    host, _, port = value.rpartition(":")
    ip_address(host.strip("[]"))
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ValueError("must be system, off, or IP:PORT")
    return value


def _door(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme in {"lmtp", "smtp"} and parts.hostname and not parts.path.strip("/"):
        try:
            if parts.port is not None:
                return value
        except ValueError:
            pass
    raise ValueError("a door looks like lmtp://127.0.0.1:2024")


def _roles(value: str) -> str:
    named = [one.strip() for one in value.split(",")]
    if unknown := [one for one in named if one not in ROLES]:
        raise ValueError(f"{', '.join(map(repr, unknown))}: the roles are {', '.join(ROLES)}")
    return ",".join(role for role in ROLES if role in named)


class Settings(BaseSettings):
    """Defaults start on a laptop."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    data_dir: Path = Field(default=Path("demo-data"), description="where the embedded database lies")
    database_url: Annotated[str, AfterValidator(_database)] | None = Field(
        default=None, description="PostgreSQL (postgresql+asyncpg://…); without it SQLite in the data directory"
    )
    redis_url: Annotated[str, AfterValidator(_redis)] | None = Field(
        default=None, description="pokes over Redis; without it inside the process"
    )
    role: Annotated[str, AfterValidator(_roles)] = Field(
        default=",".join(ROLES),
        description="what this node does: web serves people, router owns workspaces, worker does background work",
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8300, ge=1, le=65_535)
    origin: Origin | None = Field(default=None, description="how browsers reach us; http://localhost:PORT by default")
    workspace: str = Field(default="demo", pattern=r"^[a-z0-9-]{1,40}$")
    detectors: str = Field(
        default="eldc,pycld2,wordfreq",
        description="language detectors that take part beside our own model: eldc, pycld2, wordfreq, py3langid, langdetect",
    )

    translation_engine: Literal["off", "libretranslate", "argos"] = Field(
        default="off", description="who translates for staff, in workspaces that want it (`translation: assist`)"
    )
    translation_url: str | None = Field(
        default=None, description="the LibreTranslate-compatible server; https, or a host of the house"
    )
    translation_key_file: Path | None = Field(default=None, description="a file that holds the server's API key")
    translation_ca_file: Path | None = Field(default=None, description="certificates to trust instead of the system's")
    translation_country: str | None = Field(
        default=None,
        pattern="^[A-Z]{2}$",
        description="where the server computes: brands with `residency` are translated only there",
    )
    translation_budget_seconds: float = Field(default=4, gt=0, le=30)
    translation_chars_max: int = Field(default=5_000, ge=100, le=8_000)
    translation_requests_per_minute: int = Field(default=30, ge=1, description="of one account")
    translation_cache_entries_max: int = Field(default=1_000, ge=1, le=100_000, description="of one workspace, in this process")
    translation_cache_seconds: float = Field(default=3_600, ge=0, le=86_400)

    mail_door: Annotated[str, AfterValidator(_door)] | None = Field(
        default=None, description="where a mail server of the house hands mail in (lmtp://HOST:PORT or smtp://…); port 0: any"
    )
    mail_resolver: Annotated[str, AfterValidator(_resolver)] = Field(
        default="system",
        description="whom to ask (DNS) about signatures of mail and about our own domains: system, off, or an address (IP:PORT)",
    )
    mail_readers: int = Field(default=2, ge=1, le=16, description="processes that read mail, some 80 MB each")

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"

    heartbeat_seconds: float = Field(default=10, gt=0, le=25)
    poll_seconds: float = Field(
        default=1.75,
        gt=0,
        le=5,
        description="how often to look without being told to, where a loss on the bus would not be noticed (Redis is away)",
    )
    lease_seconds: float = Field(default=4, ge=1, le=60)
    ticket_seconds: float = Field(default=30, gt=0, le=300)
    session_hours: float = Field(default=12, gt=0, le=72)
    revalidate_seconds: float = Field(default=10, gt=0, le=60)
    drain_seconds: float = Field(
        default=0,
        ge=0,
        le=20,
        description="how long to serve on once not ready, so that a proxy sees it first; behind one, more than its health interval",
    )
    shutdown_seconds: float = Field(default=5, gt=0, le=20)
    commit_group_milliseconds: float = Field(default=4, ge=0, le=50)

    socket_frames_max: int = Field(default=256, ge=16)
    socket_bytes_max: int = Field(default=1_048_576, ge=65_536)
    visitor_messages_per_minute: int = Field(default=60, ge=1)
    agent_messages_per_minute: int = Field(default=600, ge=1)
    metrics_token: str | None = Field(default=None, description="bearer token for /metrics; without it only loopback may read them")
    otel_endpoint: Annotated[str, AfterValidator(_endpoint)] | None = Field(
        default=None, description="where traces go (OTLP over HTTP), e.g. http://collector:4318/v1/traces; needs the extra `otel`"
    )
    otel_ratio: float = Field(default=0.01, gt=0, le=1, description="the share of traces that is kept")

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(self.role.split(","))

    @property
    def url(self) -> str:
        """The database's URL, whichever it is."""
        return self.database_url or f"sqlite:///{self.data_dir / 'contact-hub.sqlite3'}"

    @property
    def public_origin(self) -> str:
        return self.origin or f"http://localhost:{self.port}"

    @property
    def secure(self) -> bool:
        return self.public_origin.startswith("https://")


def read_settings(**overrides: object) -> Settings:
    """Settings from the environment, `overrides` from the command line first.

    Raises:
        HubError: `setting_invalid`, naming every variable that cannot be used and why.
    """
    try:
        return Settings(**{key: value for key, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as invalid:
        lines = [f"{PREFIX}{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}" for error in invalid.errors()]
        raise HubError("setting_invalid", "; ".join(lines)) from None
