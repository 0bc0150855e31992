"""How easy a text is to read: INFLESZ for primary school, two sentences a message, twenty words a sentence."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from bot.dialogue.fill import holes
from bot.dialogue.lint.language import Language
from bot.dialogue.lint.problem import Problem, at
from bot.dialogue.lint.texts import Text, without_doors

#: From here on the scale says "bastante fácil", the level of primary school. Szigriszt Pazos, Sistemas predictivos de
#: legibilidad del mensaje escrito (1993); Barrio-Cantalejo and others, An. Sist. Sanit. Navar. 2008; 31(2): 135-152.
PRIMARY_SCHOOL = 65.0
#: Below this the formula jumps by half a step for one syllable; so few words are measured with the file's others.
FEWEST_WORDS = 10
#: Sentences in one message, words in a sentence. A sentence of three words ("Aquí estoy.") is a sign of life.
SENTENCES, WORDS, SIGN_OF_LIFE = 2, 20, 3

_WORD = re.compile(r"\w+")
_NAME = "Nombre"
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_STRONG, _WEAK = "aeoáéóíú", "iuü"
_RUN = re.compile(f"[{_STRONG}{_WEAK}]+")


def check_reading(text: Text, language: Language) -> Iterator[Problem]:
    """Too many or too long sentences, and a text of ten words or more that is harder than primary school."""
    if text.name in language.literal or text.is_clause:
        return
    for part in _parts(text):
        sentences = _sentences(part)
        if sum(len(words) > SIGN_OF_LIFE for words in sentences) > SENTENCES:
            yield at(text.where, f"{text.name}: más de {SENTENCES} frases en un mensaje; parta el texto o quite una")
        if (longest := max(map(len, sentences), default=0)) > WORDS:
            yield at(text.where, f"{text.name}: una frase de {longest} palabras; a lo sumo {WORDS}: pártala en dos")
    if len(_words(text)) >= FEWEST_WORDS and (score := ease([text], language)) < PRIMARY_SCHOOL:
        yield at(text.where, f"{text.name}: {_HARD.format(score, PRIMARY_SCHOOL, _hardest([text], language))}")


def check_short(all_texts: Iterable[Text], language: Language) -> Iterator[Problem]:
    """The texts under ten words of each file, measured together."""
    files: dict[str, list[Text]] = defaultdict(list)
    for text in all_texts:
        if not text.is_clause and text.name not in language.literal and len(_words(text)) < FEWEST_WORDS:
            files[text.where.file].append(text)
    for short in files.values():
        if (
            sum(len(_words(text)) for text in short) >= FEWEST_WORDS
            and (score := ease(short, language)) < PRIMARY_SCHOOL
        ):
            hard = _HARD.format(score, PRIMARY_SCHOOL, _hardest(short, language))
            yield at(short[0].where, f"los textos cortos de este archivo, juntos: {hard}")


def ease(measured: Iterable[Text], language: Language) -> float:
    """The INFLESZ score, 0 (hard) to 100 (easy) and a little beyond; a name, also a door's, counts as two syllables."""
    sentences = [words for text in measured for part in _parts(text) for words in _sentences(part)]
    words = [word for sentence in sentences for word in _spoken(sentence)]
    syllables = sum(2 if word == _NAME or word in language.door_names else count_syllables(word) for word in words)
    return 206.835 - 62.3 * syllables / len(words) - len(words) / len(sentences)


def count_syllables(word: str) -> int:
    """The syllables of one Spanish word: ``count_syllables("ahí") == 2``.

    Each strong vowel (also í and ú with their accent) is one; weak vowels between consonants make one together.
    """
    letters = word.lower().replace("qu", "k").replace("gue", "ge").replace("gui", "gi").replace("gué", "gé")
    letters = re.sub(r"y(?![aeiouáéíóú])", "i", letters.replace("guí", "gí")).replace("ch", "c").replace("h", "")
    runs = _RUN.findall(letters)
    return max(1, sum(max(1, sum(letter in _STRONG for letter in run)) for run in runs))


def _words(text: Text) -> list[str]:
    return [word for part in _parts(text) for sentence in _sentences(part) for word in _spoken(sentence)]


def _parts(text: Text) -> list[str]:
    bare = without_doors(text)
    for hole in holes(bare):
        bare = bare.replace("{" + hole + "}", "0")
    return bare.split("\n\n")


def _sentences(part: str) -> list[list[str]]:
    return [words for sentence in _SENTENCE.findall(part) if (words := _WORD.findall(sentence))]


def _spoken(sentence: list[str]) -> Iterator[str]:
    """The words that are spelled out; whatever is written with a capital inside a sentence is somebody's name."""
    for number, word in enumerate(sentence):
        if not word.isdigit():
            yield _NAME if number and word[0].isupper() else word.lower()


def _hardest(measured: Iterable[Text], language: Language) -> str:
    words = {word for text in measured for word in _words(text)} - language.door_names - {_NAME}
    return ", ".join(sorted(words, key=lambda word: (-count_syllables(word), word))[:3])


_HARD = (
    "se lee a {:.0f} en la escala INFLESZ y la primaria llega desde {:.0f}; use palabras más cortas "
    "(las más largas: {}) o frases más cortas"
)
