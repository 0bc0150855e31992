"""The word screen: how grave a text is by its words alone, before and beside the NLU. Pure.

It never lowers what somebody else found, needs no network, and keeps her own words as cues for staff.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from bot.safety.lexicon import Entry, Lexicon, lexicon
from bot.safety.pattern import Match
from bot.spelling import SENTENCE, Word, words
from bot.understood import Alert

#: Longer than any message a provider delivers; what comes after is not looked at.
_LOOKED_AT = 10_000
_SHORTEST_RUN_TOGETHER, _LONGEST_RUN_TOGETHER = 6, 40
#: A verb may stand this far behind its "no": "no me ha vuelto a pegar".
_REACH_OF_NO = 5
_CUE, _MOST_CUES = 80, 100
_HERSELF = frozenset({"me", "nos", "mi"})
_PRONOUNS = frozenset({"me", "te", "se", "nos", "le", "no", "kiero"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What the words say: ``Screening(alert=URGENT, intent="physical_violence", cues=("me pegó anoche",), ...)``.

    ``cues`` are pieces of the original text, gravest first. ``kinds`` are the kinds of danger found
    (``strangling``, ``overdose``, ``weapon``, ``child``, ``missing``, ...), and what is named beside it
    (``partner``, ``shop``, ``here``, ``watched``, ``now``, ``minor``, ``breath``, ``sign``, ...).
    """

    alert: Alert = Alert.NONE
    intent: str | None = None
    cues: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    #: The entries of the lexicon that were found; ``!`` behind one that is denied or only supposed.
    found: frozenset[str] = frozenset()
    #: The alert where words that are weak by themselves call for attention only; at most ``alert``.
    firm: Alert = Alert.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    entry: Entry
    at: tuple[int, ...]
    alert: Alert
    holds: bool


# Understanding asks three times about one text, with those of others in between; no more are remembered.
@lru_cache(maxsize=16)
def screen(text: str) -> Screening:
    """Say how grave a text is. Never raises; the time it takes grows with the text's length, not its contents.

    >>> screen("me mata el estrés").alert.word
    'none'
    """
    known = lexicon()
    said = words_of(text)
    findings = _findings(known, said)
    alert = max((finding.alert for finding in findings), default=Alert.NONE)
    kinds = {kind for finding in findings if finding.holds for kind in finding.entry.kinds}
    intents = {f.entry.intent for f in findings if f.holds and f.entry.intent and f.alert >= Alert.ATTENTION}
    firm = max((min(f.alert, Alert.ATTENTION) if f.entry.weak else f.alert for f in findings), default=Alert.NONE)
    firm_kinds = {kind for f in findings if f.holds and not f.entry.weak for kind in f.entry.kinds}
    for rule in known.raises:
        if rule.kinds <= kinds:
            alert = max(alert, rule.alert)
            intents |= {rule.intent} if rule.intent else set()
            firm = max(firm, rule.alert if rule.kinds <= firm_kinds else min(rule.alert, Alert.ATTENTION))
    signs = _signs(text, said, known)
    if signs:
        kinds.add("sign")
        alert, firm = max(alert, Alert.ATTENTION), max(firm, Alert.ATTENTION)
    return Screening(
        alert=alert,
        intent=min(intents, key=lambda intent: (_rank(known, intent), intent), default=None),
        cues=_cues(text, said, findings) or signs if alert > Alert.NONE else (),
        kinds=frozenset(kinds),
        found=frozenset(f.entry.id if f.holds else f"{f.entry.id}!" for f in findings),
        firm=firm,
    )


def words_of(text: str) -> tuple[Word, ...]:
    """A text's words, those that were run together taken apart."""
    return tuple(_apart(words(text, limit=_LOOKED_AT), lexicon()))


def has_letters(text: str) -> bool:
    """Whether a text holds a letter or a number: without one it is a sign, whatever word an emoji stands for."""
    return any(char.isalnum() for char in text)


def _signs(text: str, said: Sequence[Word], known: Lexicon) -> tuple[str, ...]:
    """A knife and nothing else may be all that she dares to send; a heart is a heart."""
    if has_letters(text[:_LOOKED_AT]):
        return ()
    grave = (text[word.start : word.end] for word in said if word.plain in known.signs)
    return tuple(dict.fromkeys(grave))[:5]


def _rank(known: Lexicon, intent: str | None) -> int:
    return known.gravity.index(intent) if intent in known.gravity else len(known.gravity)


def _findings(known: Lexicon, said: Sequence[Word]) -> list[_Finding]:
    matches = list(known.matcher.matches(said))
    covered = {index for m in matches if known.entries[m.owner].covers for index in m.at}
    sentence = list(accumulate(word.before == SENTENCE for word in said))
    softened = {
        sentence[m.at[0]]: known.entries[m.owner].softens for m in matches if known.entries[m.owner].softens is not None
    }
    found: list[_Finding] = []
    for match in matches:
        entry = known.entries[match.owner]
        # The verb stands last: in "mi esposo me pegó el covid" the idiom takes it, whoever came before.
        if not entry.covers and match.at[-1] in covered:
            continue
        alert, holds = entry.alert, True
        if entry.negatable and entry.alert and _is_denied(known, said, match):
            alert, holds = min(alert, Alert.ATTENTION), False
        softer = softened.get(sentence[match.at[0]])
        if softer is not None and entry.negatable and entry.alert:
            # A tale is about others: "veía la novela y me pegó" is not the novel.
            about_her = softer is Alert.NONE and any(said[index].plain in _HERSELF for index in match.at)
            alert, holds = (alert, holds) if about_her else (min(alert, softer), False)
        found.append(_Finding(entry=entry, at=match.at, alert=alert, holds=holds))
    return _without_what_a_denial_holds(found)


def _without_what_a_denial_holds(found: list[_Finding]) -> list[_Finding]:
    """*No he pensado en matarme*: the shorter "matarme" inside the denied words is denied with them."""
    denied: dict[int, list[frozenset[int]]] = {}
    for f in found:
        for index in () if f.holds else f.at:
            denied.setdefault(index, []).append(frozenset(f.at))

    def is_within_a_denial(f: _Finding) -> bool:
        weighs = f.holds and f.entry.negatable and f.entry.alert > Alert.NONE
        return weighs and any(frozenset(f.at) < longer for longer in denied.get(f.at[0], ()))

    return [replace(f, alert=min(f.alert, Alert.ATTENTION), holds=False) if is_within_a_denial(f) else f for f in found]


def _is_denied(known: Lexicon, said: Sequence[Word], match: Match) -> bool:
    named = set(match.at)
    return any(index - 1 not in named and _no_before(known, said, index, named) for index in match.at)


def _no_before(known: Lexicon, said: Sequence[Word], index: int, named: set[int]) -> bool:
    """Whether a "no" reaches the word at ``index`` over nothing but pronouns and auxiliaries."""
    for distance in range(1, _REACH_OF_NO + 1):
        here = index - distance
        if here < 0 or said[here + 1].before or here in named:
            return False
        if said[here].sound in known.negations:
            return True
        if said[here].plain == "que" and here >= 2 and said[here - 1].plain in _DOUBTING:
            return said[here - 2].sound in known.negations
        if said[here].sound not in known.glue:
            return False
    return False


#: "no es que me pegue", "no creo que me mate": the denial reaches over "que". Not so "no quiero que me pegue".
_DOUBTING = frozenset({"es", "creo", "digo", "dije", "pienso"})


def _apart(said: Sequence[Word], known: Lexicon) -> Iterator[Word]:
    """Words that were run together, taken apart: *mepegó* is *me pegó*. Only into words that the lexicon knows."""
    for word in said:
        parts = [] if known.matcher.knows(word.sound) else _parts(word.sound, known.vocabulary)
        if len(parts) < 2:
            yield word
            continue
        for number, part in enumerate(parts):
            yield replace(word, plain=part, sound=part, before=0 if number else word.before)


def _parts(run: str, vocabulary: frozenset[str]) -> list[str]:
    """The fewest words that make up the run, or nothing."""
    if run in vocabulary or not _SHORTEST_RUN_TOGETHER <= len(run) <= _LONGEST_RUN_TOGETHER:
        return []
    best: list[list[str] | None] = [[], *[None] * len(run)]
    for end in range(1, len(run) + 1):
        for start in range(max(0, end - 16), end):
            before = best[start]
            if before is not None and run[start:end] in vocabulary:
                shorter = best[end]
                if shorter is None or len(before) + 1 < len(shorter):
                    best[end] = [*before, run[start:end]]
    whole = best[-1] or []
    # "medio" is not "me dio", nor "aprender" "a prender": two parts count only as a pronoun and a word of weight.
    heavy = any(len(part) >= 4 for part in whole)
    return whole if heavy and (len(whole) > 2 or whole[0] in _PRONOUNS) else []


def _cues(text: str, said: Sequence[Word], findings: Sequence[_Finding]) -> tuple[str, ...]:
    grave = sorted((f for f in findings if f.alert > Alert.NONE), key=lambda f: (-f.alert, f.at[0]))
    cues = [text[said[f.at[0]].start : said[f.at[-1]].end][:_CUE] for f in grave[:_MOST_CUES]]
    kept: list[str] = []
    for cue in cues:
        if not any(cue in longer for longer in kept):
            kept = [shorter for shorter in kept if shorter not in cue] + [cue]
    return tuple(kept[:5])
