"""The demonstration's keys: made once, kept under VAR_DIR, worth nothing elsewhere."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from bot.settings import Settings, read_settings

_FILE = "demo-keys.json"


def with_demo_keys(settings: Settings) -> Settings:
    """The same settings with keys where they are missing; they survive restarts, so does what they sealed."""
    if settings.secret_keys and settings.index_key.get_secret_value():
        return settings
    kept = _kept(settings.var_dir / _FILE)
    return read_settings(
        **settings.model_dump(exclude={"secret_keys", "index_key"}),
        secret_keys=settings.secret_keys or kept["secret_keys"],
        index_key=settings.index_key if settings.index_key.get_secret_value() else kept["index_key"],
    )


def _kept(path: Path) -> dict[str, str]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = {name: base64.b64encode(os.urandom(32)).decode() for name in ("secret_keys", "index_key")}
        # Written aside and moved, so that two starts at once agree on one pair of keys.
        aside = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(fresh, file)
        try:
            path.hardlink_to(aside)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found
