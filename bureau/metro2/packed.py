"""Packed numbers: two digits a byte and a sign, or the binary numbers that some writers put in their place.

A packed decimal of *n* digits stands in *n* // 2 + 1 bytes; its last half byte is the sign (A to F;
B and D are negative). Dates and time stamps are the digits MMDDYYYY and MMDDYYYYHHMMSS. One public
implementation writes big-endian binary numbers instead, and its dates as a zero byte, the binary
number MMDDYYYY and the byte 0x73; a file is wholly of one sort, and its dates tell which. Bytes that
are all zero, and blanks, stand for nothing in both.

Unpacked, a negative number has a minus sign in place of its first zero, and bytes that are no number
become question marks, so that whoever expects digits refuses them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np

from bureau.metro2.arrays import Mask, Matrix, to_digits
from bureau.metro2.layout import BASE, Field, FieldKind, Layout

__all__ = ["Numbers", "pack", "unpack", "unpack_all", "which_numbers"]

_MARK: Final = 0x73
_NEGATIVE: Final = frozenset("bd")
_DATES: Final = tuple(field for field in BASE.digits if field.kind is not FieldKind.NUMBER)


class Numbers(StrEnum):
    """How numbers and dates are written in the base and trailer records of a file."""

    CHARACTERS = "characters"
    DECIMAL = "packed decimal"
    BINARY = "binary"


def which_numbers(record: bytes) -> Numbers | None:
    """Whether the dates of a packed base segment are decimal or binary; None if it has none."""
    for field in _DATES:
        data = record[field.packed_place]
        if len(data) == field.packed_length and any(data) and data.strip(b" "):
            return Numbers.BINARY if data[0] == 0 and data[-1] == _MARK else Numbers.DECIMAL
    return None


def unpack(data: bytes, field: Field, numbers: Numbers) -> str:
    r"""The digits of one packed field.

    Examples
    --------
    >>> unpack(bytes.fromhex("001200000c"), BASE["current_balance"], Numbers.DECIMAL)
    '001200000'
    >>> unpack(bytes.fromhex("001200000d"), BASE["current_balance"], Numbers.DECIMAL)
    '-01200000'
    >>> unpack(b"AMOUNT"[:5], BASE["current_balance"], Numbers.DECIMAL)
    '?????????'
    """
    if not any(data) or not data.strip(b" "):
        return (" " if any(data) else "0") * field.length
    unknown = "?" * field.length
    if numbers is Numbers.DECIMAL:
        digits, sign = data.hex()[:-1], data.hex()[-1]
        spare, digits = digits[: -field.length], digits[-field.length :]
        if not digits.isdigit() or not sign.isalpha() or spare.strip("0"):
            return unknown
        if sign in _NEGATIVE and int(digits):
            return unknown if digits[0] != "0" else "-" + digits[1:]
        return digits
    if field.kind is not FieldKind.NUMBER:
        if data[0] != 0 or data[-1] != _MARK:
            return unknown
        data = data[1:-1]
    digits = str(int.from_bytes(data)).zfill(field.length)
    return digits if len(digits) == field.length else unknown


def pack(digits: str, field: Field, numbers: Numbers) -> bytes:
    """One field of digits as packed bytes; blanks become blanks, a minus sign the sign of a decimal.

    Raises
    ------
    ValueError
        If it holds something else.
    """
    if not digits.strip():
        return b" " * field.packed_length
    sign = "d" if numbers is Numbers.DECIMAL and digits.startswith("-") else "c"
    bare = "0" + digits[1:] if sign == "d" else digits
    if len(bare) != field.length or not (bare.isascii() and bare.isdigit()):
        raise ValueError(f"{field.name}: {field.length} digits are needed")
    if numbers is Numbers.DECIMAL:
        return bytes.fromhex((bare + sign).rjust(2 * field.packed_length, "0"))
    if field.kind is FieldKind.NUMBER:
        return int(bare).to_bytes(field.packed_length)
    if not int(bare):
        return bytes(field.packed_length)
    return b"\0" + int(bare).to_bytes(field.packed_length - 2) + bytes([_MARK])


def unpack_all(rows: Matrix, layout: Layout, numbers: Numbers) -> Matrix:
    """Packed segments in the character format.

    Parameters
    ----------
    rows : numpy.ndarray
        Bytes of the packed segments, a row each.
    layout : Layout
        What they are.
    numbers : Numbers
        How the file writes numbers.
    """
    matrix = np.full((len(rows), layout.length), ord(" "), dtype=np.uint8)
    decode = _from_decimal if numbers is Numbers.DECIMAL else _from_binary
    for field in layout.fields:
        data = rows[:, field.packed_place]
        if field.is_packed:
            digits, wrong = decode(data, field)
            digits[wrong] = ord("?")
            digits[~data.any(axis=1)] = ord("0")
            digits[(data == ord(" ")).all(axis=1)] = ord(" ")
            matrix[:, field.place] = digits
        else:
            width = min(field.length, field.packed_length)
            matrix[:, field.start : field.start + width] = data[:, :width]
    return matrix


def _from_decimal(data: Matrix, field: Field) -> tuple[Matrix, Mask]:
    halves = np.empty((len(data), 2 * data.shape[1]), dtype=np.uint8)
    halves[:, 0::2] = data >> 4
    halves[:, 1::2] = data & 15
    spare, digits, sign = halves[:, : -field.length - 1], halves[:, -field.length - 1 : -1], halves[:, -1]
    negative = ((sign == 0xB) | (sign == 0xD)) & digits.any(axis=1)
    wrong = (digits > 9).any(axis=1) | (sign < 0xA) | spare.any(axis=1) | (negative & (digits[:, 0] != 0))
    digits = digits + np.uint8(ord("0"))
    digits[negative, 0] = ord("-")
    return digits, wrong


def _from_binary(data: Matrix, field: Field) -> tuple[Matrix, Mask]:
    wrong = np.zeros(len(data), dtype=np.bool_)
    if field.kind is not FieldKind.NUMBER:
        wrong = (data[:, 0] != 0) | (data[:, -1] != _MARK)
        data = data[:, 1:-1]
    values = np.zeros(len(data), dtype=np.uint64)
    for column in range(data.shape[1]):
        values = values << np.uint64(8) | data[:, column]
    wrong |= values >= 10**field.length
    return to_digits(np.where(wrong, 0, values), field.length), wrong
