"""Labelled documents as one HTML page.

The text stands in it as it reads, each sentence behind the code of its label and on its
tint: that needs no script. A script adds what a click does. What it shows of a sentence
beyond the text (probabilities, deciding words) comes along as rows of numbers, so that a
page of 10,000 sentences stays at a few megabytes.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from policyclf.codebook import Codebook, Language
from policyclf.explanation import Explanation
from policyclf.report.pages import json_block, render
from policyclf.report.palette import Swatch, swatches

MOST_WORDS = 6
"""So many deciding words are kept of a sentence."""

_LEAST_WORD = 0.05
"""A word that moves the score by less decides nothing."""

_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_BLANKS = re.compile(rf"[ \t\xa0\u3000]*[{_LINE_ENDS}]\s*")

KINDS = ("sentence", "clause", "heading", "furniture")


@dataclass(frozen=True, slots=True)
class _Shown:
    """A sentence as the template sees it."""

    code: str
    text: str
    unsure: bool
    furniture: bool


@dataclass(slots=True)
class _Part:
    """A paragraph, heading or line of furniture."""

    kind: str
    sentences: list[_Shown] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _ShownDocument:
    name: str
    parts: list[_Part]


class Page:
    """Gathers labelled documents and writes them as one page.

    Parameters
    ----------
    labels : sequence of str
        The labels of the model.
    codebook : Codebook or None
        What they are called and how they are grouped.
    model : str
        What to call the model at the foot of the page.
    language : {"en", "zh"}, default "en"
        The language that shows at first.

    Examples
    --------
    >>> import policyclf
    >>> labeler = policyclf.load()
    >>> page = Page(labeler.labels, labeler.codebook, model="policyclf-zh")
    >>> text = "全力招商引资。"
    >>> page.add("memo.txt", text, labeler.explain(text))
    >>> "全力招商引资。</span>" in page.render()
    True
    """

    def __init__(
        self,
        labels: Sequence[str],
        codebook: Codebook | None,
        *,
        model: str,
        language: Language = "en",
    ) -> None:
        self.model = model
        self.language = language
        self._codebook = codebook
        self._swatches = swatches(labels, codebook)
        self._places = {swatch.label: place for place, swatch in enumerate(self._swatches)}
        self._documents: list[_ShownDocument] = []
        self._rows: list[list[list[Any]]] = []
        self._counts: Counter[int] = Counter()
        self._n_unsure = 0

    def add(
        self, name: str, source: str, explanations: Sequence[Explanation], offset: int = 0
    ) -> None:
        """Add a document, or a further part of a very long one.

        Parameters
        ----------
        name : str
            What to call it.
        source : str
            Its text, or the part's.
        explanations : sequence of Explanation
            Its sentences, in order.
        offset : int, default 0
            Where in its document the text begins. Over 0, it continues the document added
            last.
        """
        if offset == 0:
            self._documents.append(_ShownDocument(name, []))
            self._rows.append([])
        parts = self._documents[-1].parts
        end = 0
        for number, explanation in enumerate(explanations):
            sentence = explanation.sentence
            place = self._places[sentence.label]
            text, row = self._row(explanation, offset)
            self._rows[-1].append(row)
            furniture = sentence.kind == "furniture"
            if not furniture:
                self._counts[place] += 1
                self._n_unsure += sentence.unsure
            titled = sentence.kind == "heading" and sentence.text == sentence.title
            kind = "title" if titled else sentence.kind
            gap = source[end : sentence.start]
            end = sentence.end
            breaks = number == 0 or any(character in _LINE_ENDS for character in gap)
            if breaks or kind in {"title", "heading"} or parts[-1].kind != kind:
                parts.append(_Part(kind))
            code = self._swatches[place].code
            parts[-1].sentences.append(_Shown(code, text, sentence.unsure, furniture))

    def render(self) -> str:
        """Write the page.

        Returns
        -------
        str
            HTML that needs no other file.
        """
        total = sum(self._counts.values())
        return render(
            "page.html",
            styles=("base.css", "page.css"),
            style=_tints(self._swatches),
            script="page.js",
            language=self.language,
            documents=self._documents,
            groups=self._groups(),
            counts=self._counts,
            total=total,
            n_unsure=self._n_unsure,
            model=self.model,
            data=json_block(
                {
                    "labels": [
                        [
                            swatch.code,
                            swatch.label,
                            self._name(swatch, "zh"),
                            self._name(swatch, "en"),
                        ]
                        for swatch in self._swatches
                    ],
                    "names": [document.name for document in self._documents],
                    "rows": self._rows,
                }
            ),
        )

    def _row(self, explanation: Explanation, offset: int) -> tuple[str, list[Any]]:
        """Return the text as it is shown, and the numbers that page.js reads, in its order."""
        sentence = explanation.sentence
        text, kept = tidied(sentence.text)
        words: list[float] = []
        for span, value in explanation.deciding(MOST_WORDS):
            first = bisect_left(kept, span.start - sentence.start)
            last = bisect_left(kept, span.end - sentence.start)
            if abs(value) >= _LEAST_WORD and first < last:
                words += [first, last - first, round(value, 2)]
        before = sum(explanation.over_runner_up(v) for v in explanation.context.values())
        second = explanation.runner_up
        return text, [
            sentence.start + offset,
            sentence.end + offset,
            KINDS.index(sentence.kind),
            [self._places[label] for label in sentence.labels],
            round(sentence.confidence, 4),
            int(sentence.unsure),
            self._places[second],
            round(sentence.probabilities[second], 4),
            round(explanation.alone[sentence.label], 4),
            round(explanation.alone[second], 4),
            round(before, 2),
            round(explanation.over_runner_up(explanation.neighbours), 2),
            words,
        ]

    def _groups(self) -> list[dict[str, Any]]:
        groups: dict[str, list[dict[str, Any]]] = {}
        for place, swatch in enumerate(self._swatches):
            names = {"zh": self._name(swatch, "zh"), "en": self._name(swatch, "en")}
            entry = {"place": place, "code": swatch.code, **names}
            groups.setdefault(swatch.group, []).append(entry)
        if self._codebook is None:
            return [{"zh": "", "en": "", "labels": [x for xs in groups.values() for x in xs]}]
        titles = self._codebook.groups
        return [
            {"zh": titles[group].zh, "en": titles[group].en, "labels": entries}
            for group, entries in groups.items()
        ]

    def _name(self, swatch: Swatch, language: Language) -> str:
        if self._codebook is None:
            return swatch.label
        return self._codebook.label(swatch.label).name.in_language(language)


def _tints(colours: Sequence[Swatch]) -> str:
    """Write the rules that tint: codes and colours are this package's own."""
    light = "".join(f".{s.code}{{--tint:{s.light}}}\n" for s in colours)
    dark = "".join(f".{s.code}{{--tint:{s.dark}}}\n" for s in colours)
    return f"{light}@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n"


def tidied(source: str) -> tuple[str, list[int]]:
    r"""Take hard line ends and what is invisible out of a sentence.

    Parameters
    ----------
    source : str
        A sentence as it stands in its document.

    Returns
    -------
    text : str
        The same as it reads.
    offsets : list of int
        Where in `source` each of its characters stood, ascending.

    Examples
    --------
    >>> tidied("招商\n　　引资")
    ('招商引资', [0, 1, 5, 6])
    """
    kept: list[tuple[int, str]] = []
    position = 0
    for match in [*_BLANKS.finditer(source), None]:
        stop = match.start() if match else len(source)
        for place, character in enumerate(source[position:stop], start=position):
            if character == "\t":
                kept.append((place, " "))
            elif unicodedata.category(character) != "Cc":
                kept.append((place, character))
        if match:
            position = match.end()
            # A wrap between Latin letters stands for a blank, in Chinese for nothing.
            beside = source[max(stop - 1, 0) : stop], source[position : position + 1]
            if all(character and character.isascii() for character in beside):
                kept.append((stop, " "))
    return "".join(character for _, character in kept), [place for place, _ in kept]
