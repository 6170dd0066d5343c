"""A hand-coded sample makes a model's probabilities and thresholds fit its kind of text."""

from __future__ import annotations

import json
import re
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import tiny
from policyclf.bundle import Bundle, read_bundle
from policyclf.classifier import PolicyClassifier
from policyclf.cli import cli, main
from policyclf.conformal import Conformity
from policyclf.corpus import Corpus, LabelledSegment
from policyclf.decision import Aim
from policyclf.exceptions import CorpusError, InputError, ModelError
from policyclf.features import as_segments
from policyclf.labeling import Labeler, load
from policyclf.maps import Offsets, Platt, Unchanged, levelled, to_record
from policyclf.posterior import AS_IT_IS, Posterior, Recalibration
from policyclf.recalibration import FEW_SEGMENTS, recalibrate
from policyclf.reliability import Reliability
from policyclf.training import TrainingData, train

GOLDEN = Path(__file__).with_name("golden") / "model-format-1.zip"
REAL = Path(__file__).parents[2] / "shared" / "real" / "gold_dev.jsonl"
VAGUE = "要认真抓好落实。"
LABELS = sorted({label for rows in tiny.SENTENCES.values() for label, _ in rows})


def coded(
    n_documents: int, size: int = 10, *, wrong: float = 0.3, seed: int = 0, vague: bool = False
) -> Corpus:
    """Draw documents of tiny sentences, a share of which a coder labelled at random."""
    generator = np.random.default_rng(seed)
    sentences = [row for rows in tiny.SENTENCES.values() for row in rows]
    rows = []
    for document in range(n_documents):
        for place in generator.choice(len(sentences), size, replace=False).tolist():
            label, text = sentences[place]
            if generator.random() < wrong:
                label = str(generator.choice(LABELS))
                text = VAGUE if vague else text
            rows.append(LabelledSegment(text, (label,), f"d{document}"))
    return Corpus(tuple(rows))


@pytest.fixture(scope="module")
def sample() -> Corpus:
    return coded(24)


@pytest.fixture(scope="module")
def calibrated(tiny_labeler: Labeler, sample: Corpus) -> Labeler:
    return recalibrate(tiny_labeler, sample)


def reliability(labeler: Labeler, gold: Corpus, *, alone: bool = False) -> Reliability:
    probabilities = labeler.predict_proba(
        gold.segments(), doc_ids=None if alone else gold.stretches()
    )
    return Reliability.of(
        probabilities, np.array([labeler.labels.index(label) for label in gold.primaries])
    )


# --- What it does ------------------------------------------------------------------------------


@pytest.mark.parametrize("alone", [False, True])
def test_probabilities_fit_other_text_of_the_kind(
    tiny_labeler: Labeler, calibrated: Labeler, *, alone: bool
) -> None:
    """On documents drawn anew, confidence is as often right as it says, and was not before."""
    fresh = coded(200, seed=1)
    before, after = (reliability(x, fresh, alone=alone) for x in (tiny_labeler, calibrated))
    assert before.error > 0.15
    assert after.error < 0.06
    assert after.log_loss < before.log_loss
    assert after.accuracy == pytest.approx(before.accuracy, abs=0.02)


def test_figures_are_honest(tiny_labeler: Labeler, calibrated: Labeler, sample: Corpus) -> None:
    """Before is the model as it was; after is out of fold, worse than on what was learned."""
    figures = calibrated.bundle.metrics["calibration"]["document"]
    before, fitted = reliability(tiny_labeler, sample), reliability(calibrated, sample)
    assert figures["before"]["log_loss"] == pytest.approx(before.log_loss, abs=1e-4)
    assert figures["before"]["error"] == pytest.approx(before.error, abs=1e-4)
    assert fitted.log_loss < figures["after"]["log_loss"] < before.log_loss


def test_weights_and_chain_stay(tiny_labeler: Labeler, calibrated: Labeler) -> None:
    """Only the last step, the conformity scores and the thresholds change."""
    one, two = tiny_labeler.bundle, calibrated.bundle
    assert (two.model, two.chain, two.calibration) == (one.model, one.chain, one.calibration)
    assert two.codebook == one.codebook
    assert two.document.conformity is not None
    assert two.document.conformity.n == 240


def test_labels_before_a_review_count(tiny_labeler: Labeler, sample: Corpus) -> None:
    """A sample corrected with the model's errors in view would make it too sure."""
    corrected = Corpus(
        tuple(
            replace(row, labels=(given,), before_review=row.labels)
            for row, given in zip(sample.rows, tiny_labeler.predict(sample.texts), strict=True)
        )
    )
    assert corrected.primaries != sample.primaries
    mine, other = (recalibrate(tiny_labeler, gold).bundle for gold in (corrected, sample))
    assert mine.metrics["calibration"] == other.metrics["calibration"]
    assert (mine.alone.map, mine.document.map) == (other.alone.map, other.document.map)


def test_again_is_the_same(tiny_labeler: Labeler, calibrated: Labeler, sample: Corpus) -> None:
    """Calibrated twice on the same sample, a model is the same byte for byte."""
    assert recalibrate(tiny_labeler, sample).bundle.to_zip() == calibrated.bundle.to_zip()
    again = recalibrate(calibrated, sample).bundle
    assert again.document.map == calibrated.bundle.document.map  # not one on top of the other


def test_again_is_the_same_where_a_map_is_held_to(shipped: Labeler, labels_folder: Path) -> None:
    """Also for a model that has Platt's map: each time it is held to that of training."""
    rows = Corpus.from_path(labels_folder / "corpus").rows
    chosen = sorted({row.doc_id for row in rows})[::40]
    some = Corpus(tuple(row for row in rows if row.doc_id in chosen))
    made = shipped.bundle.document.map
    assert isinstance(made, Platt)
    once = recalibrate(shipped, some)
    twice = recalibrate(once, some)
    assert once.bundle.provenance["calibrated_on"]["held_to"]["document"] == to_record(made)
    assert twice.bundle.document.map == once.bundle.document.map
    assert twice.bundle.alone.map == once.bundle.alone.map
    # Of lengths some hundred sentences tell less than training did.
    for place in ("alone", "document"):
        slopes = {getattr(x.bundle, place).length_slope for x in (shipped, once, twice)}
        assert len(slopes) == 1
        assert slopes.pop() < 0
    for odd in (None, {}, {"held_to": 3}, {"held_to": {"document": {"method": 3}}}):
        changed = replace(once.bundle, provenance={**once.bundle.provenance, "calibrated_on": odd})
        assert recalibrate(Labeler(changed), some).bundle.document.map is not None


def test_provenance_and_card(calibrated: Labeler, sample: Corpus) -> None:
    """The model says on what it was calibrated, and how well."""
    made = calibrated.bundle.provenance["calibrated_on"]
    held_to = {place: {"method": "unchanged"} for place in ("alone", "document")}
    assert made == {
        "n_segments": 240,
        "n_documents": 24,
        "sha256": sample.digest(),
        "held_to": held_to,
    }
    card = calibrated.bundle.card
    after = calibrated.bundle.metrics["calibration"]["document"]["after"]
    assert "240 hand-coded segments of 24 documents" in " ".join(card.split())
    assert sample.digest()[:16] in card
    assert f"| {after['error']:.3f} | {after['brier']:.3f} |" in card
    assert "calibrated on a hand-coded sample" in card


def test_round_trip(calibrated: Labeler, tmp_path: Path) -> None:
    """Written and read, the calibrated model gives the same probabilities and sets."""
    for name in ("model", "model.zip", "model.joblib"):
        calibrated.save(tmp_path / name)
        read = load(tmp_path / name)
        assert read.bundle.sha256 == calibrated.bundle.sha256
        texts, ids = ["加大人才引进力度。", "扩大贷款规模。"], [0, 0]
        np.testing.assert_array_equal(
            read.predict_proba(texts, doc_ids=ids), calibrated.predict_proba(texts, doc_ids=ids)
        )
        for doc_ids in (None, ids):
            assert read.label_sets(texts, coverage=0.8, doc_ids=doc_ids) == calibrated.label_sets(
                texts, coverage=0.8, doc_ids=doc_ids
            )


# --- Too small, or of another task -------------------------------------------------------------


@pytest.mark.parametrize(("n_documents", "size"), [(9, 20), (10, 9), (1, 1)])
def test_too_small_a_sample_is_refused(tiny_labeler: Labeler, n_documents: int, size: int) -> None:
    """What is needed and what there is are said."""
    needed = rf"at least 100 .* at least 10 documents\. Got {n_documents * size} of {n_documents}:"
    with pytest.raises(CorpusError, match=needed):
        recalibrate(tiny_labeler, coded(n_documents, size))


def test_small_sample_warns(tiny_labeler: Labeler) -> None:
    """Under two hundred segments there is a warning; at two hundred there is none."""
    with pytest.warns(UserWarning, match="190 segments are few"):
        recalibrate(tiny_labeler, coded(19))
    assert FEW_SEGMENTS == 200
    recalibrate(tiny_labeler, coded(20))


def test_sentences_apart_say_nothing_of_documents(
    tiny_labeler: Labeler, sample: Corpus, tmp_path: Path
) -> None:
    """Of a sample drawn one by one, only sentences alone are calibrated, and that is said."""
    gaps = Corpus(tuple(replace(row, place=2 * n) for n, row in enumerate(sample.rows)))
    with pytest.warns(UserWarning, match="240 of 240 segments stand apart"):
        labeler = recalibrate(tiny_labeler, gaps)
    assert labeler.bundle.document == tiny_labeler.bundle.document
    assert labeler.bundle.alone != tiny_labeler.bundle.alone
    assert "in documents, before" not in labeler.bundle.card
    labeler.save(tmp_path / "apart")
    assert load(tmp_path / "apart").bundle.metrics["calibration"]["alone"]["method"]


def test_unknown_label_is_refused(tiny_labeler: Labeler, sample: Corpus) -> None:
    """A label that has no probability is named with its place."""
    odd = replace(sample.rows[7], labels=("weather",), source="gold.csv:9")
    rows = (*sample.rows[:7], odd, *sample.rows[8:])
    with pytest.raises(CorpusError, match=r"gold\.csv:9: the model has no label 'weather'"):
        recalibrate(tiny_labeler, Corpus(rows))


def test_unreachable_precision_warns(tiny_labeler: Labeler, sample: Corpus) -> None:
    """Where no confidence is right that often, everything is unsure, and that is said."""
    noise = coded(24, wrong=1.0)
    with pytest.warns(UserWarning, match="no confidence is right 100% of the time"):
        labeler = recalibrate(tiny_labeler, noise, precision=1.0)
    assert all(decision.unsure for decision in labeler.decide(["扩大贷款规模。"]))
    with pytest.raises(InputError, match="'precision' parameter"):
        recalibrate(tiny_labeler, sample, precision=1.5)


def test_model_without_provenance_is_refused(tiny_labeler: Labeler, sample: Corpus) -> None:
    """A model that does not say what it was made of is an error of one sentence."""
    bare = Labeler(replace(tiny_labeler.bundle, provenance={}))
    with pytest.raises(ModelError, match="does not say what it was made of"):
        recalibrate(bare, sample)


# --- Thresholds --------------------------------------------------------------------------------


def test_wanted_precision_is_kept(tiny_labeler: Labeler) -> None:
    """Where the model relies on its label, it is right about so often on fresh documents."""
    labeler = recalibrate(tiny_labeler, coded(24, vague=True), precision=0.9)
    fresh = coded(200, seed=1, vague=True)
    decisions = labeler.decide(fresh.segments(), doc_ids=fresh.stretches())
    right = [d.label == x for d, x in zip(decisions, fresh.primaries, strict=True) if not d.unsure]
    assert 1000 < len(right) < len(fresh)
    assert np.mean(right) > 0.87


# --- Label sets --------------------------------------------------------------------------------


def test_label_sets_cover(calibrated: Labeler) -> None:
    """On fresh documents of the kind, sets hold the true label at least as often as wanted."""
    fresh = coded(300, seed=2)
    for doc_ids in (None, fresh.stretches()):
        sets = calibrated.label_sets(fresh.segments(), coverage=0.9, doc_ids=doc_ids)
        covered = np.mean([x in found for x, found in zip(fresh.primaries, sets, strict=True)])
        assert covered > 0.86  # with 240 held out: two standard errors
        best = calibrated.predict(fresh.segments(), doc_ids=doc_ids)
        assert [found[0] for found in sets] == best


def test_label_with_coverage(calibrated: Labeler) -> None:
    """A document's sentences carry their sets; without a coverage there are none."""
    text = "工作报告\n\n　　全区引进高层次人才。\n　　扩大贷款规模。\n"
    for sentence in calibrated.label(text, coverage=0.95):
        assert sentence.label_set[0] == sentence.label
        least = min(sentence.probabilities[label] for label in sentence.label_set)
        others = set(sentence.probabilities) - {*sentence.label_set}
        assert all(sentence.probabilities[label] <= least for label in others)
    assert {sentence.label_set for sentence in calibrated.label(text)} == {()}
    assert calibrated.label("", coverage=0.9) == []


def test_too_few_held_out_give_all_labels(calibrated: Labeler) -> None:
    """A coverage that 240 segments cannot show takes every label."""
    assert {len(found) for found in calibrated.label_sets(["引才。"], coverage=0.999)} == {4}


def test_no_conformity_scores() -> None:
    """A model of before there were any says what to do."""
    with pytest.raises(InputError, match=r"no conformity scores.*policyclf calibrate"):
        load(GOLDEN).label_sets(["引才。"], coverage=0.9)


# --- From scores to probabilities --------------------------------------------------------------


def test_alone_and_in_documents_have_their_own_last_step(tiny_labeler: Labeler) -> None:
    """Without documents the map of those alone is taken, and with documents the other."""
    alone, document = Platt(0.5, 0.0), Platt(2.0, 0.0)
    bundle = tiny_labeler.bundle
    posterior = Posterior(
        bundle.calibration, bundle.chain, Recalibration(alone), Recalibration(document)
    )
    scores = np.array([[1.0, 0.5, 0.0, -0.5], [0.2, 0.1, 0.0, 0.4]])
    raw = bundle.calibration.probabilities(scores)
    np.testing.assert_array_equal(posterior.probabilities(scores), alone.adjusted(raw))
    chained = bundle.chain.posterior(raw, [0, 0])
    np.testing.assert_array_equal(
        posterior.probabilities(scores, [0, 0]), document.adjusted(chained)
    )


def test_length_comes_before_the_map(tiny_labeler: Labeler) -> None:
    """Where lengths are known confidence is levelled, then mapped; the likeliest label stays."""
    bundle = tiny_labeler.bundle
    step = Recalibration(Platt(0.5, 0.1), length_slope=-0.4)
    posterior = Posterior(bundle.calibration, bundle.chain, step, step)
    scores, lengths = np.array([[1.0, 0.5, 0.0, -0.5]] * 3), np.array([10, 40, 160])
    raw = bundle.calibration.probabilities(scores)
    found = posterior.probabilities(scores, lengths=lengths)
    np.testing.assert_allclose(found, step.map.adjusted(levelled(raw, lengths, -0.4)))
    assert found[0, 0] > found[1, 0] > found[2, 0]
    np.testing.assert_allclose(posterior.probabilities(scores), found[[1, 1, 1]])
    assert posterior.likeliest(scores).tolist() == found.argmax(axis=1).tolist()


def test_likeliest_knows_lengths(tiny_labeler: Labeler) -> None:
    """Where the likeliest label hangs on the length, predict and predict_proba agree."""
    step = Recalibration(Offsets(1.0, (0.0, 0.3, 0.0, 0.0)), length_slope=-0.9)
    posterior = replace(tiny_labeler.bundle.posterior, alone=step)
    scores, lengths = np.array([[0.2, 0.1, 0.0, 0.0]] * 2), np.array([4, 400])
    likeliest = posterior.probabilities(scores, lengths=lengths).argmax(axis=1)
    assert posterior.likeliest(scores, lengths=lengths).tolist() == likeliest.tolist() == [0, 1]


@pytest.mark.parametrize("doc_ids", [None, [0, 0]])
def test_every_way_knows_lengths(shipped: Labeler, doc_ids: list[int] | None) -> None:
    """Texts, segments and the estimator's scores go through the same last step."""
    texts = ["招商引资。", "全区上下要切实增强等不起、慢不得的紧迫感，" * 4]
    posterior = shipped.bundle.posterior
    segments = as_segments(texts, doc_ids)
    scores = shipped.bundle.model.scores(segments)
    without = posterior.probabilities(scores, doc_ids)
    expected = posterior.probabilities(scores, doc_ids, np.array([len(text) for text in texts]))
    assert not np.allclose(expected, without)
    for given in (texts, segments):
        np.testing.assert_allclose(shipped.predict_proba(given, doc_ids=doc_ids), expected)


def test_label_and_predict_agree(calibrated: Labeler) -> None:
    """A document cut by hand has the probabilities that its text has."""
    text = "全区引进高层次人才。\n扩大贷款规模。\n"
    sentences = calibrated.label(text)
    probabilities = calibrated.predict_proba([s.text for s in sentences], doc_ids=[0, 0])
    for sentence, row in zip(sentences, probabilities, strict=True):
        assert list(sentence.probabilities.values()) == pytest.approx(row.tolist())


# --- In training -------------------------------------------------------------------------------


def test_training_learns_the_last_step_out_of_fold(tiny_labeler: Labeler) -> None:
    """Of enough documents a model comes calibrated; of the tiny corpus, with scores only."""
    assert tiny_labeler.bundle.document.map == Unchanged()
    gold = coded(30)
    bundle = train(TrainingData(gold), min_df=1).bundle
    for step in (bundle.alone, bundle.document):
        assert step.conformity is not None
        assert step.conformity.n == len(gold)
    assert "calibrated_on" not in bundle.provenance
    assert bundle.metrics["held_out"]["model"]["calibration_error"]["value"] < 0.1
    classifier = PolicyClassifier(min_df=1).fit(gold.texts, gold.primaries, doc_ids=gold.doc_ids)
    assert classifier.posterior_.document.map == bundle.document.map
    np.testing.assert_array_equal(
        classifier.predict_proba(gold.texts, doc_ids=gold.doc_ids),
        Labeler(bundle).predict_proba(gold.texts, doc_ids=gold.doc_ids),
    )


def test_training_without_documents_has_one_last_step(tiny_corpus: Corpus) -> None:
    """Where nothing is known of documents, theirs is that of sentences alone."""
    texts, labels = tiny_corpus.texts * 2, tiny_corpus.primaries * 2
    posterior = PolicyClassifier(min_df=1).fit(texts, labels).posterior_
    assert posterior.alone is posterior.document


# --- On disk -----------------------------------------------------------------------------------


def test_models_of_format_1_are_read(tmp_path: Path) -> None:
    """A model of before there was a last step gives what it gave, and is kept to the letter."""
    labeler = load(GOLDEN)
    bundle = labeler.bundle
    assert (bundle.alone, bundle.document) == (AS_IT_IS, AS_IT_IS)
    assert bundle.sha256 == "91eee991b8e124ce401bd55e8f35f0ea999c7639c1f854687095deb77f3c0753"
    assert labeler.predict(["加大人才引进力度。", "扩大贷款规模。"]) == ["talent", "finance"]
    labeler.save(tmp_path / "again")
    assert read_bundle(tmp_path / "again").sha256 == bundle.sha256


def test_models_of_format_2_are_read(tmp_path: Path) -> None:
    """A model of before n-grams were written shorter gives what it gave, to the letter."""
    labeler = load(GOLDEN.with_name("model-format-2.zip"))
    assert labeler.bundle.sha256 == (
        "a7f2ebd9d164a198a6f5290a00d11267f01f2df1b18d6890132c4e8bc4f5ef54"
    )
    assert labeler.predict(["加大人才引进力度。", "扩大贷款规模。"]) == ["talent", "finance"]
    labeler.save(tmp_path / "again")
    assert read_bundle(tmp_path / "again").sha256 == labeler.bundle.sha256


def test_format_1_can_be_calibrated(sample: Corpus, tmp_path: Path) -> None:
    """And is of the present format then."""
    recalibrate(load(GOLDEN), sample).save(tmp_path / "model")
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["format_version"] == 3
    assert load(tmp_path / "model").bundle.document.map != Unchanged()


def test_hostile_conformity_is_refused(calibrated: Labeler) -> None:
    """A table that nothing could have taught is a ModelError that names the file."""
    for table in (np.array([[1.0, 2.0]]), np.zeros((0, 2)), np.array([["a", "b"]])):
        step = replace(calibrated.bundle.document, conformity=Conformity(table))
        files = dict(replace(calibrated.bundle, document=step).files)
        with pytest.raises(ModelError, match=r"^m: .*(document\.conformity|does not fit)"):
            Bundle.from_files(files, name="m")


# --- The command -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gold_file(sample: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gold") / "gold.jsonl"
    lines = (
        json.dumps({"doc_id": r.doc_id, "text": r.text, "label": r.label}, ensure_ascii=False)
        for r in sample.rows
    )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)))


@pytest.mark.filterwarnings("ignore:.*texts have two labels:UserWarning")
def test_calibrate_command(
    tiny_folder: Path, gold_file: Path, tmp_path: Path, calibrated: Labeler
) -> None:
    """The command writes the model that the function gives, and says before and after."""
    done = call("calibrate", tiny_folder, gold_file, "-o", tmp_path / "mine")
    assert done.exit_code == 0, done.output
    read = load(tmp_path / "mine")
    assert read.bundle.document.map == calibrated.bundle.document.map
    assert read.bundle.provenance["calibrated_on"]["n_segments"] == 240
    after = read.bundle.metrics["calibration"]["document"]["after"]
    assert re.search(rf"in documents, after, \w+ +{after['error']:.3f}", done.stdout)
    assert read.bundle.sha256 in done.stderr
    shown = call("info", tmp_path / "mine")
    assert "calibrated on   n_segments 240, n_documents 24" in shown.stdout


@pytest.mark.filterwarnings("ignore:.*texts have two labels:UserWarning")
def test_calibrate_command_with_thresholds(
    tiny_folder: Path, gold_file: Path, tmp_path: Path
) -> None:
    """Aims are read; the abstention threshold is the one for the wanted precision."""
    done = call(
        "calibrate", tiny_folder, gold_file, "-o", tmp_path / "m.zip", "--further", "recall=0.9",
        "--precision", 0.75,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    made = load(tmp_path / "m.zip").bundle.metrics["calibration"]["thresholds"]
    assert made["further"] == "recall=0.9"
    assert made["precision"] == 0.75
    assert made["right_where_relied_on"] >= 0.75
    assert f"unsure under {made['abstention']:g}" in done.stdout
    # Chosen to be so: it must not pass for a figure out of fold, as those above it are.
    assert made["what"] == "chosen and measured on the same segments"
    assert done.stdout.endswith(f"(thresholds: {made['what']})\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "at least 100 hand-coded segments of at least 10 documents. Got 1 of 1"),
        (["--further", "best"], "even, f1, precision=P or recall=R"),
    ],
)
def test_calibrate_fails_in_one_line(
    arguments: list[str],
    message: str,
    *,
    tiny_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Too few, a wrong aim: one line, exit code 1, and nothing written."""
    few, target = tmp_path / "few.csv", tmp_path / "mine"
    few.write_text("text,label\n引才。,talent\n", encoding="utf-8")
    command = ["policyclf", "calibrate", str(tiny_folder), str(few), "-o", str(target)]
    monkeypatch.setattr(sys, "argv", [*command, *arguments])
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    with pytest.raises(SystemExit) as end:
        main()
    out, err = capsys.readouterr()
    assert (end.value.code, out, err.count("\n")) == (1, "", 1)
    assert message in err
    assert not target.exists()


def test_label_command_with_coverage(
    calibrated: Labeler, tiny_folder: Path, tmp_path: Path
) -> None:
    """Sets are a column; a model that knows written text only says so on standard error."""
    calibrated.save(tmp_path / "mine")
    (tmp_path / "报告.txt").write_text("　　扩大贷款规模。\n", encoding="utf-8")
    done = call("label", tmp_path / "报告.txt", "--model", tmp_path / "mine", "--coverage", 0.9)
    record = json.loads(done.stdout)
    assert list(record)[-1] == "label_set"
    assert record["label_set"][0] == record["label"] == "finance"
    assert done.stderr == ""
    done = call("label", tmp_path / "报告.txt", "--model", tiny_folder, "--coverage", 0.9)
    assert "calibrated on its training corpus only" in done.stderr
    assert call("label", tmp_path / "报告.txt", "--coverage", 1).exit_code == 2


# --- Real text ---------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL.exists(), reason="the real gold is not at hand")
def test_calibration_helps_on_real_text(shipped: Labeler) -> None:
    """Without the last step, what half of the real documents teach makes the rest less wrong."""
    bare = Labeler(replace(shipped.bundle, alone=AS_IT_IS, document=AS_IT_IS))
    gold = Corpus.from_path(REAL)
    documents = sorted(set(gold.doc_ids))
    first = set(documents[::2])
    learn_on = Corpus(tuple(row for row in gold.rows if row.doc_id in first))
    rest = Corpus(tuple(row for row in gold.rows if row.doc_id not in first))
    before = reliability(bare, rest)
    after = reliability(recalibrate(bare, learn_on, further=Aim("f1")), rest)
    assert after.error < before.error
    assert after.log_loss < before.log_loss


@pytest.mark.skipif(not REAL.exists(), reason="the real gold is not at hand")
def test_calibration_keeps_what_fits(shipped: Labeler) -> None:
    """Where the shipped map fits the real documents about as well as a new one, it is kept."""
    gold = Corpus.from_path(REAL)
    former, found = shipped.bundle.document.map, recalibrate(shipped, gold).bundle.document.map
    assert isinstance(former, Platt)
    assert isinstance(found, Platt)
    own = Platt.learn(
        shipped.bundle.posterior.raw(
            shipped.bundle.model.scores(gold.segments()), gold.stretches()
        ),
        np.array([shipped.labels.index(label) for label in gold.primaries]),
    )
    assert abs(found.slope - former.slope) < abs(own.slope - former.slope)
