"""Documents become labelled sentences, and models come back only if they are ours."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import LinearSVC

import policyclf
from policyclf import Document, Segment, segment
from policyclf.corpus import Corpus
from policyclf.exceptions import InputError, ModelError, OutputError, UntrustedModelError
from policyclf.labeling import Labeler, from_bundle, load
from policyclf.spans import UNITS, Unit
from policyclf.training import TrainingData, train
from strategies import document_text

TEXTS = ["加大人才引进力度。", "扩大贷款规模。", "要认真抓好落实。", ""]
VAGUE = "要认真抓好落实。"
REPORT = "工作报告\n\n一、人才工作\n　　全区引进高层次人才；发放安家补贴。\n　　扩大贷款规模。\n"


def python(code: str, *arguments: object) -> str:
    """Run some Python in a process of its own, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    return done.stdout


# --- Labelling ---------------------------------------------------------------------------------


def test_label_by_hand(tiny_labeler: Labeler) -> None:
    """Every segment of a document has its place, what it stands under, and its label."""
    found = tiny_labeler.label(REPORT)
    assert [(s.kind, s.text) for s in found] == [
        ("heading", "工作报告"),
        ("heading", "一、人才工作"),
        ("sentence", "全区引进高层次人才；发放安家补贴。"),
        ("sentence", "扩大贷款规模。"),
    ]
    assert [s.label for s in found[1:]] == ["talent", "talent", "finance"]
    assert (found[2].heading, found[2].title) == ("一、人才工作", "工作报告")


@settings(deadline=None, max_examples=150)
@given(text=document_text, unit=st.sampled_from(UNITS))
def test_spans_and_labels_of_any_document(tiny_labeler: Labeler, text: str, unit: Unit) -> None:
    """Labelled sentences are the document's segments, with spans into its very text."""
    found = tiny_labeler.label(text, unit=unit)
    segments = segment(text, unit=unit)
    assert [(s.start, s.end, s.text, s.kind) for s in found] == [
        (s.start, s.end, s.text, s.kind) for s in segments
    ]
    last = 0
    for s in found:
        assert text[s.start : s.end] == s.text
        assert last <= s.start < s.end
        last = s.end
        assert set(s.probabilities) == set(tiny_labeler.labels)
        assert sum(s.probabilities.values()) == pytest.approx(1)
        assert s.label == s.labels[0] == max(s.probabilities, key=s.probabilities.__getitem__)
        assert s.confidence == s.probabilities[s.label]


def test_many_documents_are_labelled_as_each(tiny_labeler: Labeler) -> None:
    """Together, documents have no part in each other: labels and probabilities are their own."""
    texts: list[str | Document] = [
        "引进人才。\n发放贷款。",
        "",
        "治理污染。" * 40,
        Document.from_bytes("审批提速。".encode()),
    ]
    together = tiny_labeler.label_many(texts, coverage=0.8)
    apart = [tiny_labeler.label(text, coverage=0.8) for text in texts]
    assert [len(sentences) for sentences in together] == [2, 0, 40, 1]
    for ours, theirs in zip(together, apart, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            assert one.probabilities == pytest.approx(other.probabilities, abs=1e-6)
            assert replace(one, probabilities={}, confidence=0) == replace(
                other, probabilities={}, confidence=0
            )
    assert tiny_labeler.label_many([]) == []


def test_document_is_labelled_as_its_text(tiny_labeler: Labeler) -> None:
    """A document read from bytes of another encoding gives the same as its text."""
    document = Document.from_bytes(REPORT.encode("gb18030"))
    assert tiny_labeler.label(document) == tiny_labeler.label(REPORT)


def test_nothing_to_label(tiny_labeler: Labeler) -> None:
    """An empty document has no sentences."""
    assert tiny_labeler.label("") == tiny_labeler.label(" \n\u3000") == []


def test_unit_clause_cuts_at_semicolons(tiny_labeler: Labeler) -> None:
    """By clause, each part of a sentence is labelled for itself."""
    text = "引进高层次人才；治理大气污染。"
    assert len(tiny_labeler.label(text)) == 1
    clauses = tiny_labeler.label(text, unit="clause")
    assert [(s.text, s.label) for s in clauses] == [
        ("引进高层次人才；", "talent"),
        ("治理大气污染。", "ecology"),
    ]


def test_threshold_marks_unsure_and_changes_no_label(tiny_labeler: Labeler) -> None:
    """With a higher threshold more is unsure; with 0 nothing is; labels stay."""
    none, some, most = (tiny_labeler.label(REPORT + VAGUE, threshold=t) for t in (0, None, 1))
    assert not any(s.unsure for s in none)
    assert all(s.unsure == (s.confidence < 0.5) for s in some)
    assert all(s.unsure == (s.confidence < 1) for s in most)
    assert most[-1].unsure
    assert [s.labels for s in none] == [s.labels for s in some] == [s.labels for s in most]


def test_neighbours_in_a_document_count(tiny_labeler: Labeler) -> None:
    """A vague sentence means more of finance after one on loans than after one on talent."""
    chances = [
        tiny_labeler.label(before + VAGUE)[-1].probabilities["finance"]
        for before in ("扩大贷款规模。", "加大人才引进力度。")
    ]
    assert chances[0] > chances[1]


def test_decide_is_predict_with_more(tiny_labeler: Labeler) -> None:
    """Decisions have the labels that ``predict`` gives, and the confidence of ``predict_proba``."""
    decisions = tiny_labeler.decide(TEXTS, threshold=0.9)
    assert [d.label for d in decisions] == tiny_labeler.predict(TEXTS)
    confidences = tiny_labeler.predict_proba(TEXTS).max(axis=1)
    assert [d.confidence for d in decisions] == confidences.tolist()
    assert [d.unsure for d in decisions] == (confidences < 0.9).tolist()


# --- Batches, documents and context ------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(texts=st.lists(document_text, min_size=1, max_size=6))
def test_batch_is_one_by_one(tiny_labeler: Labeler, texts: list[str]) -> None:
    """Together or one by one, texts have the same probabilities."""
    alone = np.vstack([tiny_labeler.predict_proba([text]) for text in texts])
    np.testing.assert_allclose(tiny_labeler.predict_proba(texts), alone, atol=1e-9)


def test_order_of_documents_does_not_matter(tiny_labeler: Labeler, tiny_corpus: Corpus) -> None:
    """Documents in another order have the same probabilities."""
    documents: dict[str, list[str]] = {}
    for row in tiny_corpus.rows:
        documents.setdefault(row.doc_id, []).append(row.text)
    found = []
    for seed in (1, 2):
        names = sorted(documents)
        np.random.default_rng(seed).shuffle(names)
        texts = [text for name in names for text in documents[name]]
        doc_ids = [name for name in names for _ in documents[name]]
        rows = tiny_labeler.predict_proba(texts, doc_ids=doc_ids).tolist()
        found.append({(d, t): row for d, t, row in zip(doc_ids, texts, rows, strict=True)})
    assert found[0] == found[1]
    assert len(found[0]) == 60


def test_doc_ids_give_context(tiny_labeler: Labeler) -> None:
    """The vague sentence's probabilities change with its neighbour, in its document alone."""
    texts = ["扩大贷款规模。", VAGUE]
    alone, apart, together = (
        tiny_labeler.predict_proba(texts, doc_ids=doc_ids)[1] for doc_ids in (None, "ab", "aa")
    )
    column = tiny_labeler.labels.index("finance")
    np.testing.assert_allclose(alone, apart, rtol=1e-12)
    assert together[column] > alone[column]


def test_segments_bring_their_own_context(tiny_labeler: Labeler) -> None:
    """A segment with a predecessor scores otherwise than its bare text."""
    column = tiny_labeler.labels.index("finance")
    bare, after = tiny_labeler.predict_proba(
        [Segment(VAGUE), Segment(VAGUE, previous="扩大贷款规模。")]
    )[:, column]
    assert after > bare


# --- Names -------------------------------------------------------------------------------------


def test_label_names(tiny_labeler: Labeler) -> None:
    """A label has a name in both languages, and its id."""
    names = [tiny_labeler.label_name("talent", language) for language in ("zh", "en", "id")]
    assert names == ["人才", "Talent", "talent"]


def test_label_names_without_codebook(tiny_data: TrainingData) -> None:
    """Without a codebook the name is the id."""
    labeler = train(TrainingData(tiny_data.corpus), min_df=1)
    assert labeler.codebook is None
    assert labeler.label_name("talent", "zh") == "talent"


def test_shipped_names(shipped: Labeler) -> None:
    """Every label of the shipped model has a name in both languages."""
    for label in shipped.labels:
        assert shipped.label_name(label, "zh") != label
        assert shipped.label_name(label, "en") not in {label, shipped.label_name(label, "zh")}


def test_shipped_model_knows_the_plain_cases(shipped: Labeler) -> None:
    """Sentences that name their field outright are labelled so, in either script."""
    cases = {
        "全力招商引资。": "investment_attraction",
        "全力招商引資。": "investment_attraction",
        "优化营商环境，简化审批流程。": "business_environment",
        "打好污染防治攻坚战。": "ecology",
        "引进高层次人才。": "talent",
        "来源：某某日报　责任编辑：某某": "other",
    }
    assert dict(zip(cases, shipped.predict(list(cases)), strict=True)) == cases


# --- What is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", [None, b"abc", 5, ["a"], Path("a.txt")])
def test_only_text_is_labelled(tiny_labeler: Labeler, text: Any) -> None:
    """Bytes, paths and lists are no document, and the error says what they are."""
    with pytest.raises(InputError, match=f"must be a str. Got {type(text).__name__}"):
        tiny_labeler.label(text)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("人才", "Needs a list of texts. Got one text"),
        (b"abc", "Got int at place 0"),
        (["人才", None], "Got NoneType at place 1"),
        (["人才", b"abc"], "Got bytes at place 1"),
        (["人才", Segment("人才")], "Needs either texts or segments. Got both"),
        ([Segment("甲"), Segment("甲", None)], "'previous' of the segment at place 1 .* Got None"),  # type: ignore[arg-type]
        ([Segment(b"abc")], "'text' of the segment at place 0 must be a text. Got b'abc'"),  # type: ignore[arg-type]
    ],
)
def test_only_lists_of_texts_are_predicted(tiny_labeler: Labeler, texts: Any, message: str) -> None:
    """What is no list of texts is refused by every method, naming what and where."""
    for method in (tiny_labeler.predict, tiny_labeler.predict_proba, tiny_labeler.decide):
        with pytest.raises(InputError, match=message):
            method(texts)


def test_doc_ids_must_be_as_many(tiny_labeler: Labeler) -> None:
    """A document too few is an error."""
    with pytest.raises(InputError, match="There are 2 texts and 1 doc_ids"):
        tiny_labeler.predict(["人才", "贷款"], doc_ids=["a"])


def test_doc_ids_are_gone_through_twice(tiny_labeler: Labeler) -> None:
    """So a generator is refused by every method."""
    methods: list[Callable[..., Any]] = [
        *(tiny_labeler.predict, tiny_labeler.predict_proba, tiny_labeler.decide),
        lambda texts, doc_ids: tiny_labeler.label_sets(texts, doc_ids=doc_ids, coverage=0.8),
    ]
    for method in methods:
        with pytest.raises(
            InputError, match=r"doc_ids must be a list or an array\. Got <generator"
        ):
            method(TEXTS, doc_ids=(place for place in range(len(TEXTS))))


@pytest.mark.parametrize("threshold", [-0.1, 1.5, float("nan"), "0.5", [0.5]])
def test_bad_threshold(tiny_labeler: Labeler, threshold: Any) -> None:
    """A threshold is a probability."""
    with pytest.raises(InputError, match="'threshold' parameter must be a probability") as refusal:
        tiny_labeler.label("人才。", threshold=threshold)
    assert f"Got {threshold!r} instead" in str(refusal.value)


def test_bad_unit(tiny_labeler: Labeler) -> None:
    """A unit is a sentence or a clause."""
    with pytest.raises(InputError, match=r"'unit' parameter .* Got 'word' instead"):
        tiny_labeler.label("人才。", unit="word")  # type: ignore[arg-type]  # the mistake


# --- Saving and loading ------------------------------------------------------------------------

NAMES = ["model", "model.zip", "model.joblib", "model.pkl", "模型.PICKLE"]


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_loaded(tiny_labeler: Labeler, tmp_path: Path, name: str) -> None:
    """From a folder, a zip or a pickle the same model comes back, by its hash too."""
    tiny_labeler.save(tmp_path / name)
    loaded = load(tmp_path / name, sha256=tiny_labeler.bundle.sha256)
    assert loaded.bundle.sha256 == tiny_labeler.bundle.sha256
    assert loaded.label(REPORT) == tiny_labeler.label(REPORT)
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), tiny_labeler.predict_proba(TEXTS))
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_wrong_hash(tiny_labeler: Labeler, tmp_path: Path, name: str) -> None:
    """A model that is not the expected one is refused, however it is packed."""
    tiny_labeler.save(tmp_path / name)
    with pytest.raises(ModelError, match="is another model: its sha256 is"):
        load(tmp_path / name, sha256="00" * 32)


@pytest.mark.parametrize("name", NAMES)
def test_saved_again(tiny_labeler: Labeler, tmp_path: Path, name: str) -> None:
    """Saving over a model replaces it; equal models are equal bytes."""
    tiny_labeler.save(tmp_path / name)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    load(tmp_path / name).save(tmp_path / name)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("name", NAMES)
def test_something_else_is_not_overwritten(
    tiny_labeler: Labeler, tmp_path: Path, name: str
) -> None:
    """A file that is no model of ours, a pickle of other things too, is left as it is."""
    content = pickle.dumps({"results": "of years"})
    (tmp_path / name).write_bytes(content)
    with pytest.raises(OutputError, match="stands there already and is no model"):
        tiny_labeler.save(tmp_path / name)
    assert (tmp_path / name).read_bytes() == content


def test_unwritable_pickle(tiny_labeler: Labeler, tmp_path: Path) -> None:
    """A pickle that cannot be written is an error of one sentence."""
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"model\.joblib: cannot be written"):
        tiny_labeler.save(tmp_path / "file" / "model.joblib")


def test_pickled_by_others(tiny_labeler: Labeler, tmp_path: Path) -> None:
    """``pickle`` and ``joblib`` keep it, and ``load`` reads what they wrote."""
    expected = tiny_labeler.predict_proba(TEXTS)
    for protocol in range(3, pickle.HIGHEST_PROTOCOL + 1):  # older ones spell bytes as calls
        pickled = pickle.dumps(tiny_labeler, protocol=protocol)
        np.testing.assert_array_equal(pickle.loads(pickled).predict_proba(TEXTS), expected)
        (tmp_path / "model.pkl").write_bytes(pickled)
        np.testing.assert_array_equal(load(tmp_path / "model.pkl").predict_proba(TEXTS), expected)
    joblib.dump(tiny_labeler, tmp_path / "model.joblib")
    for read in (joblib.load, load):
        found = read(tmp_path / "model.joblib").predict_proba(TEXTS)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "reader",
    [
        "import policyclf; labeler = policyclf.load(path)",
        "import joblib; labeler = joblib.load(path)",
        "import pickle; labeler = pickle.load(open(path, 'rb'))",
    ],
)
def test_loaded_in_another_process(tiny_labeler: Labeler, tmp_path: Path, reader: str) -> None:
    """A process that knows nothing yet loads it and gives the very same probabilities."""
    path = tmp_path / "model.joblib"
    tiny_labeler.save(path)
    printed = python(
        f"import json, sys; path = sys.argv[1]; {reader}\n"
        "print(json.dumps(labeler.predict_proba(sys.argv[2:]).tolist()))",
        path,
        *TEXTS,
    )
    assert json.loads(printed) == tiny_labeler.predict_proba(TEXTS).tolist()


def test_labelling_imports_no_training_stack(tiny_labeler: Labeler, tmp_path: Path) -> None:
    """Loading any kind of model and labelling need none of the heavy libraries."""
    for name in ("model", "model.zip", "model.joblib"):
        tiny_labeler.save(tmp_path / name)
    printed = python(
        "import sys, policyclf\n"
        "for path in [None, *sys.argv[1:]]:\n"
        "    policyclf.load(path).label('优化营商环境，引进人才。')\n"
        "print([n for n in ('sklearn', 'scipy', 'pandas', 'jieba', 'joblib') if n in sys.modules])",
        *(tmp_path / name for name in ("model", "model.zip", "model.joblib")),
    )
    assert printed.strip() == "[]"


def test_repr_names_the_model(tiny_labeler: Labeler) -> None:
    """The repr has the number of labels and the hash's beginning."""
    assert repr(tiny_labeler) == f"<Labeler of 4 labels, sha256 {tiny_labeler.bundle.sha256[:12]}>"


def test_shipped_is_the_default(shipped: Labeler) -> None:
    """Without a path, the model that comes with the library is loaded."""
    assert policyclf.load().bundle.sha256 == shipped.bundle.sha256


def test_the_shipped_model_has_a_name(
    shipped: Labeler, tiny_labeler: Labeler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``policyclf-zh`` is the model that comes with the library, unless a file is called so."""
    monkeypatch.chdir(tmp_path)
    assert load("policyclf-zh").bundle.sha256 == shipped.bundle.sha256
    tiny_labeler.save("policyclf-zh")
    assert load("policyclf-zh").bundle.sha256 == tiny_labeler.bundle.sha256


def test_no_such_model(tmp_path: Path) -> None:
    """A missing path is named."""
    with pytest.raises(ModelError, match=r"nowhere: there is no such model"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["model.zip", "model.joblib"])
def test_cut_off(tiny_labeler: Labeler, tmp_path: Path, name: str) -> None:
    """A download that broke off is refused at any length."""
    tiny_labeler.save(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    for length in (0, 1, 2, 3, 10, 100, len(content) // 2, len(content) - 1):
        (tmp_path / name).write_bytes(content[:length])
        with pytest.raises(ModelError, match=name):
            load(tmp_path / name)


# --- Pickles of others -------------------------------------------------------------------------


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.marker}",)


class Call:
    """Pickles as a call of anything with anything."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def text_opcode(marker: Path) -> bytes:
    """Write a call in the oldest protocol, by the INST opcode."""
    return b"(S'touch " + str(marker).encode() + b"'\nios\nsystem\n."


def stack_global(module: str, name: str, argument: object) -> bytes:
    """Write a call of a name that stands on the stack."""
    body = pickle.dumps(argument, protocol=4)[2:-1]
    names = b"".join(b"\x8c" + bytes([len(n)]) + n.encode() for n in (module, name))
    return b"\x80\x04" + names + b"\x93" + body + b"\x85R."


HOSTILE: dict[str, Callable[[Path, Labeler], bytes]] = {
    "command": lambda marker, _: pickle.dumps(Evil(marker)),
    "command, oldest protocol": lambda marker, _: pickle.dumps(Evil(marker), protocol=0),
    "command, protocol 2": lambda marker, _: pickle.dumps(Evil(marker), protocol=2),
    "INST": lambda marker, _: text_opcode(marker),
    "STACK_GLOBAL": lambda marker, _: stack_global("os", "system", f"touch {marker}"),
    "by way of our module": lambda marker, _: stack_global(
        "policyclf.labeling", "os.system", f"touch {marker}"
    ),
    "pickle by way of our module": lambda marker, _: stack_global(
        "policyclf.labeling", "pickle.loads", pickle.dumps(Evil(marker))
    ),
    "our loader's argument": lambda marker, _: pickle.dumps(Call(from_bundle, Evil(marker))),
    "beside a model": lambda marker, labeler: pickle.dumps([labeler, Evil(marker)]),
    "under a model": lambda marker, labeler: pickle.dumps({"a": {"b": (Evil(marker), labeler)}}),
    "before a model": lambda marker, labeler: (
        pickle.dumps(Evil(marker), protocol=4)[:-1] + b"0" + pickle.dumps(labeler, protocol=4)[2:]
    ),
    "behind a model, as its state": lambda marker, labeler: (
        pickle.dumps(labeler, protocol=4)[:-1]
        + pickle.dumps(Evil(marker), protocol=4)[2:-1]
        + b"b."
    ),
    "eval": lambda marker, _: pickle.dumps(Call(eval, f"open({str(marker)!r}, 'w')")),
    "attribute of a model": lambda marker, labeler: pickle.dumps(
        Call(getattr, labeler, f"touch {marker}")
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", ["model.joblib", "model.pkl", "model", "model.zip"])
def test_hostile_pickles_do_not_run(
    tiny_labeler: Labeler, tmp_path: Path, kind: str, name: str
) -> None:
    """A pickle that names anything but our loader is refused before anything of it runs."""
    marker = tmp_path / "marker"
    (tmp_path / name).write_bytes(HOSTILE[kind](marker, tiny_labeler))
    with pytest.raises(UntrustedModelError, match=f"{name}: is no model of this library"):
        load(tmp_path / name)
    assert not marker.exists()


@pytest.mark.parametrize(
    "kind",
    ["command", "command, oldest protocol", "INST", "STACK_GLOBAL", "beside a model", "eval"],
)
def test_hostile_pickles_would_run_elsewhere(
    tiny_labeler: Labeler, tmp_path: Path, kind: str
) -> None:
    """The same pickles do run where they are simply unpickled, so the test above tests them."""
    marker = tmp_path / "marker"
    with io.BytesIO(HOSTILE[kind](marker, tiny_labeler)) as stream:
        value = pickle.load(stream)
    if hasattr(value, "close"):
        value.close()
    assert marker.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x80\x04.",
        pickle.dumps(5),
        pickle.dumps(b"PK"),
        pickle.dumps(Call(from_bundle, b"PK"))[:-1],
        pickle.dumps(Call(from_bundle, "text")),
        b"\x80\x04P1\n.",
        bytes(1000),
    ],
)
def test_no_model_at_all(tmp_path: Path, content: bytes) -> None:
    """Numbers, bytes, texts and broken pickles are no model, and no traceback."""
    (tmp_path / "model.pkl").write_bytes(content)
    with pytest.raises(UntrustedModelError, match="is no model of this library"):
        load(tmp_path / "model.pkl")


def test_our_loader_of_other_bytes(tmp_path: Path) -> None:
    """A pickle of our loader with bytes that are no zip is refused as a zip would be."""
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Call(from_bundle, b"PK")))
    with pytest.raises(ModelError, match=r"model\.pkl: is no model"):
        load(tmp_path / "model.pkl")


@pytest.mark.parametrize("compress", [0, 3])
def test_pickle_of_scikit_learn(tmp_path: Path, compress: int) -> None:
    """A scikit-learn model is refused with what it is and what loads it."""
    path = tmp_path / "svc.joblib"
    joblib.dump(LinearSVC().fit([[0.0], [1.0]], [0, 1]), path, compress=compress)
    with pytest.raises(UntrustedModelError, match=r"if you trust them, joblib\.load loads it") as e:
        load(path)
    if not compress:
        assert "It names sklearn.svm._classes.LinearSVC." in str(e.value)


def test_furniture_does_not_speak_for_sentences(shipped: Labeler) -> None:
    """Labels the sentences of a page as if its furniture were not there."""
    first, second = "会议强调，要全力招商引资。", "要压实责任，逐项抓好落实。"
    page = f"{first}\n【打印本页】【关闭窗口】\n{second}\n"
    labelled = shipped.label(page)
    assert [s.kind for s in labelled] == ["sentence", "furniture", "sentence"]
    segments = [Segment(first), Segment(second, previous=first)]
    together = shipped.predict_proba(segments, doc_ids=["page", "page"])
    for sentence, row in zip(labelled[::2], together, strict=True):
        assert list(sentence.probabilities.values()) == pytest.approx(list(row))
