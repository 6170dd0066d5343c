"""The linear model as a scikit-learn estimator.

Training is scikit-learn's (``solver.py``), one label against the rest, on the rows that
the blocks of ``features/`` give. Scoring goes through the same arrays that a
saved model holds (``scoring.py``), so an estimator and its bundle agree by
construction. :attr:`PolicyClassifier.pipeline_` writes what was learned into a plain
scikit-learn ``Pipeline`` for those who want one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GroupKFold, KFold
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.svm import LinearSVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from policyclf.calibration import Calibration
from policyclf.chain import LabelChain
from policyclf.conformal import Conformity
from policyclf.crossfitting import cross_mapped, enough, learned_map
from policyclf.decision import Decision, DecisionRule
from policyclf.exceptions import InputError
from policyclf.features import (
    CONTEXT,
    Batch,
    Block,
    CharacterBlock,
    LexiconBlock,
    Segment,
    WordBlock,
    as_segments,
    as_texts_or_segments,
    text_lengths,
)
from policyclf.features.ngrams import LONGEST
from policyclf.features.rows import Floats, Ints
from policyclf.lexicon import WEIGHTS, Lexicon
from policyclf.maps import length_slope, levelled
from policyclf.normalization import normalized
from policyclf.posterior import Posterior, Recalibration
from policyclf.scoring import LinearModel
from policyclf.solver import (
    SOLVERS,
    Solver,
    TrainingRows,
    as_csr,
    choose_solver,
    feature_matrix,
    solve,
)

_STORED = np.float16
"""Weights are rounded to what a bundle stores, when they are learned and not when they
are saved, so that an estimator and its bundle score alike. It changes a score by less
than 0.001 and halves the bundle."""

_TOO_FEW_FOR_TRIPLES = 2500
"""With as many segments of labels/, character pairs alone label other segments of it better:
by a point of 900, by none of 3,400."""

_TERM_WEIGHT = 0.05
_FEW_FOR_TERMS = 15_000
"""What terms as training texts were worth, in points of macro-F1 on real text, by segments of
labels/ (means of five trainings): 1.5 with 1,700, 0.8 with 3,400, 0.6 with 8,600, 0.1 with 17,200,
and with 34,400 0.3 less than none."""

MOST_FEATURES = 250_000
"""Of ``labels/`` there are hardly more, and a model of 18 labels stays under 12 MB with them;
the ablation says what fewer are worth."""

_MANY_CLASSES = "The number of unique classes"
"""How scikit-learn begins to doubt that so many labels are labels."""

_HEAVIEST = 1000
_LAST_SEED = 2**32 - 1
_FEW_SEGMENTS = 5000
_SEGMENTS_A_COUNT = 50_000


class PolicyClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """Labels segments of text by TF-IDF features and a linear model.

    Works for any labels; a lexicon is optional. Give ``X`` as plain strings, or as
    :class:`~policyclf.features.Segment` with context. With ``doc_ids``, strings take
    their neighbours in the same document as context.

    Parameters
    ----------
    characters : tuple of int, "auto" or None, default "auto"
        Shortest and longest character n-gram, up to 4. "auto" is 1 to 2 up to 2,500
        segments and 1 to 3 above: triples need text to be learned from. 4 was no better than
        3 on any text measured, and twice the features. None leaves the block out.
    words : tuple of int or None, default None
        Shortest and longest word n-gram, words by jieba with the lexicon's terms as
        user dictionary. None leaves the block out: beside characters, words were worth
        nothing on real text and took half of the speed.
    lexicon : Lexicon or None, default None
        Terms whose scores a label are features. None leaves the block out.
    context : tuple of str, default ("previous",)
        What of ``previous``, ``heading`` and ``title`` has its lexicon scores beside
        the segment's own.
    lexicon_scale : float, default 0.3
        What the segment's own lexicon scores are multiplied with.
    context_scale : float, default 0.1
        What the lexicon scores of its context are multiplied with.
    term_weight : float or "auto", default "auto"
        How much a lexicon term of weight 3 counts as a training text of its own (its
        lexicon scores withheld, so that the n-grams learn from it); 0 for not at all. "auto"
        is 0.05 up to 15,000 segments and 0 above: texts enough say more of words than a list.
    persistence : float or None, default 0.1
        How much the segments of a document speak for each other when ``doc_ids`` are
        given; 0 for not at all. None chooses it out of fold.
    evenness : float or None, default 10
        With how many segments of all labels alike the mix of labels around a segment is
        evened out before it is expected to follow it; None does not expect it.
    reach : int or None, default 15
        How many segments before and behind are around it; None is the whole document.
    min_df : int or None, default None
        In how many different texts an n-gram must occur. None is 1 up to 5,000 segments and 2
        above, one more for every 50,000 from 150,000 on: n-grams of one segment help where
        there are few, and else only take space.
    max_features : int or None, default 250,000
        How many n-grams each block keeps at most.
    C : float, default 0.75
        Inverse strength of the L2 penalty.
    class_weight : "balanced", dict or None, default "balanced"
        As in scikit-learn.
    solver : {"liblinear", "sgd"} or None, default None
        None is liblinear's exact solution up to 50,000 segments, unlabelled ones among them,
        and stochastic gradient descent above, which also holds out only the first fold for
        calibration.
    pseudo_weight : float, default 0.3
        How much an unlabelled segment counts that another model has labelled.
    further_weight : float, default 0.1
        How much a segment counts as an example of a label that it has beside its primary one;
        with two labels in all, nothing.
    calibration_folds : int, default 5
        Folds for calibration and thresholds, documents kept whole. The n-grams'
        document frequencies are of all folds; no label is in them.
    random_state : int, default 0
        Seed of the solver and of the folds.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The labels, sorted.
    solver_ : {"liblinear", "sgd"}
        What trained it.
    model_ : LinearModel
        Blocks and weights.
    calibration_ : Calibration
        How probabilities of segments that stand alone follow from scores.
    chain_ : LabelChain
        How labels follow one another in a document.
    posterior_ : Posterior
        Both of these, and what is done to the probabilities last: all that lies between
        scores and ``predict_proba``.
    rule_ : DecisionRule
        Thresholds for further labels and abstention.
    held_out_ : ndarray, shape (n, n_classes), or None
        The probabilities of each training segment by a model that has not seen its
        document, not a number where it was not held out; None if there were too few to
        hold any out.
    class_counts_ : ndarray of int, shape (n_classes,)
        Training segments a label.

    Examples
    --------
    >>> classifier = PolicyClassifier(calibration_folds=2)
    >>> texts = ["全力招商引资", "洽谈签约项目", "优化营商环境", "简化审批流程"]
    >>> _ = classifier.fit(texts, ["attraction", "attraction", "environment", "environment"])
    >>> classifier.predict(["招商引资签约"]).tolist()
    ['attraction']
    """

    def __init__(
        self,
        *,
        characters: tuple[int, int] | Literal["auto"] | None = "auto",
        words: tuple[int, int] | None = None,
        lexicon: Lexicon | None = None,
        context: tuple[str, ...] = ("previous",),
        lexicon_scale: float = 0.3,
        context_scale: float = 0.1,
        term_weight: float | Literal["auto"] = "auto",
        persistence: float | None = 0.1,
        evenness: float | None = 10.0,
        reach: int | None = 15,
        min_df: int | None = None,
        max_features: int | None = MOST_FEATURES,
        C: float = 0.75,  # noqa: N803  scikit-learn's name
        class_weight: str | dict[Any, float] | None = "balanced",
        solver: Solver | None = None,
        pseudo_weight: float = 0.3,
        further_weight: float = 0.1,
        calibration_folds: int = 5,
        random_state: int = 0,
    ) -> None:
        self.characters = characters
        self.words = words
        self.lexicon = lexicon
        self.context = context
        self.lexicon_scale = lexicon_scale
        self.context_scale = context_scale
        self.term_weight = term_weight
        self.persistence = persistence
        self.evenness = evenness
        self.reach = reach
        self.min_df = min_df
        self.max_features = max_features
        self.C = C
        self.class_weight = class_weight
        self.solver = solver
        self.pseudo_weight = pseudo_weight
        self.further_weight = further_weight
        self.calibration_folds = calibration_folds
        self.random_state = random_state

    def fit(
        self,
        X: Iterable[str | Segment],  # noqa: N803  scikit-learn's name
        y: Sequence[Any],
        *,
        doc_ids: Sequence[object] | None = None,
        stretches: Sequence[object] | None = None,
        further: Sequence[Sequence[Any]] | None = None,
        before_review: Sequence[Sequence[Any]] | None = None,
        unlabelled: tuple[Sequence[str | Segment], Sequence[Any]] | None = None,
    ) -> Self:
        """Learn from labelled segments.

        Parameters
        ----------
        X : iterable of str or Segment, length n
            The segments.
        y : array-like, shape (n,)
            The primary label of each.
        doc_ids : sequence, length n, optional
            The document of each: neighbours serve as context, and calibration keeps
            documents whole.
        stretches : sequence, length n, optional
            What of a document follows one another, if segments between are missing: neighbours
            are those of a stretch. Without it, all of a document.
        further : sequence of sequence of labels, length n, optional
            Labels beside the primary one. A segment is a light example of them
            (`further_weight`), and their thresholds are learned from them.
        before_review : sequence of sequence of labels, length n, optional
            All labels of each, primary ones first, before a review to which a model pointed.
            What is learned out of fold (probabilities, thresholds) goes by them: by the
            reviewed ones, which came nearer to what models give, it would promise too much.
        unlabelled : (sequence of str or Segment, sequence of labels), optional
            Further segments and what another model takes them for. They count
            `pseudo_weight` each, and nothing is calibrated on them.

        Returns
        -------
        PolicyClassifier
            Itself.

        Raises
        ------
        InputError
            If there is nothing to learn from, or a parameter is out of range.
        """
        self._check_parameters()
        stretches = doc_ids if stretches is None else stretches
        segments = as_segments(X, stretches)
        truth = self._encode(y, len(segments))
        for name, entries in (
            ("doc_ids", doc_ids),
            ("further", further),
            ("before_review", before_review),
        ):
            if entries is not None and len(entries) != len(segments):
                raise InputError(
                    f"X has {len(segments)} segments and {name} {len(entries)} entries."
                )
        unreviewed = {} if before_review is None else self._before(before_review)
        texts, guesses = ([], []) if unlabelled is None else unlabelled
        more = as_segments(texts)
        self.solver_ = choose_solver(len(segments) + len(more), self.solver)
        blocks = self._learn_blocks([*segments, *more])
        rows = TrainingRows(
            feature_matrix(blocks, segments),
            truth,
            np.ones(len(truth)),
            self._further_labels(len(truth), further),
        )
        beside = self._beside(blocks, more, guesses, len(segments))
        widths = np.cumsum([block.n_columns for block in blocks])[:-1]
        weights, intercept = self._solve(rows if beside is None else rows + beside)
        self.model_ = LinearModel(
            tuple(str(label) for label in self.classes_),
            tuple(blocks),
            tuple(np.split(weights.astype(_STORED).astype(np.float32), widths)),
            intercept,
        )
        self._learn_decisions(
            rows,
            replace(rows, **unreviewed),
            beside,
            doc_ids=doc_ids,
            stretches=stretches,
            lengths=text_lengths(segments),
        )
        return self

    def decision_function(
        self,
        X: Iterable[str | Segment],  # noqa: N803
        *,
        doc_ids: Sequence[object] | None = None,
    ) -> Floats:
        """Score segments.

        Parameters
        ----------
        X : iterable of str or Segment, length n
            The segments.
        doc_ids : sequence, length n, optional
            The document of each.

        Returns
        -------
        ndarray, shape (n, n_classes), or (n,) if there are two classes
            Signed distances, as scikit-learn's linear models give them.
        """
        scores = self._scores(X, doc_ids)
        binary: Floats = scores[:, 1]
        return binary if len(self.classes_) == 2 else scores  # noqa: PLR2004  two classes

    def predict_proba(
        self,
        X: Iterable[str | Segment],  # noqa: N803
        *,
        doc_ids: Sequence[object] | None = None,
    ) -> Floats:
        """Give the calibrated probability of every label.

        Parameters
        ----------
        X : iterable of str or Segment, length n
            The segments.
        doc_ids : sequence, length n, optional
            The document of each.

        Returns
        -------
        ndarray, shape (n, n_classes)
            Each row sums to one.
        """
        check_is_fitted(self)
        segments = as_texts_or_segments(X, doc_ids)
        scores = self.model_.scores(segments)
        return self.posterior_.probabilities(scores, doc_ids, text_lengths(segments))

    def predict(
        self,
        X: Iterable[str | Segment],  # noqa: N803
        *,
        doc_ids: Sequence[object] | None = None,
    ) -> npt.NDArray[Any]:
        """Give the primary label of every segment.

        Parameters
        ----------
        X : iterable of str or Segment, length n
            The segments.
        doc_ids : sequence, length n, optional
            The document of each.

        Returns
        -------
        ndarray, shape (n,)
            Labels out of ``classes_``.
        """
        best = self.predict_proba(X, doc_ids=doc_ids).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[best]
        return labels

    def decide(
        self,
        X: Iterable[str | Segment],  # noqa: N803
        *,
        doc_ids: Sequence[object] | None = None,
    ) -> list[Decision]:
        """Give primary and further labels, confidence, and whether to rely on it.

        Parameters
        ----------
        X : iterable of str or Segment, length n
            The segments.
        doc_ids : sequence, length n, optional
            The document of each.

        Returns
        -------
        list of Decision, length n
            One a segment.
        """
        probabilities = self.predict_proba(X, doc_ids=doc_ids)
        return self.rule_.decide(probabilities, self.model_.labels)

    @property
    def pipeline_(self) -> Pipeline:
        """What was learned, as a plain scikit-learn pipeline.

        A ``FeatureUnion`` of ``TfidfVectorizer`` (and of lexicon scores, where there is
        a lexicon) and a ``LinearSVC``, with the same features, weights and scores. It
        takes strings or segments.
        """
        check_is_fitted(self)
        union = FeatureUnion(
            [(block.name, _transformer(block)) for block in self.model_.blocks if block.n_columns]
        )
        svc = LinearSVC(C=self.C, class_weight=self.class_weight, random_state=self.random_state)
        coefficients = np.vstack(self.model_.weights).astype(np.float64).T
        svc.classes_ = self.classes_
        if len(self.classes_) == 2:  # noqa: PLR2004  scikit-learn keeps one row of two
            svc.coef_, svc.intercept_ = coefficients[1:], self.model_.intercept[1:]
        else:
            svc.coef_, svc.intercept_ = coefficients, self.model_.intercept
        svc.n_features_in_ = coefficients.shape[1]
        return Pipeline([("features", union), ("classifier", svc)])

    def _check_parameters(self) -> None:
        n_grams = f"None or a pair of whole numbers from 1 to {LONGEST}, ascending"
        requirements = {
            "characters": (
                self.characters == "auto" or _is_range(self.characters),
                f"'auto', {n_grams}",
            ),
            "words": (_is_range(self.words), n_grams),
            "lexicon": (isinstance(self.lexicon, Lexicon | None), "None or a Lexicon"),
            "context": (
                isinstance(self.context, tuple | list) and set(self.context) <= set(CONTEXT),
                f"out of {CONTEXT}",
            ),
            "lexicon_scale": (_is_from(self.lexicon_scale, 0, Real), "a number from 0"),
            "context_scale": (_is_from(self.context_scale, 0, Real), "a number from 0"),
            "term_weight": (
                self.term_weight == "auto" or _is_from(self.term_weight, 0, Real),
                "'auto' or a number from 0",
            ),
            "persistence": (
                self.persistence is None
                or (_is_from(self.persistence, 0, Real) and self.persistence < 1),
                "None or from 0 to under 1",
            ),
            "evenness": (
                self.evenness is None or (_is_from(self.evenness, 0, Real) and self.evenness > 0),
                "None or a number over 0",
            ),
            "reach": (
                self.reach is None or _is_from(self.reach, 0),
                "None or a whole number from 0",
            ),
            "min_df": (
                self.min_df is None or _is_from(self.min_df, 1),
                "None or a whole number from 1",
            ),
            "max_features": (
                self.max_features is None or _is_from(self.max_features, 1),
                "None or a whole number from 1",
            ),
            "C": (_is_from(self.C, 0, Real) and self.C > 0, "a number over 0"),
            "class_weight": (
                self.class_weight in (None, "balanced")
                or (
                    isinstance(self.class_weight, dict)
                    and all(_is_from(weight, 0, Real) for weight in self.class_weight.values())
                ),
                "None, 'balanced' or a dict of labels and weights from 0",
            ),
            "solver": (self.solver in (None, *SOLVERS), f"None or one of {SOLVERS}"),
            "pseudo_weight": (_is_from(self.pseudo_weight, 0, Real), "a number from 0"),
            "further_weight": (
                _is_from(self.further_weight, 0, Real) and self.further_weight < _HEAVIEST,
                f"a number from 0 to under {_HEAVIEST:,}",
            ),
            "calibration_folds": (_is_from(self.calibration_folds, 2), "a whole number from 2"),
            "random_state": (
                _is_from(self.random_state, 0) and self.random_state <= _LAST_SEED,
                f"a whole number from 0 to {_LAST_SEED:,}",
            ),
        }
        for name, (met, what) in requirements.items():
            if not met:
                raise InputError(
                    f"The {name!r} parameter of PolicyClassifier must be {what}. "
                    f"Got {getattr(self, name)!r} instead."
                )
        if self.characters is None and self.words is None and self.lexicon is None:
            raise InputError(
                "PolicyClassifier needs features: at least one of 'characters', 'words' and "
                "'lexicon' must not be None."
            )

    def _encode(self, y: Sequence[Any], n_segments: int) -> Ints:
        labels = np.asarray(y)
        if labels.ndim != 1:
            raise InputError(
                "y must have one label a segment. Got an array of "
                f"{labels.ndim} dimensions; give labels beside the primary one as 'further'."
            )
        if len(labels) != n_segments:
            raise InputError(f"X has {n_segments} segments and y {len(labels)} labels.")
        if n_segments == 0:
            raise InputError("X is empty: there is nothing to learn from.")
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", _MANY_CLASSES)
                check_classification_targets(labels)
            self.classes_, truth, self.class_counts_ = np.unique(
                labels, return_inverse=True, return_counts=True
            )
        except (TypeError, ValueError) as error:  # of labels that cannot be sorted, a TypeError
            raise InputError(
                "y must have labels, texts or whole numbers, all of one kind and none missing. "
                f"{error}"
            ) from error
        if len(self.classes_) < 2:  # noqa: PLR2004  the fewest that differ
            only = self.classes_.tolist()[0]
            raise InputError(f"y has one label only, {only!r}: a classifier needs at least two.")
        known = self.classes_.tolist()
        for label in self.class_weight if isinstance(self.class_weight, dict) else ():
            if label not in known:
                raise InputError(
                    "The 'class_weight' parameter of PolicyClassifier must name labels of y. "
                    f"Got {label!r} instead."
                )
        return truth

    def _places(self) -> dict[Any, int]:
        """Give the place of each label in ``classes_``."""
        return {label: place for place, label in enumerate(self.classes_.tolist())}

    def _learn_blocks(self, own: Sequence[Segment]) -> list[Block]:
        few = 1 if len(own) <= _FEW_SEGMENTS else 2
        min_df = self.min_df or max(few, len(own) // _SEGMENTS_A_COUNT)
        limits: dict[str, Any] = {"min_df": min_df, "max_features": self.max_features}
        blocks: list[Block] = []
        if self.characters is not None:
            lengths = self.characters
            if lengths == "auto":
                lengths = (1, 2) if len(own) <= _TOO_FEW_FOR_TRIPLES else (1, 3)
            blocks.append(CharacterBlock.learn(own, ngram_range=lengths, **limits))
        if self.words is not None:
            terms = [term.text for term in self.lexicon.terms] if self.lexicon else []
            blocks.append(WordBlock.learn(own, ngram_range=self.words, terms=terms, **limits))
        if self.lexicon is not None:
            context = [field for field in CONTEXT if field in self.context]
            scales = [self.lexicon_scale] + [self.context_scale] * len(context)
            blocks.append(LexiconBlock.of(self.lexicon, ["text", *context], scales))
        if not any(block.n_columns for block in blocks):
            raise InputError(
                f"No feature occurs in {min_df} texts or more. Lower 'min_df', or give more text."
            )
        return blocks

    def _beside(
        self, blocks: list[Block], more: list[Segment], guesses: Sequence[Any], n_segments: int
    ) -> TrainingRows | None:
        """Lay out what is trained on but not calibrated on: lexicon terms, unlabelled text."""
        if len(guesses) != len(more):
            raise InputError(f"There are {len(more)} unlabelled texts and {len(guesses)} labels.")
        places = {str(label): place for place, label in enumerate(self.classes_.tolist())}
        parts = [self._terms(blocks, places, n_segments)]
        if more:
            try:
                truth = np.array([places[str(guess)] for guess in guesses], np.int64)
            except KeyError as error:
                raise InputError(f"y has no label {error}, which an unlabelled text has.") from None
            importance = np.full(len(more), self.pseudo_weight)
            none = self._further_labels(len(more))
            parts.append(TrainingRows(feature_matrix(blocks, more), truth, importance, none))
        present = [part for part in parts if part is not None]
        return sum(present[1:], start=present[0]) if present else None

    def _terms(
        self, blocks: list[Block], places: Mapping[str, int], n_segments: int
    ) -> TrainingRows | None:
        """Lay out the lexicon's terms as training texts."""
        only_scores = all(isinstance(block, LexiconBlock) for block in blocks)
        weight = self.term_weight
        if weight == "auto":
            weight = _TERM_WEIGHT if n_segments <= _FEW_FOR_TERMS else 0.0
        if self.lexicon is None or weight == 0 or only_scores:
            return None
        known = [term for term in self.lexicon.terms if term.label in places]
        if not known:
            return None
        features = feature_matrix(blocks, [Segment(term.text) for term in known])
        widths = [block.n_columns for block in blocks]
        scored = np.repeat([isinstance(block, LexiconBlock) for block in blocks], widths)
        features.data[scored[features.indices]] = 0
        features.eliminate_zeros()
        return TrainingRows(
            features,
            np.array([places[term.label] for term in known]),
            np.array([term.weight for term in known]) / WEIGHTS[-1] * weight,
            self._further_labels(len(known)),
        )

    def _further_labels(
        self, n: int, further: Sequence[Sequence[Any]] | None = None
    ) -> sparse.csc_matrix:
        """Lay out which segment has which labels beside its own; unknown ones are left out."""
        places = self._places()
        pairs = [
            (row, places[label])
            for row, labels in enumerate(() if further is None else further)
            for label in labels
            if label in places
        ]
        rows, columns = np.array(sorted(set(pairs)), np.int64).reshape(-1, 2).T
        return sparse.csc_matrix((np.ones(len(rows), bool), (rows, columns)), (n, len(places)))

    def _before(self, before_review: Sequence[Sequence[Any]]) -> dict[str, Any]:
        """Lay out the labels from before a review, as fields of :class:`TrainingRows`."""
        places = self._places()
        for labels in before_review:
            is_list = isinstance(labels, Sequence | np.ndarray) and not isinstance(labels, str)
            if not is_list or not len(labels) or labels[0] not in places:
                raise InputError(
                    "before_review must have a list of labels for each segment that begins with "
                    f"one of y. Got {labels!r:.100}."
                )
        return {
            "truth": np.array([places[labels[0]] for labels in before_review]),
            "further": self._further_labels(
                len(before_review), [labels[1:] for labels in before_review]
            ),
        }

    def _solve(self, rows: TrainingRows) -> tuple[Floats, Floats]:
        """Train, and return weights (n_columns, n_classes) and intercept (n_classes,)."""
        class_weight = self.class_weight
        if isinstance(class_weight, dict):
            places = self._places()
            # Of every label: scikit-learn refuses weights of some that a fold does not hold.
            class_weight = {place: class_weight.get(label, 1.0) for label, place in places.items()}
        return solve(
            rows,
            len(self.classes_),
            solver=self.solver_,
            C=self.C,
            class_weight=class_weight,  # type: ignore[arg-type]  # checked: "balanced" or None
            further_weight=self.further_weight,
            random_state=self.random_state,
        )

    def _learn_decisions(
        self,
        rows: TrainingRows,
        judged: TrainingRows,
        beside: TrainingRows | None,
        *,
        doc_ids: Sequence[object] | None,
        stretches: Sequence[object] | None,
        lengths: Ints,
    ) -> None:
        """Score each segment by a model that has not seen its document, then calibrate.

        Trained on the labels of `rows`, judged by those of `judged`.
        """
        truth = judged.truth
        held_out = np.zeros((len(truth), len(self.classes_)))
        scored = np.zeros(len(truth), bool)
        folds = self._folds(len(truth), doc_ids)
        for training, testing in folds if self.solver_ == "liblinear" else islice(folds, 1):
            if len(np.unique(rows.truth[training])) > 1:
                seen = rows.take(training) if self.solver_ == "liblinear" else rows.without(testing)
                weights, intercept = self._solve(seen if beside is None else seen + beside)
                held_out[testing] = rows.features[testing] @ weights + intercept
                scored[testing] = True
        reach = None if self.reach is None else int(self.reach)  # of any whole-number type
        self.chain_ = LabelChain(self.persistence or 0.0, self.evenness, reach)
        if not scored.any():  # too few segments to hold any out
            self.held_out_ = None
            self.calibration_ = Calibration()
            self.posterior_ = Posterior(self.calibration_, self.chain_)
            self.rule_ = DecisionRule((1.0,) * len(self.classes_))
            return
        self.calibration_ = Calibration.learn(held_out[scored], truth[scored])
        alone = self.calibration_.probabilities(held_out)
        if stretches is not None and self.persistence is None:
            self.chain_ = LabelChain.learn(
                alone, truth, stretches, evenness=self.evenness, reach=reach
            )
        names = np.arange(len(truth)) if doc_ids is None else [str(doc) for doc in doc_ids]
        _, documents = np.unique(names, return_inverse=True)
        last_step, self.held_out_ = _last_step(alone, truth, documents, lengths, scored)
        self.posterior_ = Posterior(self.calibration_, self.chain_, last_step, last_step)
        if stretches is not None:
            posterior = self.chain_.posterior(alone, stretches)
            last_step, self.held_out_ = _last_step(posterior, truth, documents, lengths, scored)
            self.posterior_ = replace(self.posterior_, document=last_step)
        further = judged.further[scored].tolil().rows
        self.rule_ = DecisionRule.learn(self.held_out_[scored], truth[scored], further)
        self.held_out_[~scored] = np.nan

    def _folds(self, n: int, doc_ids: Sequence[object] | None) -> Iterable[tuple[Ints, Ints]]:
        if doc_ids is None:
            folds = min(self.calibration_folds, n)
            splitter = KFold(folds, shuffle=True, random_state=self.random_state)
            return splitter.split(np.zeros(n)) if folds > 1 else []
        _, groups = np.unique(np.array([str(doc) for doc in doc_ids]), return_inverse=True)
        folds = min(self.calibration_folds, int(groups.max()) + 1)
        return GroupKFold(folds).split(np.zeros(n), groups=groups) if folds > 1 else []

    def _scores(
        self,
        X: Iterable[str | Segment],  # noqa: N803
        doc_ids: Sequence[object] | None,
    ) -> Floats:
        check_is_fitted(self)
        return self.model_.scores(as_texts_or_segments(X, doc_ids))


def _last_step(
    probabilities: Floats,
    truth: Ints,
    documents: Ints,
    lengths: Ints,
    scored: npt.NDArray[np.bool_],
) -> tuple[Recalibration, Floats]:
    """Choose the last step, and take it out of fold (but for one slope of all segments)."""
    seen, true, of = probabilities[scored], truth[scored], documents[scored]
    slope = length_slope(seen, true, lengths[scored]) if enough(of) else 0.0
    seen = levelled(seen, lengths[scored], slope)
    chosen = learned_map(seen, true, of)
    mapped = probabilities.copy()
    mapped[scored] = cross_mapped(type(chosen).learn, seen, true, of)
    return Recalibration(chosen, Conformity.learn(mapped[scored], true), slope), mapped


class LexiconScores(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """Lexicon scores as a scikit-learn transformer.

    Parameters
    ----------
    block : LexiconBlock
        The terms and what of a segment they are looked up in.
    """

    def __init__(self, block: LexiconBlock) -> None:
        self.block = block

    def fit(self, X: object, y: object = None) -> Self:  # noqa: ARG002, N803  scikit-learn's
        """Learn nothing."""
        return self

    def transform(self, X: Iterable[str | Segment]) -> sparse.csr_matrix:  # noqa: N803
        """Score strings or segments."""
        return as_csr(self.block.rows(Batch(as_segments(X))))


def _is_range(value: object) -> bool:
    """Say whether a parameter is None or a shortest and a longest length."""
    return value is None or (
        isinstance(value, tuple | list)
        and len(value) == 2  # noqa: PLR2004  a pair
        and all(_is_from(length, 1) for length in value)
        and value[0] <= value[1] <= LONGEST
    )


def _is_from(value: object, least: float, kind: type = Integral) -> bool:
    """Say whether a parameter is a finite number, and at least so much."""
    return isinstance(value, kind) and least <= value < np.inf  # type: ignore[operator]  # a number


def own_text(segment: str | Segment) -> str:
    """Clean the segment's own text: the preprocessor of the plain pipeline."""
    return normalized(segment if isinstance(segment, str) else segment.text)


def _transformer(block: Block) -> BaseEstimator:
    """Make scikit-learn's own transformer with what a block learned."""
    if isinstance(block, LexiconBlock):
        return LexiconScores(block)
    assert isinstance(block, CharacterBlock | WordBlock)  # noqa: S101  the blocks fit() makes
    how: dict[str, Any] = {"analyzer": "char"}
    if isinstance(block, WordBlock):
        how = {"tokenizer": block.tokenizer.words, "token_pattern": None}
    vectorizer = TfidfVectorizer(
        preprocessor=own_text,
        sublinear_tf=True,
        lowercase=False,
        ngram_range=block.tfidf.ngram_range,
        vocabulary={name: place for place, name in enumerate(block.column_names())},
        **how,
    )
    vectorizer.idf_ = block.tfidf.idf
    return vectorizer
