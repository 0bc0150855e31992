"""What she agreed about being written to or called first: how, when, and who may not hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum


class Way(StrEnum):
    """How she may be reached: in the conversation where she said so, by SMS, or by a psychologist's call."""

    HERE = "here"
    SMS = "sms"
    CALL = "call"


class IfOther(StrEnum):
    """What a psychologist does if somebody else answers her call."""

    SILENT = "silent"
    HANG_UP = "hang_up"
    WRONG_NUMBER = "wrong_number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Her word about being contacted, and until when it counts (both times aware).

    ``Agreement(way=Way.CALL, channel="whatsapp", opens=time(8), closes=time(12), if_other=IfOther.HANG_UP, ...)``.
    ``channel`` is where she said so. The band is local time, from ``opens`` until before ``closes``. ``confirmed`` is
    false once she has come back, spoken in another role or fallen silent in the middle of something urgent: what was
    safe then may not be now, so it counts again only when she says it again (ruta §E 4).
    """

    way: Way
    channel: str
    opens: time
    closes: time
    if_other: IfOther | None = None
    agreed_at: datetime
    expires_at: datetime
    confirmed: bool = True
