"""The names that the engine itself speaks of; content fills them in and cannot add to what they allow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.takeover import load_times

#: Her own words have to be one of these flows before her phone is known to be safe (seguridad §2; the
#: openings 3, 4, 6, 7, 15 and 17 of the twenty-five).
IMMEDIATE = frozenset(
    {
        "pattern_danger",
        "pattern_call_for_me",
        "pattern_other_language",
        "pattern_strangled",
        "pattern_overdose",
        "pattern_missing_person",
        "pattern_watched",
        "pattern_leave_quietly",
        "pattern_someone_harmed_himself",
        "pattern_aggressor_now",
        "pattern_brigade",
        "pattern_brigade_back",
        "brigade_lend",
    }
)
# Whose a flow is, is told by its name (bot/dialogue/roles.py): "brigade..." is the brigade's, "pattern_..." is
# spoken in both roles but for these, and whatever else is a woman's alone but for FOR_BOTH.
WOMANS_PATTERNS = frozenset({"pattern_strangled", "pattern_overdose", "pattern_missing_person", "pattern_call_for_me"})
FOR_BOTH = frozenset(
    {
        *("ask_where", "inform_municipality", "goodbye", "ask_bot", "ask_privacy", "about_another", "out_of_scope"),
        *("insults", "survey", "stop_counting", "stop_sharing", "agree_contact"),
    }
)
#: Of the brigade's, these can be begun by words of somebody who was not in that role.
BRIGADE_GUESS = "brigade_guess"
OPENS_BRIGADE = frozenset({"pattern_brigade", BRIGADE_GUESS})
LEAVE_BRIGADE, BRIGADE_RETURN = "pattern_leave_brigade", "pattern_brigade_return"
#: What the brigade says where a woman would be told something else.
BRIGADE_INSTEAD: Mapping[str, str] = {
    "what_is_happening": BRIGADE_RETURN,
    "what_now": BRIGADE_RETURN,
    "pattern_strangled": "pattern_brigade",
    "pattern_overdose": "pattern_brigade",
    "pattern_missing_person": "pattern_brigade",
    "pattern_call_for_me": "pattern_brigade",
    "how_long": "brigade_delay",
    **dict.fromkeys(("ask_route", "what_to_bring", "when_refused", "who_does_what"), "brigade_route"),
}
#: Told in the first person these are her own story, not a customer's.
OF_HERSELF = frozenset(
    {
        "suicidal_ideation",
        "physical_violence",
        "sexual_violence",
        "psychological_violence",
        "economic_violence",
        "digital_violence",
        "death_threat",
    }
)
#: Of these, the ones that close the phone: whoever holds it next, nothing more is to be read there.
CLOSING = frozenset({"pattern_watched", "pattern_leave_quietly"})

#: Every other flow that the engine starts by itself.
PATTERNS = IMMEDIATE | {
    "pattern_session_start",
    "pattern_silent_hello",
    "pattern_clarification",
    "pattern_cannot_handle",
    "pattern_human_handoff",
    "pattern_waiting",
    "pattern_internal_error",
    "pattern_code_change",
    "pattern_quick_exit",
    "pattern_stop",
    "pattern_forget_me",
    LEAVE_BRIGADE,
    BRIGADE_RETURN,
    "pattern_voice_note",
    "pattern_media",
}

#: Command words (the whole message) and intents of buttons that interrupt anything.
COMMANDS: Mapping[str, str] = {
    "exit": "pattern_quick_exit",
    "stop": "pattern_stop",
    "forget": "pattern_forget_me",
}
COMMAND_INTENTS: Mapping[str, str] = {"quick_exit": "exit", "opt_out": "stop", "delete_my_data": "forget"}

#: Slots and responses without which the engine cannot work.
SAFE_NOW, TOPIC, MUNICIPALITY, CALL_FOR_ME = "safe_now", "topic", "municipality", "call_for_me"
MUNICIPALITY_KIND, SITUATION, NEAR_PLACE, CHILD_WHO = "municipality_kind", "situation", "near_place", "child_who"
#: Whether a person of the team was asked for in this episode; what she answers about the help, and whom to tell.
TEAM_ASKED, HELPED, SHARE_WITH = "team_asked", "helped", "share_with"
#: Of the brigade: whether anybody is in danger now.
IN_DANGER = "anyone_in_danger"
CONTACT_WAY, CONTACT_BAND, CONTACT_OTHER = "contact_way", "contact_band", "contact_other"
ENGINE_SLOTS = frozenset(
    {
        *(SAFE_NOW, TOPIC, MUNICIPALITY, MUNICIPALITY_KIND, SITUATION, CALL_FOR_ME, NEAR_PLACE, CHILD_WHO, IN_DANGER),
        *(TEAM_ASKED, HELPED, "may_talk", "may_count", "share_wish", SHARE_WITH, "veto"),
    }
)
#: These are asked once: whatever else she writes is heard as if nothing had been asked, and none is repeated.
ASKED_ONCE = frozenset({HELPED, "may_talk", "may_count", "share_wish"})
#: What she did not answer counts, for these, as this value of theirs.
UNSAID_ONCE = "unsaid"

#: What she may allow, and what she may say of it; the texts whose version is noted with her answer (ruta §E 9).
LAYERS = ("talk", "count", "share")
CONSENTS = ("given", "refused", "withdrawn")
CONSENT_TEXTS = (
    "utter_ask_may_talk",
    "utter_ask_may_count",
    "utter_ask_share_ok",
    "utter_ask_veto",
    "utter_talk_withdrawn",
    "utter_not_counted",
    "utter_counted",
    "utter_not_shared",
)
#: A wish to take something back counts as soon as it is written, also where it cannot be answered yet.
TAKES_BACK: Mapping[str, tuple[str, str]] = {
    "stop_counting": ("count", "utter_not_counted"),
    "stop_sharing": ("share", "utter_not_shared"),
}
FORGOTTEN, ASK_SAFE_NOW = "utter_forgotten", "utter_ask_safe_now"
STILL_HERE = "utter_still_here"
#: The team went home while she waited.
NOBODY_NOW = "utter_nobody_now"
#: A person was told, and which lines answer meanwhile.
HANDED_ON = "utter_handoff"
#: The person of the team who had the conversation gave it back.
BOT_AGAIN = "utter_bot_again"
#: Whatever the question is, this value of it is the wish for a person of the team.
A_PERSON = "human"
#: Kinds of the word screen that say that somebody is beside her; with them nothing is a "yes, I can write".
BESIDE_HER = frozenset({"here", "watched"})

# What may be said to a phone that is not known to be safe (seguridad §1 and §2). Closed here, so that a
# slip in a content file cannot widen it.
_NEUTRAL = frozenset({ASK_SAFE_NOW, "utter_ask_can_read", FORGOTTEN})
_DANGER = frozenset(
    {
        "utter_ask_call_for_me",
        "utter_ask_near_place",
        "utter_place_noted",
        "utter_call_yourself",
        "utter_strangled",
        "utter_ask_alone",
        "utter_stay_with_123",
        "utter_missing_person",
        "utter_do_not_leave_him",
        "utter_step_away",
        "utter_other_language",
        "utter_ask_anyone_in_danger",
        "utter_brigade_danger",
        "utter_brigade_if_in_doubt",
        "utter_brigade_careful",
        "utter_worker_herself",
        "utter_lent",
        STILL_HERE,
    }
)
#: The last words before a lock; nothing else of that turn leaves.
PARTING = frozenset({"utter_exit", "utter_watched", "utter_stopped", "utter_forget_quietly"})
SAYABLE_UNKNOWN = _NEUTRAL | _DANGER | PARTING
ENGINE_RESPONSES = (
    SAYABLE_UNKNOWN | {"utter_which_municipality", "utter_unknown_municipality"} | {NOBODY_NOW, HANDED_ON, BOT_AGAIN}
)

#: How a session ends whose words were written on somebody else's phone: the next message there is another session.
LENT = "lent"
#: How a session can end; the last one stands.
OUTCOMES = frozenset(
    {
        "oriented",
        "handover",
        "danger",
        "exit",
        "unsafe",
        "stopped",
        "forget_asked",
        "card_only",
        "role_left",
        "not_understood",
        "refused_information",
        LENT,
    }
)

#: She told her carrier, and not us, that she wants no more: the name of that outcome (bot/outcomes.yml).
OPTED_OUT = "opted_out"
#: Why a person of the team is asked for.
REASONS = frozenset(
    {
        "asked",
        "danger",
        "call_123_for_her",
        "watched",
        "strangled",
        "self_harm",
        "child_at_risk",
        "sexual_violence",
        "death_threat",
        "missing_person",
        "recent_violence",
        "brigade",
        "voice_note",
        "media",
        "location",
        "not_understood",
        "programs",
        "silent_in_crisis",
        "left_while_urgent",
        "forget_in_crisis",
        "wrote_while_waiting",
        "loop",
        "spent",
        "internal_error",
        "delivery_failed",
        OPTED_OUT,
        "other_route",
        "leaving",
        "self_harm_of_another",
        "aggressor",
        "share_agreed",
        "feminicide",
        "language",
        "agreed_contact",
        "word_given",
    }
)

# How much a score counts. Words count fully whatever Rasa makes of them: ``combine`` gives what words say 1.0.
# The interpreter calls the best of 28 meanings "unknown" below 0.25, where it is right in one case of four.
#: What words say: never a guess.
BY_WORDS = 1.0
#: A guess from here on is followed where nothing else was understood. Below it the question is asked in other
#: words instead: of the reviewer's neutral short messages most wrong flows began under it ("zxcv", "ya", "mi ex").
SURE_ENOUGH = 0.4
#: A guess from here on counts as much as particular words, and may answer a question. Real yes and no score 0.9
#: and more; what they are mistaken for scores less ("como asi?" 0.74 yes, "quiero separarme" 0.71 a wish to die,
#: a letter from a nasa woman 0.54 danger now). How grave a message is never depends on it.
CERTAIN = 0.8
#: Questions of alarm in one episode, at most (seguridad §3).
MOST_ALARM = 2
#: Misses before a person is offered, and before one is asked for.
OFFER_AT, ASK_AT = 2, 3

CRISIS_SILENCE, URGENT_SILENCE, BORROWED = "crisis_silence", "urgent_silence", "borrowed"
#: The hour that she agreed to; it is set by her agreement alone, so it is none of those below.
AGREED_CONTACT = "agreed_contact"
#: The first locks the phone, both ask for a person; none speaks. BORROWED counts from when the phone was lent,
#: whatever is written, and locks it (seguridad §11).
REMINDERS = (CRISIS_SILENCE, URGENT_SILENCE, BORROWED)

#: A greeting in the middle of a question is answered by the question.
SMALL_TALK = frozenset({"what_is_happening"})
ASKS_FOR_HELP = "ask_help"

#: Who she is. Said beside a story ("soy ciega y me deja sin comida") it is noted, and the story is answered.
WHO_SHE_IS = frozenset({"deaf", "disability", "lgbtiq", "black", "rural", "older"})

#: From here on a story outweighs particular words beside it.
GRAVE = 4
#: The graver meaning wins; the rest are equal (label vocabulary).
GRAVITY: Mapping[str, int] = {
    "imminent_danger": 9,
    "suicidal_ideation": 8,
    "child_at_risk": 7,
    "sexual_violence": 6,
    "death_threat": 5,
    "physical_violence": 4,
    "psychological_violence": 3,
    "economic_violence": 3,
    "digital_violence": 3,
    "third_party_report": 3,
    "emotional_distress": 2,
}


def fires_after(reminder: str) -> timedelta:
    """How long after her last word one of ``REMINDERS`` fires, as the table of clocks says."""
    times = load_times()
    by_name = {CRISIS_SILENCE: times.crisis_silence, URGENT_SILENCE: times.urgent_silence, BORROWED: times.borrowed}
    return by_name[reminder]


def gravity(topic: object) -> int:
    """How grave a topic is; 1 for what is not in the list, 0 for no topic."""
    return GRAVITY.get(topic, 1) if isinstance(topic, str) else 0
