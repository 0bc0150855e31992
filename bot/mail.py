"""E-mail to those who work here: one SMTP server, by ``SMTP_URL``; never a word of a conversation."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import aiosmtplib

from bot.errors import MailNotSent, SettingsError

_PORTS = {"smtp": 587, "smtps": 465}
_PATIENCE_SECONDS = 20.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail: ``Mail(id="0198…@valle-sano", to=("ana@ejemplo.gov.co",), subject="…", text="…")``.

    ``id`` is the same at every attempt, so that a mail program shows one that came twice as one.
    """

    id: str
    to: Sequence[str]
    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The server that takes our mail. ``is_wrapped``: TLS from the first byte; otherwise STARTTLS, but on loopback."""

    host: str
    port: int
    sender: str
    is_wrapped: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    async def send(self, mail: Mail) -> None:
        """Hand it over to at least one of those whom it is for. Raises ``MailNotSent``, which may be tried again."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, ", ".join(mail.to), mail.subject
        message["Message-ID"], message["Date"] = f"<{mail.id}>", formatdate()
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        try:
            refused, _ = await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.user,
                password=self.password,
                use_tls=self.is_wrapped,
                # Without encryption only to this machine: a password and a zone are nobody else's business.
                start_tls=not (self.is_wrapped or _is_here(self.host)),
                timeout=_PATIENCE_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, TimeoutError) as error:
            raise MailNotSent(type(error).__name__) from None
        if refused:
            log.error("mail %s: the server refused %d of %d receivers", mail.id, len(refused), len(mail.to))


def open_post(url: str, sender: str) -> Post:
    """The server of ``smtp://user:password@host:port`` or ``smtps://…``; raises ``SettingsError``."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in _PORTS or not parts.hostname or port == -1:
        raise SettingsError("Correct SMTP_URL: smtp://user:password@host:587 or smtps://user:password@host:465")
    if not sender:
        raise SettingsError("Set MAIL_FROM: the address from which alarms are mailed")
    return Post(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        sender=sender,
        is_wrapped=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
