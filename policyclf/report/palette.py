"""Colours of labels: a hue a group, a lightness a label, a code that needs neither.

Colours are set in OKLCH (Ottosson, A perceptual color space for image processing, 2020),
where equal lightness looks equally light. The numbers of the shipped codebook's six groups were
searched for the largest least difference between two groups, to normal sight and to the
three kinds of colour blindness; tests hold them to it. Since no palette of eighteen can be
told apart by everyone, each label also has a code (``A1``) that stands in the text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from policyclf.codebook import Codebook

GREY = "other"
"""The group that has no hue."""

_Range = tuple[float, float, float, float, float]
"""Of the tints of a group: hue; lightness of the first and of the last; chroma of both."""

_FAMILIES: tuple[tuple[_Range, _Range], ...] = (  # on a light page, on a dark one
    ((259, 0.939, 0.77, 0.017, 0.11), (259, 0.44, 0.264, 0.115, 0.099)),
    ((60, 0.77, 0.861, 0.115, 0.051), (65, 0.289, 0.41, 0.06, 0.083)),
    ((166, 0.844, 0.965, 0.115, 0.04), (158, 0.255, 0.341, 0.034, 0.035)),
    ((338, 0.803, 0.77, 0.016, 0.072), (331, 0.252, 0.286, 0.074, 0.115)),
    ((107, 0.841, 0.915, 0.111, 0.062), (93, 0.388, 0.44, 0.039, 0.038)),
    # No further hue keeps apart from these; the codes have to.
    ((300, 0.88, 0.8, 0.05, 0.09), (300, 0.3, 0.4, 0.06, 0.09)),
    ((20, 0.9, 0.82, 0.05, 0.09), (20, 0.3, 0.4, 0.06, 0.09)),
    ((205, 0.9, 0.82, 0.04, 0.07), (205, 0.3, 0.4, 0.04, 0.06)),
)
_GREY: tuple[_Range, _Range] = ((0, 0.871, 0.925, 0, 0), (0, 0.416, 0.25, 0, 0))
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LEAST_CHANNEL = 0.0031308
_SLACK = 0.001
"""A channel beyond what a screen has by so little rounds to what it has."""


@dataclass(frozen=True, slots=True)
class Swatch:
    """How a label looks.

    Parameters
    ----------
    label : str
        Its id.
    code : str
        The letter of its group and its number there.
    group : str
        The id of its group.
    light, dark : str
        The tint behind text, ``#rrggbb``, on a white and on a dark page.
    """

    label: str
    code: str
    group: str
    light: str
    dark: str


def swatches(labels: Sequence[str], codebook: Codebook | None) -> list[Swatch]:
    """Give every label its code and colours.

    Parameters
    ----------
    labels : sequence of str
        The labels of a model.
    codebook : Codebook or None
        Their groups and their order; without it, one group a label.

    Returns
    -------
    list of Swatch
        In the order of the codebook, or as given.

    Examples
    --------
    >>> [swatch.code for swatch in swatches(["talent", "finance"], None)]
    ['A1', 'B1']
    """
    groups: dict[str, list[str]] = {}
    if codebook is None:
        groups = {label: [label] for label in labels}
    else:
        for label in codebook.labels:
            if label.id in labels:
                groups.setdefault(label.group, []).append(label.id)
    return [
        _swatch(label, group, (number, place), len(members))
        for number, (group, members) in enumerate(groups.items())
        for place, label in enumerate(members)
    ]


def _swatch(label: str, group: str, at: tuple[int, int], size: int) -> Swatch:
    number, place = at
    light, dark = _GREY if group == GREY else _FAMILIES[number % len(_FAMILIES)]
    step = place / max(size - 1, 1)  # 0 for the first of a group, 1 for the last
    return Swatch(
        label,
        f"{_letters(number)}{place + 1}",
        group,
        _between(light, step),
        _between(dark, step),
    )


def _between(tints: _Range, step: float) -> str:
    hue, first, last, chroma, last_chroma = tints
    return oklch(first + (last - first) * step, chroma + (last_chroma - chroma) * step, hue)


def _letters(number: int) -> str:
    """Name a group: A to Z, then AA and on."""
    front, last = divmod(number, len(_LETTERS))
    return (_letters(front - 1) if front else "") + _LETTERS[last]


def oklch(lightness: float, chroma: float, hue: float) -> str:
    """Turn a colour into sRGB, less colourful where sRGB has none such.

    Parameters
    ----------
    lightness : float
        0 to 1.
    chroma : float
        0 is grey; 0.3 is more than a screen shows.
    hue : float
        Degrees.

    Returns
    -------
    str
        ``#rrggbb``.

    Examples
    --------
    >>> oklch(1, 0, 0), oklch(0.628, 0.2577, 29.23)
    ('#ffffff', '#ff0000')
    """
    angle = math.radians(hue)
    channels = _channels(lightness, chroma * math.cos(angle), chroma * math.sin(angle))
    while chroma > 0 and not (min(channels) > -_SLACK and max(channels) < 1 + _SLACK):
        chroma -= 0.005
        channels = _channels(lightness, chroma * math.cos(angle), chroma * math.sin(angle))
    return "#" + "".join(f"{round(_gamma(channel) * 255):02x}" for channel in channels)


def _channels(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    """Turn OKLab into linear sRGB; the numbers are Ottosson's."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _gamma(channel: float) -> float:
    channel = min(max(channel, 0.0), 1.0)
    if channel <= _LEAST_CHANNEL:
        return 12.92 * channel
    return float(1.055 * channel ** (1 / 2.4) - 0.055)
