"""What the tables have in common: the metadata that holds them all, and the columns that return in many."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, DateTime, ForeignKey, MetaData, Uuid

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def own_id() -> Column[Any]:
    """The row's own id."""
    return Column("id", Uuid, primary_key=True)


def moment(name: str, *, nullable: bool = True) -> Column[Any]:
    """A moment, with its zone."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def of_conversation(*, nullable: bool = False) -> Column[Any]:
    """Whose conversation it is."""
    return Column("conversation_id", Uuid, ForeignKey("conversations.id"), nullable=nullable)


def of_staff(name: str = "staff_id", *, nullable: bool = False) -> Column[Any]:
    """Who of the staff it is."""
    return Column(name, Uuid, ForeignKey("staff.id"), nullable=nullable)
