"""Metro 2 files of consumer credit, read and written; the facts stand in :mod:`bureau.metro2.layout`.

In bulk: :func:`read_columns` and :func:`bureau.metro2.encode.encode_records`. One record at a time,
byte for byte: :func:`read_records` and :func:`write_records`. What is wrong with a file:
:func:`inspect_file`.
"""

from bureau.metro2.columns import read_columns
from bureau.metro2.inspect import inspect_file
from bureau.metro2.records import read_records, write_records

__all__ = ["inspect_file", "read_columns", "read_records", "write_records"]
