"""What does a real kernel do with memory that this machine does not have?

`Guest` starts a kernel of Debian as a guest of QEMU, without KVM, on a machine that
`GuestMachine` describes, and asks it request after request: the guest's only program is
``guest/agent.c``, on a serial line of its own, so that the kernel's messages cannot be taken for
answers.  Starting costs seconds, a request milliseconds: ask much of each guest.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import tempfile
import time
from typing import Any, NamedTuple

from foretell.errors import MissingError, UsageError
from foretell.oracle.guest_image import make_initramfs
from foretell.oracle.guest_machine import GuestMachine, machine_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from foretell.oracle.guest_build import GuestParts

__all__ = ["BOOT_SECONDS", "TIMEOUT_SECONDS", "Guest", "PageWish", "Placed"]

BOOT_SECONDS = 180.0  # five on an idle machine
TIMEOUT_SECONDS = 60.0
END_SECONDS = 20.0
ANSWER_BYTES_MAX = 8 << 20
CONSOLE_BYTES_MAX = 4 << 20
LINE_BYTES_MAX = 4000  # of agent.c, with some to spare
TOGETHER_BYTES_MAX = 1024  # of requests that wait in the guest: its line has no flow control
_HINT_LINES = 6
_WORDS = (
    "quiet",
    "panic=-1",  # the machine is turned off then
    "nokaslr",
    "mitigations=off",
    "cryptomgr.notests=1",
    "no_timer_check",  # a machine under load may fail it
    "numa_balancing=disable",  # pages stay where they were put
)
_MACHINES = {"amd64": ("q35,hmat=on", "max"), "arm64": ("virt", "max,pauth-impdef=on")}
_CONSOLES = {"amd64": "ttyS0", "arm64": "ttyAMA0"}
_PORTS = {"amd64": "/dev/ttyS1", "arm64": "/dev/ttyAMA1"}


class PageWish(NamedTuple):
    """Pages that the guest shall map, and touch in ascending order.

    ``mode`` is the number of a policy with its flags (set_mempolicy(2), linux/mempolicy.h), None
    for none; ``nodes`` its nodes.  The policy is the mapping's (mbind) or, with ``task``, the
    task's.  ``at`` is the virtual page number to map at, 0 lets the kernel choose.  Only pages
    ``first``, ``first + step``, ... are touched.  ``cpu`` is the processor to run on.
    """

    pages: int
    mode: int | None = None
    nodes: tuple[int, ...] = ()
    task: bool = False
    at: int = 0
    first: int = 0
    step: int = 1
    shared: bool = False
    huge: bool = False
    cpu: int | None = None

    def line(self) -> str:
        """Return the request in the words of ``agent.c``."""
        mask = sum(1 << node for node in set(self.nodes))
        words = {
            "pages": self.pages,
            "mode": -1 if self.mode is None else self.mode,
            "nodes": mask,
            "task": int(self.task),
            "at": self.at,
            "first": self.first,
            "step": self.step,
            "shared": int(self.shared),
            "huge": int(self.huge),
            "cpu": -1 if self.cpu is None else self.cpu,
        }
        return " ".join(["place", *(f"{name}={value}" for name, value in words.items())])


class Placed(NamedTuple):
    """Where pages are.

    ``start`` is the virtual page number of the first; ``runs`` are pairs (node, pages), the node
    a negative errno where there is no page (-2: not touched).  ``policy`` is the mapping's line
    of numa_maps without its address.  ``errno`` and ``call`` say which system call failed,
    ``signal`` what killed the program.
    """

    start: int = 0
    runs: tuple[tuple[int, int], ...] = ()
    policy: str = ""
    errno: int = 0
    call: str = ""
    signal: int = 0

    def nodes(self) -> list[int]:
        """Return the node of each page.

        >>> Placed(16, ((0, 2), (1, 1))).nodes()
        [0, 0, 1]
        """
        return [node for node, pages in self.runs for _ in range(pages)]


class Guest:
    """A running kernel; a context manager.

    ``kernel`` is a name of `KERNELS`; ``modules`` are loaded in their order if the kernel has
    them as files.  ``arguments`` are further arguments of QEMU, ``board`` and ``cpu`` what stands
    instead of its usual machine and model.  ``console`` is a file that gets the kernel's messages.
    """

    def __init__(
        self,
        parts: GuestParts,
        kernel: str,
        machine: GuestMachine | None = None,
        *,
        arguments: Sequence[str] = (),
        modules: Sequence[str] = (),
        board: str | None = None,
        cpu: str | None = None,
        console: str | None = None,
        boot_seconds: float = BOOT_SECONDS,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        parts.require()
        self.kernel = parts.kernel(kernel)
        self.machine = GuestMachine() if machine is None else machine
        self.modules = tuple(modules)
        self.boot_seconds = boot_seconds
        self.timeout_seconds = timeout_seconds
        self.release = ""
        self.page_bytes = 0
        self._parts = parts
        self._arguments = [*machine_arguments(self.machine), *arguments]
        self._board = board
        self._cpu = cpu
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._folder = ""
        self._console = console or ""
        self._child: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the guest and remove what it wrote."""
        self._end()
        if self._scratch is not None:
            self._scratch.cleanup()

    # -- requests ------------------------------------------------------------------------------

    def read(self, path: str) -> str | None:
        """Return a file's text without the last newline, None where it cannot be read."""
        return self.read_all([path])[path]

    def read_all(self, paths: Iterable[str]) -> dict[str, str | None]:
        """Return the texts of files as `read` does, with few waits."""
        wanted = list(paths)
        answers = self._ask([f"read {path}" for path in wanted])
        return {
            path: answer["text"].removesuffix("\n") if "text" in answer else None
            for path, answer in zip(wanted, answers, strict=True)
        }

    def link(self, path: str) -> str | None:
        """Return what a symbolic link says, None where there is none."""
        text = self._ask([f"link {path}"])[0].get("text")
        return text if isinstance(text, str) else None

    def names(self, path: str) -> list[str]:
        """Return the sorted names in a folder, none where there is no folder."""
        return sorted(self._ask([f"list {path}"])[0].get("names", ()))

    def tree(self, path: str) -> dict[str, str]:
        """Return the texts of all readable files below a folder by their names below it."""
        files = self._ask([f"tree {path}"])[0]["files"]
        return {
            name: text.removesuffix("\n")
            for name, text in sorted(files.items())
            if isinstance(text, str)
        }

    def write(self, path: str, text: str) -> int:
        """Write to a file; return 0, or the errno with which the kernel refused.

        Nothing at all does not reach the kernel's check: write "\\n" for an empty value.
        """
        escaped = text.replace("\n", "\\n")
        return int(self._ask([f"write {path} {escaped}"])[0]["errno"])

    def dmesg(self, *words: str) -> list[str]:
        """Return the kernel's messages in which one of the words is; all without words."""
        return list(self._ask([f"dmesg {'|'.join(words)}"])[0]["lines"])

    def place(self, wishes: Sequence[PageWish]) -> list[Placed]:
        """Map and touch pages, each time in a new process; say where they went."""
        return [_placed(answer) for answer in self._ask([wish.line() for wish in wishes])]

    def load(self, module: str) -> int:
        """Load a module that the guest was started with; return 0 or an errno."""
        return int(self._ask([f"load /modules/{module}.ko"])[0]["errno"])

    def messages(self) -> list[str]:
        """Return the lines that the kernel has written to the console."""
        try:
            with open(self._console, encoding="utf-8", errors="replace") as file:
                return file.read(CONSOLE_BYTES_MAX).splitlines()
        except FileNotFoundError:
            return []

    def _ask(self, lines: Sequence[str]) -> list[dict[str, Any]]:
        """Send requests, a few at a time; return their answers."""
        child = self._child
        if child is None:
            raise UsageError("no-guest", "the guest is not running")
        answers: list[dict[str, Any]] = []
        at = 0
        while at < len(lines):
            together = b""
            count = 0
            for line in lines[at:]:
                data = line.encode() + b"\n"
                if "\n" in line or len(data) > LINE_BYTES_MAX:
                    raise UsageError("bad-request", "a request has a newline or is too long")
                if together and len(together) + len(data) > TOGETHER_BYTES_MAX:
                    break
                together += data
                count += 1
            assert child.stdin is not None
            try:
                child.stdin.write(together)
            except BrokenPipeError:
                raise self._death() from None
            answers += [self._answer(child, self.timeout_seconds) for _ in range(count)]
            at += count
        return answers

    # -- the child -----------------------------------------------------------------------------

    def _start(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="foretell-guest-")
        self._folder = self._scratch.name
        self._console = self._console or os.path.join(self._folder, "console")
        architecture = self.kernel.row.architecture
        initrd = os.path.join(self._folder, "initrd")
        with open(self._parts.agents[architecture], "rb") as file:
            agent = file.read()
        with open(initrd, "wb") as file:
            file.write(make_initramfs(agent, self._module_files()))
        command, environment = self._parts.qemu(architecture)
        # QEMU goes on when the other end of its serial line is gone.
        command = ["setpriv", "--pdeathsig", "KILL", *command]
        board, cpu = _MACHINES[architecture]
        port = _PORTS[architecture]
        words = [f"console={_CONSOLES[architecture]}", *_WORDS, *self.machine.words]
        command += ["-M", self._board or board, "-cpu", self._cpu or cpu]
        command += ["-accel", "tcg,thread=single", "-nodefaults", "-no-reboot", "-display", "none"]
        command += ["-serial", f"file:{self._console}", "-serial", "stdio"]
        command += ["-kernel", self.kernel.image, "-initrd", initrd]
        # What follows "--" is handed to the first program.
        command += ["-append", " ".join([*words, "--", f"agent={port}"]), *self._arguments]
        with open(os.path.join(self._folder, "errors"), "wb") as errors:
            self._child = subprocess.Popen(
                command,
                bufsize=0,  # nothing is left to be written when the guest is gone
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", **environment},
            )
        self._rest = b""
        hello = self._answer(self._child, self.boot_seconds)
        self.release, self.page_bytes = str(hello["release"]), int(hello["page"])
        if self.release != self.kernel.release:
            raise MissingError("wrong-kernel", f"{self.release} instead of {self.kernel.release}")
        for module in self._module_files():
            name = module.removeprefix("modules/").removesuffix(".ko")
            number = self.load(name)
            if number:
                raise MissingError("no-module", f"{name}: {os.strerror(number)}")

    def _module_files(self) -> Mapping[str, bytes]:
        files = {}
        for name in self.modules:
            path = os.path.join(self.kernel.modules, f"{name}.ko")
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                files[f"modules/{name}.ko"] = file.read()
        return files

    def _answer(self, child: subprocess.Popen[bytes], seconds: float) -> dict[str, Any]:
        """Return the next line that is not empty, as JSON."""
        line = b""
        while not line.strip():
            line = self._line(child, time.monotonic() + seconds)
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            words = line[:80].decode("ascii", "replace").strip()
            raise MissingError("bad-answer", f"the guest answered {words!r}")
        return answer

    def _line(self, child: subprocess.Popen[bytes], deadline: float) -> bytes:
        assert child.stdout is not None
        descriptor = child.stdout.fileno()
        pieces = [self._rest]
        size = len(self._rest)
        while b"\n" not in pieces[-1]:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise self._death(late=True)
            piece = os.read(descriptor, 1 << 16)
            size += len(piece)
            if not piece:
                raise self._death()
            if size > ANSWER_BYTES_MAX:
                raise MissingError("answer-too-long", f"more than {ANSWER_BYTES_MAX} bytes")
            pieces.append(piece)
        line, _, self._rest = b"".join(pieces).partition(b"\n")
        return line

    def _death(self, *, late: bool = False) -> MissingError:
        """Say how the guest ended, with its last words."""
        child = self._child
        if late and child is not None:
            child.kill()
        status = self._end()
        with open(os.path.join(self._folder, "errors"), encoding="utf-8") as file:
            said = file.read(CONSOLE_BYTES_MAX).splitlines()
        words = [line.strip() for line in (*self.messages(), *said) if line.strip()]
        return MissingError(
            "guest-late" if late else "guest-died",
            f"the guest {self.kernel.row.name} "
            + ("did not answer in time" if late else f"ended with status {status}"),
            path=self.kernel.image,
            hint="; ".join(words[-_HINT_LINES:]) or None,
        )

    def _end(self) -> int | None:
        """End the child; return its status."""
        child, self._child = self._child, None
        if child is None:
            return None
        with child:
            assert child.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                child.stdin.write(b"off\n")
            try:
                child.wait(timeout=END_SECONDS if self.release else 0)
            except subprocess.TimeoutExpired:
                child.kill()
        return child.returncode


def _placed(answer: Mapping[str, Any]) -> Placed:
    return Placed(
        start=answer.get("start", 0),
        runs=tuple((node, pages) for node, pages in answer.get("runs", ())),
        policy=answer.get("policy", ""),
        errno=answer.get("errno", answer.get("failed", 0)),
        call=answer.get("at", "move_pages" if "failed" in answer else ""),
        signal=answer.get("signal", 0),
    )
