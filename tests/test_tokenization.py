"""Both engines cut text into the same words, whatever lies in the folder for temporary files."""

from __future__ import annotations

import marshal
import pickle
import tempfile
from pathlib import Path
from typing import Any

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyclf.exceptions import InputError
from policyclf.lexicon import Lexicon
from policyclf.normalization import normalized
from policyclf.tokenization import Engine, Tokenizer
from strategies import document_text

ENGINES: tuple[Engine, ...] = ("rjieba", "jieba")
TERMS = ("营商环境", "放管服", "一带一路", "双招双引", "高新技术企业", "高新技术", "gdp", "小微")
SENTENCE = "深化放管服改革,优化营商环境,gdp增长0.0%。"
WORDS = [*("深化", "放管服", "改革", ","), *("优化", "营商环境", ","), *("gdp", "增长", *"0.0%。")]

# Characters between which words end differently: Han common and rare, Latin, digits, marks.
dense_text = st.text(
    st.sampled_from(
        "优化营商环境放管服高新技术企业一带路双招引推进了的和abzg0dp%.-_+&#/,"
        "。 \"'：()\U00020000龥鿕鿖㐀é€α"
    )
)


@pytest.fixture(scope="module")
def pair() -> tuple[Tokenizer, Tokenizer]:
    """Make a tokenizer of each engine with a few terms."""
    return Tokenizer(TERMS), Tokenizer(TERMS, engine="jieba")


@pytest.mark.parametrize("engine", ENGINES)
def test_words(engine: Engine) -> None:
    """Cuts a sentence into words, terms of the user dictionary whole."""
    assert Tokenizer(TERMS, engine=engine).words(SENTENCE) == WORDS
    without = Tokenizer(engine=engine).words(SENTENCE)
    assert "营商环境" not in without
    assert "".join(without) == SENTENCE


@pytest.mark.parametrize("engine", ENGINES)
def test_blanks_are_no_words(engine: Engine) -> None:
    """Leaves blanks out, and has no words in an empty text."""
    tokenizer = Tokenizer(engine=engine)
    assert tokenizer.words("test bed 0 g") == ["test", "bed", "0", "g"]
    assert tokenizer.words("") == []


def test_tokenizers_are_separate() -> None:
    """Keeps the terms of one tokenizer from another, and from jieba's own."""
    for engine in ENGINES:
        assert Tokenizer(["双招双引"], engine=engine).words("双招双引") == ["双招双引"]
        assert len(Tokenizer(engine=engine).words("双招双引")) > 1
    assert "双招双引" not in jieba.dt.FREQ


def test_engines_agree_on_the_corpus(labels_folder: Path, corpus_texts: list[str]) -> None:
    """Gives the same words with both engines on the whole corpus, with the lexicon's terms."""
    terms = [term.text for term in Lexicon.from_path(labels_folder / "lexicon.tsv").terms]
    fast, reference = Tokenizer(terms), Tokenizer(terms, engine="jieba")
    for text in sorted({normalized(text) for text in corpus_texts}):
        assert fast.words(text) == reference.words(text)


@settings(deadline=None)
@given(st.one_of(document_text, dense_text))
def test_engines_agree_on_any_text(pair: tuple[Tokenizer, Tokenizer], text: str) -> None:
    """Gives the same words with both engines on any cleaned text, and loses nothing but blanks."""
    cleaned = normalized(text)
    words = pair[0].words(cleaned)
    assert words == pair[1].words(cleaned)
    assert "".join(words) == cleaned.replace(" ", "")


@pytest.mark.parametrize("engine", ENGINES)
def test_shared_cache_is_left_alone(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither reads nor writes the cache file that jieba keeps where anyone may write."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Tokenizer(TERMS, engine=engine).words(SENTENCE)
    assert list(tmp_path.iterdir()) == []

    cache = tmp_path / "jieba.cache"
    poison = marshal.dumps(({"化": 0, "化营": 10**6}, 10**6))
    cache.write_bytes(poison)
    assert "化营" in jieba.Tokenizer().lcut(SENTENCE, HMM=False)  # jieba's own way believes it
    assert Tokenizer(TERMS, engine=engine).words(SENTENCE) == WORDS
    assert cache.read_bytes() == poison
    assert list(tmp_path.iterdir()) == [cache]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("used", [False, True])
def test_pickles(engine: Engine, *, used: bool) -> None:
    """Comes back from a pickle with its terms and engine, used before or not, and small."""
    tokenizer = Tokenizer(TERMS, engine=engine)
    if used:
        tokenizer.words(SENTENCE)
    pickled = pickle.dumps(tokenizer)
    assert len(pickled) < 1000
    again = pickle.loads(pickled)
    assert (again.terms, again.engine) == (TERMS, engine)
    assert again.words(SENTENCE) == WORDS


@pytest.mark.parametrize("engine", ["", "Jieba", None])
def test_engine_must_be_known(engine: Any) -> None:
    """Refuses an unknown engine and says which there are."""
    message = "The 'engine' parameter of Tokenizer must be 'rjieba' or 'jieba'. Got "
    with pytest.raises(InputError, match=message):
        Tokenizer(engine=engine)
