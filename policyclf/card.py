"""The model card and the methods paragraph, generated from what a bundle knows of itself.

The card's headings are those of Mitchell et al., Model Cards for Model Reporting, FAT* 2019.
The paragraph is for a paper: what is known of the model stands in it, what only the study
knows is left in braces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from policyclf.bundle import Bundle
from policyclf.codebook import Language
from policyclf.exceptions import ModelError

_LIMITS = """\
- Figures on the training corpus say how well the model tells its own kind of text
  apart; only figures on text from elsewhere say how it does on yours. Hand-code a few
  hundred of your own sentences (`policyclf suggest` chooses them) and run
  `policyclf evaluate`.
- It knows the periods and genres of its training data. `policyclf drift` says where your
  documents are of another kind.
{confidence}
- A sentence is labelled by what it says, by the sentence before it and, more weakly, by the
  labels around it. Headings and the title count only where the model was trained with them.
- Shares of labels counted from its output are biased where its errors do not cancel."""

_CITE = """\
```text
The policyclf developers. policyclf: Label the sentences of Chinese policy documents and
local-government news by policy field. Model {title}, SHA-256 {{sha256}}.
```

`policyclf info` prints the SHA-256, which cannot stand in a file that it is made of, and
`policyclf info --methods` a paragraph for a paper."""

_CALIBRATED = {
    False: """\
- Confidence is calibrated on the training corpus. On other text it is too high: the
  calibration error above says how far. `policyclf calibrate` fits it to a sample of yours,
  and label sets too, which else hold the true label less often than asked for.""",
    True: """\
- Confidence, thresholds and label sets are calibrated on a hand-coded sample. They hold for
  text of its kind. Sentences of a document are alike: in a single one both may be far off.""",
}


@contextmanager
def _as_measured() -> Iterator[None]:
    """Say so where metrics or provenance, which anyone may have written, lack something."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ModelError(
            "The model's metrics or provenance are not as training writes them "
            f"({type(error).__name__}: {error}). Get the model again."
        ) from error


@_as_measured()
def model_card(bundle: Bundle) -> str:
    """Write the card of a model.

    Parameters
    ----------
    bundle : Bundle
        The model.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    ModelError
        If its metrics or provenance are not as training writes them.
    """
    made = bundle.provenance
    title = _title(bundle)
    blocks = ", ".join(f"{block.name} ({block.n_columns:,})" for block in bundle.model.blocks)
    loss = _LOSSES.get(made.get("solver"), _LOSSES["liblinear"])  # once there was no other
    parts = [
        f"# Model card: {title}",
        "## Model details\n\n"
        f"One-vs-rest linear model (L2, {loss}) on features: {blocks}. "
        "Made with "
        + ", ".join(f"{name} {version}" for name, version in made["versions"].items())
        + ".",
        "## Intended use\n\n"
        "Labels single sentences or clauses of Chinese policy documents and local-government "
        "news by what they are about, to count and compare them over many documents. Not for "
        "judging persons, and not for single sentences on which something depends without a "
        "person reading them.",
        f"## Taxonomy\n\n{_taxonomy(bundle)}",
        f"## Training data\n\n{_training_data(made)}",
        _label_table(bundle),
    ]
    for key, heading in (
        ("held_out", "Figures on the training corpus (cross-validated by document)"),
        ("gold", "Figures on gold from elsewhere, not trained on"),
    ):
        if key in bundle.metrics:
            about = _about_labels(made) if key == "held_out" else made.get("about_gold")
            figures = _figures(bundle.metrics[key])
            parts.append("\n\n".join(filter(None, [f"## {heading}", about, figures])))
    confidence = _CALIBRATED["calibration" in bundle.metrics]
    parts += [
        f"## Calibration\n\n{_calibration(bundle)}",
        f"## Limits\n\n{_LIMITS.format(confidence=confidence)}",
        f"## How to cite\n\n{_CITE.format(title=title)}",
    ]
    return "\n\n".join(parts) + "\n"


@_as_measured()
def methods_paragraph(bundle: Bundle, language: Language = "en", *, version: str = "") -> str:
    """Write the paragraph that a paper can say the model with.

    Parameters
    ----------
    bundle : Bundle
        The model.
    language : {"en", "zh"}, default "en"
        In which language.
    version : str, optional
        The library's.

    Returns
    -------
    str
        One paragraph; what only the study knows stands in braces.

    Raises
    ------
    ModelError
        As `model_card`.

    Examples
    --------
    >>> import policyclf
    >>> paragraph = methods_paragraph(policyclf.load().bundle, version="1.0")
    >>> paragraph[:68]
    'We cut {N} documents into {sentences/clauses} and labelled each with'
    """
    made = bundle.provenance
    chained = bundle.chain.persistence > 0
    values: dict[str, object] = {
        "version": f" {version}" if version else "",
        "sha256": bundle.sha256,
        "codebook": f"{bundle.codebook.name} {bundle.codebook.version}"
        if bundle.codebook
        else None,
        "n_labels": len(bundle.model.labels),
        "blocks": [block.name for block in bundle.model.blocks],
        "n_segments": f"{made.get('n_segments', 0):,}",
        "n_documents": f"{made.get('n_documents', 0):,}",
        "years": made.get("kinds", {}).get("years"),
        "abstention": f"{bundle.rule.abstention:g}",
        "about": made.get("about"),
        "about_gold": made.get("about_gold"),
        "n_reviewed": made.get("n_reviewed", 0),
        "last_step": (bundle.document if chained else bundle.alone).map.method,
    }
    write = _english if language == "en" else _chinese
    return write(values, bundle.metrics, chained=chained)


@_as_measured()
def headline_figures(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Say in a line each how a model did on its training corpus and on gold.

    Parameters
    ----------
    metrics : mapping
        The metrics of a bundle.

    Returns
    -------
    dict of str to str
        Where it was measured, and macro-F1 and accuracy; what was not measured is left out.

    Raises
    ------
    ModelError
        As `model_card`.
    """
    lines: dict[str, str] = {}
    for key, what in (("held_out", "cross-validated"), ("gold", "on gold")):
        if key in metrics:
            figures = metrics[key]["model"]
            lines[what] = (
                f"macro-F1 {figures['macro_f1']['value']:.3f}, "
                f"accuracy {figures['accuracy']['value']:.3f}"
            )
    return lines


_LOSSES: dict[object, str] = {"liblinear": "squared hinge", "sgd": "modified Huber"}

_LAST_STEPS: dict[Language, dict[str, str]] = {
    "en": {
        "unchanged": "",
        "temperature": ", and a temperature learned on their outcome",
        "platt": ", and Platt scaling of their outcome",
        "offsets": ", and an offset a label learned on their outcome",
        "isotonic": ", and isotonic regression on their outcome",
    },
    "zh": {
        "unchanged": "",
        "temperature": "，最后再作一次温度缩放",
        "platt": "，最后再作 Platt 缩放",
        "offsets": "，最后再按标签加偏移量",
        "isotonic": "，最后再作保序回归",
    },
}

_FEATURES: dict[Language, dict[str, str]] = {
    "en": {
        "characters": "character n-grams (TF-IDF)",
        "words": "word n-grams (TF-IDF)",
        "lexicon": "scores of a lexicon of terms a label",
    },
    "zh": {
        "characters": "字符 n-gram（TF-IDF）",
        "words": "词 n-gram（TF-IDF）",
        "lexicon": "各标签词典的得分",
    },
}


def _english(values: Mapping[str, Any], metrics: Mapping[str, Any], *, chained: bool) -> str:
    features = " and ".join(_FEATURES["en"][name] for name in values["blocks"])
    by = f" of the codebook {values['codebook']}" if values["codebook"] else ""
    period = "" if values["years"] is None else " from {} to {}".format(*values["years"])
    text = [
        f"We cut {{N}} documents into {{sentences/clauses}} and labelled each with policyclf"
        f"{values['version']}, a linear one-against-the-rest classifier on {features}, with "
        "probabilities by temperature scaling"
        + (", a Markov chain over the labels of a document" if chained else "")
        + _LAST_STEPS["en"][values["last_step"]]
        + f". The model (SHA-256 {values['sha256']}) tells the {values['n_labels']} labels{by} "
        f"apart and was trained on {values['n_segments']} segments in {values['n_documents']} "
        f"documents{period}.",
        values["about"] or "{Where the training text is from and who labelled it.}",
    ]
    if "held_out" in metrics:
        text.append(
            "Cross-validated on that corpus, documents kept whole, its macro-F1 was "
            f"{_pair(metrics['held_out'])}"
            + (
                "; this is on the labels from before a review of segments that a model pointed "
                f"to, which changed {values['n_reviewed']:,} of them for training."
                if values["n_reviewed"]
                else "."
            )
        )
    if "gold" in metrics:
        gold = metrics["gold"]
        text.append(
            f"On {gold['model']['n_segments']:,} segments of {gold['model']['n_documents']:,} "
            f"other documents, which it was not trained on, its macro-F1 was {_pair(gold)}"
            + _baseline(gold, "; that of the lexicon alone was {}.")
        )
        text.append(values["about_gold"] or "{Where that text is from and who coded it.}")
    text.append(
        f"Sentences with a confidence under {{{values['abstention']}}} ({{share}} %) were "
        "{handling}. To measure the model on our own text, {coders} coded {n} segments in {d} "
        "documents, drawn {how}, by the codebook (Krippendorff's alpha {alpha}); against these, "
        "its macro-F1 was {value} [{low}, {high}] and its accuracy {value} [{low}, {high}]. "
        "The labels analysed here had F1 {values}. Intervals are 95 % bootstrap intervals over "
        "documents."
    )
    return " ".join(text)


def _chinese(values: Mapping[str, Any], metrics: Mapping[str, Any], *, chained: bool) -> str:
    features = "和".join(_FEATURES["zh"][name] for name in values["blocks"])
    by = f"编码手册 {values['codebook']} 的 " if values["codebook"] else " "
    period = "" if values["years"] is None else "（{} 年至 {} 年）".format(*values["years"])
    text = [
        f"本文将 {{N}} 篇文档切分为{{句子/分句}}，用 policyclf{values['version']} 逐句标注。"
        f"它是以{features}为特征的一对其余线性分类器，概率由温度缩放校准"
        + ("，并以马尔可夫链结合同一文档各句的标签" if chained else "")
        + _LAST_STEPS["zh"][values["last_step"]]
        + f"。模型（SHA-256 为 {values['sha256']}）区分{by}{values['n_labels']} 个标签，训练语料为 "
        f"{values['n_documents']} 篇文档的 {values['n_segments']} 个语段{period}。"
        + _told(values["about"], "训练文本", "{训练文本的来源和标注者。}"),
    ]
    if "held_out" in metrics:
        text.append(
            f"在该语料上按文档交叉验证，宏平均F1为 {_pair(metrics['held_out'], '，准确率为 ')}"
            + (
                "；所用标签是对模型指出的语段进行复核之前的标签，训练所用的标签经复核改动了 "
                f"{values['n_reviewed']:,} 个。"
                if values["n_reviewed"]
                else "。"
            )
        )
    if "gold" in metrics:
        gold = metrics["gold"]
        text.append(
            f"在未用于训练的另外 {gold['model']['n_documents']:,} 篇文档的 "
            f"{gold['model']['n_segments']:,} 个语段上，宏平均F1为 {_pair(gold, '，准确率为 ')}"
            + _baseline(gold, "；仅用词典时宏平均F1为 {}。", "。")
            + _told(values["about_gold"], "这些文本", "{这些文本的来源和编码员。}")
        )
    text.append(
        f"置信度低于 {{{values['abstention']}}} 的句子（占 {{share}}%）的处理方式为{{handling}}。"
        "为在本文的文本上衡量模型，{coders}按编码手册对从 {d} 篇文档中以{how}抽取的 {n} 个语段"
        "作了人工编码（Krippendorff's alpha 为 {alpha}）；以此衡量，宏平均F1为 {value} [{low}, "
        "{high}]，准确率为 {value} [{low}, {high}]。本文所分析标签的 F1 为 {values}。"
        "区间均为按文档自助抽样的 95% 区间。"
    )
    return "".join(text)


def _told(about: str | None, what: str, gap: str) -> str:
    """Quote what the model says of its text, in whatever language it says it."""
    return f"关于{what}，模型卡写明：“{about}”" if about else gap


def _pair(metrics: Mapping[str, Any], between: str = " and its accuracy ") -> str:
    model = metrics["model"]
    return f"{_cell(model['macro_f1'])}{between}{_cell(model['accuracy'])}"


def _baseline(metrics: Mapping[str, Any], clause: str, end: str = ".") -> str:
    if "dictionary" not in metrics:
        return end
    return clause.format(_cell(metrics["dictionary"]["macro_f1"]))


def _title(bundle: Bundle) -> str:
    book = bundle.codebook
    return f"{book.name} {book.version}" if book else f"{len(bundle.model.labels)} labels"


def _taxonomy(bundle: Bundle) -> str:
    book = bundle.codebook
    if book is None:
        return (
            f"{len(bundle.model.labels)} labels, without a codebook. One is primary; further ones "
            "are given over thresholds of their own."
        )
    return (
        f"{book.title.en} ({book.title.zh}): the codebook `{book.name}` {book.version}, SHA-256 "
        f"`{book.digest()[:16]}`, has {len(book.labels)} labels in {len(book.groups)} groups and "
        f"{len(book.rules)} rules for hard cases; `policyclf labels --rules` prints it. One label "
        "is primary; further ones are given over thresholds of their own. *Unsure* is no label: it "
        f"says that the primary label's probability is under {bundle.rule.abstention:g}."
    )


def _training_data(made: Mapping[str, Any]) -> str:
    kinds = made.get("kinds", {})
    text = (
        f"{made['n_segments']:,} segments in {made['n_documents']:,} documents; corpus SHA-256 "
        f"`{made['corpus_sha256'][:16]}`."
    )
    if "years" in kinds:
        text += " Years that the data name: {} to {}.".format(*kinds["years"])
    if "genres" in kinds:
        genres = ", ".join(f"{name} {n:,}" for name, n in kinds["genres"].items())
        text += f" Segments by genre: {genres}."
    return f"{made['about']}\n\n{text}" if made.get("about") else text


def _about_labels(made: Mapping[str, Any]) -> str:
    """Say which labels the figures on the training corpus are on."""
    if not made.get("n_reviewed"):
        return ""
    return (
        f"A review of segments that a model pointed to changed the labels of "
        f"{made['n_reviewed']:,}. The model is trained on the new labels and measured here on the "
        "old ones: where a model chose what was looked at, it is right more often than elsewhere."
    )


def _calibration(bundle: Bundle) -> str:
    text = (
        f"Probabilities are the softmax of the scores times {bundle.calibration.slope}, chosen on "
        f"{bundle.calibration.n:,} segments that were held out of training; in documents, "
        f"the label chain comes next. Last step: {bundle.document.map.method}."
    )
    if "calibration" in bundle.metrics:
        digest = bundle.provenance["calibrated_on"]["sha256"][:16]
        return f"{text}\n\n{_recalibrated(bundle.metrics['calibration'], digest)}"
    where = {"held_out": "on the training corpus", "gold": "on gold from elsewhere"}
    errors = [
        f"{_cell(bundle.metrics[key]['model']['calibration_error'])} {place}"
        for key, place in where.items()
        if key in bundle.metrics
    ]
    if errors:
        text += f" Mean distance of confidence and accuracy: {'; '.join(errors)}."
    return text


def _label_table(bundle: Bundle) -> str:
    counts = bundle.provenance["label_counts"]
    rows = ["| label | 中文 | English | training segments |", "|---|---|---|--:|"]
    for label in bundle.codebook.ids if bundle.codebook else bundle.model.labels:
        name = bundle.codebook.label(label).name if bundle.codebook else None
        names = f"{name.zh} | {name.en}" if name else " | "
        rows.append(f"| `{label}` | {names} | {counts.get(label, 0):,} |")
    return "\n".join(rows)


def _figures(metrics: Mapping[str, Any]) -> str:
    systems = {name: value for name, value in metrics.items() if name != "what"}
    model = systems["model"]
    rows = [
        f"{model['n_segments']:,} segments of {model['n_documents']:,} documents; in brackets the "
        "95 % interval over documents.",
        "",
        "| | macro-F1 | accuracy | any | calibration error |",
        "|---|---|---|---|---|",
    ]
    for name, values in systems.items():
        keys = ("macro_f1", "accuracy", "any", "calibration_error")
        cells = [_cell(values[key]) for key in keys]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _recalibrated(figures: Mapping[str, Any], digest: str) -> str:
    rows = [
        f"On {figures['n_segments']:,} hand-coded segments of {figures['n_documents']:,} "
        f"documents, SHA-256 `{digest}`; after: cross-validated by document. Figures "
        "on gold above were measured before.",
        "",
        "| | calibration error | Brier | log loss | mean confidence | accuracy |",
        "|---|---|---|---|---|---|",
    ]
    keys = ("error", "brier", "log_loss", "confidence", "accuracy")
    for place, where in (("document", "in documents"), ("alone", "sentences alone")):
        if place not in figures:  # most of the sample stood apart
            continue
        for when in ("before", "after"):
            how = f", {figures[place]['method']}" if when == "after" else ""
            cells = " | ".join(f"{figures[place][when][key]:.3f}" for key in keys)
            rows.append(f"| {where}, {when}{how} | {cells} |")
    made = figures["thresholds"]
    rows += [
        "",
        f"Thresholds of further labels are for: {made['further']}. Under "
        f"{made['abstention']:g} a label is unsure: {made['relied_on']:.0%} are relied on.",
    ]
    return "\n".join(rows)


def _cell(figure: Mapping[str, float] | None) -> str:
    if figure is None:
        return "–"
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
