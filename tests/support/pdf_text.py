"""The text of a PDF as fpdf2 writes it, read back: glyphs through each font's own table, line by line."""

from __future__ import annotations

import re
import zlib

__all__ = ["pdf_lines", "pdf_text"]

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(
    rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj|\[((?:\((?:\\.|[^\\()])*\)|[^\]()])*)\] TJ", re.DOTALL
)
_STRING = re.compile(rb"\(((?:\\.|[^\\()])*)\)", re.DOTALL)
_ESCAPES = {b"r": b"\r", b"n": b"\n", b"t": b"\t"}


def pdf_lines(content: bytes) -> list[str]:
    """What each piece of text shows, in the order in which it is drawn."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    tables = _tables(objects)
    lines = []
    for number in _pages(objects):
        font = ""
        for found in _SHOWN.finditer(_unpacked(objects[number])):
            named, one, several = found.groups()
            if named:
                font = named.decode()
            else:
                parts = [one] if one is not None else _STRING.findall(several)
                lines.append("".join(_shown(part, tables[font]) for part in parts))
    return lines


def pdf_text(content: bytes) -> str:
    """All that is shown, without its line ends and spaces."""
    return re.sub(r"\s", "", "".join(pdf_lines(content)))


def _pages(objects: dict[int, bytes]) -> list[int]:
    return [int(re.search(rb"/Contents (\d+)", body)[1]) for body in objects.values() if b"/Type /Page\n" in body]


def _tables(objects: dict[int, bytes]) -> dict[str, dict[int, str]]:
    """Font to what its glyphs stand for."""
    fonts = {}
    for body in objects.values():
        listed = re.search(rb"/Font <<(.*?)>>", body, re.DOTALL)
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", listed[1] if listed else b""):
            table = int(re.search(rb"/ToUnicode (\d+)", objects[int(number)])[1])
            pairs = re.findall(rb"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>", _unpacked(objects[table]))
            fonts[name.decode()] = {int(a, 16): bytes.fromhex(b.decode()).decode("utf-16-be") for a, b in pairs}
    return fonts


def _unpacked(body: bytes) -> bytes:
    stream = _STREAM.search(body)[1]
    return zlib.decompress(stream) if b"FlateDecode" in body else stream


def _shown(text: bytes, table: dict[int, str]) -> str:
    plain = re.sub(rb"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)
    return "".join(table.get(int.from_bytes(plain[at : at + 2], "big"), "?") for at in range(0, len(plain), 2))
