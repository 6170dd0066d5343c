"""Labelled sentences become a model, the same one every time."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from policyclf import resources
from policyclf.card import methods_paragraph
from policyclf.codebook import LANGUAGES
from policyclf.corpus import Corpus, LabelledSegment
from policyclf.documents import Document
from policyclf.evaluation import costliest_errors
from policyclf.exceptions import CodebookError, CorpusError, LexiconError, ModelError
from policyclf.features import Segment
from policyclf.labeling import Labeler, load
from policyclf.lexicon import Lexicon
from policyclf.posterior import AS_IT_IS
from policyclf.training import (
    TrainingData,
    evaluate_labeler,
    label_gold,
    sure_labels,
    train,
    words_behind,
)

BENCH = Path(__file__).parents[2] / "shared" / "bench"
ROWS = [
    {"text": text, "label": label, "doc_id": doc_id}
    for doc_id, sentences in tiny.SENTENCES.items()
    for label, text in sentences
]


def write_jsonl(path: Path) -> None:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
    path.write_text("".join(lines), encoding="utf-8")


def write_separated(path: Path, delimiter: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["text", "label", "doc_id"], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Lay out a folder like ``labels/``."""
    (tmp_path / "labels" / "corpus").mkdir(parents=True)
    write_jsonl(tmp_path / "labels" / "corpus" / "all.jsonl")
    (tmp_path / "labels" / "codebook.toml").write_text(tiny.CODEBOOK, encoding="utf-8")
    terms = Lexicon.from_rows(tiny.TERMS).to_tsv()
    (tmp_path / "labels" / "lexicon.tsv").write_text(terms, encoding="utf-8")
    return tmp_path / "labels"


# --- Reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("data.jsonl", write_jsonl),
        ("data.csv", lambda path: write_separated(path, ",")),
        ("data.tsv", lambda path: write_separated(path, "\t")),
    ],
)
def test_tables(
    tmp_path: Path, tiny_corpus: Corpus, name: str, write: Callable[[Path], None]
) -> None:
    """A CSV, TSV or JSON Lines file gives the corpus alone."""
    write(tmp_path / name)
    data = TrainingData.from_path(tmp_path / name)
    assert data.corpus.digest() == tiny_corpus.digest()
    assert data.codebook is None
    assert data.lexicon is None


def test_folder_like_labels(folder: Path, tiny_data: TrainingData) -> None:
    """A folder gives corpus, codebook and lexicon."""
    data = TrainingData.from_path(folder)
    assert data.corpus.digest() == tiny_data.corpus.digest()
    assert data.codebook == tiny_data.codebook
    assert data.lexicon == tiny_data.lexicon


def test_folder_without_codebook_and_lexicon(folder: Path) -> None:
    """A folder needs a corpus only."""
    (folder / "codebook.toml").unlink()
    (folder / "lexicon.tsv").unlink()
    data = TrainingData.from_path(folder)
    assert (len(data.corpus), data.codebook, data.lexicon) == (60, None, None)


def test_named_files_come_before_the_folders(folder: Path, tmp_path: Path) -> None:
    """A lexicon that is named is taken instead of the folder's."""
    other = tmp_path / "other.tsv"
    other.write_text("label\tterm\tweight\ntalent\t人才\t3\n", encoding="utf-8")
    data = TrainingData.from_path(folder, lexicon=other)
    assert data.lexicon == Lexicon.from_rows([("talent", "人才", 3)])


def test_table_with_codebook_and_lexicon(folder: Path) -> None:
    """A table takes a codebook and a lexicon beside it."""
    data = TrainingData.from_path(
        folder / "corpus" / "all.jsonl",
        codebook=folder / "codebook.toml",
        lexicon=folder / "lexicon.tsv",
    )
    assert data.codebook is not None
    assert data.lexicon is not None


def test_named_columns(tmp_path: Path) -> None:
    """Columns of any name serve if they are named."""
    path = tmp_path / "data.csv"
    path.write_text("评论,打分\n很好。,好\n很差。,差\n", encoding="utf-8")
    corpus = TrainingData.from_path(path, text_column="评论", label_column="打分").corpus
    assert corpus.primaries == ["好", "差"]
    with pytest.raises(CorpusError, match="--text-column"):
        TrainingData.from_path(path)


def test_a_folder_has_its_own_names_of_columns(folder: Path) -> None:
    """Whatever those of the gold beside it are."""
    data = TrainingData.from_path(folder, text_column="评论", label_column="打分")
    assert len(data.corpus) == 60


def test_repeats_are_an_error_in_a_folder_only(folder: Path) -> None:
    """A text that stands twice is an error in a corpus, a warning or nothing in a table."""
    path = folder / "corpus" / "all.jsonl"
    path.write_text(path.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(CorpusError, match="stands at"):
        TrainingData.from_path(folder)
    assert len(TrainingData.from_path(path).corpus) == 120


def test_lexicon_and_codebook_must_agree(folder: Path) -> None:
    """A lexicon's label that the codebook lacks is named."""
    with (folder / "lexicon.tsv").open("a", encoding="utf-8") as stream:
        stream.write("tourism\t景区\t3\n")
    with pytest.raises(CorpusError, match=r"lexicon\.tsv: the codebook has no label 'tourism'"):
        TrainingData.from_path(folder)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("codebook.toml", "name = ", CodebookError),
        ("lexicon.tsv", "term\n", LexiconError),
        ("corpus/all.jsonl", '{"text": "甲", "label": "tourism"}', CorpusError),
        ("corpus/all.jsonl", "", CorpusError),
    ],
)
def test_broken_files(folder: Path, name: str, content: str, error: type[Exception]) -> None:
    """A malformed file is named."""
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(error, match=name.split("/", maxsplit=1)[0]):
        TrainingData.from_path(folder)


def test_missing_path(tmp_path: Path) -> None:
    """A missing file is named."""
    with pytest.raises(CorpusError, match=r"nothing\.csv: cannot be read"):
        TrainingData.from_path(tmp_path / "nothing.csv")


# --- Training ----------------------------------------------------------------------------------


def test_blocks_of_features(tiny_data: TrainingData) -> None:
    """Characters always, a lexicon where there is one, words if they are asked for."""
    alone = TrainingData(tiny_data.corpus)
    found = [
        [block.name for block in labeler.bundle.model.blocks]
        for labeler in (
            train(alone, min_df=1),
            train(tiny_data, min_df=1),
            train(tiny_data, words=(1, 1), min_df=1),
        )
    ]
    assert found == [
        ["characters"],
        ["characters", "lexicon"],
        ["characters", "words", "lexicon"],
    ]


def test_provenance_says_what_it_was_made_from(
    tiny_labeler: Labeler, tiny_data: TrainingData
) -> None:
    """Counts, hashes, parameters and versions are kept."""
    made = tiny_labeler.bundle.provenance
    assert tiny_data.codebook is not None
    assert tiny_data.lexicon is not None
    assert (made["n_segments"], made["n_documents"]) == (60, 8)
    assert sum(made["label_counts"].values()) == 60
    assert made["corpus_sha256"] == tiny_data.corpus.digest()
    assert made["codebook_sha256"] == tiny_data.codebook.digest()
    assert made["lexicon_sha256"] == tiny_data.lexicon.digest()
    assert made["parameters"]["min_df"] == 1
    assert set(made["versions"]) >= {"numpy", "scikit-learn"}


def test_a_number_that_is_no_year_is_none(tiny_corpus: Corpus) -> None:
    years = ["2019", "2021", "9" * 5000]
    rows = tuple(
        replace(row, metadata={"year": years[place % 3]})
        for place, row in enumerate(tiny_corpus.rows)
    )
    made = train(TrainingData(Corpus(rows))).bundle.provenance
    assert made["kinds"]["years"] == [2019, 2021]


def test_parameters_of_numpys_types_are_kept(tiny_data: TrainingData, tmp_path: Path) -> None:
    """As a grid search over an array gives them; a model is saved with them all the same."""
    given: dict[str, Any] = {
        "min_df": np.int64(1),
        "random_state": np.int64(1),
        "C": np.float32(0.5),
        "evenness": np.float32(8),
        "lexicon_scale": np.float32(0.25),
        "class_weight": {"talent": np.float64(2)},
        "characters": (np.int64(1), np.int64(2)),
    }
    train(tiny_data, **given).save(tmp_path / "model")
    kept = load(tmp_path / "model").bundle.provenance["parameters"]
    assert {name: kept[name] for name in given} == {**given, "characters": [1, 2]}


def test_held_out_figures_are_honest(tiny_labeler: Labeler, tiny_corpus: Corpus) -> None:
    """Cross-validated figures are over chance and under those on the training texts."""
    held_out = tiny_labeler.bundle.metrics["held_out"]["model"]["accuracy"]["value"]
    seen = evaluate_labeler(tiny_labeler, tiny_corpus)[0].accuracy.value
    assert 0.5 < held_out < seen


def test_no_held_out_figures_of_one_document(tiny_corpus: Corpus) -> None:
    """Where nothing can be held out, there are no figures, and the card does without."""
    rows = (LabelledSegment(row.text, row.labels, "one") for row in tiny_corpus.rows)
    bundle = train(TrainingData(Corpus(tuple(rows))), min_df=1).bundle
    assert bundle.metrics == {}
    assert "cross-validated" not in bundle.card


def test_gold_is_measured_and_not_learned(tiny_data: TrainingData) -> None:
    """Gold changes figures and card; weights, slope and thresholds stay."""
    gold = Corpus(tiny_data.corpus.rows[:16])
    with_gold, without = (train(tiny_data, gold=g, min_df=1).bundle for g in (gold, None))
    assert set(with_gold.metrics["gold"]) == {"what", "model", "dictionary", "majority"}
    assert "gold" not in without.metrics
    different = {name for name in without.files if without.files[name] != with_gold.files[name]}
    assert different == {"manifest.json", "metrics.json", "README.md"}
    assert with_gold.rule == without.rule


def test_figures_and_confidence_go_by_the_labels_before_a_review(tiny_data: TrainingData) -> None:
    """On labels that a model has had changed it is right more often than elsewhere."""
    rows = tiny_data.corpus.rows
    wrong = {"talent": "finance", "finance": "talent"}
    reviewed = Corpus(
        tuple(
            replace(row, before_review=(wrong[row.label],)) if row.label in wrong else row
            for row in rows
        )
    )
    plain = train(tiny_data, min_df=1).bundle
    bundle = train(replace(tiny_data, corpus=reviewed), min_df=1).bundle
    figures = [b.metrics["held_out"]["model"]["accuracy"]["value"] for b in (plain, bundle)]
    assert figures[1] < figures[0] - 0.3
    n = sum(row.label in wrong for row in rows)
    assert (plain.provenance["n_reviewed"], bundle.provenance["n_reviewed"]) == (0, n)
    assert f"A review of segments that a model pointed to changed the labels of {n}." in bundle.card
    assert "A review" not in plain.card
    english, chinese = (methods_paragraph(bundle, language) for language in LANGUAGES)
    assert f"of segments that a model pointed to, which changed {n} of them" in english
    assert f"训练所用的标签经复核改动了 {n} 个。" in chinese
    assert "review" not in methods_paragraph(plain)
    assert "复核" not in methods_paragraph(plain, "zh")
    for mine, other in zip(plain.model.weights, bundle.model.weights, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_unlabelled_documents_teach_their_words(tiny_data: TrainingData) -> None:
    """What stands beside known words in unlabelled documents is learned."""
    page = "为新引进人才提供安家补贴，揽月工程。\n引进高层次人才，揽月工程。\n"
    page += "建设人才公寓，揽月工程。\n"
    document = Document.from_bytes(page.encode())
    plain, taught = train(tiny_data), train(tiny_data, unlabelled=[document], pseudo_weight=1.0)
    segments, labels = sure_labels(plain, [document])
    assert set(labels) == {"talent"}
    assert taught.bundle.provenance["n_unlabelled"] == len(segments) == 3
    column = plain.labels.index("talent")
    before, after = (x.bundle.model.scores([Segment("揽月工程")])[0] for x in (plain, taught))
    assert after[column] > before[column]
    assert after.argmax() == column
    # The corpus alone is calibrated on.
    assert taught.bundle.calibration.n == plain.bundle.calibration.n


def test_guesses_of_coded_sentences_do_not_come_back(tiny_data: TrainingData) -> None:
    """What a model makes of a sentence that it was taught must not help when that is held out."""
    page = "\n".join(tiny_data.corpus.texts)
    plain, taught = (
        train(tiny_data),
        train(tiny_data, unlabelled=[Document.from_bytes(page.encode())]),
    )
    assert sure_labels(plain, [Document.from_bytes(page.encode())])[1]
    assert taught.bundle.provenance["n_unlabelled"] == 0
    assert taught.bundle.metrics == plain.bundle.metrics


def test_gaps_part_the_training_documents(tiny_data: TrainingData) -> None:
    """Confidence is learned from neighbours only where segments follow one another."""
    whole, gaps = (
        Corpus(tuple(replace(row, place=step * n) for n, row in enumerate(tiny_data.corpus.rows)))
        for step in (1, 2)
    )
    beside, apart = (train(replace(tiny_data, corpus=corpus), min_df=1) for corpus in (whole, gaps))
    assert apart.bundle.document != beside.bundle.document
    assert apart.bundle.document.map == apart.bundle.alone.map


def test_unsure_sentences_are_not_learned_from(tiny_labeler: Labeler) -> None:
    """A document of which the model knows nothing teaches nothing."""
    document = Document.from_bytes("甲乙丙丁戊己庚辛。\n".encode())
    assert sure_labels(tiny_labeler, [document]) == ([], [])


def test_words_behind_an_error(tiny_labeler: Labeler) -> None:
    """Names the words that speak for the label given, and what they add over gold's."""
    rows = (
        LabelledSegment("引进高层次人才。", ("ecology",), "d"),
        LabelledSegment("引进高层次人才。", ("unheard-of",), "e"),
    )
    gold = Corpus(rows)
    labelling = label_gold(tiny_labeler, gold)[0]
    errors = costliest_errors(labelling, gold)
    words = words_behind(tiny_labeler, gold, errors)
    of_row = {error.row: found for error, found in zip(errors, words, strict=True)}
    assert of_row[1] == []  # the model has no such label
    assert any("人才" in word and value > 0 for word, value in of_row[0])
    assert [abs(value) for _, value in of_row[0]] == sorted(
        (abs(value) for _, value in of_row[0]), reverse=True
    )
    model = tiny_labeler.bundle.model
    scores = dict(zip(model.labels, model.scores([Segment(rows[0].text)])[0], strict=True))
    bare = dict(zip(model.labels, model.intercept, strict=True))
    every = words_behind(tiny_labeler, gold, errors[:1], most=99)[0]
    gap = (scores["talent"] - bare["talent"]) - (scores["ecology"] - bare["ecology"])
    assert sum(value for _, value in every) == pytest.approx(gap, abs=1e-3)


def test_evaluate_labeler_by_hand(tiny_labeler: Labeler) -> None:
    """Model, dictionary and majority are measured on the same segments."""
    gold = Corpus(
        (
            LabelledSegment("企业贷款难。", ("finance",), "a"),
            LabelledSegment("吸引人才。", ("talent",), "a"),
            LabelledSegment("天气晴朗。", ("ecology",), "b"),
            LabelledSegment("海归落户。", ("talent",), "b"),
        )
    )
    model, dictionary, majority = evaluate_labeler(tiny_labeler, gold)
    assert [result.name for result in (model, dictionary, majority)] == [
        "model",
        "dictionary",
        "majority",
    ]
    assert dictionary.accuracy.value == 0.75  # terms twice; else talent, the most frequent
    assert majority.accuracy.value == 0.5
    assert model.calibration_error is not None
    assert dictionary.calibration_error is majority.calibration_error is None


def test_model_without_lexicon_has_no_dictionary(tiny_corpus: Corpus) -> None:
    """Without a lexicon there is no dictionary to beat."""
    labeler = train(TrainingData(tiny_corpus), min_df=1)
    assert [result.name for result in evaluate_labeler(labeler, tiny_corpus)] == [
        "model",
        "majority",
    ]


def test_gaps_in_gold_part_its_documents(tiny_labeler: Labeler) -> None:
    """Segments that do not follow one another in their document are no neighbours."""

    def confidence(*places: int) -> float:
        texts = ("扩大贷款规模。", "要认真抓好落实。")
        rows = zip(texts, places, strict=True)
        gold = Corpus(tuple(LabelledSegment(t, ("finance",), "d", place=p) for t, p in rows))
        ids = gold.stretches()
        return float(tiny_labeler.predict_proba(gold.segments(), doc_ids=ids)[1].max())

    alone = tiny_labeler.predict_proba(["要认真抓好落实。"])[0].max()
    assert confidence(1, 9) == pytest.approx(alone)
    assert confidence(1, 2) != pytest.approx(alone)


# --- The shipped model and public sets ---------------------------------------------------------


@pytest.fixture(scope="module")
def retrained(labels_folder: Path) -> tuple[TrainingData, Labeler]:
    data = TrainingData.from_path(labels_folder)
    return data, train(data)


def test_shipped_model_is_reproduced(
    shipped: Labeler, retrained: tuple[TrainingData, Labeler]
) -> None:
    """Trained on ``labels/`` with default parameters, the shipped model comes out."""
    data, labeler = retrained
    made, remade = shipped.bundle.provenance, labeler.bundle.provenance
    for key in ("corpus_sha256", "lexicon_sha256", "codebook_sha256", "parameters"):
        assert json.loads(json.dumps(remade[key])) == made[key], (
            f"{resources.MODEL} is out of date: its {key} is not that of labels/ and the library. "
            "Run `make model`."
        )
    segments, doc_ids = data.corpus.segments(), data.corpus.doc_ids
    for ids in (None, doc_ids):
        if shipped.bundle.document.conformity is None:  # of format 1: without a last step
            assert labeler.bundle.calibration == shipped.bundle.calibration
            assert labeler.bundle.chain == shipped.bundle.chain
            labeler = Labeler(replace(labeler.bundle, alone=AS_IT_IS, document=AS_IT_IS))
        expected = shipped.predict_proba(segments, doc_ids=ids)
        found = labeler.predict_proba(segments, doc_ids=ids)
        np.testing.assert_array_equal(found.argmax(axis=1), expected.argmax(axis=1))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_shipped_model_beats_the_dictionary_on_gold(shipped: Labeler) -> None:
    """The figures on real text that it carries show model over dictionary over majority."""
    if "gold" not in shipped.bundle.metrics:
        pytest.skip("the shipped model was trained where no real text was at hand")
    gold = shipped.bundle.metrics["gold"]
    values = [gold[name]["macro_f1"]["value"] for name in ("model", "dictionary", "majority")]
    assert values == sorted(values, reverse=True)
    assert values[0] > values[1] + 0.05


@pytest.mark.skipif(not BENCH.exists(), reason="the public sets are not at hand")
def test_other_peoples_task() -> None:
    """Fifteen news categories from 1,185 headlines, with nothing tuned to them.

    Measured: 0.430. The bound leaves room for other versions of the libraries.
    """
    folder = BENCH / "tnews_fewclue"
    data = TrainingData.from_path(folder / "train_few_all.json", label_column="label_desc")
    test = Corpus.from_path(folder / "test_public.json", label_column="label_desc")
    right = np.array(train(data).predict(test.texts)) == np.array(test.primaries)
    assert right.mean() > 0.42


def test_resources_are_named_if_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A broken installation says what it lacks; a wheel's own folder comes first."""
    package = tmp_path / "site" / "policyclf"
    package.mkdir(parents=True)
    monkeypatch.setattr(resources, "__file__", str(package / "resources.py"))
    with pytest.raises(ValueError, match=r"codebook\.toml is missing from the installation"):
        resources.shipped(resources.CODEBOOK)
    for top in (package.parent, package):
        shutil.copytree(Path(__file__).parents[1] / "labels", top / "labels", dirs_exist_ok=True)
        assert resources.shipped(resources.CODEBOOK) == top / resources.CODEBOOK


def test_baselines_need_to_know_how_frequent_labels_were(
    tiny_labeler: Labeler, tiny_corpus: Corpus
) -> None:
    """A model that does not say so is measured with an error, not a traceback."""
    silent = Labeler(replace(tiny_labeler.bundle, provenance={}))
    with pytest.raises(ModelError, match="how many training segments"):
        evaluate_labeler(silent, tiny_corpus)
