"""Settings from the environment: read once, frozen, and refused by name when wrong."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError

#: Without these the service does not start outside the demonstration.
_NEEDED_IN_EARNEST = (
    "twilio_account_sid",
    "twilio_auth_token",
    "secret_keys",
    "index_key",
    "audit_key",
    "public_url",
)
#: An address as a mail's header takes it: no blank, no line end, nothing that begins another header.
_MAIL_OR_NOTHING = r"^([^\s<>,;@]+@[^\s<>,;@]+)?$"
_Mail = Annotated[str, Field(pattern=r"^[^\s<>,;@]+@[^\s<>,;@]+$")]
_Phone = Annotated[str, Field(pattern=r"^\+[0-9]{8,15}$")]
#: A template as Twilio names it; it sends only those that WhatsApp has approved.
_CONTENT_OR_NOTHING = r"^(HX[0-9a-fA-F]{32})?$"


class Settings(BaseSettings):
    """The contract with whoever runs the service; names are the environment's, lower-cased.

    Times are seconds. ``secret_keys``, ``index_key`` and ``audit_key`` are 32 bytes each, base64 in
    the environment: the first key wraps, all unwrap; the other two never rotate with them.
    ``coordinator_mails`` are pairs of a zone's name and an address: ``Norte=ana@ejemplo.gov.co, Sur=eva@…``;
    ``coordinator_phones`` likewise: ``Norte=+573001112233``; ``sms_tests`` are operators and days on which SMS went
    there and came back: ``Uno=2026-12-01, Otro=2026-12-02``. The two templates are sids of Twilio's contents:
    ``coordinator_template`` tells a coordinator to look, ``ask_safe_template`` is the neutral question.
    ``trusted_proxies`` are networks whose word on where a request comes from counts.
    """

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: str = ""
    database_url: SecretStr = SecretStr("")
    var_dir: Path = Path("var")
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_whatsapp_from: str = ""
    twilio_sms_from: str = ""
    # SMS stays off until a two-way test with each operator is written down here.
    sms_tests: Annotated[tuple[tuple[str, date], ...], NoDecode] = ()
    twilio_api_base: str = ""
    # As fast as each sender may speak at Twilio: messages a second on WhatsApp, segments a second by SMS.
    twilio_whatsapp_per_second: float = Field(10.0, gt=0, le=10_000)
    twilio_sms_per_second: float = Field(1.0, gt=0, le=10_000)
    # How often what we missed is asked for. A webhook that is on its way gets as long before its message is taken.
    sweep_seconds: float = Field(30.0, gt=0, le=60)
    # How long Twilio keeps words and files after we have them.
    provider_keeps_hours: float = Field(24.0, ge=1, le=720)
    # Without either of these two, the model that Rasa trained is scored by the service itself.
    rasa_child: bool = False
    rasa_url: str = ""
    rasa_token: SecretStr = SecretStr("")
    # Shorter than the lease of a turn, in which Rasa is asked.
    rasa_timeout_seconds: float = Field(1.0, gt=0, le=5)
    # Some 140 MB of memory; without it far more false alarms (docs/adr/0023).
    second_reader: bool = True
    quiet_seconds: float = Field(1.5, ge=0)
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    index_key: SecretStr = SecretStr("")
    audit_key: SecretStr = SecretStr("")
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = (
        IPv4Network("127.0.0.1/32"),
        IPv6Network("::1/128"),
    )
    smtp_url: SecretStr = SecretStr("")
    mail_from: str = Field("", pattern=_MAIL_OR_NOTHING)
    coordinator_mails: Annotated[tuple[tuple[str, _Mail], ...], NoDecode] = ()
    operator_mails: Annotated[tuple[_Mail, ...], NoDecode] = ()
    operator_ping_url: SecretStr = SecretStr("")
    coordinator_phones: Annotated[tuple[tuple[str, _Phone], ...], NoDecode] = ()
    coordinator_template: str = Field("", pattern=_CONTENT_OR_NOTHING)
    ask_safe_template: str = Field("", pattern=_CONTENT_OR_NOTHING)
    metrics_token: SecretStr = SecretStr("")
    log_level: str = "INFO"
    demo: bool = False

    @field_validator("coordinator_mails", "coordinator_phones", "sms_tests", mode="before")
    @classmethod
    def _pair(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        return [(zone.strip(), reached.strip()) for zone, _, reached in pairs]

    @field_validator("secret_keys", "trusted_proxies", "operator_mails", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("sms_tests")
    @classmethod
    def _name_operators(cls, value: tuple[tuple[str, date], ...]) -> tuple[tuple[str, date], ...]:
        if not all(operator for operator, _ in value):
            raise ValueError("name the operator before each day: Uno=2026-12-01")
        return value

    @field_validator("operator_ping_url")
    @classmethod
    def _is_web_address(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url and not url.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// or http://")
        return value

    @field_validator("secret_keys", "index_key", "audit_key")
    @classmethod
    def _are_keys(cls, value: Any) -> Any:
        for secret in value if isinstance(value, tuple) else (value,):
            if secret.get_secret_value():
                _decode_key(secret)
        return value

    @property
    def wrapping_keys(self) -> tuple[bytes, ...]:
        """The keys that wrap owners' keys, newest first, 32 bytes each."""
        return tuple(_decode_key(secret) for secret in self.secret_keys)

    @property
    def blind_index_key(self) -> bytes:
        """The key under which phone numbers are looked up, 32 bytes."""
        return _decode_key(self.index_key)

    @property
    def audit_signing_key(self) -> bytes:
        """The key that signs the audit trail, 32 bytes."""
        return _decode_key(self.audit_key)

    @property
    def audit_folder(self) -> Path:
        """Where each day's head of the audit trail is written, to be kept elsewhere too."""
        return self.var_dir / "audit"

    @property
    def erased_file(self) -> Path:
        """Who was erased lately, by ids that mean nobody: a copy from before knows it from here."""
        return self.var_dir / "erased.txt"

    @property
    def copies_file(self) -> Path:
        """Where the last copies went: who was erased is noted there too, on another disk than ours."""
        return self.var_dir / "copies.txt"

    @property
    def has_sms(self) -> bool:
        """Whether SMS is on: a sender, and its tests with the operators written down."""
        return bool(self.twilio_sms_from and self.sms_tests)

    @property
    def base_url(self) -> str:
        """The address that the provider signs, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def read_settings(**overrides: Any) -> Settings:
    """Read and check the environment; raises ``SettingsError`` that names every bad variable."""
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        problems = "; ".join(f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_input=False))
        raise SettingsError(f"Correct these environment variables: {problems}") from None
    return settings


def require_secrets(settings: Settings) -> None:
    """Refuse to start in earnest without secrets; raises ``SettingsError`` that names them."""
    missing = [name.upper() for name in _NEEDED_IN_EARNEST if not is_set(getattr(settings, name))]
    if not (settings.twilio_whatsapp_from or settings.has_sms):
        missing.append("TWILIO_WHATSAPP_FROM or TWILIO_SMS_FROM with SMS_TESTS")
    if missing:
        raise SettingsError(f"Set these environment variables, or DEMO=1 for a demonstration: {', '.join(missing)}")


def is_set(value: Any) -> bool:
    """Whether a setting, secret or not, was given a value."""
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _decode_key(secret: SecretStr) -> bytes:
    try:
        key = base64.b64decode(secret.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ValueError("must be 32 bytes in base64 (openssl rand -base64 32)")
    return key
