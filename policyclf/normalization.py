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

:func:`normalized_codepoints` does the same for many texts at once: one look into a table of
all characters, and this module's own way only for the texts, about one in thirty, that hold a
gloss or one of those characters whose simplified form depends on its neighbours. A single text
that holds none of these, nor a blank, is one ``str.translate``.
"""

from __future__ import annotations

import importlib.resources
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

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

_GLOSS = re.compile(rf"(?<=[{_HAN}])(?:\({_SYLLABLE}\))+")

# What is dropped, each with a character that a text must hold to be looked at closer.
_DROPPED = (
    (_INVISIBLE_MARK, re.compile(f"{_INVISIBLE_MARK}+")),
    (" ", re.compile("(?<![0a-z]) +| +(?![0a-z ])")),
    ("(", _GLOSS),
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
    cleaned = text.translate(_PLAIN)
    if _NOT_PLAIN in cleaned:
        cleaned = text.translate(_FOLD)
        for sign, dropped in _DROPPED:
            if sign in cleaned:
                cleaned = dropped.sub("", cleaned)
        return simplify(cleaned)
    return _GLOSS.sub("", cleaned) if "(" in cleaned else cleaned


_CODE_BITS = 21
_CODE_MASK = np.uint32(2**_CODE_BITS - 1)
# What a character may be, beside its simplified form, in a cell of the table.
_IS_INVISIBLE, _IS_BLANK, _IS_LATIN, _OPENS_GLOSS, _IN_GLOSS, _IS_HARD = (
    np.uint32(1 << (_CODE_BITS + bit)) for bit in range(6)
)
_CELLS = np.zeros(0x110000, np.uint32)
"""What becomes of each character; 0 for one not met yet."""


class _Plain(dict[int, int]):
    """A table for ``str.translate`` to simplified characters, where one is made of one."""

    def __missing__(self, code: int) -> int:
        cell = int(_cell(code)) if chr(code) != "\n" else int(_IS_BLANK)
        special = int(_IS_INVISIBLE | _IS_BLANK | _IS_HARD)
        self[code] = ord(_NOT_PLAIN) if cell & special else cell & int(_CODE_MASK)
        return self[code]


_PLAIN = _Plain()
_NOT_PLAIN = "\uffff"
"""Stands for what is dropped or depends on what is beside it; is itself no character."""


def normalized_codepoints(texts: Sequence[str]) -> npt.NDArray[np.uint32]:
    r"""Clean many texts at once.

    Parameters
    ----------
    texts : sequence of str
        Sentences, or any texts.

    Returns
    -------
    ndarray of uint32, shape (n_codepoints,)
        The code points of ``normalized(text)`` of each, a line end behind each.

    Examples
    --------
    >>> normalized_codepoints(["沿著“一帶”", "９%"]).tobytes().decode("utf-32-le")
    '沿着"一带"\n0%\n'
    """
    points = _codepoints(texts)
    cells = _CELLS.take(points)
    if not cells.all():
        for code in np.unique(points[cells == 0]).tolist():
            _CELLS[code] = _cell(code)
        cells = _CELLS.take(points)
    kinds = np.bitwise_or.reduce(cells, initial=np.uint32(0))
    if kinds & _IS_INVISIBLE:
        cells = cells[(cells & _IS_INVISIBLE) == 0]
    if kinds & _IS_BLANK:
        cells = np.delete(cells, _superfluous_blanks(cells))
    hard = np.zeros(0, np.int64)
    if kinds & _OPENS_GLOSS:
        hard = np.flatnonzero((cells[:-1] & _OPENS_GLOSS > 0) & (cells[1:] & _IN_GLOSS > 0))
    if kinds & _IS_HARD:
        hard = np.concatenate([hard, np.flatnonzero(cells & _IS_HARD)])
    cleaned = cells & _CODE_MASK
    return _with_hard_ones(cleaned, hard, texts) if len(hard) else cleaned


def _codepoints(texts: Sequence[str]) -> npt.NDArray[np.uint32]:
    joined = "\n".join(texts)
    if joined.count("\n") >= max(len(texts), 1):  # a line break inside a text is a blank
        joined = "\n".join([text.replace("\n", " ") for text in texts])
    ended = joined + "\n" if len(texts) else ""
    return np.frombuffer(ended.encode("utf-32-le", "surrogatepass"), "<u4")


def _cell(code: int) -> np.uint32:
    """Work out what becomes of a character when it is first met."""
    folded = chr(code) if code == ord("\n") else _FOLD[code]
    characters, ambiguous, _ = _opencc()
    kind = np.uint32(0)
    if folded == _INVISIBLE_MARK:
        return _IS_INVISIBLE
    if folded == " ":
        kind |= _IS_BLANK
    if re.fullmatch("[0a-z]", folded):
        kind |= _IS_LATIN
    if folded == "(":
        kind |= _OPENS_GLOSS
    if re.fullmatch(rf"[a-zɡɑü{_TONED[1:]}", folded):
        kind |= _IN_GLOSS
    if folded in ambiguous or folded == "著":
        kind |= _IS_HARD
    return np.uint32(ord(characters.get(ord(folded), folded))) | kind


def _superfluous_blanks(cells: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """Find the blanks that do not stand, as the first of a row, between Latin letters."""
    blank = cells & _IS_BLANK > 0
    blanks = np.flatnonzero(blank)
    behind_latin = blanks[cells[blanks - 1] & _IS_LATIN > 0]  # before the first: a line end
    others = np.flatnonzero(~blank)
    following = cells[others[np.searchsorted(others, behind_latin)]]  # at the latest a line end
    return np.setdiff1d(blanks, behind_latin[following & _IS_LATIN > 0], assume_unique=True)


def _with_hard_ones(
    cleaned: npt.NDArray[np.uint32], hard: npt.NDArray[np.int64], texts: Sequence[str]
) -> npt.NDArray[np.uint32]:
    """Put in, for the texts that hold some places, what :func:`normalized` makes of them."""
    ends = np.flatnonzero(cleaned == ord("\n")) + 1
    parts = []
    done = 0
    for place in np.unique(np.searchsorted(ends, hard, side="right")).tolist():
        start = int(ends[place - 1]) if place else 0
        parts += [cleaned[done:start], _codepoints([normalized(texts[place])])]
        done = int(ends[place])
    return np.concatenate([*parts, cleaned[done:]])


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
    characters, ambiguous, values = _opencc()
    if "著" in text:  # first, since some phrases hold 着
        text = _AUTHOR_OR_EVIDENT.sub("着", text)
    if not ambiguous.isdisjoint(text):
        parts = _phrases().split(text)
        parts[::2] = [part.translate(characters) for part in parts[::2]]
        parts[1::2] = [values[phrase] for phrase in parts[1::2]]
        text = "".join(parts)
    else:
        text = text.translate(characters)
    return text


@cache
def _opencc() -> tuple[dict[int, str], frozenset[str], dict[str, str]]:
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
    return table, frozenset(deciding), values


@cache
def _phrases() -> re.Pattern[str]:
    """Find the phrases, the longest first; compiled when first needed, in 5 ms."""
    _, _, values = _opencc()
    longest_first = sorted(values, key=lambda phrase: (-len(phrase), phrase))
    return re.compile(f"({'|'.join(map(re.escape, longest_first))})")


_ENTRY = re.compile(r"^([^\t\n]+)\t([^ \n]+)", re.MULTILINE)


def _entries(name: str) -> list[tuple[str, str]]:
    source = importlib.resources.files("opencc").joinpath("dictionary", name)
    found: list[tuple[str, str]] = _ENTRY.findall(source.read_text(encoding="utf-8"))
    return found
