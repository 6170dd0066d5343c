"""What ``labels/`` promises: enough of everything, nothing twice, nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import datasheet
from policyclf.codebook import Codebook
from policyclf.corpus import Corpus
from policyclf.duplicates import near_duplicates
from policyclf.lexicon import Lexicon
from policyclf.normalization import normalized

OVERLAP = Path(__file__).parents[2] / "shared" / "tools" / "overlap.py"


@pytest.fixture(scope="module")
def written() -> tuple[Corpus, Lexicon]:
    """Read the corpus strictly, and the lexicon."""
    book = Codebook.from_path(datasheet.LABELS / "codebook.toml")
    folder = datasheet.LABELS / "corpus"
    corpus = Corpus.from_path(folder, codebook=book, repeats="error")
    return corpus, Lexicon.from_path(datasheet.LABELS / "lexicon.tsv")


def test_size(written: tuple[Corpus, Lexicon]) -> None:
    """Is as large and as varied as the datasheet's purpose needs."""
    corpus, lexicon = written
    assert len(corpus) >= 12_000
    assert len(set(corpus.doc_ids)) >= 700
    assert min(corpus.label_counts().values()) >= 400
    assert sum(len(normalized(text)) > 80 for text in corpus.texts) >= 0.15 * len(corpus)
    assert len(lexicon.terms) >= 16_000
    assert set(lexicon.labels) == set(corpus.label_counts())


def test_documents_are_whole(written: tuple[Corpus, Lexicon]) -> None:
    """Keeps the segments of a document together, of one genre, year and province."""
    corpus, _ = written
    last, seen = None, set()
    about: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for row in corpus.rows:
        if row.doc_id != last:
            assert row.doc_id not in seen, f"{row.source}: {row.doc_id} goes on elsewhere"
            seen.add(row.doc_id)
            last = row.doc_id
        about[row.doc_id].add(tuple(row.metadata[k] for k in ("genre", "year", "province")))
    assert [doc for doc, values in about.items() if len(values) > 1] == []


def test_forms_are_undone_by_cleaning(written: tuple[Corpus, Lexicon]) -> None:
    """Has documents in traditional script with glosses, and with lines broken; both are cleaned."""
    corpus, _ = written
    documents: dict[str, set[str]] = defaultdict(set)
    for row in corpus.rows:
        form = row.metadata.get("form", "")
        documents[form].add(row.doc_id)
        if form:
            cleaned = normalized(row.text)
            assert normalized(cleaned) == cleaned
            assert not re.search("[\u0101\u00e1\u01ce\u00e0\u01d4\u01d2\n]", cleaned), row.source
    assert len(documents["traditional"]) >= 0.03 * len(documents[""])
    assert len(documents["wrapped"]) >= 0.03 * len(documents[""])
    assert not documents["traditional"] & (documents["wrapped"] | documents[""])


def test_near_duplicates(written: tuple[Corpus, Lexicon]) -> None:
    """Has hardly any sentence that is nearly another one."""
    corpus, _ = written
    assert len(near_duplicates(corpus.texts)) < 0.005 * len(corpus)


def test_datasheet_is_current(written: tuple[Corpus, Lexicon]) -> None:
    """Has the datasheet's tables as the data are (``python tests/datasheet.py``)."""
    found = datasheet.BLOCK.search(datasheet.DATASHEET.read_text(encoding="utf-8"))
    assert found is not None
    assert found.group() == datasheet.statistics(*written)


@pytest.mark.skipif(not OVERLAP.exists(), reason="the real documents are not at hand")
def test_nothing_is_from_real_text() -> None:
    """Shares no run of 18 Han characters with the real documents."""
    files = sorted(map(str, (datasheet.LABELS / "corpus").glob("*.jsonl")))
    done = subprocess.run(
        [sys.executable, str(OVERLAP), *files], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().split("\n")[-1].startswith("0 sentences"), done.stdout[:2000]
