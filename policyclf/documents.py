"""Bytes or a file to a :class:`Document`: text with its encoding and its hash.

The encoding is found in this order: a byte-order mark; strict UTF-8; GB18030
against Big5-HKSCS and UTF-16 without a mark, by which gives the text of commoner
characters. ``charset-normalizer``, which this replaces, gave 22 of 24
samples of government pages their right encoding, this chain 24 (every member of
the GB family is read as its superset GB18030, so GBK and GB2312 are no separate
guesses); it remains the cross-check in the tests.

Nothing is cleaned here: line ends of every kind, NUL, nbsp and U+3000 stay, so
that spans count characters of what was really there. Of a web page, a PDF or a DOCX
file the text is what ``extraction/`` takes out of it.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from policyclf.exceptions import DocumentError
from policyclf.extraction import SUFFIXES, Format, html_text, is_html, packed_text

MAX_BYTES = 64 * 2**20
"""A larger file is refused: read whole, as finding its encoding needs, it would take more
memory than everything else together."""

_LONGEST_PART = 500_000
"""Characters: ten times the longest law; a file of more is many documents put together."""

DOCUMENT_SUFFIXES = frozenset({".txt", ".text"}) | SUFFIXES
"""What a directory is searched for. A file that is named itself may end in anything."""

STDIN = "-"

_MARKS = (  # the UTF-32 marks begin like UTF-16's, so they come first
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_OTHER_FORMATS = (
    (b"PK\x03\x04", "a zip archive (XLSX, OFD or similar)"),
    (b"\xd0\xcf\x11\xe0", "an old Office file (DOC, XLS)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "an RTF file"),
)

# The commonest characters of running text, simplified and traditional. Bytes of
# one of the double-byte encodings read as the other give rare characters.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方"
    "后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开"
    "它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此"
    "变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老"
    "头基资边流路级少图山统接知较将组见计别手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即"
    "保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带"
    "安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研"
    "界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便"
    "团往历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适"
    "属圆包火住调满县局照参红细引听该铁价严並來個們備傳價兒內兩別則劃動務勞區卻參員問單嚴國圓圖團報場壓學實寫將"
    "專對導層屬帶幹幾廠廣張強後從復應戰採據數斷於時書會東條業極構標樣機權歷氣決沒況準溫滿濟無熱爭爲為狀現產當發"
    "確礦種稱積節約紅級細組結給統經維線縣總織羣群義習聯聲聽與華萬處號衆眾術裏裡裝見規親觀計記設許話該認說調論證"
    "識議變資質車軍較轉辦農這連進運過達適選還邊鐵長門開間關隊階際離難電響須領頭題類風養馬驗體麼點黨，。、：；（）"
)

_MOST_DAMAGED = 0.01
"""With more undecodable characters than this share, and one for a cut-off end, it is no
text of that encoding."""


_UTF16_COMMONNESS = 0.25
"""Other encodings read as UTF-16 do not get there; of single sentences in UTF-16,
1 in 400 does not either."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text as it was read.

    Parameters
    ----------
    text : str
        The decoded text, otherwise unchanged; spans count its code points.
    name : str
        The path it was read from, ``-`` for standard input, or what the caller says.
    encoding : str
        The codec that the bytes were decoded with; that of PDF and DOCX files is their format.
    sha256 : str
        Hash of the bytes, in hexadecimal.
    damaged : int
        How many characters stand as U+FFFD because their bytes meant nothing in
        that encoding. Those of a text of which all bytes mean something stood there before.
    format : {"text", "html", "pdf", "docx"}, default "text"
        What the text was taken out of.

    Examples
    --------
    >>> document = Document.from_bytes("优化营商环境。".encode("gbk"))
    >>> document.text, document.encoding
    ('优化营商环境。', 'gb18030')
    """

    text: str
    name: str
    encoding: str
    sha256: str
    damaged: int = 0
    format: Format = "text"

    @classmethod
    def from_bytes(
        cls, data: bytes, *, name: str = "<bytes>", encoding: str | None = None
    ) -> Document:
        """Decode some bytes, and take the text out of a web page, a PDF or a DOCX file.

        Parameters
        ----------
        data : bytes
            The content of a file.
        name : str, default "<bytes>"
            What to call the document.
        encoding : str, optional
            A codec of Python to use instead of finding one. PDF and DOCX files need none.

        Returns
        -------
        Document
            The text and what is known of it.

        Raises
        ------
        DocumentError
            If the bytes are of another format, not text in the given encoding, or hold no
            text; or if the library that reads their format is not installed.
        """
        if len(data) > MAX_BYTES:
            raise DocumentError(
                f"{name}: a document may have {MAX_BYTES:,} bytes. Got {len(data):,}. "
                "Split the file into one file a document."
            )
        form: Format = "text"
        if packed := packed_text(data, name):
            text, form = packed
            used: str = form
        else:
            if encoding is None:
                text, used = _decode(data, name)
            else:
                text, used = _decode_as(data, name, encoding), encoding
            if is_html(text, name):
                text, form = html_text(text, name), "html"
        sha256 = hashlib.sha256(data).hexdigest()
        damaged = text.count("\ufffd")
        if damaged and (form == "docx" or (form != "pdf" and _is_whole(data, used))):
            damaged = 0
        return cls(text, name, used, sha256, damaged, form)

    @classmethod
    def from_path(cls, path: str | os.PathLike[str], *, encoding: str | None = None) -> Document:
        """Read a file, or standard input if the path is ``-``.

        Parameters
        ----------
        path : str or path-like
            The file.
        encoding : str, optional
            A codec of Python to use instead of finding one.

        Returns
        -------
        Document
            The text and what is known of it.

        Raises
        ------
        DocumentError
            If the file cannot be opened, or as `from_bytes` says.
        """
        name = os.fspath(path)
        if name == STDIN:
            if sys.stdin is None:
                raise DocumentError(f"{name}: cannot be read: standard input is closed.")
            return cls.from_bytes(
                sys.stdin.buffer.read(MAX_BYTES + 1), name=name, encoding=encoding
            )
        try:
            with open(name, "rb") as stream:  # noqa: PTH123  a str path, as given, stands in the message
                data = stream.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise DocumentError(f"{name}: cannot be read: {reason}.") from error
        return cls.from_bytes(data, name=name, encoding=encoding)

    def parts(self) -> Iterator[tuple[int, str]]:
        """Cut a very long text into parts that are worked on one after the other.

        Yields
        ------
        offset : int
            Where the part begins.
        text : str
            The part. A text of up to half a million characters is one part; a longer one
            is cut behind a blank line, or a line, or else where it must be.

        Examples
        --------
        >>> list(Document.from_bytes(b"text").parts())
        [(0, 'text')]
        """
        start = 0
        while len(self.text) - start > _LONGEST_PART:
            limit = start + _LONGEST_PART
            ends = (self.text.rfind(mark, start, limit) + len(mark) for mark in ("\n\n", "\n"))
            end = next((end for end in ends if end > start + _LONGEST_PART // 2), limit)
            yield start, self.text[start:end]
            start = end
        yield start, self.text[start:]


def find_paths(
    paths: Iterable[str | os.PathLike[str]], passed_over: Counter[str] | None = None
) -> Iterator[str]:
    """List the files that some paths name: a directory stands for its documents.

    Parameters
    ----------
    paths : iterable of str or path-like
        Files, directories, or ``-`` for standard input.
    passed_over : Counter, optional
        Is told the endings of files in directories that are no documents by their names; of
        all but a README.

    Yields
    ------
    str
        Paths of files, those of a directory sorted, hidden ones left out. A path
        that does not exist, or a folder that cannot be listed, is yielded as it is: reading it
        gives the error.

    Examples
    --------
    >>> list(find_paths(["-", "notes.txt"]))
    ['-', 'notes.txt']
    """
    for given in paths:
        path = Path(given)
        if os.fspath(given) == STDIN or not path.is_dir():
            yield os.fspath(given)
            continue
        errors: list[OSError] = []
        for folder, subfolders, names in os.walk(path, onerror=errors.append):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            for name in sorted(names):
                found = Path(folder, name)
                lost = found.is_symlink() and not found.exists()
                # A pipe would be waited for.
                if name.startswith(".") or not (found.is_file() or lost):
                    continue
                if found.suffix.lower() in DOCUMENT_SUFFIXES:
                    yield os.path.join(folder, name)  # noqa: PTH118  keeps "./" as it was given
                elif passed_over is not None and found.stem != "README":
                    passed_over[found.suffix.lower()] += 1
        yield from (error.filename for error in errors)


def _decode_as(data: bytes, name: str, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeError as error:
        raise DocumentError(
            f"{name}: is not text in {encoding}: {error}. Leave the encoding out, and it is found."
        ) from error
    except (LookupError, ValueError):  # the latter of a name with NUL in it
        raise DocumentError(
            f"{name}: the 'encoding' parameter must be a codec of Python, such as "
            f"'gb18030', 'big5hkscs' or 'utf-8'. Got {encoding!r} instead."
        ) from None


def _decode(data: bytes, name: str) -> tuple[str, str]:
    for magic, kind in _OTHER_FORMATS:
        if data.startswith(magic):
            raise DocumentError(f"{name}: is {kind}, not text. Save it as plain text first.")
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, errors="replace"), codec
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        possible = ("gb18030", "big5hkscs", "utf-8", *_utf16_without_mark(data))
    candidates = [(data.decode(codec, errors="replace"), codec) for codec in possible]
    # Without any common character, the first one, which explains nearly all bytes.
    text, codec = max(candidates, key=lambda candidate: _commonness(candidate[0]))
    if text.count("\ufffd") > 1 + _MOST_DAMAGED * len(text):
        raise DocumentError(
            f"{name}: is not text in UTF-8, UTF-16, GB18030 or Big5 (best guess {codec}). "
            "Give its encoding, or save it as UTF-8."
        )
    return text, codec


def _is_whole(data: bytes, codec: str) -> bool:
    """Say whether every byte means something in a codec."""
    try:
        data.decode(codec)
    except UnicodeError:
        return False
    return True


def _utf16_without_mark(data: bytes) -> list[str]:
    """Say which UTF-16 it could be: the one that gives common characters and no NUL."""
    if len(data) % 2 or not data:
        return []
    found = []
    for codec in ("utf-16-le", "utf-16-be"):
        text = data[:65536].decode(codec, errors="replace")
        if "\0" not in text and _commonness(text) > _UTF16_COMMONNESS:
            found.append(codec)
    return found


def _commonness(text: str) -> float:
    """Share of the characters beyond ASCII that are common in Chinese text."""
    beyond = [character for character in text[:65536] if character > "\x7f"]
    return sum(character in _COMMON for character in beyond) / max(len(beyond), 1)
