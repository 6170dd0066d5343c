"""A lexicon is read whole, or refused with the file and the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyclf.codebook import Codebook
from policyclf.exceptions import LexiconError
from policyclf.features import Batch, LexiconBlock, Segment
from policyclf.lexicon import SHORTEST, WEIGHTS, Lexicon, Term
from policyclf.normalization import normalized

HEADER = "label\tterm\tweight\n"


def scores(lexicon: Lexicon, text: str) -> dict[str, float]:
    """Sum the weights of the terms that count in a text, a label."""
    hits = LexiconBlock.of(lexicon, ["text"], [1.0]).hits(Batch([Segment(text)]))
    return {label: hit for label, hit in zip(lexicon.labels, hits[0].tolist(), strict=True) if hit}


def test_reads_rows() -> None:
    """Reads label, term and weight, in the order of the terms."""
    lexicon = Lexicon.from_tsv(HEADER + "talent\t引才\t3\nfinance\t信贷\t2\n")
    assert lexicon.terms == (Term("信贷", "finance", 2), Term("引才", "talent", 3))
    assert lexicon.labels == ("finance", "talent")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", [True, False])
def test_reads_any_file(end: str, mark: str, tmp_path: Path, *, last: bool) -> None:
    """Reads files with and without a mark, Windows line ends and an end to the last line."""
    text = mark + end.join(["label\tterm\tweight", "talent\t引才\t3"]) + end * last
    path = tmp_path / "lexicon.tsv"
    path.write_bytes(text.encode())
    assert Lexicon.from_tsv(text.removeprefix(mark)).terms == (Term("引才", "talent", 3),)
    assert Lexicon.from_path(path).terms == (Term("引才", "talent", 3),)


def test_cleans_terms() -> None:
    """Holds terms as cleaned text, as the features see them."""
    lexicon = Lexicon.from_rows([("talent", "２０２５人才計劃（Ａ類）", 2)])
    assert lexicon.terms[0].text == "0000人才计划(a类)"
    assert scores(lexicon, "实施2021人才计划（A类）。") == {"talent": 2}


def test_shipped_lexicon(labels_folder: Path) -> None:
    """The shipped lexicon has terms for the labels of the codebook, cleaned, each once."""
    lexicon = Lexicon.from_path(labels_folder / "lexicon.tsv")
    codebook = Codebook.from_path(labels_folder / "codebook.toml")
    assert set(lexicon.labels) <= set(codebook.ids)
    assert len(lexicon.labels) >= 17
    texts = [term.text for term in lexicon.terms]
    assert texts == sorted(set(texts))
    assert len(texts) > 10_000
    for term in lexicon.terms:
        assert normalized(term.text) == term.text
        assert len(term.text) >= SHORTEST
        assert term.weight in WEIGHTS


def test_round_trip() -> None:
    """Writes what it reads, and has a digest that changes with any of it."""
    rows = [("talent", "引才", 3), ("finance", "信贷", 2)]
    lexicon = Lexicon.from_rows(rows)
    assert Lexicon.from_tsv(lexicon.to_tsv()) == lexicon
    assert Lexicon.from_rows(rows[::-1]).digest() == lexicon.digest()
    for other in (
        [*rows, ("talent", "育才", 1)],
        [("talent", "引才", 2), rows[1]],
        [("finance", "引才", 3), rows[1]],
        [("talent", "育才", 3), rows[1]],
    ):
        assert Lexicon.from_rows(other).digest() != lexicon.digest()


def test_longer_term_hides_shorter() -> None:
    """Counts only the longest of nested terms, of whatever labels they are."""
    lexicon = Lexicon.from_rows(
        [
            ("industry", "企业", 1),
            ("innovation", "高新技术企业", 3),
            ("business", "高新技术企业认定", 2),
            ("talent", "技术", 2),
        ]
    )
    assert scores(lexicon, "支持企业发展") == {"industry": 1}
    assert scores(lexicon, "高新技术企业") == {"innovation": 3}
    assert scores(lexicon, "开展高新技术企业认定") == {"business": 2}
    assert scores(lexicon, "高新技术企业和企业") == {"innovation": 3, "industry": 1}
    assert scores(lexicon, "技术企业") == {"talent": 2, "industry": 1}


def test_overlapping_terms_both_count() -> None:
    """Counts both of two terms that share a character, and each as often as it occurs."""
    lexicon = Lexicon.from_rows([("finance", "产业基金", 3), ("talent", "基金会", 2)])
    assert scores(lexicon, "产业基金会") == {"finance": 3, "talent": 2}
    assert scores(lexicon, "产业基金、产业基金") == {"finance": 6}
    assert scores(lexicon, "基 金会") == {"talent": 2}


def test_identical_neighbours() -> None:
    """Counts a term in every place, its own overlaps included."""
    lexicon = Lexicon.from_rows([("a", "双双", 1)])
    assert scores(lexicon, "双双双") == {"a": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"f\.tsv:1: the header must be label, term, weight with tabs between. Got ''"),
        ("term\tlabel\tweight\n", r"f\.tsv:1: the header .* Got 'term.tlabel.tweight'"),
        ("label,term,weight\n", r"f\.tsv:1: the header .* Got 'label,term,weight'"),
        (HEADER + "talent\t引才\n", r"f\.tsv:2: needs a label, a term and a weight with tabs"),
        (HEADER + "a\t引才\t3\t4\n", r"f\.tsv:2: needs a label, a term and a weight with tabs"),
        (HEADER + "a\t引才\t3\n\nb\t信贷\t2\n", r"f\.tsv:3: needs a label.*Got ''"),
        (HEADER + "talent\t引才\thigh\n", r"f\.tsv:2: needs .* Got 'talent.t引才.thigh'"),
        (HEADER + "talent\t引才\t-1\n", r"f\.tsv:2: needs a label"),
        (HEADER + "talent\t引才\t²\n", r"f\.tsv:2: needs a label"),
        (HEADER + "talent\t引才\t0\n", r"f\.tsv:2: the weight must be 1, 2 or 3. Got 0"),
        (HEADER + "a\t引才\t3\nb\t信贷\t4\n", r"f\.tsv:3: the weight must be 1, 2 or 3. Got 4"),
        (
            HEADER + f"talent\t引才\t{'3' * 5000}\n",
            r"f\.tsv:2: needs a label.*Got 'talent.t引才.t3+",
        ),
        (HEADER + "\t引才\t3\n", r"f\.tsv:2: needs a label and a term .* Got '' and '引才'"),
        (HEADER + "talent\t才\t3\n", r"f\.tsv:2: needs .* at least 2 characters .* and '才'"),
        (HEADER + "talent\t 才\u200b\t3\n", r"f\.tsv:2: needs .* remain after cleaning"),
        (
            HEADER + "talent\t引才\t3\nfinance\t信贷\t2\nfinance\t引才\t1\n",
            r"f\.tsv:4: the term '引才' \(finance\) stands on line 2 already \(talent\)",
        ),
        (
            HEADER + "talent\t2024年\t3\ntalent\t２０２５年\t3\n",
            r"f\.tsv:3: the term '２０２５年' \(talent\) stands on line 2 already .*as '0000年'",
        ),
    ],
)
def test_errors(text: str, message: str) -> None:
    """Names the file and the line, and shows what stands there."""
    with pytest.raises(LexiconError, match=f"^{message}"):
        Lexicon.from_tsv(text, name="f.tsv")


def test_unreadable_files(tmp_path: Path) -> None:
    """Names a file that is missing, a folder, or not UTF-8."""
    with pytest.raises(LexiconError, match=r"absent\.tsv: cannot be read: .*No such file"):
        Lexicon.from_path(tmp_path / "absent.tsv")
    with pytest.raises(LexiconError, match=r"cannot be read: .*directory"):
        Lexicon.from_path(tmp_path)
    path = tmp_path / "gbk.tsv"
    path.write_bytes((HEADER + "talent\t引才\t3\n").encode("gbk"))
    with pytest.raises(LexiconError, match=r"gbk\.tsv: cannot be read: .*utf-8"):
        Lexicon.from_path(path)
    path.write_text(HEADER + "talent\n", encoding="utf-8")
    with pytest.raises(LexiconError, match=r"gbk\.tsv:2: needs"):
        Lexicon.from_path(path)
