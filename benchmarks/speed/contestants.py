"""What is timed: the model as it comes, and the pipelines that people write instead.

Each is trained on labels/ and takes raw sentences to labels. Where traditional script would
be read wrongly without it, OpenCC comes first, as ours has it inside.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

Texts = Sequence[str]
Label = Callable[[Texts], Sequence[Any]]

OURS = "policyclf"
NO_COMPILER = "policyclf, where there is no compiler"
NAIVE = "naive: OpenCC + jieba words + TF-IDF + LinearSVC"
NAIVE_BOTH = "naive, words and characters"
CHARACTERS = "OpenCC + scikit-learn characters 1–3 + LinearSVC"
JIEBA_FASTTEXT = "OpenCC + jieba + fastText"
FASTTEXT = "fastText, characters, script as it is"


@dataclass(frozen=True)
class Contestant:
    """Something that labels.

    Parameters
    ----------
    name : str
        What to call it.
    label : callable
        Takes raw sentences, gives labels.
    n : int
        How many sentences it is given a round, so that a round takes about a second.
    """

    name: str
    label: Label
    n: int


def cut(text: str) -> list[str]:
    """Cut as jieba does; unlike its own method, this can be pickled."""
    import jieba  # noqa: PLC0415  each contestant pays for its own imports

    words: list[str] = jieba.lcut(text)
    return words


def naive_pipeline(texts: Texts, labels: Texts) -> Any:  # noqa: ANN401  an untyped library's
    """Train the pipeline that anyone writes first."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    words = TfidfVectorizer(tokenizer=cut, token_pattern=None, lowercase=False)
    return make_pipeline(words, LinearSVC()).fit(simplified(texts), labels)


def simplified(texts: Texts) -> list[str]:
    """Convert to simplified characters, as the naive pipeline does."""
    import opencc  # noqa: PLC0415

    convert = opencc.OpenCC("t2s").convert
    return [convert(text) for text in texts]


def fasttext_model(texts: Texts, labels: Texts, tokens: Callable[[str], Sequence[str]]) -> Any:  # noqa: ANN401
    """Train fastText with pairs of tokens."""
    import fasttext  # noqa: PLC0415

    names = sorted(set(labels))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        path.write_text(
            "".join(
                f"__label__{names.index(label)} {' '.join(tokens(text))}\n"
                for text, label in zip(texts, labels, strict=True)
            ),
            encoding="utf-8",
        )
        return fasttext.train_supervised(str(path), wordNgrams=2, epoch=10, thread=1, verbose=0)


def without_compiler() -> Label:
    """Load ours as it is where its loops could not be compiled."""
    import policyclf  # noqa: PLC0415
    from policyclf.features import compiled  # noqa: PLC0415

    with patch.object(compiled, "library", return_value=None):
        labeler = policyclf.load()
        for n in (1, 100):  # what scores is built when first asked for
            labeler.predict(["招商引资"] * n)
    return labeler.predict


def contestants(texts: Texts, labels: Texts) -> list[Contestant]:
    """Train all of them."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline, make_union  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    import policyclf  # noqa: PLC0415

    labeler = policyclf.load()
    clean = simplified(texts)
    naive = naive_pipeline(texts, labels)
    characters = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2, lowercase=False
    )
    words = TfidfVectorizer(tokenizer=cut, token_pattern=None, lowercase=False)
    both = make_pipeline(make_union(words, characters), LinearSVC()).fit(clean, labels)
    alone = make_pipeline(characters, LinearSVC()).fit(clean, labels)
    by_words = fasttext_model(clean, labels, cut)
    by_characters = fasttext_model(texts, labels, list)
    return [
        Contestant(OURS, labeler.predict, 20_000),
        Contestant(NO_COMPILER, without_compiler(), 20_000),
        Contestant(NAIVE, lambda t: naive.predict(simplified(t)), 1_000),
        Contestant(NAIVE_BOTH, lambda t: both.predict(simplified(t)), 1_000),
        Contestant(CHARACTERS, lambda t: alone.predict(simplified(t)), 2_000),
        Contestant(
            JIEBA_FASTTEXT,
            lambda t: by_words.predict([" ".join(cut(x)) for x in simplified(t)])[0],
            1_000,
        ),
        Contestant(FASTTEXT, lambda t: by_characters.predict([" ".join(x) for x in t])[0], 20_000),
    ]
