"""The estimator keeps scikit-learn's contract and the library's own promises."""

from __future__ import annotations

import io
import json
import math
import pickle
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import (
    check_get_params_invariance,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_set_params,
)

from policyclf import Segment
from policyclf import classifier as module
from policyclf.classifier import PolicyClassifier
from policyclf.corpus import Corpus
from policyclf.exceptions import InputError
from policyclf.features import CharacterBlock, WordBlock
from policyclf.lexicon import Lexicon
from policyclf.solver import Solver
from policyclf.training import TrainingData
from strategies import document_text

SMALL: dict[str, Any] = {"min_df": 1, "calibration_folds": 2}

FOUR = ["全力招商引资", "洽谈签约项目", "优化营商环境", "简化审批流程"]
BLOCKS: dict[str, dict[str, Any]] = {
    "characters": {"words": None},
    "words": {"characters": None, "words": (1, 2)},
    "lexicon": {"characters": None, "words": None},
    "all": {"words": (1, 2)},
}


@pytest.fixture(scope="module")
def lexicon(tiny_data: TrainingData) -> Lexicon:
    assert tiny_data.lexicon is not None
    return tiny_data.lexicon


@pytest.fixture(scope="module")
def fitted(tiny_corpus: Corpus, lexicon: Lexicon) -> PolicyClassifier:
    classifier = PolicyClassifier(words=(1, 2), lexicon=lexicon, min_df=1)
    return classifier.fit(tiny_corpus.texts, tiny_corpus.primaries, doc_ids=tiny_corpus.doc_ids)


@pytest.fixture(scope="module")
def binary(tiny_corpus: Corpus) -> PolicyClassifier:
    labels = ["talent" if label == "talent" else "rest" for label in tiny_corpus.primaries]
    return PolicyClassifier(min_df=1).fit(tiny_corpus.texts, labels)


# --- scikit-learn's contract -------------------------------------------------------------------


@pytest.mark.parametrize(
    "check",
    [
        check_get_params_invariance,
        check_no_attributes_set_in_init,
        check_parameters_default_constructible,
        check_set_params,
    ],
)
def test_scikit_learns_own_checks(check: Any) -> None:
    """scikit-learn's checks of parameters pass; those of data want numbers, not texts."""
    check("PolicyClassifier", PolicyClassifier())


def test_is_a_classifier() -> None:
    """scikit-learn takes it for a classifier, so that folds are stratified."""
    assert is_classifier(PolicyClassifier())


def test_clone_copies_parameters_and_nothing_learned(fitted: PolicyClassifier) -> None:
    """A clone has the same parameters and is not fitted."""
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        copy.predict(["人才"])


def test_fit_returns_itself() -> None:
    """A call can follow ``fit`` directly."""
    classifier = PolicyClassifier(**SMALL)
    assert classifier.fit(FOUR, list("aabb")) is classifier


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function", "decide"])
def test_not_fitted(method: str) -> None:
    """Before ``fit``, every method says so in scikit-learn's words."""
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(PolicyClassifier(), method)(["人才"])


def test_pipeline_before_fit() -> None:
    """There is no plain pipeline before ``fit``."""
    with pytest.raises(NotFittedError):
        _ = PolicyClassifier().pipeline_


def test_refit_forgets(tiny_corpus: Corpus) -> None:
    """A second ``fit`` gives what a fresh estimator gives."""
    classifier = PolicyClassifier(**SMALL).fit(FOUR, [0, 0, 1, 1])
    classifier.fit(tiny_corpus.texts, tiny_corpus.primaries)
    fresh = PolicyClassifier(**SMALL).fit(tiny_corpus.texts, tiny_corpus.primaries)
    assert classifier.classes_.tolist() == ["ecology", "environment", "finance", "talent"]
    np.testing.assert_array_equal(
        classifier.predict_proba(tiny_corpus.texts), fresh.predict_proba(tiny_corpus.texts)
    )


def test_same_seed_same_model(tiny_corpus: Corpus) -> None:
    """Trained twice, the weights, slope and thresholds are the same to the last bit."""
    one, two = (
        PolicyClassifier(**SMALL, random_state=5).fit(tiny_corpus.texts, tiny_corpus.primaries)
        for _ in range(2)
    )
    for first, second in zip(one.model_.weights, two.model_.weights, strict=True):
        np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(one.model_.intercept, two.model_.intercept)
    assert one.calibration_ == two.calibration_
    assert one.rule_ == two.rule_


def through_pickle(classifier: PolicyClassifier) -> PolicyClassifier:
    copy = pickle.loads(pickle.dumps(classifier))
    assert isinstance(copy, PolicyClassifier)
    return copy


def through_joblib(classifier: PolicyClassifier) -> PolicyClassifier:
    stream = io.BytesIO()
    joblib.dump(classifier, stream)
    stream.seek(0)
    copy = joblib.load(stream)
    assert isinstance(copy, PolicyClassifier)
    return copy


@pytest.mark.parametrize("through", [through_pickle, through_joblib])
def test_pickled(fitted: PolicyClassifier, tiny_corpus: Corpus, through: Any) -> None:
    """Pickled and loaded, it gives the same probabilities."""
    np.testing.assert_array_equal(
        through(fitted).predict_proba(tiny_corpus.texts), fitted.predict_proba(tiny_corpus.texts)
    )


def test_pickle_is_small(binary: PolicyClassifier, tiny_corpus: Corpus) -> None:
    """What is worked out when needed is left out: a place for each code point was 9 MB."""
    binary.predict(tiny_corpus.texts)
    assert len(pickle.dumps(binary)) < 10**6


def test_cross_val_score(tiny_corpus: Corpus) -> None:
    """Cross-validated with strata it is right far more often than the quarter of chance."""
    scores = cross_val_score(
        PolicyClassifier(min_df=1),
        tiny_corpus.texts,
        tiny_corpus.primaries,
        cv=StratifiedKFold(4, shuffle=True, random_state=0),
        n_jobs=1,
    )
    assert scores.shape == (4,)
    assert scores.mean() > 0.7


def test_cross_val_score_hands_documents_on(tiny_corpus: Corpus) -> None:
    """Folds by document, with the documents as a fit parameter, work on segments too."""
    scores = cross_val_score(
        PolicyClassifier(min_df=1),
        tiny_corpus.segments(),
        tiny_corpus.primaries,
        groups=tiny_corpus.doc_ids,
        params={"doc_ids": tiny_corpus.doc_ids},
        cv=GroupKFold(4),
    )
    assert scores.mean() > 0.7


def test_cross_val_predict_gives_probabilities(tiny_corpus: Corpus) -> None:
    """Out-of-fold probabilities come in the order of the sorted labels."""
    found = cross_val_predict(
        PolicyClassifier(**SMALL),
        np.array(tiny_corpus.texts),
        np.array(tiny_corpus.primaries),
        cv=3,
        method="predict_proba",
    )
    truth = np.unique(tiny_corpus.primaries, return_inverse=True)[1]
    assert (found.argmax(axis=1) == truth).mean() > 0.7


def test_grid_search(tiny_corpus: Corpus) -> None:
    """A grid over C refits the best on everything."""
    search = GridSearchCV(PolicyClassifier(**SMALL), {"C": [1e-4, 0.5]}, cv=3, n_jobs=1)
    search.fit(tiny_corpus.texts, tiny_corpus.primaries)
    assert set(search.cv_results_["param_C"]) == {1e-4, 0.5}
    assert search.best_params_["C"] == search.best_estimator_.C
    assert search.score(tiny_corpus.texts, tiny_corpus.primaries) > 0.9


def test_step_of_a_pipeline(tiny_corpus: Corpus) -> None:
    """It is the last step behind a transformer of texts, parameters reachable by name."""
    pipeline = Pipeline(
        [("blank", FunctionTransformer(lambda texts: texts)), ("label", PolicyClassifier(**SMALL))]
    )
    pipeline.set_params(label__C=2.0).fit(tiny_corpus.texts, tiny_corpus.primaries)
    assert pipeline.named_steps["label"].C == 2.0
    assert pipeline.predict(["引进高层次人才。"]).tolist() == ["talent"]


# --- Shapes and labels -------------------------------------------------------------------------


def test_multi_class_shapes(fitted: PolicyClassifier) -> None:
    """Four labels give four columns, in the order of ``classes_``, and best is best in both."""
    texts = ["引进人才。", "发放贷款。", "简化审批。", "治理污染。"]
    assert fitted.classes_.tolist() == ["ecology", "environment", "finance", "talent"]
    assert fitted.class_counts_.tolist() == [14, 15, 15, 16]
    scores, probabilities = fitted.decision_function(texts), fitted.predict_proba(texts)
    assert scores.shape == probabilities.shape == (4, 4)
    assert fitted.predict(texts).tolist() == ["talent", "finance", "environment", "ecology"]
    np.testing.assert_array_equal(scores.argmax(axis=1), probabilities.argmax(axis=1))


def test_binary_shapes(binary: PolicyClassifier) -> None:
    """Two labels give one score, over 0 for the second, and two probabilities."""
    texts = ["引进高层次人才。", "治理污染。", ""]
    scores = binary.decision_function(texts)
    assert scores.shape == (3,)
    assert binary.predict_proba(texts).shape == (3, 2)
    np.testing.assert_array_equal(binary.predict(texts), binary.classes_[(scores > 0).astype(int)])


def test_integer_labels() -> None:
    """Whole numbers come back as whole numbers."""
    classifier = PolicyClassifier(**SMALL).fit(FOUR, [7, 7, 30, 30])
    predicted = classifier.predict(["招商引资签约", "营商环境审批"])
    assert predicted.tolist() == [7, 30]
    assert np.issubdtype(predicted.dtype, np.integer)
    assert classifier.model_.labels == ("7", "30")


def test_nothing_to_predict(fitted: PolicyClassifier) -> None:
    """No texts give no labels and no rows."""
    assert fitted.predict([]).tolist() == []
    assert fitted.predict_proba([]).shape == (0, 4)
    assert fitted.decide([]) == []


@settings(deadline=None, max_examples=60)
@given(texts=st.lists(document_text, min_size=1, max_size=5), joined=st.booleans())
def test_probabilities_sum_to_one(
    fitted: PolicyClassifier, texts: list[str], *, joined: bool
) -> None:
    """Whatever the text, alone or in a document, its probabilities sum to one."""
    probabilities = fitted.predict_proba(texts, doc_ids=[1] * len(texts) if joined else None)
    assert np.all(probabilities >= 0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-9)


@pytest.mark.parametrize("blocks", BLOCKS)
@pytest.mark.parametrize("with_lexicon", [True, False])
def test_every_set_of_blocks(
    tiny_corpus: Corpus, lexicon: Lexicon, blocks: str, *, with_lexicon: bool
) -> None:
    """Each block of features alone and all together learn the corpus; none is an error."""
    parameters = {**SMALL, **BLOCKS[blocks], "lexicon": lexicon if with_lexicon else None}
    classifier = PolicyClassifier(**parameters)
    if blocks == "lexicon" and not with_lexicon:
        with pytest.raises(InputError, match="needs features: at least one of"):
            classifier.fit(tiny_corpus.texts, tiny_corpus.primaries)
        return
    classifier.fit(tiny_corpus.texts, tiny_corpus.primaries)
    right = classifier.predict(tiny_corpus.texts) == np.array(tiny_corpus.primaries)
    assert right.mean() > (0.6 if blocks == "lexicon" else 0.95)
    expected = {"characters", "words"} if blocks == "all" else {blocks}
    expected |= {"lexicon"} if with_lexicon else set()
    assert {block.name for block in classifier.model_.blocks} == expected


def test_max_features_limits_each_block(tiny_corpus: Corpus) -> None:
    """A block keeps no more n-grams than it may."""
    classifier = PolicyClassifier(**SMALL, words=(1, 2), max_features=50)
    classifier.fit(tiny_corpus.texts, tiny_corpus.primaries)
    assert [block.n_columns for block in classifier.model_.blocks] == [50, 50]


def test_vocabulary_is_of_different_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text counts once, however often and wherever it recurs: their order changes nothing."""
    monkeypatch.setattr("policyclf.features.batch._TEXTS_AT_ONCE", 3)
    once = [Segment(text) for text in FOUR]
    often = [Segment(text) for text in FOUR * 5]
    for kind, how in ((CharacterBlock, {}), (WordBlock, {"terms": ()})):
        blocks = [
            kind.learn(segments, ngram_range=(1, 2), min_df=2, max_features=None, **how)
            for segments in (once, often, sorted(often))
        ]
        for block in blocks[1:]:
            assert block.column_names() == blocks[0].column_names()
            np.testing.assert_array_equal(block.tfidf.idf, blocks[0].tfidf.idf)


def test_terms_teach_where_there_is_little_text(
    tiny_data: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default the lexicon's terms are training texts of few segments, and not of many."""

    def weights(**parameters: Any) -> npt.NDArray[np.float32]:
        model = PolicyClassifier(lexicon=tiny_data.lexicon, min_df=1, **parameters)
        model.fit(tiny_data.corpus.texts, tiny_data.corpus.primaries)
        return np.concatenate(model.model_.weights)

    few, told, none = weights(), weights(term_weight=0.05), weights(term_weight=0)
    assert np.array_equal(few, told)
    assert not np.array_equal(few, none)
    monkeypatch.setattr(module, "_FEW_FOR_TERMS", len(tiny_data.corpus) - 1)
    assert np.array_equal(weights(), none)


def test_vocabulary_keeps_the_commonest_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are more words than ids, the rarest go, not what sorts last: Chinese."""
    monkeypatch.setattr("policyclf.features.words.CODE_BITS", 4)  # three ids of two bits
    texts = ["abc 项目", "def 项目", "ghi 资金", "jkl 资金 项目", "mno"]
    block = WordBlock.learn(
        [Segment(text) for text in texts],
        ngram_range=(1, 2),
        min_df=1,
        max_features=None,
        terms=(),
    )
    assert len(block.vocabulary) == 3
    assert {"项目", "资金"} < set(block.vocabulary)
    assert list(block.vocabulary) == sorted(block.vocabulary)


def test_class_weight_of_some_labels(tiny_corpus: Corpus) -> None:
    """A weight for one label draws doubtful segments to it, also where a fold lacks a label."""
    texts, labels = [*tiny_corpus.texts, "罕见的一句。"], [*tiny_corpus.primaries, "rare"]
    doubtful = ["要认真抓好落实。"]
    light, heavy = (
        PolicyClassifier(**SMALL, class_weight={"rare": 1.0, "talent": weight}).fit(texts, labels)
        for weight in (0.01, 100.0)
    )
    column = light.classes_.tolist().index("talent")
    assert (
        light.decision_function(doubtful)[0, column] < heavy.decision_function(doubtful)[0, column]
    )


# --- Context -----------------------------------------------------------------------------------


def test_segments_and_doc_ids_give_the_same_context(tiny_corpus: Corpus, lexicon: Lexicon) -> None:
    """Strings with documents are learned from and scored as segments with their neighbours."""
    labels, doc_ids = tiny_corpus.primaries, tiny_corpus.doc_ids
    of_texts, of_segments = (
        PolicyClassifier(**SMALL, lexicon=lexicon).fit(X, labels, doc_ids=doc_ids)
        for X in (tiny_corpus.texts, tiny_corpus.segments())
    )
    np.testing.assert_array_equal(
        of_texts.decision_function(tiny_corpus.texts, doc_ids=doc_ids),
        of_segments.decision_function(tiny_corpus.segments()),
    )


def test_predecessor_counts_through_the_lexicon(fitted: PolicyClassifier) -> None:
    """A segment that says nothing leans towards the field of the one before it."""
    vague = "要认真抓好落实。"
    column = fitted.classes_.tolist().index("finance")
    alone, after = fitted.decision_function(
        [Segment(vague), Segment(vague, previous="扩大贷款，发展融资，设立基金。")]
    )
    assert after[column] > alone[column]


def test_reach_of_any_whole_number_type(tiny_corpus: Corpus) -> None:
    """As a grid search over an array gives it; a model is saved with it all the same."""
    given = (tiny_corpus.texts, tiny_corpus.primaries)
    classifier = PolicyClassifier(**SMALL, reach=np.int64(7))  # type: ignore[arg-type]  # what is tested
    classifier.fit(*given, doc_ids=tiny_corpus.doc_ids)
    assert json.dumps(classifier.chain_.reach) == "7"


def test_neighbours_count_through_the_chain(tiny_corpus: Corpus) -> None:
    """With persistence, segments of one document draw each other; without, they do not."""
    vague, clear = "要认真抓好落实。", "发放贷款。"
    texts, labels, doc_ids = tiny_corpus.texts, tiny_corpus.primaries, tiny_corpus.doc_ids
    for persistence in (0.0, 0.4):
        classifier = PolicyClassifier(**SMALL, persistence=persistence)
        classifier.fit(texts, labels, doc_ids=doc_ids)
        column = classifier.classes_.tolist().index("finance")
        apart = classifier.predict_proba([vague, clear], doc_ids=[1, 2])[0, column]
        together = classifier.predict_proba([vague, clear], doc_ids=[1, 1])[0, column]
        assert (together > apart) if persistence else (together == apart)


def test_persistence_can_be_chosen_out_of_fold(tiny_corpus: Corpus) -> None:
    """With None, documents of one label each call for persistence."""
    by_label: dict[str, list[str]] = {}
    for text, label in zip(tiny_corpus.texts, tiny_corpus.primaries, strict=True):
        by_label.setdefault(label, []).append(text)
    rows = [
        (text, label, f"{label}{place // 5}")
        for label, texts in by_label.items()
        for place, text in enumerate(texts)
    ]
    texts, labels, doc_ids = zip(*rows, strict=True)
    classifier = PolicyClassifier(min_df=1, persistence=None)
    classifier.fit(texts, labels, doc_ids=doc_ids)
    assert classifier.chain_.persistence > 0


# --- Holding out -------------------------------------------------------------------------------


def test_calibration_keeps_documents_whole(
    tiny_corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No document is in both parts of a fold, and every segment is held out once."""
    seen: list[tuple[set[str], set[str]]] = []
    tested: list[int] = []
    doc_ids = tiny_corpus.doc_ids

    class Spy(GroupKFold):  # type: ignore[misc]  # untyped base
        def split(
            self, *args: Any, **kwargs: Any
        ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
            for training, testing in super().split(*args, **kwargs):
                seen.append(({doc_ids[p] for p in training}, {doc_ids[p] for p in testing}))
                tested.extend(testing.tolist())
                yield training, testing

    monkeypatch.setattr(module, "GroupKFold", Spy)
    PolicyClassifier(min_df=1).fit(tiny_corpus.texts, tiny_corpus.primaries, doc_ids=doc_ids)
    assert len(seen) == 5
    assert all(not training & testing for training, testing in seen)
    assert sorted(tested) == list(range(60))


def test_held_out_probabilities_have_not_seen_the_document() -> None:
    """A word that only one document has cannot help there, though it separates the labels."""
    texts = [f"{name}{name}{tail}" for name in "甲乙丙丁戊己庚辛" for tail in "一二三四"]
    labels = [label for label in "ab" * 4 for _ in range(4)]
    doc_ids = [place // 4 for place in range(32)]
    columns = np.array([label == "b" for label in labels], int)
    sure = {}
    for name, documents in (("whole", doc_ids), ("torn", None)):
        classifier = PolicyClassifier(words=None, min_df=1, persistence=0.0)
        held_out = classifier.fit(texts, labels, doc_ids=documents).held_out_
        assert held_out is not None
        sure[name] = held_out[np.arange(32), columns].mean()
    assert sure["whole"] < 0.6
    assert sure["torn"] > 0.9


def test_further_labels_in_an_array(tiny_corpus: Corpus) -> None:
    """As a column of a table is one."""
    given = (tiny_corpus.texts, tiny_corpus.primaries)
    further = [("talent",) if place % 2 else () for place in range(len(tiny_corpus))]
    array: Any = np.array(further, object)
    classifier = PolicyClassifier(**SMALL).fit(*given, further=array)
    same = PolicyClassifier(**SMALL).fit(*given, further=further)
    assert classifier.rule_ == same.rule_


def test_rare_label_of_one_segment(tiny_corpus: Corpus) -> None:
    """A label that some folds cannot train on is learned all the same."""
    texts = [*tiny_corpus.texts, "海关验放跨境电商包裹。"]
    labels = [*tiny_corpus.primaries, "opening_up"]
    doc_ids = [*tiny_corpus.doc_ids, "海关"]
    classifier = PolicyClassifier(min_df=1).fit(texts, labels, doc_ids=doc_ids)
    assert classifier.predict(["跨境电商包裹。"]).tolist() == ["opening_up"]
    assert classifier.held_out_ is not None
    assert classifier.held_out_.shape == (61, 5)
    np.testing.assert_allclose(classifier.held_out_.sum(axis=1), 1.0)


def test_two_documents() -> None:
    """Two documents make two folds."""
    classifier = PolicyClassifier(min_df=1).fit(FOUR, list("abab"), doc_ids=[1, 1, 2, 2])
    assert classifier.held_out_ is not None
    assert classifier.calibration_.n == 4


@pytest.mark.parametrize("doc_ids", [[1, 1, 1, 1], [1, 1, 2, 2]])
def test_nothing_can_be_held_out(doc_ids: list[int]) -> None:
    """With one document, or one label left in every fold, it goes without calibration."""
    classifier = PolicyClassifier(min_df=1).fit(FOUR, list("aabb"), doc_ids=doc_ids)
    assert classifier.held_out_ is None
    assert classifier.calibration_.slope == 1.0
    assert classifier.decide(["招商引资"])[0].labels == ("a",)


def test_fewer_segments_than_folds() -> None:
    """Three segments are held out one by one."""
    classifier = PolicyClassifier(min_df=1, calibration_folds=9).fit(FOUR[1:], list("aab"))
    assert classifier.calibration_.n == 2  # without the only b, one label is left
    assert classifier.predict(["审批流程"]).tolist() == ["b"]


def test_further_labels_lower_thresholds(tiny_corpus: Corpus) -> None:
    """Further labels change thresholds and nothing else; labels never primary are passed over."""
    texts, labels = tiny_corpus.texts, tiny_corpus.primaries
    further = [["finance", "never primary"] if label != "finance" else [] for label in labels]
    without, given_them = (
        PolicyClassifier(min_df=1).fit(texts, labels, further=beside) for beside in (None, further)
    )
    column = without.classes_.tolist().index("finance")
    assert given_them.rule_.further[column] < without.rule_.further[column]
    np.testing.assert_array_equal(
        without.decision_function(texts), given_them.decision_function(texts)
    )


# --- The plain pipeline ------------------------------------------------------------------------


@pytest.mark.parametrize("blocks", BLOCKS)
def test_plain_pipeline_scores_the_same(tiny_corpus: Corpus, lexicon: Lexicon, blocks: str) -> None:
    """scikit-learn's own vectorizers and LinearSVC give the estimator's scores."""
    classifier = PolicyClassifier(**SMALL, **BLOCKS[blocks], lexicon=lexicon)
    classifier.fit(tiny_corpus.texts, tiny_corpus.primaries)
    pipeline = classifier.pipeline_
    assert type(pipeline) is Pipeline
    np.testing.assert_allclose(
        pipeline.decision_function(tiny_corpus.texts),
        classifier.decision_function(tiny_corpus.texts),
        atol=1e-6,
    )
    np.testing.assert_array_equal(
        pipeline.predict(tiny_corpus.texts), classifier.predict(tiny_corpus.texts)
    )


@settings(deadline=None, max_examples=100)
@given(texts=st.lists(document_text, min_size=1, max_size=4))
def test_plain_pipeline_scores_any_text_the_same(
    fitted: PolicyClassifier, texts: list[str]
) -> None:
    """Whatever the text, the two agree to a millionth."""
    np.testing.assert_allclose(
        fitted.pipeline_.decision_function(texts), fitted.decision_function(texts), atol=1e-6
    )


def test_plain_pipeline_takes_segments(fitted: PolicyClassifier, tiny_corpus: Corpus) -> None:
    """With segments, the plain pipeline uses their context as the estimator does."""
    segments = tiny_corpus.segments()
    np.testing.assert_allclose(
        fitted.pipeline_.decision_function(segments),
        fitted.decision_function(segments),
        atol=1e-6,
    )


def test_plain_pipeline_of_two_labels(binary: PolicyClassifier, tiny_corpus: Corpus) -> None:
    """With two labels it has one score, as scikit-learn has it."""
    scores = binary.pipeline_.decision_function(tiny_corpus.texts)
    assert scores.shape == (60,)
    np.testing.assert_allclose(scores, binary.decision_function(tiny_corpus.texts), atol=1e-6)


def test_plain_pipeline_without_an_empty_block() -> None:
    """A block that learned nothing is left out, since no vectorizer can be empty."""
    classifier = PolicyClassifier(min_df=1, words=(2, 2)).fit(list("甲乙甲乙"), list("abab"))
    assert [block.n_columns for block in classifier.model_.blocks] == [2, 0]
    assert classifier.pipeline_.predict(["甲"]).tolist() == ["a"]


def test_plain_pipeline_pickles(fitted: PolicyClassifier, tiny_corpus: Corpus) -> None:
    """Pickled and loaded, the plain pipeline predicts the same."""
    pipeline = fitted.pipeline_
    copy = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(
        copy.decision_function(tiny_corpus.texts), pipeline.decision_function(tiny_corpus.texts)
    )


# --- What is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("全力招商引资", "Needs a list of texts. Got one text"),
        (b"abcd", "Needs texts or segments. Got int at place 0"),
        ([*FOUR[:3], None], "Needs texts or segments. Got NoneType at place 3"),
        ([*FOUR[:3], b"abc"], "Needs texts or segments. Got bytes at place 3: b'abc'"),
        ([*FOUR[:3], 1.5], "Got float at place 3"),
        ([[text] for text in FOUR], "Got list at place 0"),
        ([*FOUR[:3], Segment("招商")], "Needs either texts or segments. Got both"),
    ],
)
def test_wrong_texts(texts: Any, message: str) -> None:
    """What is no list of texts is refused, naming what and where."""
    with pytest.raises(InputError, match=message):
        PolicyClassifier(**SMALL).fit(texts, list("aabb"))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (list("aaaa"), "one label only, .*'a'.*: a classifier needs at least two"),
        (list("aab"), "X has 4 segments and y 3 labels"),
        ([["a"], ["a"], ["b"], ["b"]], "one label a segment. Got an array of 2 dimensions"),
        ("aabb", "one label a segment. Got an array of 0 dimensions"),
        (None, "one label a segment. Got an array of 0 dimensions"),
        ([None, None, "a", "b"], "y must have labels, texts or whole numbers"),
        ([0.5, 1.5, 2.5, 0.5], "y must have labels, texts or whole numbers"),
        (["a", None, "b", "b"], "y must have labels, texts or whole numbers"),
        (np.array(["a", np.nan, "b", "b"], object), "y must have labels, texts or whole numbers"),
        (np.array(["a", 1, "b", "b"], object), "y must have labels, texts or whole numbers"),
        ([b"a", b"a", b"b", b"b"], "y must have labels, texts or whole numbers"),
    ],
)
def test_wrong_labels(labels: Any, message: str) -> None:
    """Labels that do not fit the texts, or do not differ, are refused."""
    with pytest.raises(InputError, match=message):
        PolicyClassifier(**SMALL).fit(FOUR, labels)


def test_nothing_to_learn_from() -> None:
    """Empty data are refused."""
    with pytest.raises(InputError, match="X is empty"):
        PolicyClassifier().fit([], [])


@pytest.mark.parametrize(
    "doc_ids",
    [iter([1, 1, 2, 2]), (n for n in range(4)), 5],
    ids=["iterator", "generator", "number"],
)
def test_doc_ids_that_cannot_be_gone_through_twice(doc_ids: Any, binary: PolicyClassifier) -> None:
    for call in (
        lambda: PolicyClassifier(**SMALL).fit(FOUR, list("aabb"), doc_ids=doc_ids),
        lambda: binary.predict(FOUR, doc_ids=doc_ids),
    ):
        with pytest.raises(InputError, match=r"doc_ids must be a list or an array\. Got"):
            call()


def test_no_feature_is_left() -> None:
    """Texts without an n-gram in common are too little, and the error says what to do."""
    with pytest.raises(InputError, match=r"No feature occurs in 9 texts or more\. Lower 'min_df'"):
        PolicyClassifier(min_df=9).fit(FOUR, list("aabb"))


@pytest.mark.parametrize(
    ("given_with_it", "message"),
    [
        ({"doc_ids": [1, 2]}, "There are 4 texts and 2 doc_ids"),
        ({"further": [["b"]]}, "X has 4 segments and further 1 entries"),
        ({"unlabelled": (["c"], [])}, "There are 1 unlabelled texts and 0 labels"),
        ({"unlabelled": (["c"], ["z"])}, "y has no label 'z', which an unlabelled text has"),
    ],
)
def test_lengths_must_agree(given_with_it: dict[str, Any], message: str) -> None:
    """A document or a list of further labels too few is refused."""
    with pytest.raises(InputError, match=message):
        PolicyClassifier(**SMALL).fit(FOUR, list("aabb"), **given_with_it)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("characters", 3),
        ("characters", (0, 2)),
        ("characters", (3, 2)),
        ("characters", (1, 5)),
        ("characters", (1, 2, 3)),
        ("characters", (1.0, 2.5)),
        ("words", ("1", "2")),
        ("words", "12"),
        ("lexicon", "lexicon.tsv"),
        ("context", "previous"),
        ("context", ("next",)),
        ("context", None),
        ("lexicon_scale", -0.3),
        ("context_scale", "0.1"),
        ("persistence", 1.0),
        ("persistence", -0.1),
        ("min_df", 0),
        ("min_df", 0.5),
        ("max_features", 0),
        ("max_features", "many"),
        ("C", 0),
        ("C", -1.0),
        ("C", float("nan")),
        ("C", None),
        ("class_weight", "equal"),
        ("C", math.inf),
        ("lexicon_scale", math.inf),
        ("context_scale", math.inf),
        ("term_weight", math.inf),
        ("evenness", math.inf),
        ("pseudo_weight", math.inf),
        ("class_weight", {"z": 2.0}),
        ("class_weight", {"a": -1}),
        ("class_weight", {"a": math.inf}),
        ("class_weight", {"a": "2"}),
        ("random_state", -1),
        ("random_state", 2**32),
        ("random_state", 0.5),
        ("calibration_folds", 1),
        ("calibration_folds", 2.5),
    ],
)
def test_bad_parameters(name: str, value: Any) -> None:
    """Each bad parameter is refused at ``fit``, by name and with its value."""
    classifier = PolicyClassifier(**{**SMALL, name: value})
    with pytest.raises(InputError) as refusal:
        classifier.fit(FOUR, list("aabb"))
    shown = "'z'" if value == {"z": 2.0} else repr(value)
    assert f"The '{name}' parameter of PolicyClassifier must" in str(refusal.value)
    assert f"Got {shown} instead" in str(refusal.value)


def test_bad_parameters_are_only_stored_by_init() -> None:
    """As scikit-learn has it, ``__init__`` stores and does not judge."""
    assert PolicyClassifier(C=-1).C == -1


def test_many_labels_are_labels() -> None:
    """scikit-learn's doubts, at every fold, reach nobody: warnings are errors in tests."""
    texts = [f"讲{what}" for what in "招商引资优化营环境项目建设人才生态财政金融改革开放"]
    classifier = PolicyClassifier().fit(texts, texts)
    assert len(classifier.classes_) == len(texts)


# --- Reviews -----------------------------------------------------------------------------------


def test_labels_before_a_review_are_calibrated_on_not_learned(tiny_corpus: Corpus) -> None:
    """The weights are those of the reviewed labels, confidence and thresholds of the others."""
    given: dict[str, Any] = {"doc_ids": tiny_corpus.doc_ids}
    reviewed = (tiny_corpus.texts, tiny_corpus.primaries)
    names = sorted(set(tiny_corpus.primaries))
    before = [(names[n % len(names)],) for n in range(len(tiny_corpus))]  # as good as drawn
    plain = PolicyClassifier(min_df=1).fit(*reviewed, **given)
    doubted = PolicyClassifier(min_df=1).fit(*reviewed, before_review=before, **given)
    for mine, other in zip(plain.model_.weights, doubted.model_.weights, strict=True):
        np.testing.assert_array_equal(mine, other)
    sure, unsure = (c.predict_proba(*reviewed[:1], **given).max(axis=1) for c in (plain, doubted))
    assert unsure.mean() < sure.mean() - 0.2
    same = PolicyClassifier(min_df=1).fit(*reviewed, before_review=tiny_corpus.labels, **given)
    np.testing.assert_array_equal(same.predict_proba(*reviewed[:1], **given).max(axis=1), sure)


def test_thresholds_are_of_the_further_labels_before_a_review(tiny_corpus: Corpus) -> None:
    names = sorted(set(tiny_corpus.primaries))
    further = [(names[n % 2],) if n % 3 else () for n in range(len(tiny_corpus))]
    rows = [
        (label, *(other for other in others if other != label))
        for label, others in zip(tiny_corpus.primaries, further, strict=True)
    ]
    given: dict[str, Any] = {"doc_ids": tiny_corpus.doc_ids}
    with_further, without = (
        PolicyClassifier(min_df=1)
        .fit(tiny_corpus.texts, tiny_corpus.primaries, before_review=before, **given)
        .rule_.further
        for before in (rows, [row[:1] for row in rows])
    )
    assert with_further != without


@pytest.mark.parametrize("solver", ["liblinear", "sgd"])
def test_unlabelled_segments_beside_labels_before_a_review(
    tiny_corpus: Corpus, solver: Solver
) -> None:
    """They have none, and need none."""
    classifier = PolicyClassifier(min_df=1, persistence=None, solver=solver)
    classifier.fit(
        tiny_corpus.texts,
        tiny_corpus.primaries,
        doc_ids=tiny_corpus.doc_ids,
        before_review=[[label] for label in tiny_corpus.primaries],
        unlabelled=(["引进人才。"], ["talent"]),
    )
    assert (classifier.predict(tiny_corpus.texts) == tiny_corpus.primaries).mean() > 0.9


@pytest.mark.parametrize("entry", ["a", None, (), ("c",), ["c", "a"]], ids=repr)
def test_labels_before_a_review_are_lists_that_begin_with_one_of_y(entry: Any) -> None:
    """Labels that were renamed since have to be put right first, or left as they are now."""
    given = (["引才", "贷款"], ["a", "b"])
    with pytest.raises(InputError, match=r"a list of labels .* begins with one of y\. Got"):
        PolicyClassifier(min_df=1).fit(*given, before_review=[entry, ("b",)])


def test_labels_before_a_review_are_one_entry_a_segment() -> None:
    with pytest.raises(InputError, match="X has 2 segments and before_review 1 entries"):
        PolicyClassifier(min_df=1).fit(["引才", "贷款"], ["a", "b"], before_review=[("a",)])
