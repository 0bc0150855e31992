"""Forgetting one person from the command line, while others write."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import operate
from bot.errors import SendError
from bot.messages import Address
from bot.settings import Settings, read_settings
from storage.forgetting import find_conversation
from tests.doubles.process import AUDIT_KEY, INDEX_KEY, WRAPPING_KEY
from tests.doubles.rig import HER, rigged
from tests.doubles.twilio import ACCOUNT_SID, AUTH_TOKEN, WHATSAPP_NUMBER, TwilioDouble

_OTHER = Address(channel="whatsapp", value="+573009998877")


def _settings(database_url: str, *, var_dir: Path, twilio: TwilioDouble) -> Settings:
    return read_settings(
        database_url=database_url,
        var_dir=var_dir,
        public_url="https://ejemplo.gov.co",
        twilio_api_base=twilio.url,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=AUTH_TOKEN,
        twilio_whatsapp_from=WHATSAPP_NUMBER,
        secret_keys=WRAPPING_KEY,
        index_key=INDEX_KEY,
        audit_key=AUDIT_KEY,
    )


async def test_only_she_hears_of_it_and_nobody_elses_conversation_is_moved(database_url: str, tmp_path: Path) -> None:
    async with rigged(database_url) as rig, TwilioDouble() as twilio:
        for words in ("buenas", "1"):
            await rig.write(words, by=HER)
        rig.channel.fail = [SendError("20429", retryable=True)]
        await rig.write("buenas", by=_OTHER)
        await rig.intake.accept(rig.message("me va a matar", by=_OTHER))
        await rig.rows("UPDATE outbox SET next_try_at = now() WHERE status = 'queued'")
        assert await operate.forget(_settings(database_url, var_dir=tmp_path, twilio=twilio), HER.value) == 0
        assert len(twilio.heard(HER.value)) == 1
        assert twilio.heard(_OTHER.value) == []
        left = await rig.rows("SELECT attempts FROM inbox WHERE turn_id IS NULL")
        assert [row.attempts for row in left] == [0]
        await rig.settle()
        assert [letter.address for letter in rig.channel.letters[2:]] == [_OTHER, _OTHER]


async def test_a_number_that_nobody_has_written_from_is_said_to_be_unknown(database_url: str, tmp_path: Path) -> None:
    async with TwilioDouble() as twilio:
        settings = _settings(database_url, var_dir=tmp_path, twilio=twilio)
        assert await operate.forget(settings, "+573000000000") is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("+573001112233", HER),
        ("whatsapp:+573001112233", HER),
        ("+57 300 111 2233", HER),
        ("57 3001112233", HER),
        ("300 111 2233", HER),
        ("300-111-22-33", HER),
        ("CO.yurani12", Address(channel="whatsapp", value="CO.yurani12")),
        ("+573001112233", Address(channel="simulator_sms", value="+573001112233")),
        ("yo", Address(channel="terminal", value="yo")),
        ("85432", Address(channel="sms", value="85432")),
    ],
)
async def test_whoever_is_meant_is_found_however_the_operator_writes_it(
    database_url: str, written: str, meant: Address
) -> None:
    async with rigged(database_url) as rig:
        await rig.intake.accept(rig.message("buenas", by=meant))
        assert await find_conversation(rig.database, rig.ring, operate._addresses(written)) is not None
