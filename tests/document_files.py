"""Documents made by code: ordinary ones of each format, and hostile ones that parsers have died of."""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence

__all__ = ["HOSTILE", "docx", "epub", "hostile", "page_text", "pdf", "pptx", "raw_pdf", "xlsx"]

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def pdf(pages: Sequence[str]) -> bytes:
    """Return a PDF with a text on each page."""
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>"
        % (b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(pages))), len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(pages):
        lines = b"".join(b"(%s) Tj 0 -14 Td " % line.encode("latin-1") for line in text.split("\n"))
        stream = b"BT /F1 11 Tf 50 740 Td " + lines + b"ET"
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % (5 + 2 * number)
        )
        objects.append(b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream")
    return raw_pdf(objects)


def raw_pdf(objects: Sequence[bytes]) -> bytes:
    """Return a PDF of objects, of which the first is the catalog."""
    out, places = bytearray(b"%PDF-1.4\n"), list[int]()
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table)
    return bytes(out)


def page_text(number: int, lines: int = 12) -> str:
    """Return a text for a page that no other page has."""
    return "\n".join(
        f"Page {number} line {line}: valve V-{number}-{line} opens at {number * 7 + line} millibar."
        for line in range(lines)
    )


def docx(body: str = "<w:p><w:r><w:t>Hello</w:t></w:r></w:p>", *, prolog: str = "", **more: bytes) -> bytes:
    """Return a DOCX with a body of WordprocessingML."""
    document = (
        f'<?xml version="1.0"?>{prolog}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    )
    return _office("word/document.xml", "wordprocessingml.document", document, more)


def xlsx(rows: str, **more: bytes) -> bytes:
    """Return an XLSX whose one sheet has rows of SpreadsheetML."""
    sheet = f'<?xml version="1.0"?><worksheet xmlns="{_SHEET}"><sheetData>{rows}</sheetData></worksheet>'
    book = (
        f'<?xml version="1.0"?><workbook xmlns="{_SHEET}" xmlns:r="{_REL}"><sheets>'
        '<sheet name="Stock" sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    links = (
        f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    )
    parts = {"xl/worksheets/sheet1.xml": sheet.encode(), "xl/_rels/workbook.xml.rels": links.encode(), **more}
    return _office("xl/workbook.xml", "spreadsheetml.sheet.main", book, parts)


def pptx(text: str) -> bytes:
    """Return a PPTX of one slide."""
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    deck = "http://schemas.openxmlformats.org/presentationml/2006/main"
    slide = (
        f'<?xml version="1.0"?><p:sld xmlns:p="{deck}" xmlns:a="{drawing}"><p:cSld><p:spTree><p:sp><p:txBody>'
        f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
    )
    book = (
        f'<?xml version="1.0"?><p:presentation xmlns:p="{deck}" xmlns:r="{_REL}"><p:sldIdLst>'
        '<p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>'
    )
    links = (
        f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_REL}/slide" Target="slides/slide1.xml"/></Relationships>'
    )
    parts = {"ppt/slides/slide1.xml": slide.encode(), "ppt/_rels/presentation.xml.rels": links.encode()}
    return _office("ppt/presentation.xml", "presentationml.presentation.main", book, parts)


def epub(text: str) -> bytes:
    """Return an EPUB of one chapter."""
    container = (
        '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'  # noqa: E501 (one value)
        '<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles>'
        "</container>"
    )
    package = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Book</dc:title></metadata><manifest><item id="c" '  # noqa: E501 (one value)
        'href="c.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="c"/></spine></package>'  # noqa: E501 (one value)
    )
    chapter = (
        '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>C</title>'
        f"</head><body><h1>Chapter</h1><p>{text}</p></body></html>"
    )
    return _archive(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container.encode(),
            "book.opf": package.encode(),
            "c.xhtml": chapter.encode(),
        }
    )


def _office(main: str, kind: str, content: str, more: Mapping[str, bytes]) -> bytes:
    types = (
        f'<?xml version="1.0"?><Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
        f'PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument.{kind}+xml"/></Types>'
    )
    links = (
        f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_REL}/officeDocument" Target="{main}"/></Relationships>'
    )
    parts = {"[Content_Types].xml": types.encode(), "_rels/.rels": links.encode(), main: content.encode()}
    return _archive({**parts, **more})


def _archive(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _deflated(head: bytes, filler: bytes, times: int) -> bytes:
    packer = zlib.compressobj(9)
    out = bytearray(packer.compress(head))
    for _ in range(times):
        out += packer.compress(filler)
    return bytes(out + packer.flush())


_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
_LEAK = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents 5 0 R >>"  # noqa: E501 (one value)
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def _flate_bomb() -> bytes:
    stream = _deflated(b"BT /F1 11 Tf (x) Tj ET\n", b" " * 1_000_000, 400)
    return _one_page(
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(stream) + stream + b"\nendstream"
    )


def _double_flate() -> bytes:
    inner = _deflated(b"", b"\0" * 1_000_000, 300)
    stream = zlib.compress(inner, 9)
    return _one_page(
        b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n" % len(stream)
        + stream
        + b"\nendstream"
    )


def _one_page(content: bytes) -> bytes:
    return raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
            _FONT,
            _PAGE,
            content,
        ]
    )


def _forms() -> bytes:
    """Forms that each draw the next one ten times, fourteen deep."""
    depth, first = 14, 6
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        _FONT,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /XObject << /X %d 0 R >> >> "
        b"/Contents 5 0 R >>" % first,
        b"<< /Length 5 >>\nstream\n/X Do\nendstream",
    ]
    for level in range(depth):
        last = level == depth - 1
        body = b"BT /F1 9 Tf (x) Tj ET" if last else b"/X Do " * 10
        inner = b"/Font << /F1 3 0 R >>" if last else b"/XObject << /X %d 0 R >>" % (first + level + 1)
        objects.append(
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << %s >> /Length %d >>\nstream\n%s\n"  # noqa: E501 (one value)
            b"endstream" % (inner, len(body), body)
        )
    return raw_pdf(objects)


def _page_loop() -> bytes:
    return raw_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"])


def _many_rows() -> bytes:
    return xlsx('<row><c t="n"><v>1</v></c></row>' * 3_000_000)


def _encrypted() -> bytes:
    plain = pdf(["secret"])
    return plain.replace(
        b"/Root 1 0 R",
        b"/Root 1 0 R /Encrypt << /Filter /Standard /V 1 /R 2 /O ("
        + b"a" * 32
        + b") /U ("
        + b"b" * 32
        + b") /P -4 >>",
    )


def _zip_flags() -> bytes:
    """Every entry says that it is encrypted."""
    content = bytearray(docx())
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = content.find(mark)
        while at >= 0:
            content[at + place] |= 1
            at = content.find(mark, at + 4)
    return bytes(content)


HOSTILE: Mapping[str, tuple[str, set[str]]] = {
    "docx bomb": ("a.docx", {"archive_bomb"}),
    "billion laughs": ("a.docx", {"unreadable"}),
    "entity of a file": ("a.docx", {"unreadable"}),
    "billion laughs in a sheet": ("a.xlsx", {"unreadable"}),
    "three million rows": (
        "a.xlsx",
        {"parser_memory", "parser_time", "archive_bomb", "too_large", "no_text"},
    ),
    "flate bomb": ("a.pdf", {"parser_memory", "parser_time"}),
    "forms that call forms": ("a.pdf", {"parser_time", "parser_memory"}),
    "page tree with itself": ("a.pdf", {"unreadable", "no_text"}),
    "deep html": ("a.html", {"no_text", "unreadable", "parser_memory", "parser_time"}),
    "two filters": ("a.pdf", {"parser_memory", "parser_time", "no_text", "unreadable"}),
    "cut pdf": ("a.pdf", {"unreadable", "no_text"}),
    "encrypted pdf": ("a.pdf", {"encrypted", "unreadable", "no_text"}),
    "encrypted archive": ("a.docx", {"encrypted"}),
    "pdf of pictures": ("a.pdf", {"no_text"}),
    "deep json": ("a.json", {"unreadable"}),
    "long json number": ("a.json", {"unreadable"}),
    "one huge cell": ("a.csv", {"unreadable"}),
    "much text": ("a.txt", {"too_large"}),
    "renamed program": ("a.md", {"unsupported"}),
    "damaged archive": ("a.docx", {"unreadable", "unsupported"}),
    "many parts": ("a.docx", {"archive_bomb"}),
    "blanks": ("a.txt", {"no_text"}),
}
"""Name of each hostile file, the name that it comes under, and the reasons that it may fail for."""


def hostile(name: str) -> bytes:
    """Return a hostile file by its name in `HOSTILE`."""
    match name:
        case "docx bomb":
            return docx("<w:p><w:r><w:t>" + "x" * 60_000_000 + "</w:t></w:r></w:p>")
        case "billion laughs":
            return docx("<w:p><w:r><w:t>&i;</w:t></w:r></w:p>", prolog=_LAUGHS)
        case "entity of a file":
            return docx("<w:p><w:r><w:t>&file;</w:t></w:r></w:p>", prolog=_LEAK)
        case "billion laughs in a sheet":
            strings = f'<?xml version="1.0"?>{_LAUGHS}<sst xmlns="{_SHEET}"><si><t>&i;</t></si></sst>'
            row = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
            return xlsx(row, **{"xl/sharedStrings.xml": strings.encode()})
        case "three million rows":
            return _many_rows()
        case "flate bomb":
            return _flate_bomb()
        case "forms that call forms":
            return _forms()
        case "page tree with itself":
            return _page_loop()
        case "deep html":
            return b"<div>" * 300_000 + b"deep"
        case "two filters":
            return _double_flate()
        case "cut pdf":
            return pdf(["text"])[:180]
        case "encrypted pdf":
            return _encrypted()
        case "encrypted archive":
            return _zip_flags()
        case "pdf of pictures":
            return pdf([""] * 3)
        case "deep json":
            return b"[" * 2_000_000
        case "long json number":
            return b'{"a": ' + b"9" * 2_000_000 + b"}"
        case "one huge cell":
            return b"a,b\n" + b"x" * 2_000_000 + b",1\n"
        case "much text":
            return b"word " * 5_000_000
        case "renamed program":
            return b"\x7fELF\0\0\0\0" + bytes(10_000)
        case "damaged archive":
            return docx()[:-120] + b"\xff" * 120
        case "many parts":
            return docx(**{f"word/x{number}": b"" for number in range(21_000)})
        case "blanks":
            return b" \n\t" * 1000
        case _:
            raise KeyError(name)


def as_json(value: object) -> bytes:
    """Return a value as the bytes of a JSON file."""
    return json.dumps(value).encode()
