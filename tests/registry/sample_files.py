"""Files as people, cameras and attackers make them, built in memory."""

import io
import itertools
import struct
import zipfile
import zlib
from zipfile import ZIP_DEFLATED

from PIL import Image
from pillow_heif import register_heif_opener
from pypdf import PdfWriter

register_heif_opener()


def picture(kind="JPEG", size=(40, 20), colour="red", **options):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def photo_of_a_phone():
    """Return a JPEG lying on its side that tells where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    return picture(size=(400, 200), exif=exif)


def pixel_bomb(side=12_000):
    """Return a picture of 144 million pixels in 17 KB."""
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    return out.getvalue()


def pixel_bomb_beyond_pillow():
    """Return a picture of 400 million pixels, which Pillow itself will not open."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


def photo_painted_in_passes(more, size=(2000, 2000)):
    """Return a progressive JPEG that a decoder goes over ``more`` times than needed."""
    photo = picture(size=size, progressive=True)
    last, end = photo.rindex(b"\xff\xda"), photo.rindex(b"\xff\xd9")
    return photo[:end] + photo[last:end] * more + photo[end:]


def photo_with_broken_exif():
    """Return a JPEG whose EXIF can be read but not written again."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x011A] = 72.0
    photo = picture(size=(400, 200), exif=exif)
    resolution = photo.index(b"\x01\x1a\x00\x05")  # a fraction …
    return photo[: resolution + 3] + b"\x02" + photo[resolution + 4 :]  # … said to be text


CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="bin" ContentType="{other}"/>
<Override PartName="/{folder}/document.xml" ContentType="{main}"/></Types>"""
_FORMATS = "application/vnd.openxmlformats-officedocument."
MAIN = {
    "word": f"{_FORMATS}wordprocessingml.document.main+xml",
    "xl": f"{_FORMATS}spreadsheetml.sheet.main+xml",
}
DECLARED = CONTENT_TYPES.format(folder="word", main=MAIN["word"], other="image/png")
MACROS = "application/vnd.ms-office.vbaProject"


def office(folder="word", *, main=None, other="image/png", types=None, how=ZIP_DEFLATED, **extra):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        archive.writestr(
            "[Content_Types].xml",
            types or CONTENT_TYPES.format(folder=folder, main=main or MAIN[folder], other=other),
        )
        archive.writestr(f"{folder}/document.xml", "<document/>")
        for name, content in extra.items():
            archive.writestr(name, content)
    return out.getvalue()


def relation(kind, target):
    """Return the relations of a part that points to something outside the document."""
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" TargetMode="External" Type="http://schemas.openxmlformats.org'
        f'/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>'
    )


def office_with_a_link():
    out = io.BytesIO(office())
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("word/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def office_locked():
    """Return a document whose text is marked as encrypted."""
    content = bytearray(office())
    for signature, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.rindex(signature) + flags] |= 1
    return bytes(content)


def zip_listing(number):
    """Return a zip that lists so many members and holds none of them."""
    line = b"PK\1\2" + struct.pack("<6H3I5H2I", 20, 20, *[0] * 7, 1, *[0] * 6) + b"a"
    end = b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 0xFFFF, 0xFFFF, len(line) * number, 4, 0)
    return b"PK\3\4" + line * number + end


BILLION_LAUGHS = (
    '<!DOCTYPE Types [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in itertools.pairwise("abcdefghij"))
    + "]><Types>&j;</Types>"
)
EXTERNAL_ENTITY = (
    '<!DOCTYPE Types [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    f'<Types><Override ContentType="{MAIN["word"]}"/>&a;</Types>'
)


def without_its_types():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    return out.getvalue()


def pdf(catalogue="", page=""):
    """Return a PDF of one blank page, with what is given written into its catalogue or page."""
    parts = [
        f"<< /Type /Catalog /Pages 2 0 R {catalogue} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {page} >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{part}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer << /Size 4 /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n0 4\n0000000000 65535 f \n{table}{end}".encode()


def pdf_read_for_minutes():
    """Return a PDF of 240 KB that names its one page 20,000 times, with as many marks on it."""
    marked = pdf(page=f"/Annots [{'2 0 R ' * 20_000}]")
    return marked.replace(b"/Kids [3 0 R]", b"/Kids [" + b"3 0 R " * 20_000 + b"]")


def pdf_locked(password):
    """Return a PDF as offices lock it: nobody may change it, and this opens it."""
    out, writer = io.BytesIO(), PdfWriter(io.BytesIO(PDF))
    writer.encrypt(password, owner_password="khóa", algorithm="AES-256")
    writer.write(out)
    return out.getvalue()


PDF = pdf()


def compound(streams):
    """Return a compound file, as Word and Excel wrote before 2007, of ``{path: content}``.

    After [MS-CFB], and no more of it than a reader needs: streams of at least 4096 bytes, each
    directory a chain of siblings.
    """
    sector, none, end = 512, 0xFFFFFFFF, 0xFFFFFFFE
    paths = {("Root Entry",): None}
    for path, content in streams.items():
        parts = ("Root Entry", *path.split("/"))
        for length in range(2, len(parts)):
            paths.setdefault(parts[:length], None)
        paths[parts] = content.ljust(4096, b"\0")
    order = list(paths)
    directory_sectors = -(-len(order) * 128 // sector)
    fat = [0xFFFFFFFD, *range(2, directory_sectors + 1), end]  # the table, then the directory
    entries, body = b"", b""
    for number, path in enumerate(order):
        content = paths[path]
        siblings = [n for n, other in enumerate(order) if other[:-1] == path[:-1] and n > number]
        children = [n for n, other in enumerate(order) if other[:-1] == path]
        start = end
        if content is not None:
            start, sectors = len(fat), -(-len(content) // sector)
            fat += [*range(start + 1, start + sectors), end]
            body += content.ljust(sectors * sector, b"\0")
        name = path[-1].encode("utf-16-le") + b"\0\0"
        kind = 5 if len(path) == 1 else 1 if content is None else 2
        entries += struct.pack(
            "<64sHBBIII16sIQQIQ", name, len(name), kind, 1,
            none, min(siblings, default=none), min(children, default=none),
            b"", 0, 0, 0, start, len(content or b""),
        )  # fmt: skip
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6,
        b"", 0, 1, 1, 0, 4096, end, 0, end, 0, 0,
    )  # fmt: skip
    table = b"".join(struct.pack("<I", n) for n in [*fat, *[none] * (sector // 4 - len(fat))])
    header += struct.pack("<I", none) * ((sector - len(header)) // 4)
    empty = struct.pack("<64sHBBIII", b"", 0, 0, 0, none, none, none).ljust(128, b"\0")
    entries += empty * (directory_sectors * 4 - len(order))
    return header + table + entries + body


def compound_listing(number, sector=4096):
    """Return a compound file with so many empty streams, each the parent of two in a tree."""
    none, end = 0xFFFFFFFF, 0xFFFFFFFE
    directory_sectors = -(-number * 128 // sector)
    fat_sectors = -(-directory_sectors * 4 // sector) + 1
    directory = b"".join(
        struct.pack(
            "<64sHBBIII36xI8x", b"a\0\0\0", 4, 2 if each else 5, 1,
            2 * each if 0 < 2 * each < number else none,
            2 * each + 1 if each > 0 and 2 * each + 1 < number else none,
            none if each else 1, end,
        )
        for each in range(number)
    )  # fmt: skip
    header = struct.pack(
        "<8s16x5H6x9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 4, 0xFFFE, 12, 6,
        directory_sectors, fat_sectors, fat_sectors, 0, 4096, end, 0, end, 0,
    )  # fmt: skip
    header += struct.pack(f"<{fat_sectors}I", *range(fat_sectors)).ljust(4 * 109, b"\xff")
    fat = [0xFFFFFFFD] * fat_sectors
    fat += [*range(fat_sectors + 1, fat_sectors + directory_sectors), end]
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(fat_sectors * sector, b"\xff")
    return header.ljust(sector, b"\0") + table + directory.ljust(directory_sectors * sector, b"\0")


def old_text(flags=0, **extra):
    """Return a file of Word 97: its first words say what it is and whether it is locked."""
    return compound({"WordDocument": struct.pack("<H8xH", 0xA5EC, flags), **extra})


def old_workbook(*records, **extra):
    """Return a file of Excel 97 whose general part has these (number, content) records."""
    whole = [(0x0809, b"\0\6\5\0"), *records, (0x000A, b"")]
    book = b"".join(struct.pack("<HH", number, len(said)) + said for number, said in whole)
    return compound({"Workbook": book, **extra})


def sheet(kind=0):
    """Return the record of a sheet; kind 1 is one of macros."""
    return 0x0085, struct.pack("<IBB", 0, 0, kind) + b"\5\0Trang"
