"""Scores to probabilities of segments that stand alone.

Softmax of the scores times one slope ("temperature scaling", Guo et al., On
Calibration of Modern Neural Networks, ICML 2017). The slope is the one under which
held-out labels are likeliest; one parameter does not overfit, and it leaves the
order of the labels as the scores have it.

It is the first of two steps. What is reported has gone through the label chain and a
map of its own: see ``posterior.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policyclf.features.rows import Floats, Ints

_STEPS = 40
LEAST_SLOPE, MOST_SLOPE = 0.05, 50.0
"""Slopes between all but uniform and all but certain, for scores of a linear SVM."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How probabilities follow from scores.

    Parameters
    ----------
    slope : float, default 1
        What scores are multiplied with.
    n : int, default 0
        On how many held-out segments the slope was chosen.

    Examples
    --------
    >>> Calibration(slope=2.0).probabilities(np.array([[1.0, 1.0]])).tolist()
    [[0.5, 0.5]]
    """

    slope: float = 1.0
    n: int = 0

    @classmethod
    def learn(cls, scores: Floats, truth: Ints) -> Calibration:
        """Choose the slope under which the true labels are likeliest.

        Parameters
        ----------
        scores : ndarray, shape (n, n_labels)
            Scores of segments that the model was not trained on.
        truth : ndarray of int64, shape (n,)
            The column of each segment's true label.

        Returns
        -------
        Calibration
            Found by halving: the likelihood has one maximum, and rises with the slope as
            long as the true labels' scores are over those expected.
        """
        over = scores - scores[np.arange(len(truth)), truth][:, None]
        low, high = np.log(LEAST_SLOPE), np.log(MOST_SLOPE)
        for _ in range(_STEPS):
            middle = (low + high) / 2
            expected = (cls(float(np.exp(middle))).probabilities(scores) * over).sum()
            low, high = (middle, high) if expected <= 0 else (low, middle)
        # Rounded, so that the last bits of a sum cannot tell two trainings apart.
        return cls(round(float(np.exp((low + high) / 2)), 4), len(truth))

    def probabilities(self, scores: Floats) -> Floats:
        """Turn scores into probabilities.

        Parameters
        ----------
        scores : ndarray, shape (n, n_labels)
            Scores.

        Returns
        -------
        ndarray, shape (n, n_labels)
            Each row sums to one.
        """
        scaled = scores * self.slope
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True, initial=-np.inf))
        shares: Floats = powers / powers.sum(axis=1, keepdims=True)
        return shares


def negative_log_likelihood(scaled: Floats, truth: Ints) -> float:
    """Give the mean log loss of the softmax of scores.

    Parameters
    ----------
    scaled : ndarray, shape (n, n_labels)
        Scores.
    truth : ndarray of int64, shape (n,)
        The column of each segment's true label.

    Returns
    -------
    float
        In nats a segment.

    Examples
    --------
    >>> round(negative_log_likelihood(np.zeros((1, 2)), np.array([0])), 4)
    0.6931
    """
    highest = scaled.max(axis=1)
    log_sums = np.log(np.exp(scaled - highest[:, None]).sum(axis=1)) + highest
    return float(np.mean(log_sums - scaled[np.arange(len(truth)), truth]))
