"""Every error of ours has one root; its first docstring line says what is wrong and what to do."""

from __future__ import annotations


class BotError(Exception):
    """Something of Valle Sano failed; the message says what to do next."""


class SettingsError(BotError):
    """A setting is missing or wrong; set the environment variable that is named."""


class ContentError(BotError):
    """A content file is wrong; correct the file at the line that is named."""

    def __init__(self, problem: str, *, file: str = "", line: int = 0) -> None:
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(where + problem)
        self.problem, self.file, self.line = problem, file, line


class DatabaseUnavailable(BotError):
    """The database does not answer; start it or correct DATABASE_URL, nothing was lost."""


class KeyMissing(BotError):
    """The key of this owner is gone: the data was erased, or SECRET_KEYS lacks the wrapping key."""


class BadSignature(BotError):
    """The request was not signed by the provider; check the auth token and PUBLIC_URL."""


class MalformedMessage(BotError):
    """The webhook lacks a field that every message has; look at what sent it."""


class SendError(BotError):
    """The provider did not take a message.

    ``retryable`` says whether the same words may be tried again; ``code`` is the provider's
    own number as text, or one of ours (``timeout``, ``refused``); never the receiver's number.
    ``uncertain`` means that the provider may have taken it: ask before sending again.
    """

    def __init__(self, code: str, *, retryable: bool, uncertain: bool = False) -> None:
        super().__init__(f"not sent ({code}); {'tried again later' if retryable else 'final'}")
        self.code, self.retryable, self.uncertain = code, retryable, uncertain


class MediaNotFetched(BotError):
    """The attachment could not be fetched; a person looks at the conversation.

    ``code`` is ``refused_host``, ``refused_address``, ``too_large``, ``too_many_redirects``, ``timeout``,
    ``unreachable`` or the HTTP status; nothing of the URL is in it. ``retryable``: it may be there later.
    """

    def __init__(self, code: str, *, retryable: bool = False) -> None:
        super().__init__(f"attachment not fetched ({code})")
        self.code, self.retryable = code, retryable


class NluUnavailable(BotError):
    """Rasa did not say what a text means; the bot goes on by words and buttons."""


class AlreadyThere(BotError):
    """Somebody has this login or alias already; choose another."""


class NotThere(BotError):
    """There is no such thing any more, or it was never hers to change; look at the list again."""


class MailNotSent(BotError):
    """The mail server did not take a mail; it is tried again. The message names the kind of failure and nobody."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"not mailed ({kind})")
