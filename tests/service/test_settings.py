"""A wrong setting stops the start and is named; a secret is never shown."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from bot.demo import with_demo_keys
from bot.errors import SettingsError
from bot.settings import Settings, read_settings, require_secrets

_KEY = base64.b64encode(b"k" * 32).decode()
_EARNEST = {
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "secreto-1",
    "TWILIO_SMS_FROM": "+5726203580",
    "SMS_TESTS": "Prueba=2026-11-01",
    "SECRET_KEYS": f"{_KEY}, {_KEY}",
    "INDEX_KEY": _KEY,
    "AUDIT_KEY": _KEY,
    "PUBLIC_URL": "https://ejemplo.gov.co/",
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_contract_has_the_defaults_that_are_written_down() -> None:
    settings = read_settings()
    assert (settings.host, settings.port, settings.rasa_timeout_seconds, settings.quiet_seconds) == (
        "127.0.0.1",
        8080,
        1.0,
        1.5,
    )
    assert settings.base_url == "http://127.0.0.1:8080"


@pytest.mark.parametrize("missing", sorted(_EARNEST))
def test_each_missing_secret_stops_the_start_and_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in _EARNEST.items():
        if name != missing:
            monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=missing):
        require_secrets(read_settings())


def test_with_all_of_them_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in _EARNEST.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    require_secrets(settings)
    assert settings.wrapping_keys == (b"k" * 32, b"k" * 32)
    assert settings.base_url == "https://ejemplo.gov.co"


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "ocho"), ("SECRET_KEYS", "bm8="), ("INDEX_KEY", "no es base64!"), ("RASA_TIMEOUT_SECONDS", "0")],
)
def test_a_bad_value_is_named_and_not_quoted(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name) as caught:
        read_settings()
    if name in ("SECRET_KEYS", "INDEX_KEY"):
        assert value not in str(caught.value)


def test_no_secret_is_in_what_a_log_would_print(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**_EARNEST, "DATABASE_URL": "postgresql://u:clave@h/d"}.items():
        monkeypatch.setenv(name, value)
    shown = repr(read_settings())
    assert not any(secret in shown for secret in (_KEY, "secreto-1", "clave"))


def test_the_demonstration_keeps_its_keys_from_one_start_to_the_next(tmp_path: Path) -> None:
    first = with_demo_keys(read_settings(demo=True, var_dir=tmp_path))
    second = with_demo_keys(read_settings(demo=True, var_dir=tmp_path))
    assert first.wrapping_keys == second.wrapping_keys
    assert first.blind_index_key != first.wrapping_keys[0]
    assert (tmp_path / "demo-keys.json").stat().st_mode & 0o077 == 0
