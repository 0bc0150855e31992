"""The names of the machine in the words of those who sign: conditions, what starts a flow, what the program does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.dialogue.condition import Compare, Condition, Every, Known, Literal, Name, Not, OneOf, Some
from bot.dialogue.drawing.names import called, command_words, questions, titles
from bot.dialogue.fill import fill
from bot.dialogue.flow import Act, Call, Choice, Collect, Flow, FlowBook, SetSlots, SlotKind, Step, Trigger
from bot.dialogue.patterns import COMMANDS, PATTERNS, fires_after
from bot.messages import Alert


class Speech:
    """Speaks of one book; ``unknown`` collects the names that have no words yet."""

    def __init__(self, book: FlowBook) -> None:
        self._book = book
        self._titles = dict(titles(book))
        self._questions = dict(questions(book))
        self.unknown: set[str] = set()

    def topic(self, file: str) -> str:
        """A content file's heading: ``danger.yml`` is *Peligro ahora*."""
        stem = file.removesuffix(".yml")
        return str(called()["files"].get(stem, stem.replace("_", " ").capitalize()))

    def order(self, file: str) -> tuple[int, str]:
        """Where a content file stands among the others: as in ``words.yml``, then by name."""
        named = list(called()["files"])
        stem = file.removesuffix(".yml")
        return (named.index(stem) if stem in named else len(named), stem)

    def flow(self, name: str) -> str:
        """The first sentence of what a flow says of itself."""
        return re.split(r"(?<=[.?!]) ", self._book.flows[name].description, maxsplit=1)[0].rstrip(".")

    def begins(self, flow: Flow) -> str:
        """When the flow begins by itself; empty if only others lead to it."""
        parts = [self._trigger(trigger) for trigger in flow.triggers]
        if flow.name in PATTERNS and (by_itself := called()["begins"].get(flow.name)):
            parts.append(by_itself)
        for command, name in (*COMMANDS.items(), ("human", "pattern_human_handoff")):
            if name == flow.name:
                parts.append("todo el mensaje es " + ", ".join(f"«{word}»" for word in command_words()[command]))
        return "; o ".join(parts)

    def condition(self, condition: Condition, *, asked: str | None = None) -> str:
        """The condition as a clause after *si*; about the slot that was just ``asked`` only her answer is said."""
        match condition:
            case Name(name=name):
                return self._is(name, holds=True)
            case Not(part=Name(name=name)):
                return self._is(name, holds=False)
            case Not(part=part):
                return f"no es cierto que {self.condition(part, asked=asked)}"
            case Compare(left=Name(name=name), mark=mark, right=Literal(value=value)):
                return self._compared(name, mark, value, asked)
            case OneOf(left=Name(name=name), values=values):
                return _one_of([self._compared(name, "=", value.value, asked) for value in values])
            case Every(parts=parts):
                return " y ".join(self.condition(part, asked=asked) for part in parts)
            case Some(parts=parts):
                return " o ".join(self.condition(part, asked=asked) for part in parts)
            case _:
                return str(condition)

    def ways(self, step: Step, choices: Sequence[Choice]) -> list[str]:
        """What stands on each way out of a step, in the order of the choices."""
        asked = step.slot if isinstance(step, Collect) else None
        said: list[str] = []
        for choice in choices:
            if choice.condition is None:
                said.append(self._otherwise(step, choices))
            else:
                words = self.condition(choice.condition, asked=asked)
                said.append(words if words.startswith("«") else f"Si {words}")
        return said

    def action(self, step: Act) -> str:
        """What an action does, with what it was told."""
        does = self._word("actions", step.action)
        args, told = step.args, []
        if "reason" in args:
            told.append(f"motivo: {self._word('reasons', args['reason'])}")
        if "alert" in args:
            told.append(f"alerta: {self._word('alerts', args['alert'])}")
        if args.get("waits"):
            told.append("en horario, el programa calla y espera a la persona")
        if "state" in args:
            told.append(self._word("locks", args["state"]))
        if "outcome" in args:
            told.append(self._word("outcomes", args["outcome"]))
        if "name" in args:
            minutes = int(fires_after(args["name"]).total_seconds() // 60)
            does += f" {minutes} minutos"
            told.append(self._word("reminders", args["name"]))
        if "layer" in args:
            told += [self._word("layers", args["layer"]), self._word("consents", args["answer"])]
        if "whom" in args:
            told.append(self._word("whom", args["whom"]))
        known = {"reason", "alert", "waits", "state", "outcome", "name", "layer", "answer", "whom", "text"}
        told += [f"{key}: {value}" for key, value in args.items() if key not in known]
        return does + (": " + "; ".join(told) if told else "")

    def remembers(self, step: SetSlots) -> str:
        """What a step notes or forgets."""
        return "; ".join(
            f"Olvida {self._named(slot)}"
            if value is None
            else f"Recuerda que {self._compared(f'slots.{slot}', '=', value, None)}"
            for slot, value in step.slots.items()
        )

    def fact(self, hole: str) -> str:
        """The value of a fact in a text, or its name in brackets if it depends on who is spoken to."""
        if hole.partition(".")[0] in ("lines", "figures", "hours"):
            return fill("{" + hole + "}", self._book.facts, {})
        return f"[{self._word('holes', hole)}]"

    def sources(self, holes: Iterable[str]) -> str:
        """Where the facts in a text come from: *123 = línea de Policía / emergencias (lines.policia_123)*."""
        names = dict.fromkeys(holes)
        parts = [source for name in names if (source := self._source(name))]
        notes = [f"Datos: {'; '.join(parts)}."] if parts else []
        if len(parts) < len(names):
            notes.append("Entre corchetes, lo que depende de lo que ella contó.")
        return " ".join(notes)

    def answer(self, slot: str, value: str) -> str:
        """That a slot has a value, as a clause."""
        return self._compared(f"slots.{slot}", "=", value, None)

    def question(self, slot: str) -> str:
        """The question by which a slot is asked, as *¿Está sola?*; the slot's name if there is none."""
        return self._questions.get(slot) or self._named(slot)

    def _source(self, hole: str) -> str:
        facts = self._book.facts
        kind, _, key = hole.partition(".")
        match kind:
            case "lines":
                source = f"línea de {facts.lines[key].who}"
            case "figures":
                source = facts.figures[key].source
            case "hours":
                source = "horario de atención" + ("" if facts.hours.confirmed else ", por confirmar")
            case _:
                return ""
        return f"{self.fact(hole)} = {source} ({hole})"

    def _trigger(self, trigger: Trigger) -> str:
        parts: list[str] = []
        if trigger.intent is not None:
            parts.append(self._word("intents", trigger.intent))
        if trigger.kinds:
            heard = " y ".join(self._word("kinds", kind) for kind in sorted(trigger.kinds))
            parts.append(f"se oye que {heard}")
        if trigger.said:
            parts.append("escribe " + ", ".join(f"«{phrase}»" for phrase in trigger.said))
        if trigger.alert > Alert.NONE:
            parts.append(f"la alerta es {self._word('alerts', trigger.alert.word)} o más")
        if trigger.told > Alert.NONE:
            parts.append(f"lo que ya contó es {self._word('alerts', trigger.told.word)} o más")
        return " y ".join(parts)

    def _otherwise(self, step: Step, choices: Sequence[Choice]) -> str:
        """What is left: the answers that no other way takes, the contrary of a yes or no, or whatever else."""
        conditions = [choice.condition for choice in choices if choice.condition is not None]
        if len(conditions) == 1 and isinstance(conditions[0], Name | Not):
            return f"Si {self.condition(_contrary(conditions[0]))}"
        tested: set[str] = set()
        taken: set[Known] = set()
        for condition in conditions:
            match condition:
                case Compare(left=Name(name=name), mark="=", right=Literal(value=value)):
                    tested.add(name.removeprefix("slots."))
                    taken.add(value)
                case _:
                    return "En otro caso"
        slot = next(iter(tested))
        if len(tested) > 1 or not self._answers(step, slot):
            return "En otro caso"
        rest = [value for value in self._book.slots[slot].values if value not in taken]
        if not 1 <= len(rest) <= 3 or any((slot, value) not in self._titles for value in rest):
            return "En otro caso"
        said = " o ".join(f"«{self._titles[slot, value]}»" for value in rest)
        return said if isinstance(step, Collect) else f"Si contestó {said}"

    def _answers(self, step: Step, slot: str) -> bool:
        """Whether a slot has a value of its list after the step."""
        if slot not in self._book.slots or self._book.slots[slot].kind is not SlotKind.CATEGORICAL:
            return False
        if isinstance(step, Call):
            first = self._book.flows[step.flow].steps[self._book.flows[step.flow].first]
            return isinstance(first, Collect) and first.slot == slot
        return isinstance(step, Collect) and step.slot == slot

    def _is(self, name: str, *, holds: bool) -> str:
        if (slot := name.removeprefix("slots.")) != name:
            return f"{'' if holds else 'no '}se sabe {self._named(slot)}"
        found = called()["asks"].get(name)
        if found is None:
            self.unknown.add(f"asks: {name}")
            return name if holds else f"no {name}"
        return str(found["yes" if holds else "no"])

    def _compared(self, name: str, mark: str, value: Known, asked: str | None) -> str:
        slot = name.removeprefix("slots.")
        no = "no " if mark == "!=" else ""
        if name == "misses" and isinstance(value, int):
            times = value + 1 if mark == ">" else value
            many = "" if times == 1 else f" {times} veces"
            return f"no se le entendió{many}" if mark in (">", ">=", "=") else f"misses {mark} {value}"
        if name == "fingerprint":
            return f"a ella le toca la despedida {value}, siempre la misma"
        if value is None:
            return f"{'' if no else 'no '}se sabe {self._named(slot)}"
        if words := called()["slots"].get(slot, {}).get(value):
            return f"{no}{words}"
        if (title := self._titles.get((slot, str(value)))) and mark in ("=", "!="):
            if slot == asked:
                return f"no es «{title}»" if no else f"«{title}»"
            return f"{no}contestó «{title}» a «{self.question(slot)}»"
        self.unknown.add(f"slots: {slot}: {value}")
        return f"{slot} {mark} {value}"

    def _named(self, slot: str) -> str:
        if slot in self._questions:
            return f"lo que contestó a «{self._questions[slot]}»"
        return self._word("named", slot)

    def _word(self, kind: str, name: str) -> str:
        found = called()[kind].get(name)
        if found is None:
            self.unknown.add(f"{kind}: {name}")
            return name
        return str(found)


def _one_of(said: Sequence[str]) -> str:
    """*se trata de golpes, amenazas o acoso*: what all begin with is said once."""
    first, *others = said
    shared = 0
    for words in zip(*(one.split(" ")[:-1] for one in said), strict=False):
        if len(set(words)) > 1:
            break
        shared += 1
    parts = [first, *(" ".join(one.split(" ")[shared:]) for one in others)]
    return " o ".join([", ".join(parts[:-1]), parts[-1]]) if others else first


def _contrary(condition: Condition) -> Condition:
    return condition.part if isinstance(condition, Not) else Not(part=condition)
