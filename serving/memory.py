"""A bound on the memory of a process that reads what others wrote."""

from __future__ import annotations

import re
import resource
from pathlib import Path
from typing import Final

__all__ = ["limit_memory"]

_STATUS: Final = Path("/proc/self/status")
_KILOBYTE: Final = 1024


def limit_memory(more: int) -> None:
    """Let this process take so many bytes more than it has now; what it asks for beyond fails as ``MemoryError``.

    It counts memory that is its own and can be written, not what is mapped from files. Elsewhere than on Linux, where
    nothing tells what it has, nothing is limited.

    Parameters
    ----------
    more : int
        Bytes.
    """
    if not _STATUS.is_file():
        return
    told = re.search(r"^VmData:\s*(\d+) kB$", _STATUS.read_text(encoding="ascii", errors="replace"), re.MULTILINE)
    if told is not None:
        most = int(told[1]) * _KILOBYTE + more
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
