"""Who may do what: rights are data, and what is not given is denied. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.content import LINE, read_yaml
from bot.errors import ContentError
from bot.staff import Member, Role

_FILE = Path(__file__).parent / "rights.yml"


class Scope(StrEnum):
    """How far a right reaches."""

    OWN = "own"
    ZONE = "zone"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The whole table: ``Rights(given={Role.AUDITOR: {"audit.read": Scope.ALL}}, manages={})``."""

    given: Mapping[Role, Mapping[str, Scope]]
    manages: Mapping[Role, frozenset[Role]]

    @property
    def names(self) -> frozenset[str]:
        """Every right that somebody has."""
        return frozenset(name for rights in self.given.values() for name in rights)

    def scope(self, role: Role, right: str) -> Scope | None:
        """How far this role's right reaches; None if it has none."""
        return self.given.get(role, {}).get(right)

    def allows(self, member: Member, right: str, *, zones: Collection[str] = (), owned: bool = False) -> bool:
        """Whether she may, for something that lies in all of these zones, or that is hers.

        Without zones, a right over zones allows nothing: what lies nowhere is for the department.
        """
        match self.scope(member.role, right):
            case Scope.ALL:
                return True
            case Scope.ZONE:
                return bool(zones) and member.zones >= set(zones)
            case Scope.OWN:
                return owned
            case None:
                return False

    def may_manage(self, member: Member, right: str, *, role: Role, zones: Collection[str]) -> bool:
        """Whether she may use a right over staff on somebody of this role and these zones."""
        return role in self.manages.get(member.role, ()) and self.allows(member, right, zones=zones)


def load_rights(path: Path = _FILE) -> Rights:
    """Read the table; raises ``ContentError`` for a role or scope that does not exist."""
    content = read_yaml(path)
    given: dict[Role, dict[str, Scope]] = {}
    manages: dict[Role, frozenset[Role]] = {}
    for name, row in _entries(content):
        try:
            role = Role(name)
            given[role] = {right: Scope(scope) for right, scope in _entries(row["rights"])}
            manages[role] = frozenset(Role(one) for one in row.get("manages", ()))
        except (KeyError, TypeError, ValueError) as error:
            line = row[LINE] if isinstance(row, dict) else content[LINE]
            raise ContentError(f"not a role with rights: {error}", file=path.name, line=line) from None
    return Rights(given=given, manages=manages)


def _entries(mapping: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in mapping.items() if key != LINE]
