"""Finds the Chromium that the tests and pictures of pages use, or installs Debian's."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bot.progress import say, under_way
from setup.commands import SetupFailed
from setup.environments import apt_install

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_ON_A_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def find_chromium() -> Path | None:
    """Find a Chromium or Chrome: ``CHROMIUM_PATH``, then PATH, then a Mac's applications."""
    for name in (os.environ.get("CHROMIUM_PATH", ""), *_NAMES, _ON_A_MAC):
        if name and (found := shutil.which(name)):
            return Path(found)
    return None


def set_up_browser() -> bool:
    """Have a Chromium; as root on Debian it is installed, elsewhere it is said how. Whether it is there."""
    if find_chromium() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        with under_way("instalar Chromium para las pruebas de las páginas"):
            try:
                apt_install("chromium", "chromium-browser")
            except SetupFailed as failure:
                say(str(failure))
    if find_chromium() is None:
        say("Sin Chromium: instálelo (en Debian, apt-get install chromium) o diga dónde está con CHROMIUM_PATH.")
        return False
    return True
