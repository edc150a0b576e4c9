"""Parsing: what comes of ordinary files, with exact offsets, and how hostile ones end."""

import asyncio
import contextlib
import os
import time
import warnings
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import psutil
import pytest

from graphs.file_parsing.formats import UnsupportedDocument, format_of
from graphs.file_parsing.parsed_document import ParseError, ParsingLimits
from graphs.file_parsing.parser_process import DocumentParser, parser_installed
from graphs.file_parsing.text_formats import text_of_csv
from graphs.passage_search.passages import ChunkOptions
from tests.document_files import HOSTILE, docx, epub, hostile, page_text, pdf, pptx, xlsx

pytestmark = pytest.mark.skipif(
    not parser_installed() and os.environ.get("CI") != "true",  # where nothing is skipped
    reason="the extra 'knowledge' is not installed",
)
SMALL = ParsingLimits(memory_bytes=600_000_000, cpu_seconds=4, wall_seconds=30)
CELLS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>part</t></is></c><c r="B1" t="inlineStr"><is><t>price</t></is></c>'  # noqa: E501 (one value)
    '</row><row r="2"><c r="A2" t="inlineStr"><is><t>seal</t></is></c><c r="B2"><v>7</v></c></row>'
)
ORDINARY = [
    ("a.md", "# Über\n\nText 한글\n".encode(), "# Über\n\nText 한글\n"),
    ("a.txt", "안녕하세요 여러분".encode("cp949"), "안녕하세요 여러분"),
    ("a.txt", "Größe".encode("cp1252"), "Größe"),
    ("a.txt", "wide".encode("utf-16"), "wide"),
    ("a.csv", b"part;price\nseal;7\n", "| part | price |\n| --- | --- |\n| seal | 7 |\n"),
    (
        "b.csv",
        b'name,note\n"Smith, J.","line one\nline ""two"""\n',
        '| name | note |\n| --- | --- |\n| Smith, J. | line one line "two" |\n',
    ),
    ("c.csv", b"part^price\nseal^7,50\n", "| part | price |\n| --- | --- |\n| seal | 7,50 |\n"),
    ("d.csv", b"sep=:\npart:price\nseal:7\n", "| part | price |\n| --- | --- |\n| seal | 7 |\n"),
    ("e.csv", b"at,what\n9:15,a;b;c\n", "| at | what |\n| --- | --- |\n| 9:15 | a;b;c |\n"),
    ("a.json", b'[{"part": "seal"}, {"part": "pump"}]', '{\n "part": "seal"\n}\n\n{\n "part": "pump"\n}\n'),
    ("a.jsonl", b'{"part": "seal"}\n{"part": "pump"}\n', '{\n "part": "seal"\n}\n\n{\n "part": "pump"\n}\n'),
    ("a.html", b"<html><head><title>T</title></head><body><h1>A</h1><p>b</p></body></html>", "# A\n\nb\n"),
    ("a.pdf", pdf(["first", "second"]), "first\n\nsecond"),
    ("a.docx", docx(), "Hello\n"),
]


@pytest.mark.parametrize(
    ("name", "content", "text"), ORDINARY, ids=[f"{one[0]}-{n}" for n, one in enumerate(ORDINARY)]
)
async def test_each_format_gives_its_text(name: str, content: bytes, text: str) -> None:
    assert (await DocumentParser(SMALL).parse(name, "", content)).text == text


async def test_sheets_slides_and_books_give_their_text() -> None:
    parser = DocumentParser(SMALL)
    sheet = (await parser.parse("a.xlsx", "", xlsx(CELLS))).text
    assert "| part | price |" in sheet
    assert "| seal | 7 |" in sheet
    assert "Open the valve" in (await parser.parse("a.pptx", "", pptx("Open the valve"))).text
    assert "Close the valve" in (await parser.parse("a.epub", "", epub("Close the valve"))).text


async def test_pages_and_passages_have_exact_offsets() -> None:
    pages = [page_text(1), "", page_text(3)]
    parsed = await DocumentParser(SMALL).parse(
        "a.pdf", "", pdf(pages), chunk=ChunkOptions(max_characters=300)
    )
    assert [page.number for page in parsed.pages] == [1, 2, 3]
    assert parsed.text[parsed.pages[2].offset :].startswith("Page 3 line 0")
    assert len(parsed.chunks) >= 4
    for chunk in parsed.chunks:
        assert parsed.text[chunk.start : chunk.end] == chunk.text
        assert f"Page {chunk.page} " in chunk.text


async def test_the_title_of_a_page_is_kept_and_its_head_is_no_text() -> None:
    page = b"<html><head><title>Pumps &amp; valves</title><style>p {}</style></head><body>Text</body></html>"
    parsed = await DocumentParser(SMALL).parse("page", "text/html; charset=utf-8", page)
    assert (parsed.title, parsed.text) == ("Pumps & valves", "Text\n")


def test_bytes_win_over_names() -> None:
    assert format_of("a.txt", "text/plain", pdf(["x"])) == "pdf"
    assert format_of("a.bin", "application/octet-stream", docx()) == "docx"
    assert format_of("notes.md", "text/plain", b"# A") == "markdown"
    with pytest.raises(UnsupportedDocument, match="Expected a file of one of the formats"):
        format_of("a.exe", "", b"MZ")


@pytest.mark.threat("D-09")
@pytest.mark.threat("R-16")
@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_file_fails_with_a_reason_within_its_limits(name: str) -> None:
    file, reasons = HOSTILE[name]
    content = hostile(name)
    before = psutil.Process().memory_info().rss
    with pytest.raises(ParseError) as failed:
        await DocumentParser(SMALL).parse(file, "", content, chunk=ChunkOptions())
    assert failed.value.code in reasons
    assert str(failed.value).endswith((".", "first."))
    assert psutil.Process().memory_info().rss - before < 50_000_000
    assert children() == []


@pytest.mark.parametrize(
    ("name", "content"), [("a.docx", hostile("many parts")), ("a.txt", b"Otters eat fish. " * 200_000)]
)
async def test_what_takes_long_is_not_done_by_the_event_loop(name: str, content: bytes) -> None:
    """The loop's own thread takes milliseconds of CPU time; the list of parts alone takes a hundred."""
    began = time.thread_time()
    with contextlib.suppress(ParseError):
        await DocumentParser(SMALL).parse(name, "", content, chunk=ChunkOptions(max_characters=200))
    assert time.thread_time() - began < 0.06


@pytest.mark.threat("P-04")
async def test_parts_of_an_archive_land_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    outside = str(tmp_path / "absolute.txt")
    names = ["../slip.txt", "..\\slip.txt", outside, "word/../../slip.txt", "word/media/image1.png"]
    parts: dict[str, Any] = dict.fromkeys(names, b"out")
    content = docx(**parts)
    linked = BytesIO(content)
    with zipfile.ZipFile(linked, "a") as archive:
        link = zipfile.ZipInfo("word/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, outside)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the second part of this name
            archive.writestr("../slip.txt", b"again")
    for each in (content, linked.getvalue()):
        with contextlib.suppress(ParseError):
            parsed = await DocumentParser(SMALL).parse("a.docx", "", each, chunk=ChunkOptions())
            assert "out" not in parsed.text
    assert [file.name for file in tmp_path.rglob("*")] == ["work"]  # noqa: ASYNC240 (of two files at most)


async def test_a_parser_unpacks_into_a_folder_of_its_own_that_goes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, fresh = tmp_path / "agenticrag-child-left", tmp_path / "agenticrag-child-fresh"
    for folder in (left, fresh):
        folder.mkdir()
    os.utime(left, (0, 0))
    parsing = asyncio.create_task(DocumentParser(SMALL).parse("a.pdf", "", pdf(["first", "second"])))
    seen = set[str]()
    while not parsing.done():
        seen |= names_in(tmp_path) - {left.name, fresh.name}
        await asyncio.sleep(0.005)
    assert (await parsing).text == "first\n\nsecond"
    assert len(seen) == 1
    assert names_in(tmp_path) == {fresh.name}


def names_in(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


async def test_cancelling_kills_the_parser_and_all_that_it_began() -> None:
    parser = DocumentParser(SMALL)
    parsing = asyncio.create_task(parser.parse("a.pdf", "", hostile("forms that call forms")))
    for _ in range(200):
        if children():
            break
        await asyncio.sleep(0.02)
    assert children()
    parsing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await parsing
    assert children() == []


async def test_a_parser_sees_no_secret_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-parsers")
    parser = DocumentParser(SMALL)
    parsing = asyncio.create_task(parser.parse("a.pdf", "", hostile("forms that call forms")))
    found: list[psutil.Process] = []
    for _ in range(200):
        if found := children():
            break
        await asyncio.sleep(0.02)
    assert "OPENAI_API_KEY" not in found[0].environ()
    assert os.getsid(found[0].pid) == found[0].pid
    parsing.cancel()
    await asyncio.gather(parsing, return_exceptions=True)


def children() -> list[psutil.Process]:
    """Return the parser processes of this one that live."""
    found: list[psutil.Process] = []
    for child in psutil.Process().children(recursive=True):
        try:
            if "parser_child" in " ".join(child.cmdline()) and child.status() != psutil.STATUS_ZOMBIE:
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def test_a_table_of_too_many_columns_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match=r"has 16,385 columns; 16,384 are read"):
        text_of_csv(b"a," * 16_384 + b"a\n1\n")
    assert text_of_csv(b"a," * 16_383 + b"a\n").startswith("| a | a |")
