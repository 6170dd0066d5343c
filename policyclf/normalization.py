"""Source text to the text that features are taken from, with a way back.

Spans are fixed on the source first; what is cleaned here is only what the
features see. Cleaning substitutes one character for another or drops some, and
never adds any, so one offset a character leads back to the source.

In this order:

1. *Fold*: width and compatibility forms (``Ａ０％，`` to ``a0%,``), case,
   quotation marks, every digit to ``0``, every blank to a space.
2. *Drop*: invisible characters; blanks that touch anything but Latin letters
   and digits on both sides (a hard line break or an indent says nothing in
   Chinese); pinyin glosses after a Han character (``濟(jì)寧``), which some
   sites' script converters leave behind.
3. *Simplify*: traditional to simplified by OpenCC's dictionaries, and ``著`` to
   ``着`` where it is the verb or the aspect particle.

The last step replaces ``opencc.OpenCC("t2s").convert``, which walks a parse tree
in Python: on written segments 8k sentences/s against 190k/s here (one
``str.translate`` and, for the few sentences that hold one of 23 ambiguous
characters, one regular expression over the phrases that decide them). The result
is the same on all of ``labels/`` put into traditional script, a test shows,
``著`` apart.

Applying :func:`normalize` to its own result changes nothing.
"""

from __future__ import annotations

import importlib.resources
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from policyclf.spans import Span

_INVISIBLE_MARK = "\0"
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_QUOTES = dict.fromkeys("“”„‟〝〞「」『』﹁﹂﹃﹄＂", '"') | dict.fromkeys("‘’‚‛＇", "'")

# What a site's converter writes behind a character: one syllable, with a tone
# mark, or one of the few that have none. Anything else in brackets is content:
# 合作(PPP), 系统(MEMS).
_TONED = "[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ\u0300-\u0304\u0308\u030c]"
_SYLLABLE = (
    rf"(?:[a-zɡɑü]{{0,5}}{_TONED}[a-zɡɑü{_TONED[1:-1]}]{{0,5}}|de|le|me|men|ne|ba|ma|zi|zhe)"
)
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

# What is dropped, each with a character that a text must hold to be looked at closer.
_DROPPED = (
    (_INVISIBLE_MARK, re.compile(f"{_INVISIBLE_MARK}+")),
    (" ", re.compile("(?<![0a-z]) +| +(?![0a-z ])")),
    ("(", re.compile(rf"(?<=[{_HAN}])(?:\({_SYLLABLE}\))+")),
)

# 著 stays where it is a word of its own ("to write", "evident"), else it is the
# old form of 着. OpenCC's t2s keeps all of them, its tw2s turns 原著 into 原着.
_AUTHOR_OR_EVIDENT = re.compile(
    "(?<![显顯卓昭名原编編专專巨论論译譯合土遗遺拙炳软軟])著(?![作名述称稱录錄书書者])"
)


class _Fold(dict[int, str]):
    """A table for ``str.translate`` that works out a character when first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if character.isspace():
            folded = " "
        elif category in {"Cc", "Cf"} or code in _VARIATION_SELECTORS:
            folded = _INVISIBLE_MARK
        elif category == "Cs":  # half a character: no library behind this takes it
            folded = "\ufffd"
        else:
            folded = _QUOTES.get(character, character)
            compatible = unicodedata.normalize("NFKC", folded)
            if len(compatible) == 1:
                folded = compatible
            if len(folded.lower()) == 1:
                folded = folded.lower()
            if unicodedata.decimal(folded, None) is not None:
                folded = "0"
            if folded != character:  # a folded form may itself have a simpler one
                folded = self[ord(folded)]
        self[code] = folded
        return folded


_FOLD = _Fold()


@dataclass(frozen=True, slots=True)
class NormalizedText:
    """A cleaned text and where each of its characters stood in the source.

    Parameters
    ----------
    text : str
        The cleaned text.
    offsets : tuple of int, length ``len(text) + 1``
        Strictly increasing code-point offsets into the source; the last one is
        the length of the source.

    Examples
    --------
    >>> cleaned = normalize("濟(jì)寧高新區")
    >>> cleaned.text
    '济宁高新区'
    >>> cleaned.source_span(0, 2)
    Span(start=0, end=6)
    """

    text: str
    offsets: tuple[int, ...]

    def source_span(self, start: int, end: int) -> Span:
        """Return the stretch of the source behind ``text[start:end]``.

        What was dropped between two characters of the stretch is inside it, what
        was dropped behind its last character is not.

        Parameters
        ----------
        start, end : int
            A half-open range of the cleaned text, ``0 <= start < end <= len(text)``.

        Returns
        -------
        Span
            Code-point offsets into the source.
        """
        return Span(self.offsets[start], self.offsets[end - 1] + 1)


def normalize(text: str) -> NormalizedText:
    """Clean a text and keep the way back to it.

    Parameters
    ----------
    text : str
        A sentence, or any text.

    Returns
    -------
    NormalizedText
        The cleaned text with one source offset a character.

    Examples
    --------
    >>> normalize("　２０１８年，沿著“一帶一路”").text
    '0000年,沿着"一带一路"'
    """
    cleaned, offsets = text.translate(_FOLD), list(range(len(text)))
    for _, dropped in _DROPPED:
        kept: list[int] = []
        position = 0
        for match in dropped.finditer(cleaned):
            kept += offsets[position : match.start()]
            position = match.end()
        offsets = kept + offsets[position:]
        cleaned = dropped.sub("", cleaned)
    return NormalizedText(simplify(cleaned), (*offsets, len(text)))


def normalized(text: str) -> str:
    """Clean a text: ``normalize(text).text``, without the way back.

    Parameters
    ----------
    text : str
        A sentence, or any text.

    Returns
    -------
    str
        The cleaned text.

    Examples
    --------
    >>> normalized("土地  利用率达 9５.3％")
    '土地利用率达00.0%'
    """
    cleaned = text.translate(_FOLD)
    for sign, dropped in _DROPPED:
        if sign in cleaned:
            cleaned = dropped.sub("", cleaned)
    return simplify(cleaned)


def simplify(text: str) -> str:
    """Turn traditional characters into simplified ones, one for one.

    Parameters
    ----------
    text : str
        Text in any mixture of the two scripts.

    Returns
    -------
    str
        Text of the same length.

    Examples
    --------
    >>> simplify("著力打造乾坤灣景區，成效顯著")
    '着力打造乾坤湾景区，成效显著'
    """
    characters, ambiguous, phrases, values = _opencc()
    if "著" in text:  # first, since some phrases hold 着
        text = _AUTHOR_OR_EVIDENT.sub("着", text)
    if not ambiguous.isdisjoint(text):
        parts = phrases.split(text)
        parts[::2] = [part.translate(characters) for part in parts[::2]]
        parts[1::2] = [values[phrase] for phrase in parts[1::2]]
        text = "".join(parts)
    else:
        text = text.translate(characters)
    return text


@cache
def _opencc() -> tuple[dict[int, str], frozenset[str], re.Pattern[str], dict[str, str]]:
    """Read OpenCC's character table and the phrases in which it does not hold."""
    characters = {key: value for key, value in _entries("TSCharacters.txt") if len(value) == 1}
    # 薴 becomes 苧, which is itself traditional: twice, so that a third time changes nothing.
    characters = {key: characters.get(value, value) for key, value in characters.items()}
    values: dict[str, str] = {}
    deciding: set[str] = set()
    for key, value in _entries("TSPhrases.txt"):
        charwise = "".join(characters.get(c, c) for c in key)
        if charwise == value or len(key) != len(value):
            continue
        pairs = list(zip(key, value, charwise, strict=True))
        deciding.update(a for a, b, c in pairs if b != c)
        # Also with its unambiguous characters simplified already, so that text in
        # a mixture of scripts comes out the same and converting twice changes nothing.
        mixed = "".join(a if b != c else c for a, b, c in pairs)
        values |= {key: value, mixed: value, value: value}
    table = {ord(key): value for key, value in characters.items() if key != value}
    deciding.update(c for value in values.values() for c in value if ord(c) in table)
    longest_first = sorted(values, key=lambda phrase: (-len(phrase), phrase))
    phrases = re.compile(f"({'|'.join(map(re.escape, longest_first))})")
    return table, frozenset(deciding), phrases, values


def _entries(name: str) -> list[tuple[str, str]]:
    source = importlib.resources.files("opencc").joinpath("dictionary", name)
    pairs = (line.split("\t") for line in source.read_text(encoding="utf-8").split("\n") if line)
    return [(key, value.split(" ")[0].strip()) for key, value in pairs]
