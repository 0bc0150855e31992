"""Settings for a service whose Twilio is the double."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from bot.settings import Settings
from tests.doubles.twilio import ACCOUNT_SID, AUTH_TOKEN, SMS_NUMBER, WHATSAPP_NUMBER, TwilioDouble


def settings_at(twilio: TwilioDouble, **more: Any) -> Settings:
    """Our account at this double."""
    return Settings(
        **{
            "twilio_account_sid": ACCOUNT_SID,
            "twilio_auth_token": SecretStr(AUTH_TOKEN),
            "twilio_whatsapp_from": WHATSAPP_NUMBER,
            "twilio_sms_from": SMS_NUMBER,
            "sms_tests": "Prueba=2026-11-01",
            "twilio_api_base": twilio.url,
            **more,
        }
    )
