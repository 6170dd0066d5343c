"""How far coders agree, beyond what chance would give.

Cohen's kappa compares two codings of the same units (Cohen, A Coefficient of Agreement
for Nominal Scales, 1960). Krippendorff's alpha, here for nominal data, takes any number
of coders and units that not all of them coded (Krippendorff, Computing Krippendorff's
Alpha-Reliability, 2011). Both are 1 where coders always agree and about 0 where they
agree as often as labels drawn at random would.

The formulas are written out here: the package ``krippendorff`` has a licence that this
library cannot take, and scikit-learn has only kappa, which labelling must not import.
Both are functions of sums over units, so that a bootstrap draws from them as well.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from policyclf.exceptions import InputError
from policyclf.features.rows import Floats

_LEAST_CODERS = 2


def cohen_kappa(first: Sequence[object], second: Sequence[object]) -> float:
    """Measure the agreement of two codings.

    Parameters
    ----------
    first, second : sequence, length n
        What each coder gave to the same units.

    Returns
    -------
    float
        From -1 to 1; not a number if both gave one and the same label to every unit,
        so that there was nothing to disagree about.

    Raises
    ------
    InputError
        If the lengths differ or there are no units.

    Examples
    --------
    >>> cohen_kappa(["a", "a", "b", "b"], ["a", "a", "b", "a"])
    0.5
    """
    _check([first, second])
    places = _places([first, second])
    n = len(places)
    true = np.array([places[value] for value in first])
    given = np.array([places[value] for value in second])
    hits = np.bincount(true[true == given], minlength=n)
    marginals = [np.bincount(codes, minlength=n) for codes in (true, given)]
    return float(
        kappa_of_sums(*(np.asarray(sums, np.float64)[None] for sums in (hits, *marginals)))[0, 0]
    )


def krippendorff_alpha(codings: Sequence[Sequence[object | None]]) -> float:
    """Measure the agreement of any number of coders, for nominal data.

    Parameters
    ----------
    codings : sequence of sequence, shape (n_coders, n_units)
        What each coder gave to each unit; None where a coder did not code it. Units
        that fewer than two coded say nothing and are left out.

    Returns
    -------
    float
        At most 1; not a number if no unit was coded twice, or all the labels of those
        that were are one and the same.

    Raises
    ------
    InputError
        If there are fewer than two coders, or their numbers of units differ.

    Examples
    --------
    Two coders, ten units (section A of the paper named above):

    >>> meg = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    >>> owen = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    >>> round(krippendorff_alpha([meg, owen]), 3)
    0.095
    """
    _check(codings)
    disagreement, counts = alpha_sums(label_counts(codings))
    return float(alpha_of_sums(disagreement.sum(keepdims=True), counts.sum(axis=0)[None])[0, 0])


def label_alphas(
    codings: Sequence[Sequence[str | Collection[str] | None]],
) -> dict[str, float]:
    """Measure for each label how far coders agree on where it is.

    Parameters
    ----------
    codings : sequence of sequence, shape (n_coders, n_units)
        The label that each coder gave to each unit, or several of them as a set or
        tuple; None where a coder did not code it.

    Returns
    -------
    dict of str to float
        Krippendorff's alpha of "has the label" against "has it not", by label.

    Raises
    ------
    InputError
        As of `krippendorff_alpha`.

    Examples
    --------
    >>> alphas = label_alphas([["a", "b", "c", "c"], ["a", "b", "b", "c"]])
    >>> {label: round(alpha, 2) for label, alpha in alphas.items()}
    {'a': 1.0, 'b': 0.53, 'c': 0.53}
    """
    sets = [[None if cell is None else _labels_of(cell) for cell in coding] for coding in codings]
    labels = sorted({label for coding in sets for cell in coding if cell for label in cell})
    return {
        label: krippendorff_alpha(
            [[None if cell is None else label in cell for cell in coding] for coding in sets]
        )
        for label in labels
    }


def label_counts(codings: Sequence[Sequence[object | None]]) -> Floats:
    """Count for each unit how many coders gave it each label.

    Parameters
    ----------
    codings : sequence of sequence, shape (n_coders, n_units)
        As for `krippendorff_alpha`.

    Returns
    -------
    ndarray of float64, shape (n_units, n_labels)
        Counts; the labels are in the order in which they come up.
    """
    places = _places(codings)
    counts = np.zeros((len(codings[0]), len(places)))
    for coding in codings:
        coded = [(unit, places[cell]) for unit, cell in enumerate(coding) if cell is not None]
        if coded:
            units, columns = zip(*coded, strict=True)
            counts[units, columns] += 1
    return counts


def alpha_sums(counts: Floats) -> tuple[Floats, Floats]:
    """Give what alpha is computed from, unit by unit: sums of it over units are enough.

    Parameters
    ----------
    counts : ndarray, shape (n_units, n_labels)
        How many coders gave each unit each label.

    Returns
    -------
    tuple of ndarray, shapes (n_units,) and (n_units, n_labels)
        The disagreeing ordered pairs of a unit's labels over one less than their
        number, and the counts; both 0 for a unit that fewer than two coded.
    """
    coded = counts.sum(axis=1)
    pairable = coded >= _LEAST_CODERS
    apart = coded**2 - (counts**2).sum(axis=1)
    disagreement: Floats = np.where(pairable, apart / np.maximum(coded - 1, 1), 0.0)
    return disagreement, counts * pairable[:, None]


def alpha_of_sums(disagreement: Floats, counts: Floats) -> Floats:
    """Compute Krippendorff's alpha from sums over units.

    Parameters
    ----------
    disagreement : ndarray, shape (n,)
        Sums of the first that `alpha_sums` gives, one a data set.
    counts : ndarray, shape (n, n_labels)
        Sums of the second.

    Returns
    -------
    ndarray, shape (n, 1)
        Alpha of each data set; not a number where there is nothing to disagree about.
    """
    total = counts.sum(axis=1)
    expected = total**2 - (counts**2).sum(axis=1)
    observed = disagreement * (total - 1)
    ratio = np.divide(observed, expected, out=np.full_like(observed, np.nan), where=expected > 0)
    alpha: Floats = (1 - ratio)[:, None]
    return alpha


def kappa_of_sums(hits: Floats, first: Floats, second: Floats) -> Floats:
    """Compute Cohen's kappa from sums over units.

    Parameters
    ----------
    hits : ndarray, shape (n, n_labels)
        How often both gave a label, one row a data set.
    first, second : ndarray, shape (n, n_labels)
        How often each gave it.

    Returns
    -------
    ndarray, shape (n, 1)
        Kappa of each data set; not a number where there is nothing to disagree about.
    """
    total = first.sum(axis=1)
    by_chance = (first * second).sum(axis=1)
    beyond = total * hits.sum(axis=1) - by_chance
    room = total**2 - by_chance
    kappa: Floats = np.divide(beyond, room, out=np.full_like(beyond, np.nan), where=room > 0)
    return kappa[:, None]


def _check(codings: Sequence[Sequence[object | None]]) -> None:
    if len(codings) < _LEAST_CODERS:
        raise InputError(f"agreement needs at least two coders. Got {len(codings)}.")
    lengths = sorted({len(coding) for coding in codings})
    if len(lengths) > 1:
        raise InputError(
            f"all coders must have the same units, None for what one did not code. Got {lengths} "
            "units."
        )
    if lengths == [0]:
        raise InputError("agreement needs at least one unit. Got none.")


def _places(codings: Sequence[Sequence[object | None]]) -> dict[object, int]:
    places: dict[object, int] = {}
    for coding in codings:
        for cell in coding:
            if cell is not None:
                places.setdefault(cell, len(places))
    return places


def _labels_of(cell: str | Collection[str]) -> frozenset[str]:
    return frozenset([cell] if isinstance(cell, str) else cell)
