"""A document is read as what its writer wrote, whatever program saved it."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyclf import documents as module
from policyclf.documents import MAX_BYTES, STDIN, Document, find_paths
from policyclf.exceptions import DocumentError
from strategies import document_text

SIMPLIFIED = [
    "优化营商环境",
    "要加大招商引资力度，推动重点项目建设。",
    "第二条　本办法所称的产业园区，是指经省人民政府批准设立的开发区、高新区。\n",
    "关于加快发展的意见\n\n各县（市、区）人民政府，市政府各部门：\n"
    "　　为了进一步优化营商环境，现提出如下意见。\n"
    "　　一、总体要求\n　　到2025年，全市生产总值年均增长6.5%，高新技术企业达到300家。\n",
]
SIMPLIFIED.append(SIMPLIFIED[-1] * 12)
TRADITIONAL = [
    "優化營商環境",
    "要加大招商引資力度，推動重點項目建設。",
    "第二條　本辦法所稱的產業園區，是指經省人民政府批准設立的開發區、高新區。\n",
    "關於加快發展的意見\n\n各縣（市、區）人民政府，市政府各部門：\n"
    "　　為了進一步優化營商環境，現提出如下意見。\n"
    "　　一、總體要求\n　　到2025年，全市生產總值年均增長6.5%，高新技術企業達到300家。\n",
]
TRADITIONAL.append(TRADITIONAL[-1] * 12)
FOUR_BYTES = [  # characters that GBK lacks: of names, and from beyond the first plane
    "优化䶮湖新区的营商环境，加快建设。",
    "要推动𬭩𬬻产业项目的发展，为人民服务。",
    *[text + "䶮湖，𠮷水。" for text in SIMPLIFIED[1:]],
]
HONG_KONG = ["推動深水埗、𨋢和邨的發展，建設有關的設施。"]  # in Big5-HKSCS alone

READ_AS = {  # every codec that a text may be saved with, and its superset that reads it
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8-sig",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "big5hkscs": "big5hkscs",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}
SAVED = [
    *[(text, "utf-8") for text in (*SIMPLIFIED, *TRADITIONAL, *FOUR_BYTES, *HONG_KONG)],
    *[(text, "utf-8-sig") for text in (*SIMPLIFIED, *TRADITIONAL, *FOUR_BYTES)],
    *[(text, "gb2312") for text in SIMPLIFIED],
    *[(text, "gbk") for text in (*SIMPLIFIED, *TRADITIONAL)],
    *[(text, "gb18030") for text in (*SIMPLIFIED, *TRADITIONAL, *FOUR_BYTES)],
    *[(text, "big5") for text in TRADITIONAL],
    *[(text, "big5hkscs") for text in (*TRADITIONAL, *HONG_KONG)],
    *[(text, "utf-16-le") for text in (*SIMPLIFIED, *TRADITIONAL, *FOUR_BYTES)],
    *[(text, "utf-16-be") for text in (*SIMPLIFIED, *TRADITIONAL, *FOUR_BYTES)],
]
MARKED = [
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
]
ODD_CHARACTERS = [
    "推进项目。\r\n建设园区。\r\n",
    "推进项目。\r建设园区。\r",
    "推进项目。\u2028建设园区。\u2029",
    "推进\x00项目。\x00",
    "推进\xa0项目。",
    "\u3000\u3000推进项目。\u3000",
    "\n\n推进项目。\n\n",
    "\x85推进\v项目\f。\x1a",
]
CODEC_NAMES = st.sampled_from(["gb18030", "utf-8"])


def _id(value: object) -> str:
    return f"{value[:6]}x{len(value)}" if isinstance(value, str) else ascii(value)


@pytest.mark.parametrize(("text", "codec"), SAVED, ids=_id)
def test_finds_the_encoding(text: str, codec: str) -> None:
    """Reads text from a phrase to a page back exactly, in every encoding it may be saved in."""
    document = Document.from_bytes(text.encode(codec))
    assert document.text == text
    assert document.encoding == READ_AS[codec]
    assert document.damaged == 0


@pytest.mark.parametrize("text", ["", "ok", *SIMPLIFIED, *TRADITIONAL, *FOUR_BYTES], ids=_id)
@pytest.mark.parametrize(("mark", "codec", "name"), MARKED, ids=[mark[1] for mark in MARKED])
def test_obeys_a_mark(text: str, mark: bytes, codec: str, name: str) -> None:
    """Reads UTF-16 and UTF-32 of either byte order by their mark, which is no part of the text."""
    document = Document.from_bytes(mark + text.encode(codec))
    assert document.text == text
    assert document.encoding == name


@pytest.mark.parametrize("codec", ["gb18030", "utf-8", "utf-16-le", "utf-16-be"])
def test_finds_the_encoding_of_sentences(codec: str, corpus_texts: list[str]) -> None:
    """Gets all but one in two hundred of single sentences, the shortest included."""
    wrong = 0
    for text in corpus_texts:
        try:
            wrong += Document.from_bytes(text.encode(codec)).text != text
        except DocumentError:
            wrong += 1
    assert wrong <= len(corpus_texts) / 200


@pytest.mark.parametrize("text", ["阅读", "[ 08:40 ] 阅读(356)", "绊脚石"])
def test_rare_characters_alone(text: str) -> None:
    """Prefers an encoding that explains every byte, where no character is common."""
    assert Document.from_bytes(text.encode("gbk")).text == text


@pytest.mark.parametrize("text", ODD_CHARACTERS, ids=ascii)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_keeps_every_character(text: str, codec: str) -> None:
    """Leaves line ends of every kind, NUL and blanks as they are."""
    assert Document.from_bytes(text.encode(codec)).text == text


def test_keeps_line_ends_of_a_file(tmp_path: Path) -> None:
    """Translates no line end of a file either."""
    path = tmp_path / "a.txt"
    path.write_bytes("甲。\r\n乙。\r丙。\n".encode())
    assert Document.from_path(path).text == "甲。\r\n乙。\r丙。\n"


@given(document_text, CODEC_NAMES)
def test_given_encoding(text: str, codec: str) -> None:
    """Reads any text back with the codec that it was written with."""
    try:
        data = text.encode(codec)
    except UnicodeEncodeError:
        return
    document = Document.from_bytes(data, encoding=codec)
    assert (document.text, document.encoding) == (text, codec)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """Either reads bytes, and says how many characters were lost, or refuses them."""
    try:
        document = Document.from_bytes(data)
    except DocumentError:
        return
    try:
        data.decode(document.encoding)
        lost = 0
    except UnicodeDecodeError:
        lost = document.text.count("\ufffd")
    assert document.damaged == lost
    assert document.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16"])
def test_hash_is_of_the_bytes(codec: str, tmp_path: Path) -> None:
    """Carries the SHA-256 of the file's bytes, not of its text."""
    data = SIMPLIFIED[1].encode(codec)
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    document = Document.from_path(path)
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert document.name == str(path)


def test_override_wins() -> None:
    """Uses the encoding it is told to, even where another would fit as well."""
    assert Document.from_bytes(b"\xc4\xe3", encoding="latin-1").text == "Äã"
    assert Document.from_bytes(b"caf\xe9", encoding="cp1252").text == "café"


@pytest.mark.parametrize("codec", ["utf-8", "ascii", "utf-16"])
def test_wrong_override(codec: str) -> None:
    """Refuses bytes that are no text in the given encoding, and says what to do."""
    with pytest.raises(DocumentError, match=rf"^a\.txt: is not text in {codec}: .*Leave the enc"):
        Document.from_bytes("营商环境a".encode("gbk"), name="a.txt", encoding=codec)


@pytest.mark.parametrize("codec", ["gb-18030-x", "", "base64", "gbk\0"])
def test_unknown_codec(codec: str) -> None:
    """Refuses a codec that Python lacks, or that gives no text, and names some that it has."""
    with pytest.raises(
        DocumentError, match=r"a\.txt: the 'encoding' parameter .*'gb18030'"
    ) as info:
        Document.from_bytes(b"abc", name="a.txt", encoding=codec)
    assert f"Got {codec!r} instead" in str(info.value)


@pytest.mark.parametrize(
    ("magic", "kind"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", "a zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file"),
        (b"\x1f\x8b\x08\x00", "a gzip archive"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"{\\rtf1\\ansi", "an RTF file"),
    ],
)
def test_other_formats(magic: bytes, kind: str) -> None:
    """Refuses a file of another format, says which, and says what to do."""
    with pytest.raises(DocumentError, match=rf"^a\.txt: is {kind}.* not text\. Save it as plain"):
        Document.from_bytes(magic + bytes(range(256)), name="a.txt")


@pytest.mark.parametrize("data", [bytes(range(128, 256)), b"\xff" * 50, b"\x80\x81\xfe\xff" * 9])
def test_no_text(data: bytes) -> None:
    """Refuses what is text in none of the encodings, and says which were tried."""
    with pytest.raises(DocumentError, match=r"is not text in UTF-8, UTF-16, GB18030 or Big5"):
        Document.from_bytes(data)


def test_too_large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Refuses a file beyond the limit, which it does not read to its end."""
    assert MAX_BYTES >= 5 * 10**7
    monkeypatch.setattr("policyclf.documents.MAX_BYTES", 10)
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 10)
    assert len(Document.from_path(path).text) == 10
    path.write_bytes(b"x" * 50)
    with pytest.raises(DocumentError, match=r"a\.txt: a document may have 10 bytes. Got 11"):
        Document.from_path(path)


def test_empty(tmp_path: Path) -> None:
    """Reads an empty file as an empty text."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"")
    document = Document.from_path(path)
    assert (document.text, document.encoding, document.damaged) == ("", "utf-8", 0)


@pytest.mark.parametrize(
    ("text", "codec", "cut"),
    [
        (SIMPLIFIED[1], "utf-8", 1),
        (SIMPLIFIED[1], "gbk", 1),
        (SIMPLIFIED[3], "utf-8", 1),
        (SIMPLIFIED[3], "utf-8", 2),
        (SIMPLIFIED[3], "gbk", 1),
        (TRADITIONAL[3], "big5", 1),
        (SIMPLIFIED[3], "utf-16", 1),
        (SIMPLIFIED[3], "utf-8-sig", 1),
    ],
)
def test_cut_off_end(text: str, codec: str, cut: int) -> None:
    """Reads a file that stops in the middle of its last character, and counts that one lost."""
    text = text.rstrip()
    document = Document.from_bytes(text.encode(codec)[:-cut])
    assert document.text == text[:-1] + "\ufffd"
    assert document.damaged == 1


def test_some_damage() -> None:
    """Reads a page of which a few bytes are lost, and counts the characters."""
    data = bytearray(SIMPLIFIED[-1].encode())
    data[300] = data[900] = 0xFF
    document = Document.from_bytes(bytes(data))
    assert document.encoding == "utf-8"
    assert document.damaged == document.text.count("\ufffd") > 0


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("page", [False, True])
def test_damage_of_before_is_not_counted(codec: str, *, page: bool) -> None:
    """A U+FFFD that stood in a text, of which all bytes could be decoded, was not lost here."""
    text = SIMPLIFIED[-1][:40] + "\ufffd" + SIMPLIFIED[-1][40:]
    if page:
        text = f"<!DOCTYPE html><html><body><p>{text}</p></body></html>"
    document = Document.from_bytes(text.encode(codec))
    assert document.text.count("\ufffd") == 1
    assert document.damaged == 0
    assert Document.from_bytes(text.encode("utf-8"), encoding="utf-8").damaged == 0


@pytest.mark.parametrize(("form", "damaged"), [("pdf", 1), ("docx", 0)])
def test_damage_in_files_of_a_format(
    form: str, damaged: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A glyph of a PDF may mean nothing; what stands in a DOCX file is its own text."""
    monkeypatch.setattr("policyclf.documents.packed_text", lambda *_: ("推进\ufffd项目。", form))
    document = Document.from_bytes(b"")
    assert (document.encoding, document.damaged) == (form, damaged)


def test_missing_file(tmp_path: Path) -> None:
    """Names a file that is not there."""
    path = tmp_path / "absent.txt"
    with pytest.raises(DocumentError, match=r"absent\.txt: cannot be read: No such file"):
        Document.from_path(path)


def test_directory_is_no_file(tmp_path: Path) -> None:
    """Refuses to read a directory as a file."""
    with pytest.raises(DocumentError, match=r"cannot be read: Is a directory"):
        Document.from_path(tmp_path)


def test_impossible_path() -> None:
    """Refuses a path that no file can have."""
    with pytest.raises(DocumentError, match=r"cannot be read: .*null"):
        Document.from_path("a\0.txt")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read anything"
)
def test_no_permission(tmp_path: Path) -> None:
    """Names a file that may not be read."""
    path = tmp_path / "a.txt"
    path.write_text("甲", encoding="utf-8")
    path.chmod(0)
    with pytest.raises(DocumentError, match=r"a\.txt: cannot be read: Permission denied"):
        Document.from_path(path)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads standard input as bytes, so that its encoding is found too."""
    stream = io.TextIOWrapper(io.BytesIO("营商环境。\r\n".encode("gbk")), encoding="ascii")
    monkeypatch.setattr(sys, "stdin", stream)
    document = Document.from_path(STDIN)
    assert (document.text, document.encoding, document.name) == ("营商环境。\r\n", "gb18030", "-")


def test_find_paths(tmp_path: Path) -> None:
    """Walks a directory in order: text files only, hidden ones and hidden folders left out."""
    for name in (
        "b.txt",
        "a.TXT",
        "c.text",
        "notes.md",
        "README.md",
        "table.csv",
        "noending",
        ".hidden.txt",
        ".git/config.txt",
        "2021/z.txt",
        "2021/a.txt",
        "2020/deep/x.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("甲", encoding="utf-8")
    passed_over: Counter[str] = Counter()
    paths = find_paths([tmp_path], passed_over)
    found = [Path(path).relative_to(tmp_path).as_posix() for path in paths]
    assert found == ["a.TXT", "b.txt", "c.text", "2020/deep/x.txt", "2021/a.txt", "2021/z.txt"]
    assert passed_over == {".md": 1, ".csv": 1, "": 1}


def test_find_paths_names_what_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link to nothing and a folder that cannot be listed are no documents left out in silence."""
    (tmp_path / "broken.txt").symlink_to(tmp_path / "absent.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "private").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "private":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = [Path(path).name for path in find_paths([tmp_path])]
    assert found == ["broken.txt", "loop.txt", "private"]
    for name in found:
        with pytest.raises(DocumentError, match=f"{name}: cannot be read"):
            Document.from_path(tmp_path / name)


def test_find_paths_takes_what_is_named(tmp_path: Path) -> None:
    """Yields named files in the order given, whatever they end in and whether they exist."""
    (tmp_path / "page.html").write_text("甲", encoding="utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("甲", encoding="utf-8")
    given_paths: list[str | Path] = [
        tmp_path / "page.html",
        "-",
        "absent.txt",
        str(tmp_path / "in"),
        "./b.md",
    ]
    assert list(find_paths(given_paths)) == [
        str(tmp_path / "page.html"),
        "-",
        "absent.txt",
        str(tmp_path / "in" / "a.txt"),
        "./b.md",
    ]


def test_find_paths_of_an_empty_directory(tmp_path: Path) -> None:
    """Finds nothing in a directory without text files."""
    (tmp_path / "a.csv").write_text("甲", encoding="utf-8")
    assert list(find_paths([tmp_path])) == []


def test_agrees_with_charset_normalizer() -> None:
    """Reads pages as charset-normalizer does."""
    peer = pytest.importorskip("charset_normalizer")
    samples = [
        (text * repeats, codec)
        for texts, codecs_ in (
            (SIMPLIFIED, ["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
            (TRADITIONAL, ["utf-8", "big5", "utf-16"]),
        )
        for text, repeats in ((texts[3], 1), (texts[3], 5))
        for codec in codecs_
    ]
    assert len(samples) >= 10
    for text, codec in samples:
        data = text.encode(codec)
        assert str(peer.from_bytes(data).best()).lstrip("\ufeff") == text, codec
        assert Document.from_bytes(data).text == text, codec


@given(
    st.lists(st.sampled_from(["一", "二", "\n", "\n\n", "甲乙丙丁"]), max_size=60),
    st.integers(4, 30),
)
def test_parts_are_the_whole(pieces: list[str], longest: int) -> None:
    """Parts of a long text put together are the text, each at its offset, none too long."""
    text = "".join(pieces)
    document = Document.from_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LONGEST_PART", longest)
        parts = list(document.parts())
    assert "".join(part for _, part in parts) == text
    assert all(text[offset : offset + len(part)] == part for offset, part in parts)
    assert all(0 < len(part) <= longest for _, part in parts) or not text


def test_parts_end_behind_blank_lines() -> None:
    """A text is cut behind a blank line, if there is one in the later half, else a line."""
    document = Document.from_bytes("一二三四\n五六\n\n七八\n九十".encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LONGEST_PART", 11)
        assert [part for _, part in document.parts()] == ["一二三四\n五六\n\n", "七八\n九十"]
        patch.setattr(module, "_LONGEST_PART", 6)
        assert next(part for _, part in document.parts()) == "一二三四\n"
