"""Agreement, calibration, coverage, errors and groups are what scikit-learn and hands have."""

from __future__ import annotations

import dataclasses
import json
import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    log_loss,
)
from sklearn.preprocessing import MultiLabelBinarizer

from policyclf.agreement import krippendorff_alpha
from policyclf.corpus import Corpus, LabelledSegment
from policyclf.evaluation import (
    DocumentBootstrap,
    Labelling,
    bootstrap,
    coder_agreement,
    costliest_errors,
    evaluate_groups,
    evaluate_labelling,
    examine,
    find_leakage,
    precision_points,
    reliability,
    risk_coverage,
)
from policyclf.evaluation import confusion_matrix as our_confusion_matrix
from policyclf.evaluation.bootstrap import Sums, interval
from policyclf.exceptions import CorpusError, InputError
from policyclf.features.rows import Floats

CLASSES = ("a", "b", "c")


def corpus_of(truth: Sequence[str], doc_ids: Sequence[object] | None = None) -> Corpus:
    ids = range(len(truth)) if doc_ids is None else doc_ids
    return Corpus(
        tuple(
            LabelledSegment(f"句{place}", (label,), str(doc))
            for place, (label, doc) in enumerate(zip(truth, ids, strict=True))
        )
    )


def random_labelling(seed: int, n: int = 60) -> tuple[Labelling, Corpus]:
    """Draw probabilities that know something of the truth, in documents of four."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 3, n)
    probabilities = generator.dirichlet(np.ones(3), n)
    probabilities[np.arange(n), truth] += generator.random(n)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    labels = [CLASSES[k] for k in probabilities.argmax(axis=1)]
    gold = corpus_of([CLASSES[k] for k in truth], [place // 4 for place in range(n)])
    labelling = Labelling("random", labels, None, probabilities.max(axis=1), probabilities, CLASSES)
    return labelling, gold


# --- Figures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_figures_of_probabilities(seed: int) -> None:
    """Weighted F1, kappa, Brier score and log loss are those of scikit-learn."""
    labelling, gold = random_labelling(seed)
    result = evaluate_labelling(labelling, gold, replicates=20)
    truth = gold.primaries
    assert result.kappa is not None
    assert result.alpha is not None
    assert result.brier is not None
    assert result.log_loss is not None
    assert result.kappa.value == pytest.approx(cohen_kappa_score(truth, labelling.labels))
    assert result.alpha.value == pytest.approx(krippendorff_alpha([truth, labelling.labels]))
    weighted = f1_score(truth, labelling.labels, average="weighted")
    assert result.weighted_f1.value == pytest.approx(weighted)
    brier = brier_score_loss(truth, labelling.probabilities, labels=CLASSES, scale_by_half=False)
    assert result.brier.value == pytest.approx(brier)
    assert result.log_loss.value == pytest.approx(log_loss(truth, labelling.probabilities))
    for figure in (result.kappa, result.alpha, result.brier, result.log_loss):
        assert figure.low <= figure.value <= figure.high


def test_label_that_the_model_does_not_know() -> None:
    """Its probability is 0: the Brier score is worse, and log loss is finite."""
    labelling = Labelling("m", ["a"], None, np.array([1.0]), np.array([[1.0, 0.0]]), ("a", "b"))
    result = evaluate_labelling(labelling, corpus_of(["z"]), replicates=5)
    assert result.brier is not None
    assert result.log_loss is not None
    assert result.brier.value == 2
    assert result.log_loss.value == pytest.approx(-np.log(np.finfo(float).eps))


sets = st.sets(st.sampled_from(CLASSES), min_size=1)
set_rows = st.lists(
    st.tuples(sets, sets, st.sets(st.sampled_from(CLASSES))), min_size=1, max_size=15
)


@settings(deadline=None, max_examples=60)
@given(rows=set_rows)
def test_multilabel_figures(rows: list[tuple[set[str], set[str], set[str]]]) -> None:
    """Are those of scikit-learn once the optional labels are taken out of both."""
    gold = Corpus(
        tuple(
            LabelledSegment(
                "句", tuple(sorted(wanted)), str(place), tuple(sorted(optional - wanted))
            )
            for place, (wanted, _, optional) in enumerate(rows)
        )
    )
    given = [tuple(sorted(labels)) for _, labels, _ in rows]
    result = evaluate_labelling(Labelling("m", [g[0] for g in given], given), gold, replicates=5)
    binarizer = MultiLabelBinarizer(classes=CLASSES).fit([])
    true = binarizer.transform([wanted for wanted, _, _ in rows])
    kept = [labels - (optional - wanted) for wanted, labels, optional in rows]
    found = binarizer.transform(kept)
    there = [k for k in range(3) if true[:, k].any() or found[:, k].any()]
    assert result.subset_accuracy.value == pytest.approx(accuracy_score(true, found))
    for average, figure in (
        ("micro", result.multilabel_micro_f1),
        ("macro", result.multilabel_macro_f1),
    ):
        expected = f1_score(true, found, average=average, labels=there, zero_division=0)
        assert figure.value == pytest.approx(expected)


def test_optional_labels_neither_reward_nor_punish() -> None:
    """With and without the optional label, the figures of all labels are the same."""
    gold = Corpus((LabelledSegment("句", ("a",), "1", optional=("b",)),) * 2)
    for labels in (("a",), ("a", "b")):
        result = evaluate_labelling(Labelling("m", ["a", "a"], [labels] * 2), gold, replicates=5)
        assert result.subset_accuracy.value == result.multilabel_micro_f1.value == 1


def test_one_label_everywhere_has_no_kappa() -> None:
    """Where there is nothing to disagree about, agreement is None, in JSON null."""
    result = evaluate_labelling(Labelling("m", ["a", "a"]), corpus_of(["a", "a"]), replicates=5)
    assert result.kappa is None
    assert result.alpha is None
    assert json.loads(json.dumps(result.to_dict()))["kappa"] is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sets": [("a",)]}, "Got 1 sets"),
        ({"confidence": np.ones(1)}, "Got 1 confidences"),
        ({"probabilities": np.ones((1, 3))}, "Got 1 rows of probabilities"),
    ],
)
def test_lengths_must_agree(changes: dict[str, object], message: str) -> None:
    """Everything about a labelling has one entry a segment."""
    labelling = dataclasses.replace(Labelling("m", ["a", "b"]), **changes)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=message):
        evaluate_labelling(labelling, corpus_of("ab"))


def bias_corrected(value: float, replicates: Sequence[float]) -> list[float]:
    """Compute Efron's bias-corrected percentiles as a textbook has them."""
    drawn = np.array(replicates)
    below = np.mean(drawn < value - 1e-9) + np.mean(abs(drawn - value) <= 1e-9) / 2
    shift = 2 * np.clip(norm.ppf(below), -0.98, 0.98)
    low, high = np.percentile(drawn, 100 * norm.cdf([shift - 1.959964, shift + 1.959964]))
    return [min(low, value), max(high, value)]


# --- The bootstrap -----------------------------------------------------------------------------


def test_replicates_are_what_a_loop_gives() -> None:
    """Sums times weights are the sums of the documents drawn, put together again."""
    labelling, gold = random_labelling(1)
    drawn = DocumentBootstrap.of(gold.doc_ids, replicates=30, seed=4)
    figure = evaluate_labelling(labelling, gold, replicates=30, seed=4).macro_f1
    values = []
    for weights in drawn.weights.astype(int):
        places = [p for p, doc in enumerate(drawn.documents) for _ in range(weights[doc])]
        values.append(
            f1_score(
                [gold.primaries[p] for p in places],
                [labelling.labels[p] for p in places],
                average="macro",
            )
        )
    assert [figure.low, figure.high] == pytest.approx(
        bias_corrected(figure.value, values), abs=1e-4
    )


def test_draws_in_blocks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many documents, what is drawn and added up some replicates at a time is the same."""
    shares, ids = np.full(7, 1 / 7), [str(place % 7) for place in range(30)]
    expected = np.random.default_rng(3).multinomial(7, shares, 25)
    monkeypatch.setattr(bootstrap, "_CELLS_AT_ONCE", 20)  # two replicates of seven documents
    drawn = DocumentBootstrap.of(ids, replicates=25, seed=3)
    np.testing.assert_array_equal(drawn.weights, expected)
    sums = {"x": drawn.sums(np.arange(30.0)), "n": drawn.sums(np.ones(30))}
    inside: list[Floats] = []

    def mean(s: Sums) -> Floats:
        inside.append(s["x"] / s["n"])
        return inside[-1]

    drawn.figures(mean, sums)
    np.testing.assert_allclose(inside[1], expected @ sums["x"] / (expected @ sums["n"]))


def test_draws_of_many_documents_take_a_byte_each() -> None:
    """Rows without documents are documents of their own: 50,000 of them took 450 MB."""
    tracemalloc.start()
    drawn = DocumentBootstrap.of([str(place) for place in range(5_000)], replicates=1_001)
    kept = drawn.weights.nbytes
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept == 5_000 * 1_001
    assert peak < 9 * kept  # a block of draws beside them: for more documents no larger


def test_value_lies_within_its_interval() -> None:
    """Also where nearly all replicates are on one side of it."""
    for value in (0.1, 0.5, 0.9):
        figure = interval(value, np.linspace(0.4, 0.6, 101))
        assert figure is not None
        assert figure.low <= value <= figure.high
    assert interval(float("nan"), np.ones(3)) is None


def test_interval_is_corrected_for_bias() -> None:
    """Replicates that lie too low shift it up; without bias it is the percentiles'."""
    replicates = np.linspace(0, 1, 1001)
    even = interval(0.5, replicates)
    low = interval(0.6, replicates)
    assert even is not None
    assert low is not None
    assert [even.low, even.high] == pytest.approx([0.025, 0.975])
    assert [low.low, low.high] == pytest.approx(bias_corrected(0.6, replicates.tolist()), abs=1e-4)
    assert low.low > even.low
    assert low.high > even.high


# --- Confidence --------------------------------------------------------------------------------

FOUR = Labelling("m", ["a", "a", "b", "a"], confidence=np.array([0.9, 0.8, 0.7, 0.6]))
FOUR_GOLD = corpus_of("aaaa")


def test_risk_coverage_by_hand() -> None:
    """Right, right, wrong, right, from the surest on."""
    found = risk_coverage(FOUR, FOUR_GOLD, coverages=(0.5, 0.6, 1.0), replicates=20)
    assert found.area.value == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4)
    assert [point.coverage for point in found.curve] == [0.25, 0.5, 0.75, 1.0]
    assert [point.accuracy for point in found.curve] == pytest.approx([1, 1, 2 / 3, 3 / 4])
    half, more, everything = found.at
    assert half.accuracy is not None
    assert half.coverage is not None
    assert (half.threshold, half.accuracy.value, half.coverage.value) == (0.8, 1, 0.5)
    assert more.threshold == 0.7
    assert everything.accuracy is not None
    assert everything.accuracy.value == 0.75


def test_segments_of_one_confidence_are_taken_at_once() -> None:
    """The order of equals does not matter: a threshold keeps all of them or none."""
    labels = ["a", "b", "a", "b"]
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        labelling = Labelling("m", [labels[k] for k in order], confidence=np.full(4, 0.5))
        found = risk_coverage(labelling, FOUR_GOLD, coverages=(0.25,), replicates=10)
        assert found.area.value == 0.5
        assert found.at[0].coverage is not None
        assert found.at[0].coverage.value == 1
        assert len(found.curve) == 1


def test_accuracy_at_coverage_is_drawn_anew() -> None:
    """Each replicate takes its own surest share: a loop over the draws gives the bounds."""
    labelling, gold = random_labelling(2)
    assert labelling.confidence is not None
    found = risk_coverage(labelling, gold, coverages=(0.7,), replicates=40, seed=1)
    drawn = DocumentBootstrap.of(gold.doc_ids, replicates=40, seed=1)
    right = np.array(labelling.labels) == np.array(gold.primaries)
    values, areas = [], []
    for weights in drawn.weights.astype(int):
        places = np.repeat(np.arange(60), weights[drawn.documents])
        sure, hit = labelling.confidence[places], right[places]
        threshold = np.sort(sure)[::-1][int(np.ceil(0.7 * len(sure) - 1e-9)) - 1]
        values.append(hit[sure >= threshold].mean())
        areas.append(np.mean([1 - hit[sure >= s].mean() for s in sure]))
    at = found.at[0].accuracy
    assert at is not None
    for figure, drawn_values in ((at, values), (found.area, areas)):
        assert [figure.low, figure.high] == pytest.approx(
            bias_corrected(figure.value, drawn_values), abs=1e-4
        )


def test_threshold_for_a_precision() -> None:
    """Is the lowest that gives it; None where none does."""
    points = precision_points(FOUR, FOUR_GOLD, precisions=(0.75, 0.9), replicates=20)
    assert [point.threshold for point in points] == [0.6, 0.8]
    assert points[1].coverage is not None
    assert points[1].coverage.value == 0.5
    never = Labelling("m", ["b"], confidence=np.array([1.0]))
    assert precision_points(never, corpus_of("a"))[0].threshold is None


def test_reliability_by_hand() -> None:
    """Two segments in one bin, mean confidence beside accuracy; empty bins are left out."""
    labelling = Labelling("m", ["a", "b"], confidence=np.array([0.82, 0.86]))
    (found,) = reliability(labelling, corpus_of("aa"), replicates=10)
    assert (found.low, found.high, found.n) == (0.8, 0.9, 2)
    assert found.confidence == pytest.approx(0.84)
    assert found.accuracy.value == 0.5


def test_confidence_is_needed() -> None:
    """Without confidence, or with a share that is none, it says so."""
    with pytest.raises(InputError, match="'m' come without confidence"):
        risk_coverage(Labelling("m", ["a"]), corpus_of("a"))
    with pytest.raises(InputError, match=r"'coverages' parameter .* Got 70 instead"):
        risk_coverage(FOUR, FOUR_GOLD, coverages=(70,))


# --- Errors and groups -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_confusion_matrix(seed: int) -> None:
    """Is scikit-learn's."""
    labelling, gold = random_labelling(seed)
    names, counts = our_confusion_matrix(labelling, gold)
    assert names == list(CLASSES)
    assert counts.tolist() == confusion_matrix(gold.primaries, labelling.labels).tolist()


def test_costliest_errors() -> None:
    """The surest first, with what and where; a further label of gold is no error."""
    gold = Corpus(
        (
            LabelledSegment("一", ("a",), "d1", place=7),
            LabelledSegment("二", ("a", "b"), "d1", place=8),
            LabelledSegment("三", ("c",), "d2"),
        )
    )
    labelling = Labelling("m", ["b", "b", "a"], confidence=np.array([0.5, 1.0, 0.8]))
    first, second = costliest_errors(labelling, gold)
    assert (first.text, first.gold, first.given, first.doc_id) == ("三", ("c",), "a", "d2")
    assert (second.confidence, second.segment) == (0.5, 7)
    assert len(costliest_errors(labelling, gold, most=1)) == 1


def test_groups() -> None:
    """Each value of a column has its own figures; a segment without one is in group ''."""
    rows = [("a", "x"), ("b", "x"), ("a", "y"), ("b", "")]
    gold = Corpus(
        tuple(
            LabelledSegment("句", (label,), str(n), metadata={"genre": genre} if genre else {})
            for n, (label, genre) in enumerate(rows)
        )
    )
    found = evaluate_groups(Labelling("m", ["a", "b", "b", "b"]), gold, "genre", replicates=10)
    assert {key: value.accuracy.value for key, value in found.items()} == {"": 1, "x": 1, "y": 0}
    assert found["x"].n_documents == 2
    with pytest.raises(CorpusError, match=r"need a column 'year'\. Got genre"):
        evaluate_groups(Labelling("m", ["a"] * 4), gold, "year")


# --- Coders and leakage ------------------------------------------------------------------------


def test_coder_agreement() -> None:
    """Alpha among coders with gaps, by label, and of the model with each."""
    codings: dict[str, list[str | None]] = {"w": ["a", "b", "b", None], "y": ["a", "b", "a", "a"]}
    gold = Corpus(
        tuple(
            LabelledSegment(
                "句",
                ("a",),
                str(n),
                coders={k: v[n] for k, v in codings.items() if v[n]},  # type: ignore[misc]
            )
            for n in range(4)
        )
    )
    labelling = Labelling("m", ["a", "b", "a", "b"])
    found = coder_agreement(labelling, gold, replicates=20)
    assert found is not None
    assert (found.coders, found.n_segments) == (("w", "y"), 3)
    assert found.alpha is not None
    assert found.alpha.value == pytest.approx(krippendorff_alpha(list(codings.values())))
    with_y = found.model["y"]
    assert with_y is not None
    assert with_y.value == pytest.approx(krippendorff_alpha([labelling.labels, codings["y"]]))
    assert set(found.labels) == {"a", "b"}
    assert coder_agreement(FOUR, FOUR_GOLD) is None


def test_leakage() -> None:
    """Near-duplicates are listed, the surest first, and figures given without them."""
    gold = Corpus(
        tuple(
            LabelledSegment(text, (label,), "g")
            for text, label in [
                ("全区引进高层次人才十二名。", "a"),
                ("银行向企业发放贷款五亿元。", "b"),
            ]
        )
    )
    training = Corpus((LabelledSegment("全区引进高层次人才十二名", ("a",), "t"),))
    found = find_leakage(Labelling("m", ["a", "a"]), gold, training, replicates=5)
    assert found.share == 0.5
    (leaked,) = found.segments
    assert (leaked.training_doc_id, leaked.similarity) == ("t", 1)
    assert found.without is not None
    assert found.without.accuracy.value == 0
    everything = find_leakage(Labelling("m", ["a", "a"]), gold, gold, replicates=5)
    assert everything.share == 1
    assert everything.without is None


def test_details_are_plain() -> None:
    """Everything about a labelling can be written as JSON without NaN."""
    labelling, gold = random_labelling(3)
    written = examine(labelling, gold, training=gold, replicates=10).to_dict()
    again = json.loads(json.dumps(written, allow_nan=False))
    assert again["confusion_labels"] == list(CLASSES)
    assert again["leakage"]["share"] == 1
    assert again["coders"] is None
    bare = examine(Labelling("bare", labelling.labels), gold, replicates=10).to_dict()
    assert bare["risk_coverage"] is None
