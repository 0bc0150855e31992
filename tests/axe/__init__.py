"""What axe-core finds on a page; how it came here is in README.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Page

_SCRIPT = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_RUN = """async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
'best-practice']})).violations.map(one => [one.id, one.nodes.map(node => node.html.slice(0, 160))])"""


async def barriers(page: Page) -> list[Any]:
    """What keeps somebody from using the page: the rule's name and where, WCAG 2.2 AA and good practice."""
    # Evaluated by the browser's own tools, so that the page's content policy stays as it is.
    await page.evaluate(_SCRIPT + "; null")
    found = await page.evaluate(_RUN)
    assert isinstance(found, list)
    return found
