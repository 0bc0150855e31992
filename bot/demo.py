"""The demonstration's keys: made once, kept under VAR_DIR, worth nothing elsewhere."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from bot.settings import Settings, is_set, read_settings

_FILE = "demo-keys.json"
_KEYS = ("secret_keys", "index_key", "audit_key")


def with_demo_keys(settings: Settings) -> Settings:
    """The same settings with keys where they are missing; they survive restarts, so does what they sealed."""
    missing = {name for name in _KEYS if not is_set(getattr(settings, name))}
    if not missing:
        return settings
    kept = _kept(settings.var_dir / _FILE)
    return read_settings(**settings.model_dump(exclude=missing), **{name: kept[name] for name in missing})


def _kept(path: Path) -> dict[str, str]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = {name: base64.b64encode(os.urandom(32)).decode() for name in _KEYS}
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
    if younger := [name for name in _KEYS if name not in found]:
        # Made by a version that knew fewer keys: those that it has stay, or what they sealed would be lost.
        found |= {name: base64.b64encode(os.urandom(32)).decode() for name in younger}
        aside = path.with_suffix(f".{os.getpid()}")
        aside.touch(mode=0o600)
        aside.write_text(json.dumps(found), encoding="utf-8")
        aside.replace(path)
    return found
