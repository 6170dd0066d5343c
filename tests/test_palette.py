"""Colours that can be read, and told apart as far as colours can."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from policyclf.features.rows import Floats
from policyclf.labeling import Labeler
from policyclf.report.palette import Swatch, oklch, swatches

INK = {"light": "#1b1f24", "dark": "#e7eaee"}
"""``--ink`` of base.css."""

SIGHTS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Machado, Oliveira and Fernandes, A physiologically-based model for simulation of color
vision deficiency, 2009: severity 1, on linear sRGB."""


def linear(colour: str) -> Floats:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2 defines it."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def oklab(channels: Floats) -> Floats:
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    lab: Floats = to_lab @ np.cbrt(to_cones @ np.clip(channels, 0, 1))
    return lab


def difference(one: str, other: str, sight: str) -> float:
    seen = [oklab(np.array(SIGHTS[sight]) @ linear(colour)) for colour in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


@pytest.fixture(scope="module")
def colours(shipped: Labeler) -> list[Swatch]:
    return swatches(shipped.labels, shipped.codebook)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_every_tint(colours: list[Swatch], theme: str) -> None:
    """WCAG asks for a contrast of 4.5; these have 6 and more."""
    assert min(contrast(getattr(swatch, theme), INK[theme]) for swatch in colours) > 6


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_groups_keep_apart(colours: list[Swatch], theme: str, sight: str) -> None:
    """Of no two groups are two tints the same, to any sight; 0.02 is a just visible step."""
    across = [
        (difference(getattr(a, theme), getattr(b, theme), sight), a.code, b.code)
        for a, b in combinations(colours, 2)
        if a.group != b.group
    ]
    assert min(across)[0] > 0.03, min(across)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_neighbours_in_a_group_differ(colours: list[Swatch], theme: str) -> None:
    """Within a group lightness runs in visible steps."""
    steps = [
        difference(getattr(a, theme), getattr(b, theme), "normal")
        for a, b in pairwise(colours)
        if a.group == b.group
    ]
    assert min(steps) > 0.02


def test_codes(colours: list[Swatch], shipped: Labeler) -> None:
    """A letter a group and a number a label, in the order of the codebook."""
    codes = "A1 A2 A3 A4 A5 A6 B1 B2 B3 B4 C1 C2 C3 D1 D2 E1 E2 F1"
    assert " ".join(s.code for s in colours) == codes
    assert shipped.codebook
    assert [s.label for s in colours] == list(shipped.codebook.ids)


def test_many_groups() -> None:
    """Letters go on after Z, and no code comes twice."""
    found = swatches([f"label{i}" for i in range(60)], None)
    assert [s.code for s in found[24:29]] == ["Y1", "Z1", "AA1", "AB1", "AC1"]
    assert len({s.code for s in found}) == 60


def test_oklch() -> None:
    """Ottosson's own examples, and what a screen cannot show is made paler."""
    assert (oklch(0, 0, 0), oklch(1, 0, 0)) == ("#000000", "#ffffff")
    assert oklch(0.452, 0.3132, 264.05) == "#0000ff"
    assert oklch(0.5, 0.4, 150) != oklch(0.5, 0.0, 150)
