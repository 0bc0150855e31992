"""Takes conversations that are ready: interpret, take the turn, commit, and send the first letter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from bot.care import Care, Scene, act, follow, is_of_people, of_one_turn
from bot.closing import VETOED
from bot.delivery import Delivery
from bot.dialogue.flow import FlowBook
from bot.dialogue.pace import is_flooding
from bot.errors import BotError, DatabaseUnavailable
from bot.messages import Alert, Letter, StaffDeed, Understanding
from bot.safety import combine, command, number, screen
from bot.services import Interpreter
from bot.sessions import session_after, session_at
from bot.takeover import load_clocks
from bot.turn import Heard, gather, is_reachable, take_turn, unreachable_turn
from storage.claims import Claimed, claim, put_back
from storage.consents import consents_of
from storage.database import Database
from storage.handovers import hands_of
from storage.ids import new_id
from storage.keys import KeyRing
from storage.outbox import HeldLetter
from storage.shifts import Roster
from storage.turns import commit
from storage.words import is_her_word
from storage.written import Committed, OutgoingReply, Written

#: After this many attempts, also ended by a kill, the words go to a human instead.
ATTEMPTS = 3
#: More turns at once take no more turns in all; what comes in and what is shown waits behind them for the one core.
#: Under the greatest load a message was acknowledged after 25 ms with sixteen, after 5 with three; answered alike.
_AT_ONCE = 3
_POLL_SECONDS = 0.25

log = logging.getLogger(__name__)


class Worker:
    """Moves conversations. Several may run, here and elsewhere: the database keeps them apart.

    ``awake`` is set by whoever knows that something may be ready before the next poll. ``only``
    is the one conversation that this worker may take, if not all. ``is_spent`` tells whether the day's letters are.
    """

    def __init__(  # noqa: PLR0913 - all that a turn needs
        self,
        database: Database,
        ring: KeyRing,
        book: FlowBook,
        interpreter: Interpreter,
        delivery: Delivery,
        *,
        awake: asyncio.Event,
        only: UUID | None = None,
        is_spent: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database, self._ring, self._book = database, ring, book
        self._interpreter, self._delivery = interpreter, delivery
        self._clocks, self._roster = load_clocks(), Roster(database)
        self._awake, self._only, self._is_spent = awake, only, is_spent
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def run(self) -> None:
        """Work until ``stop``; a database that is away is waited for."""
        while not self._stopping:
            self._awake.clear()
            took = 0
            try:
                took = await self._take(_AT_ONCE - len(self._tasks))
            except DatabaseUnavailable:
                log.warning("the database is away; waiting for it")
                await asyncio.sleep(_POLL_SECONDS * 4)
            except Exception as error:  # noqa: BLE001 - nobody else would begin this loop again
                log.error("nothing could be taken: %s", type(error).__name__)  # noqa: TRY400
                await asyncio.sleep(_POLL_SECONDS * 4)
            if not took or len(self._tasks) >= _AT_ONCE:
                await self._wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Take nothing new and finish what is under way."""
        self._stopping = True
        self._awake.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def work_once(self) -> int:
        """Take what is ready now and finish it; how many conversations there were."""
        took = await self._take(_AT_ONCE)
        await asyncio.gather(*self._tasks)
        return took

    async def _take(self, limit: int) -> int:
        if limit <= 0:
            return 0
        claimed = await claim(self._database, self._ring, limit=limit, only=self._only)
        for one in claimed:
            task = asyncio.create_task(self._handle(one))
            self._tasks.add(task)
            task.add_done_callback(self._finished)
        return len(claimed)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._awake.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await self._awake.wait()
        except TimeoutError:
            pass

    async def _handle(self, claimed: Claimed) -> None:
        """One conversation's turn. Whatever goes wrong, its words stay in the inbox and are counted."""
        attempt = max(pending.attempts for pending in claimed.pending)
        try:
            await self._turn(claimed)
        except DatabaseUnavailable:
            log.warning("the database went away within a turn of %s", claimed.conversation_id)
        except Exception as error:  # noqa: BLE001
            # Only the kind of error is logged: its text may quote what she wrote.
            kind = str(error) if isinstance(error, BotError) else type(error).__name__
            log.error("turn %d of conversation %s failed: %s", attempt, claimed.conversation_id, kind)  # noqa: TRY400
            with suppress(DatabaseUnavailable):  # then its lease ends by itself
                await put_back(self._database, claimed, after=timedelta(seconds=min(attempt, 3)))

    async def _turn(self, claimed: Claimed) -> None:
        given_up = gather([pending.entry for pending in claimed.pending if pending.attempts > ATTEMPTS])
        entries = [pending.entry for pending in claimed.pending if pending.attempts <= ATTEMPTS]
        heard = gather(entries, is_word=lambda text: is_her_word(claimed.key, claimed.state.word, text))
        heard = of_one_turn(heard)
        meanings: list[Understanding] = [Understanding() for _ in heard]
        if not is_reachable(claimed.address):
            care = Care(taken=unreachable_turn(claimed.state, heard), handover=claimed.handover)
        else:
            hers = [one.text for one in heard if one.by_person]
            floods = is_flooding(claimed.state.pace, hers, claimed.now)
            meanings = list(await asyncio.gather(*(self._understand(one, floods=floods) for one in heard)))
            care = await self._care(claimed, list(zip(heard, meanings, strict=True)), given_up)
        taken = care.taken
        heard, meanings = heard[: taken.things], meanings[: taken.things]
        claimed = claimed.only(sum(one.entries for one in (*given_up, *heard)))
        by_person = any(one.by_person for one in (*given_up, *heard))
        # Another role is another episode, in another conversation.
        session = claimed.session if taken.speaks_as is None else None
        if is_reachable(claimed.address):  # a machine's short code is no person, and no session
            session = session_at(session, now=claimed.now, new_id=new_id(), by_person=by_person)
            session = session_after(session, now=claimed.now, by_person=by_person, logs=taken.logs)
        written = Written(
            state=taken.state,
            session=session,
            ending=taken.ending,
            by_person=by_person,
            failed=bool(given_up),
            locks=taken.locks,
            replies=self._delivery.lay_out(claimed.address.channel, taken.says),
            understandings=(None,) * sum(one.entries for one in given_up) + _each(heard, meanings),
            requests=taken.requests,
            reminders=taken.reminders,
            forget=taken.forget,
            seals=taken.seals,
            speaks_as=taken.speaks_as,
            consents=taken.consents,
            author=taken.author,
            withdraws=taken.withdraws,
            handover=care.handover,
            tells=care.tells,
            closed=care.closed,
            helped=next((log.helped for log in reversed(taken.logs) if log.helped), None),
        )
        lease = uuid4()
        held_since = asyncio.get_running_loop().time()
        if by_person and session is not None and session.alert >= Alert.URGENT:
            self._delivery.hurry(claimed.address.channel)
        can_send = (by_person or taken.author != "bot") and self._delivery.has_room_for(claimed.address.channel)
        done = await commit(self._database, claimed, written, can_send=can_send, lease=lease)
        if done is None:
            log.info("another worker was first with conversation %s", claimed.conversation_id)
            return
        if done.letter_id is not None:
            # Beside the turns, not within one: a slow provider must not keep danger waiting to be understood.
            self._delivery.begin(_letter(claimed, written, done, done.letter_id), lease, held_since)
        if done.letters_wait:
            self._delivery.wake()

    async def _care(
        self, claimed: Claimed, heard: Sequence[tuple[Heard, Understanding]], given_up: Sequence[Heard]
    ) -> Care:
        """Decide the turn: what staff does or a clock says, or what she wrote and what it means for whoever waits."""
        channel = claimed.address.channel
        can_reopen = self._delivery.can_reopen(channel)
        scene = Scene(book=self._book, clocks=self._clocks, channel=channel, now=claimed.now, can_reopen=can_reopen)
        first = heard[0][0] if heard else None
        if given_up and first is not None and is_of_people(first):
            heard, first = [], None  # what was given up is a turn of its own
        if first is not None and is_of_people(first):
            if first.staff is not None and first.staff.deed is StaffDeed.CLAIM:
                scene = replace(scene, hands=await hands_of(self._database, first.staff.staff_id))
            elif first.staff is not None and first.staff.closing is not None:
                allowed = await consents_of(self._database, claimed.conversation_id)
                named = {one.institution for one in first.staff.closing.offers if one.answer != VETOED}
                attended = await self._roster.attendance(scene.now)
                scene = replace(scene, vetoed=frozenset(filter(allowed.forbids, named)), attended=attended)
            return act(scene, claimed.state, claimed.handover, first)
        taken = take_turn(
            self._book,
            claimed.state,
            heard,
            channel=scene.channel,
            now=scene.now,
            given_up=given_up,
            attended=await self._roster.attendance(scene.now),
            can_reopen=can_reopen,
            is_spent=self._is_spent(),
        )
        return follow(scene, claimed.handover, taken, heard, handover_id=new_id())

    async def _understand(self, heard: Heard, *, floods: bool) -> Understanding:
        if heard.payload is not None:
            return Understanding(by="button", confidence=1.0)
        if not heard.text:
            return Understanding()
        if command(heard.text) is not None or number(heard.text) is not None:
            return Understanding(by="command", confidence=1.0)
        if floods:
            # A machine is not worth the time of those who wait; danger in plain words is seen all the same.
            return combine(screen(heard.text), Understanding())
        return await self._interpreter.interpret(heard.text)


def _each(heard: tuple[Heard, ...], meanings: list[Understanding]) -> tuple[Understanding | None, ...]:
    """The understanding beside each inbox row that it was made of; None where there was no text."""
    return tuple(
        meaning if one.text else None for one, meaning in zip(heard, meanings, strict=True) for _ in range(one.entries)
    )


def _letter(claimed: Claimed, written: Written, done: Committed, letter_id: UUID) -> HeldLetter:
    first: OutgoingReply = written.replies[0]
    letter = Letter(outbox_id=letter_id, address=claimed.address, reply=first.reply, created_at=done.letter_created_at)
    return HeldLetter(letter=letter, conversation_id=claimed.conversation_id, attempts=1, in_doubt=False)
