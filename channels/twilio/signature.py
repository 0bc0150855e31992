"""Only what Twilio signed comes in: the check that stands before every webhook."""

from __future__ import annotations

from collections.abc import Mapping

from multidict import MultiDict
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from bot.errors import BadSignature


def check_signature(
    *, token: str, url: str, headers: Mapping[str, str], form: MultiDict[str] | None, body: bytes
) -> None:
    """Raise ``BadSignature`` unless Twilio signed this request with our auth token.

    ``url`` is the public one that Twilio called, query included, as it stands on the wire: not
    what a server behind a proxy sees. ``form`` is None when the post is not a form; then the
    body counts through ``bodySHA256`` in the URL. Without a token nothing is ever valid.
    Source: twilio.com/docs/usage/security, "Validating requests".
    """
    signature = headers.get(SIGNATURE_HEADER, "")
    if not token or not signature:
        raise BadSignature
    if form is None and "bodySHA256=" not in url:
        # Such a body is covered by nothing: whoever saw one signed URL could send any words.
        raise BadSignature
    algorithm = get_signature_algorithm(headers.get(SIGNATURE_SETTINGS_HEADER))
    covered = body.decode("utf-8", "replace") if form is None else form
    try:
        is_valid = RequestValidator(token).validate(url, covered, signature, algorithm)
    except ValueError:  # a URL or field that cannot be read is not Twilio's
        is_valid = False
    if not is_valid:
        raise BadSignature
