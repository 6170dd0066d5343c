"""Web pages, PDF and DOCX to text: what is kept, what is left out, what is refused."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from policyclf import load
from policyclf.cli import cli
from policyclf.documents import Document, find_paths
from policyclf.exceptions import DocumentError
from policyclf.extraction import pdf as pdf_module
from policyclf.extraction import pdf_process, web, word

PAGE = """<!DOCTYPE html>
<html><head><meta charset="{charset}"><title>关于促进园区提质增效的若干措施_云河县人民政府网</title>
<script>var menu = "招商";</script><style>p {{ margin: 0 }}</style></head><body>
<div class="header"><ul><li><a href="/">首页</a></li><li><a href="/gk">政务公开</a></li></ul></div>
<div class="position">当前位置：<a href="/">首页</a> &gt; <a href="/gk">县政府文件</a></div>
<h1>关于促进园区提质增效的若干措施</h1>
<div class="share">发布时间：2021-05-18　来源：县政府办　【字体：大 中 小】</div>
<div id="zoom"><p>各乡镇人民政府，县直各单位：</p>
<p>　　<strong>一、强化招商引资</strong></p>
<p>　　围绕主导产业开展产业链招商，引进上下游配套企业；健全洽谈、签约、落地的跟踪机制。</p>
<table border="1"><tr><td>序号</td><td>任务</td><td>责任单位</td></tr>
<tr><td>1</td><td>盘活闲置低效用地</td><td>县自然资源局</td></tr></table>
<p>　　二、优化营商环境<br>　　推行一窗受理、集成服务，压减审批时限。</p>
<p style="text-align:right">云河县人民政府</p></div>
<div class="footer"><a href="/map">网站地图</a>主办：云河县人民政府办公室</div>
</body></html>"""


def page(charset: str = "utf-8") -> bytes:
    return PAGE.format(charset=charset).encode("gb18030" if charset == "gb2312" else "utf-8")


def pdf(pages: Sequence[Sequence[str]], *, trailer: str = "") -> bytes:
    """Set lines on pages, in a font that every reader of PDF knows by its name."""
    kids = " ".join(f"{6 + 2 * i} 0 R" for i in range(len(pages)))
    objects: list[str | bytes] = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H "
        "/DescendantFonts [4 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 5 0 R "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>",
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [0 0 1000 1000] "
        "/ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>",
    ]
    for i, lines in enumerate(pages):
        shown = "\n".join(
            f"BT /F1 12 Tf 60 {780 - 24 * n} Td <{line.encode('utf-16-be').hex()}> Tj ET"
            for n, line in enumerate(lines)
        )
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {7 + 2 * i} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>",
            pdf_stream(shown.encode()),
        ]
    return pdf_file(objects, trailer=trailer)


def pdf_stream(content: bytes, entries: str = "") -> bytes:
    start = f"<< /Length {len(content)} {entries} >>\nstream\n"
    return start.encode() + content + b"\nendstream"


def pdf_file(objects: Sequence[str | bytes], *, trailer: str = "") -> bytes:
    """Write objects, numbered from 1, the first of them the catalogue, and where each begins."""
    data = b"%PDF-1.4\n"
    table = "0000000000 65535 f \n"
    for number, content in enumerate(objects, 1):
        table += f"{len(data):010} 00000 n \n"
        written = content if isinstance(content, bytes) else content.encode("ascii")
        data += f"{number} 0 obj\n".encode() + written + b"\nendobj\n"
    return data + (
        f"xref\n0 {len(objects) + 1}\n{table}"
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\n"
        f"startxref\n{len(data)}\n%%EOF\n"
    ).encode("ascii")


def pdf_page(contents: bytes, *more: bytes, entries: str = "", resources: str = "") -> bytes:
    """Make a file of one page that shows the stream given, with more objects from 5 on."""
    return pdf_file(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            f"/Resources << {resources} >> >>",
            pdf_stream(contents, entries),
            *more,
        ]
    )


def never_ending() -> bytes:
    """Show a form ten times that shows a form ten times, twelve deep: 3 KB, 10**12 forms."""
    forms = [
        pdf_stream(
            b"/X Do " * 10,
            "/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
            f"/Resources << /XObject << /X {number + 1} 0 R >> >>",
        )
        for number in range(5, 17)
    ]
    last = pdf_stream(b"", "/Type /XObject /Subtype /Form /BBox [0 0 9 9]")
    return pdf_page(b"/X Do", *forms, last, resources="/XObject << /X 5 0 R >>")


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def docx(body: str, *, relationships: str = "") -> bytes:
    """Pack a body of WordprocessingML as Word does."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{RELATIONSHIPS}"><Relationship Id="r" '
            f'Type="{R}/officeDocument" Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="{RELATIONSHIPS}">{relationships}</Relationships>',
        )
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{W}" xmlns:r="{R}" '
            'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
            f"<w:body>{body}</w:body></w:document>",
        )
    return stream.getvalue()


class TestWebPages:
    @pytest.mark.parametrize("charset", ["utf-8", "gb2312"])
    def test_text_without_navigation_a_paragraph_or_row_a_line(self, charset: str) -> None:
        document = Document.from_bytes(page(charset))
        assert document.format == "html"
        lines = [line.strip() for line in document.text.split("\n")]
        assert lines[:6] == [
            "当前位置：首页 > 县政府文件",
            "关于促进园区提质增效的若干措施",
            "发布时间：2021-05-18　来源：县政府办　【字体：大 中 小】",
            "各乡镇人民政府，县直各单位：",
            "一、强化招商引资",
            "围绕主导产业开展产业链招商，引进上下游配套企业；健全洽谈、签约、落地的跟踪机制。",
        ]
        assert "1\t盘活闲置低效用地\t县自然资源局" in lines
        assert lines[-4:] == [
            "二、优化营商环境",
            "推行一窗受理、集成服务，压减审批时限。",
            "云河县人民政府",
            "网站地图主办：云河县人民政府办公室",
        ]

    def test_encoding_is_found_by_the_bytes_not_by_what_the_page_says(self) -> None:
        wrong = page("gb2312").decode("gb18030").encode()
        assert Document.from_bytes(wrong).text == Document.from_bytes(page()).text

    def test_title_that_stands_outside_the_text_comes_first(self) -> None:
        body = "<p>县委召开专题会，研究园区改革。</p><p>会议要求，压实责任。</p>"
        head = "<head><title>县委专题研究改革 - 云河网</title></head>"
        shown = Document.from_bytes(f"<html>{head}<body>{body}</body></html>".encode())
        assert shown.text.startswith("县委专题研究改革\n县委召开专题会，研究园区改革。\n")

    @pytest.mark.parametrize("n", [1, 3, 30], ids=["short", "middling", "long"])
    @pytest.mark.parametrize(
        ("before", "paragraph", "between", "after"),
        [
            ("<div>", "<p>{}</p>", "", "</div>"),
            ("", "<div>{}</div>", "", ""),
            ("<div>", "<div><span>{}</span></div>", "<div><br></div>", "</div>"),
            ("<section>", "<section><p>{}</p></section>", "", "</section>"),
            ("<div id='zoom'>", "{}", "<br><br>　　", "</div>"),
            ("<p>", "{}", "<br>", "</p>"),
            ("<table><tr><td>", "<p>{}</p>", "", "</td></tr></table>"),
            (
                "<table><tr><td><table><tr><td>",
                "{}",
                "<br>",
                "</td></tr></table></td></tr></table>",
            ),
            ("<ul>", "<li>{}</li>", "", "</ul>"),
        ],
    )
    def test_paragraphs_however_they_are_set(
        self, before: str, paragraph: str, between: str, after: str, n: int
    ) -> None:
        """Each is one line, whole, whatever is bold or linked in it."""
        marked = (
            "围绕第{}产业开展<b>产业链</b>招商，<span lang='EN-US'>引进</span><font>上下游</font>"
            "<a href='x'>企业</a>，推动签约项目早日落地见效。"
        )
        written = "围绕第{}产业开展产业链招商，引进上下游企业，推动签约项目早日落地见效。"
        body = between.join(paragraph.format(marked.format(i)) for i in range(n))
        footer = "<div class='footer'><a href='/'>首页</a>主办：云河县人民政府办公室</div>"
        document = Document.from_bytes(
            f"<html><body>{before}{body}{after}{footer}</body></html>".encode()
        )
        lines = [line.strip("　- ") for line in document.text.split("\n") if "产业" in line]
        assert lines == [written.format(i) for i in range(n)]

    def test_nothing_but_menus_is_left_out(self) -> None:
        """Paragraphs that recur, headings of every rank, text beside blocks."""
        body = (
            "<h1>一、招商</h1>开头的话<br>招商一批。<p>责任单位：县发改委</p><h5>二、用地</h5>"
            "<dl><dt>供地</dt><dd>盘活一批。</dd></dl>表前<table><tr><th>序号</th><th>任务</th></tr>"
            "<tr><td><p>1</p></td><td>供|水</td></tr></table>表后<p>责任单位：县发改委</p>"
            "<p>见<a href='x'>上年方案</a>和<label>附表</label>。</p><pre>第一行\n第二行</pre>"
            "<ul><li><a href='1'>图解：新政</a></li><li><a href='2'>问答</a></li></ul>"
        )
        shown = Document.from_bytes(f"<html><body>{body}</body></html>".encode())
        assert shown.text.split("\n") == [
            *("一、招商", "开头的话", "招商一批。", "责任单位：县发改委", "二、用地", "供地"),
            *("盘活一批。", "表前", "序号\t任务", "1\t供|水", "表后", "责任单位：县发改委"),
            *("见上年方案和附表。", "第一行", "第二行"),
        ]

    def test_page_of_links_alone_is_kept(self) -> None:
        links = "".join(f"<li><a href='{i}'>第{i}个开发区开工</a></li>" for i in range(3))
        shown = Document.from_bytes(f"<html><body><ul>{links}</ul></body></html>".encode())
        assert shown.text == "第0个开发区开工\n第1个开发区开工\n第2个开发区开工"

    @pytest.mark.parametrize(
        "title", ["云河县人民政府_关于促进园区提质增效的措施", "关于促进园区提质增效的措施 - 云河"]
    )
    def test_title_is_told_from_the_sites_name(self, title: str) -> None:
        shown = Document.from_bytes(
            f"<html><head><title>{title}</title></head><body><p>压实责任。</p></body></html>".encode()
        )
        assert shown.text == "关于促进园区提质增效的措施\n压实责任。"

    def test_comments_before_another_tag_are_passed_once(self) -> None:
        """A pattern that tries every way to part them would not come to an end."""
        assert Document.from_bytes(("<!---->" * 5_000 + "<x>").encode()).format == "text"
        assert Document.from_bytes(("<!---->" * 50 + "<html><p>招商").encode()).text == "招商"

    def test_deep_page_is_read_to_its_end_or_refused(self) -> None:
        def nested(depth: int) -> bytes:
            deep = "".join(f"<div><font>第{i}段。<br>" for i in range(depth))
            return f"<html><body>{deep}</body></html>".encode()

        assert Document.from_bytes(nested(500)).text.count("段。") == 500
        with pytest.raises(DocumentError, match="too many elements within each other"):
            Document.from_bytes(nested(5_000))

    def test_xhtml_with_a_declared_encoding(self) -> None:
        text = (
            '<?xml version="1.0" encoding="gb2312"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0">'
            '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>完善污水管网。</p></body></html>'
        )
        assert Document.from_bytes(text.encode()).text == "完善污水管网。"

    def test_fragment_is_known_by_its_name_alone(self) -> None:
        data = "<p>完善污水管网。</p>".encode()
        assert Document.from_bytes(data, name="a.HTM").text == "完善污水管网。"
        assert Document.from_bytes(data, name="a.txt").text == "<p>完善污水管网。</p>"

    @pytest.mark.parametrize("text", ["增速<5%，投资>3亿元。", "<招商>", "见<html标准>一节", ""])
    def test_text_with_angle_brackets_stays_text(self, text: str) -> None:
        document = Document.from_bytes(text.encode(), name="notes.html")
        assert (document.text, document.format) == (text, "text")

    def test_spans_are_of_the_extracted_text(self) -> None:
        document = Document.from_bytes(page())
        for sentence in load().label(document.text):
            assert document.text[sentence.start : sentence.end] == sentence.text

    @pytest.mark.parametrize("body", ["", "<script>render('招商')</script>", "<img src='a.png'>"])
    def test_page_without_text_is_refused(self, body: str) -> None:
        with pytest.raises(DocumentError, match=r"p\.html: is a web page without any text"):
            Document.from_bytes(f"<html><body>{body}</body></html>".encode(), name="p.html")

    def test_very_long_page_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(web, "MAX_HTML", 100)
        with pytest.raises(DocumentError, match=r"may have 100 characters\. Got \d"):
            Document.from_bytes(page())


class TestPdf:
    def test_lines_of_all_pages_without_page_numbers(self) -> None:
        data = pdf(
            [
                ["关于加快园区建设的意见", "一、盘活闲置低效用地", "— 1 —"],
                ["第 2 页 共 2 页", "二、完善污水管网。", "2/2"],
                ["2021", "三、压实责任。", "－3－"],
            ]
        )
        document = Document.from_bytes(data)
        assert document.format == document.encoding == "pdf"
        assert document.text.split("\n") == [
            "关于加快园区建设的意见",
            "一、盘活闲置低效用地",
            "二、完善污水管网。",
            "2021",  # may be a table's
            "三、压实责任。",
        ]

    def test_sentence_set_over_two_lines_is_one(self) -> None:
        lines = [
            "　　围绕主导产业开展产业链招商，引进上下游配套企业，推动洽谈签约项目早日落",
            "地见效，形成招引一批、签约一批、储备一批的良好格局，不断增强园区的发展后",
            "劲，为全县工业经济提供支撑。",
        ]
        sentences = load().label(Document.from_bytes(pdf([lines])).text)
        assert [sentence.label for sentence in sentences] == ["investment_attraction"]

    def test_scan_is_refused(self) -> None:
        with pytest.raises(DocumentError, match=r"s\.pdf: is a PDF without a text layer"):
            Document.from_bytes(pdf([[], []]), name="s.pdf")

    def test_password_is_asked_for_nowhere(self) -> None:
        locked = pdf(
            [["招商"]],
            trailer=f"/ID [<{'00' * 16}> <{'00' * 16}>] /Encrypt << /Filter /Standard /V 1 /R 2 "
            f"/P -4 /O <{'11' * 32}> /U <{'22' * 32}> >>",
        )
        with pytest.raises(DocumentError, match=r"cannot be opened: it needs a password"):
            Document.from_bytes(locked)

    def test_damaged_file_is_refused(self) -> None:
        with pytest.raises(DocumentError, match=r"cannot be opened: it is damaged"):
            Document.from_bytes(b"%PDF-1.7\nnothing of a PDF")

    def test_too_many_pages_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf_module, "MAX_PAGES", 1)
        with pytest.raises(DocumentError, match=r"may have 1 pages\. Got 2"):
            Document.from_bytes(pdf([["一"], ["二"]]))

    def test_too_much_text_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf_module, "MAX_CHARACTERS", 3)
        assert Document.from_bytes(pdf([["一"], ["二二"]])).text == "一\n二二"
        with pytest.raises(DocumentError, match=r"may have 3 characters\. Got more in 2 pages"):
            Document.from_bytes(pdf([["一二"], ["三四"], ["五"]]))

    def test_file_that_never_ends_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf_module, "MAX_SECONDS", 1)
        with pytest.raises(DocumentError, match=r"l\.pdf: is a PDF that (takes more|broke off)"):
            Document.from_bytes(never_ending(), name="l.pdf")

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems set no limit of memory")
    def test_file_that_fills_the_memory_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """PDFium stops its process when it gets no more."""
        packed = zlib.compress(b"q Q " * 2**26, 9)
        bomb = pdf_page(packed, entries="/Filter /FlateDecode")
        assert len(bomb) < 2**19
        monkeypatch.setattr(pdf_module, "MAX_MEMORY", 200 * 2**20)
        with pytest.raises(
            DocumentError, match=r"b\.pdf: .* \(over 209,715,200 bytes where there are limits\)"
        ):
            Document.from_bytes(bomb, name="b.pdf")

    def test_library_is_not_taken_from_the_working_directory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A folder of documents may hold a file with its name, where no module is looked for."""
        (tmp_path / "pypdfium2.py").write_text("raise SystemExit('ran')", encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        assert Document.from_bytes(pdf([["招商"]])).text == "招商"

    def test_without_a_process_a_file_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(DocumentError, match="no process can be started to read it"):
            Document.from_bytes(pdf([["招商"]]))

    @pytest.mark.parametrize("program", [None, "", "/bin/true"])
    def test_other_program_than_python_is_a_message(
        self, program: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where Python is part of another program, this may be it, or nothing."""
        monkeypatch.setattr(sys, "executable", program)
        with pytest.raises(DocumentError, match=r"no process can be started|broke off its reading"):
            Document.from_bytes(pdf([["招商"]]))

    def test_library_is_found_where_this_process_finds_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of the search path only texts count; others may stand there."""
        (tmp_path / "pypdfium2.py").write_text("raise SystemExit('ran')", encoding="utf-8")
        monkeypatch.setattr(sys, "path", [tmp_path, *sys.path])
        assert Document.from_bytes(pdf([["招商"]])).text == "招商"
        monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
        with pytest.raises(DocumentError, match=r"broke off its reading \(ran\)"):
            Document.from_bytes(pdf([["招商"]]))

    def test_page_that_cannot_be_read_has_no_text(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import pypdfium2  # noqa: PLC0415  tests of other formats do without

        read = pypdfium2.PdfPage.get_textpage
        pages: list[pypdfium2.PdfPage] = []

        def failing_at_the_second(page: pypdfium2.PdfPage) -> object:
            pages.append(page)
            if len(pages) == 2:
                raise pypdfium2.PdfiumError("Failed to load text page.")
            return read(page)

        monkeypatch.setattr(pypdfium2.PdfPage, "get_textpage", failing_at_the_second)
        found = pdf_process.texts(pdf([["一"], ["二"], ["三"]]), 10, 1000)
        assert found == {"texts": ["一", "三"]}

    def test_process_ends_by_itself(self) -> None:
        """Also when nobody waits for it, as where the run was ended from outside."""
        run = subprocess.run(
            [sys.executable, pdf_process.__file__, "10", "1000", "1", str(2**31)],
            input=never_ending(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert run.returncode != 0
        assert not run.stdout

    def test_process_answers_with_ascii(self) -> None:
        """Whatever the encoding of standard output is."""
        run = subprocess.run(
            [sys.executable, pdf_process.__file__, "10", "1000", "60", str(2**31)],
            input=pdf([["招商"]]),
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONIOENCODING": "ascii"},
        )
        assert json.loads(run.stdout) == {"texts": ["招商"]}
        assert run.stdout.isascii()
        assert not run.stderr


class TestDocx:
    def test_paragraphs_and_rows_are_lines(self) -> None:
        cell = "<w:tc>{}</w:tc>".format
        row = f"<w:tr>{cell(paragraph('盘活用地'))}{cell(paragraph('县自然'))}</w:tr>"
        document = Document.from_bytes(
            docx(
                paragraph("实施方案")
                + f"<w:tbl>{row}</w:tbl>"
                + "<w:p><w:r><w:t>上一行</w:t><w:br/><w:t>下一行</w:t></w:r></w:p>"
            )
        )
        assert document.format == document.encoding == "docx"
        assert document.text == "实施方案\n盘活用地\t县自然\n上一行\n下一行"

    def test_tracked_insertions_are_kept_and_deletions_left_out(self) -> None:
        changed = (
            "<w:p><w:ins w:id='1'><w:r><w:t>完善</w:t></w:r></w:ins>"
            "<w:del w:id='2'><w:r><w:delText>建设</w:delText></w:r></w:del>"
            "<w:r><w:t>污水管网。</w:t></w:r></w:p>"
        )
        assert Document.from_bytes(docx(changed)).text == "完善污水管网。"

    def test_item_with_items_below_it_is_kept(self) -> None:
        """Mammoth sets lists in lists; automatic numbers are no text."""
        converted = "<ol><li>加强招商<ol><li>引进配套企业</li></ol></li></ol>"
        assert Document.from_bytes(f"<html>{converted}".encode()).text == "加强招商\n引进配套企业"

    def test_linked_picture_is_not_opened(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("招商", encoding="utf-8")
        picture = (
            "<w:p><w:r><w:drawing><wp:inline xmlns:wp='http://schemas.openxmlformats.org/"
            "drawingml/2006/wordprocessingDrawing'><a:graphic><a:graphicData><pic:pic "
            "xmlns:pic='http://schemas.openxmlformats.org/drawingml/2006/picture'><pic:blipFill>"
            "<a:blip r:link='p'/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>"
            "</w:drawing></w:r></w:p>"
        )
        linked = docx(
            paragraph("规划图") + picture,
            relationships=f"<Relationship Id='p' Type='{R}/image' TargetMode='External' "
            f"Target='{secret.as_uri()}'/>",
        )
        assert Document.from_bytes(linked).text.split() == ["规划图"]

    def test_bomb_is_not_unpacked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(word, "MAX_XML", 10_000)
        bomb = docx(paragraph("招" * 100_000))
        assert len(bomb) < 10_000
        with pytest.raises(DocumentError, match=r"may have 10,000 bytes of XML\. Got 3"):
            Document.from_bytes(bomb)

    @pytest.mark.parametrize("part", ["word/document.bin", "_rels/more.rels"])
    def test_bomb_under_another_name(self, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the file itself calls its document is counted, or not read."""
        monkeypatch.setattr(word, "MAX_XML", 10_000)
        small = docx(paragraph("招商"))
        stream = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(small)) as read, zipfile.ZipFile(stream, "w") as written:
            for name in read.namelist():
                written.writestr(name, read.read(name).replace(b"word/document.xml", part.encode()))
            whole = read.read("word/document.xml").replace("招商".encode(), b"x" * 100_000)
            written.writestr(part, whole)
        if part.endswith("bin"):
            assert Document.from_bytes(stream.getvalue()).text == "招商"
            return
        with pytest.raises(DocumentError, match="bytes of XML"):
            Document.from_bytes(stream.getvalue())

    def test_damaged_file_is_refused(self) -> None:
        data = docx(paragraph("招商"))
        with pytest.raises(DocumentError, match=r"d\.docx: .*cannot be opened: it is damaged"):
            Document.from_bytes(data[: -len(data) // 3], name="d.docx")
        with pytest.raises(DocumentError, match=r"it is damaged \(ExpatError"):
            Document.from_bytes(docx("<w:p>"))
        directory = data.index(b"PK\1\2")
        for place, value in ((6, 200), (46, 255), (8, 255)):
            changed = bytearray(data)
            changed[directory + 9] |= 8 * (place == 46)
            changed[directory + place] = value
            with suppress(DocumentError):
                Document.from_bytes(bytes(changed))

    def test_file_without_text_is_refused(self) -> None:
        with pytest.raises(DocumentError, match="is a DOCX file without any text"):
            Document.from_bytes(docx("<w:p/>"))

    def test_other_archives_are_refused_by_name(self) -> None:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
        with pytest.raises(DocumentError, match="is a zip archive"):
            Document.from_bytes(stream.getvalue())


@pytest.mark.parametrize(
    ("data", "library"),
    [
        (page(), "lxml"),
        (pdf([["招商"]]), "pypdfium2"),
        (docx(paragraph("招商")), "mammoth"),
        (docx(paragraph("招商")), "lxml"),
    ],
)
def test_missing_library_is_named_with_what_to_do(
    data: bytes, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == library else found(name)
    )
    with pytest.raises(
        DocumentError, match=rf"needs {library}\. Install .* or run pip install {library};"
    ):
        Document.from_bytes(data)


@pytest.mark.parametrize(
    "whole",
    [page(), pdf([["招商"], ["引资"]]), docx(paragraph("招商引资"))],
    ids=["html", "pdf", "docx"],
)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_broken_files_are_read_or_refused(whole: bytes, data: st.DataObject) -> None:
    """Nothing but a DocumentError, whatever stands where a file is cut, or changed."""
    cut = data.draw(st.integers(0, len(whole)))
    junk = data.draw(st.binary(max_size=40))
    rest = data.draw(st.integers(cut, len(whole)))
    with suppress(DocumentError):
        Document.from_bytes(whole[:cut] + junk + whole[rest:])


def test_folder_of_all_formats_is_labelled(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(page("gb2312"))
    (tmp_path / "b.pdf").write_bytes(pdf([["二、完善污水管网。"]]))
    (tmp_path / "c.docx").write_bytes(docx(paragraph("全力招商引资，洽谈签约一批产业链项目。")))
    (tmp_path / "d.txt").write_text("压实责任。", encoding="utf-8")
    (tmp_path / "e.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    assert [Path(path).name for path in find_paths([tmp_path])] == [
        "a.html",
        "b.pdf",
        "c.docx",
        "d.txt",
    ]
    result = CliRunner().invoke(cli, ["label", str(tmp_path), "--format", "jsonl"])
    assert result.exit_code == 0, result.output
    records = [json.loads(line) for line in result.stdout.splitlines()]
    found = {Path(record["document"]).name: record for record in records}
    assert {name: record["label"] for name, record in found.items()} == {
        "a.html": "other",  # its last line is who signed
        "b.pdf": "infrastructure",
        "c.docx": "investment_attraction",
        "d.txt": "organisation",
    }
    assert found["a.html"]["title"] == "关于促进园区提质增效的若干措施"
