"""Whether probabilities can be believed, in a few figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from policyclf.features.rows import Floats, Ints
from policyclf.maps import logarithms

N_BINS = 10


@dataclass(frozen=True, slots=True)
class Reliability:
    """How well probabilities agree with what is true.

    Parameters
    ----------
    n : int
        Of how many segments.
    accuracy : float
        How often the likeliest label is true.
    confidence : float
        Its mean probability.
    error : float
        Expected calibration error: mean distance of confidence and accuracy over ten
        bins of equal width (Guo et al., ICML 2017).
    chance : float
        The error that probabilities which are exactly right would show by chance, with
        these confidences; the mean of seeded draws.
    brier : float
        Brier's score: squared distances, summed over labels, from 0 to 2.
    log_loss : float
        In nats a segment.
    """

    n: int
    accuracy: float
    confidence: float
    error: float
    chance: float
    brier: float
    log_loss: float

    @classmethod
    def of(cls, probabilities: Floats, truth: Ints, *, draws: int = 200) -> Reliability:
        """Measure.

        Parameters
        ----------
        probabilities : ndarray, shape (n, n_labels)
            Of segments from which nothing of them was learned; n at least 1.
        truth : ndarray of int64, shape (n,)
            The column of each segment's true label.
        draws : int, default 200
            For the error by chance.

        Returns
        -------
        Reliability
            The figures.

        Examples
        --------
        >>> figures = Reliability.of(np.array([[0.8, 0.2], [0.6, 0.4]]), np.array([0, 1]))
        >>> round(figures.error, 4), round(figures.brier, 4)
        (0.4, 0.4)
        """
        n = len(truth)
        sure = probabilities.max(axis=1)
        right = probabilities.argmax(axis=1) == truth
        wanted = np.zeros_like(probabilities)
        wanted[np.arange(n), truth] = 1
        generator = np.random.default_rng(0)
        by_chance = [calibration_error(sure, generator.random(n) < sure) for _ in range(draws)]
        return cls(
            n,
            float(right.mean()),
            float(sure.mean()),
            calibration_error(sure, right),
            float(np.mean(by_chance)),
            float(((probabilities - wanted) ** 2).sum(axis=1).mean()),
            float(-logarithms(probabilities)[np.arange(n), truth].mean()),
        )


def calibration_error(confidence: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Give the expected calibration error over ten bins of equal width.

    Parameters
    ----------
    confidence : ndarray, shape (n,)
        Probabilities.
    right : ndarray of bool, shape (n,)
        Whether each label was true.

    Returns
    -------
    float
        From 0 to 1.
    """
    gaps = np.bincount(bins_of(confidence), confidence - right, minlength=N_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def bins_of(confidence: Floats) -> Ints:
    """Put confidences into ten bins of equal width; 1 falls into the last.

    Parameters
    ----------
    confidence : ndarray, shape (n,)
        Probabilities.

    Returns
    -------
    ndarray of int64, shape (n,)
        The bin of each, from 0.

    Examples
    --------
    >>> bins_of(np.array([0.05, 0.1, 1.0])).tolist()
    [0, 1, 9]
    """
    return np.minimum((confidence * N_BINS).astype(np.int64), N_BINS - 1)
