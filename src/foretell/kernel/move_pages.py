"""move_pages(2), asked only: on which node does each page of a process lie?"""

from __future__ import annotations

import ctypes
import errno
import os
import platform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PAGES_MAX", "pages_on_nodes"]

PAGES_MAX = 1 << 16  # asked at once: 1 MiB of addresses and answers
_NUMBERS = {"x86_64": 279, "aarch64": 239, "riscv64": 239, "ppc64le": 301, "s390x": 310}


def pages_on_nodes(pid: int, addresses: Sequence[int]) -> list[int]:
    """Return the node of the page at each address; a negative errno for a page that is not there.

    ``pid`` 0 is this process.  Raises ``OSError``: ESRCH, EPERM, or ENOSYS where the number of the
    system call is not known.
    """
    number = _NUMBERS.get(platform.machine())
    if number is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    libc = ctypes.CDLL(None, use_errno=True)
    found: list[int] = []
    for begin in range(0, len(addresses), PAGES_MAX):
        some = addresses[begin : begin + PAGES_MAX]
        pages = (ctypes.c_void_p * len(some))(*some)
        status = (ctypes.c_int * len(some))()
        if libc.syscall(number, pid, ctypes.c_ulong(len(some)), pages, None, status, 0) < 0:
            failed = ctypes.get_errno()
            raise OSError(failed, os.strerror(failed))
        found += status
    return found
