"""What do the real shells offer for a command line of foretell?"""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import sysconfig
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.apt.system.names_file import beginning
from foretell.cli import complete as completion
from tests.apt.world_lab import ENVIRONMENT, Lab, installed, package
from tests.tidy.tree import ROOT

FOLDER = os.path.join(ROOT, "docs", "completion")
SHELLS = ("bash", "zsh", "fish")
NATIVE_ONLY = ("git", "git-man", "gitk", "hello", "libc6")
WAIT_S = 60


class Desk:
    """A folder with a root of a few packages, a world and some files; shells run in it."""

    def __init__(self, folder):
        lists = "".join(
            package(name, Source="gitsource" if name == "gitk" else "") for name in NATIVE_ONLY
        )
        lists += package("$(touch)") + package("git-evil`id`")
        self.lab = Lab(folder, lists, installed("gone") + installed("git"))
        self.folder = str(folder)
        self.add_world("trixie")
        for name in ("plan.json", "root-status"):
            (folder / name).write_text("")
        self.environment = {
            "PATH": f"{sysconfig.get_path('scripts')}:/usr/bin:/bin",
            "HOME": self.folder,
            "XDG_CACHE_HOME": self.lab.cache,
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
        }

    def add_world(self, name):
        worlds = os.path.join(self.folder, ".local/share/foretell/worlds")
        os.makedirs(worlds, exist_ok=True)
        os.symlink(self.lab.root, os.path.join(worlds, name))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *command):
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
        )
        assert done.stderr == ""
        return done.stdout

    def offered(self, shell, line):
        """Return what a shell offers at the end of a line, sorted."""
        return sorted(set(getattr(self, f"_{shell}")(line)))

    def _bash(self, line):
        script = (
            'source "$1"; COMP_LINE=$2 COMP_POINT=${#2}; _foretell; '
            "printf '%s\\n' \"${COMPREPLY[@]}\""
        )
        return self.run("bash", "-c", script, "bash", f"{FOLDER}/foretell.bash", line).split()

    def _fish(self, line):
        script = "source $argv[1]; complete -C $argv[2]"
        text = self.run("fish", "--no-config", "-c", script, f"{FOLDER}/foretell.fish", line)
        found = [row.split("\t")[0] for row in text.splitlines()]
        value = re.match(r"--[a-z-]+=", line.split(" ")[-1])  # fish repeats the option
        return [row.removeprefix(value.group()) if value else row for row in found]

    def _zsh(self, line):
        """Let a zsh on a terminal complete a line, and write down what it adds."""
        log = os.path.join(self.folder, "added")
        self.write(".zshrc", ZSHRC.format(folder=FOLDER, log=log))
        self.write("added", "")
        type_into(["zsh", "-i"], self, f"{line}\t", until=lambda _: "END" in read(log))
        return [row for row in read(log).splitlines() if row and row != "END"]


# The names that compadd would add are what is offered; `-O` and `-A` only ask.
ZSHRC = """
PS1='ready> ' LISTMAX=0
fpath=({folder} $fpath)
autoload -U compinit && compinit -u -d ./dump
compadd () {{
    if [[ ${{@[1,(i)(-|--)]}} != *-(O|A|D)* ]]; then
        local -a hits
        builtin compadd -A hits "$@"
        print -rl -- $hits >> {log}
    fi
    builtin compadd "$@"
}}
finish () {{ print END >> {log} }}
zle -C look complete-word look
look () {{ _main_complete "$@"; finish }}
bindkey '^I' look
"""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def type_into(command, desk, keys, until):
    """Type into a shell on a terminal once it is ready; return what it shows."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(desk.folder)
        os.execvpe(command[0], command, {**desk.environment, "PS1": "ready> "})
    shown = ""
    typed = False
    end = time.monotonic() + WAIT_S
    try:
        while time.monotonic() < end and not (typed and until(shown)):
            ready, _, _ = select.select([terminal], [], [], 0.05)
            if ready:
                shown += os.read(terminal, 65536).decode("utf-8", "replace")
            if not typed and "ready> " in shown:
                os.write(terminal, keys.encode())
                typed, shown = True, ""
    finally:
        os.close(terminal)
        os.kill(process, 9)
        os.waitpid(process, 0)
    assert until(shown), shown
    return shown


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(params=SHELLS)
def shell(request, require):
    if shutil.which(request.param) is None:
        require(request.param, f"the shell is not installed: apt-get install {request.param}")
    return request.param


ROOTED = "foretell apt {} --root root {}"
EVERYTHING = sorted({*NATIVE_ONLY, "gone"})


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("foretell ap", ["apt"]),
        ("foretell apt instal", ["install"]),
        ("foretell world ", ["add", "list", "remove"]),
        (ROOTED.format("install", "git"), ["git", "git-man", "gitk"]),
        (ROOTED.format("show", "h"), ["hello"]),
        (ROOTED.format("install hello", ""), EVERYTHING),
        (ROOTED.format("remove", "g"), ["git", "gone"]),
        (ROOTED.format("purge", "h"), []),
        (ROOTED.format("why", ""), ["git", "gone"]),
        (ROOTED.format("why-not", "gitk"), ["gitk"]),
        (ROOTED.format("footprint", "li"), ["libc6"]),
        (ROOTED.format("source", "gits"), ["gitsource"]),
        (ROOTED.format("compare", "purg"), ["purge"]),
        (ROOTED.format("search", "g"), []),
        (ROOTED.format("nosuch", "g"), []),
        ("foretell nosuch install --root=r", []),
        ("foretell apt install --world trixie git-", ["git-man"]),
        ("foretell apt install --world=trixie git-", ["git-man"]),
        ("foretell apt --world trixie install git-", ["git-man"]),
        ("foretell apt --world tr", ["trixie"]),
        ("foretell apt install --world ", ["auto", "embedded", "host", "trixie"]),
        ("foretell apt install --world=e", ["embedded"]),
        ("foretell world remove t", ["trixie"]),
        ("foretell apt install --solver ", ["3.0", "internal"]),
        ("foretell apt install --solver=i", ["internal"]),
        ("foretell apt install --solver-version 3.3", ["3.3.3", "3.3.5"]),
        (ROOTED.format("install", "-t t"), ["trixie"]),
        (ROOTED.format("install", "--target-release=t"), ["trixie"]),
        ("foretell world add x --component non-free-", ["non-free-firmware"]),
        ("foretell apt replay pl", ["plan.json"]),
        ("foretell apt install --status root-", ["root-status"]),
        ("foretell apt install --auto-", ["--auto-remove"]),
        ("foretell apt footprint --em", ["--empty"]),
        ("foretell apt remove --em", []),
    ],
)
def test_a_shell_offers(shell, desk, line, offered):
    assert desk.offered(shell, line) == offered


@pytest.mark.parametrize(
    "line", ["foretell apt install --root ro", "foretell apt update --lists ro"]
)
def test_a_folder_is_offered_and_no_file(shell, desk, line):
    assert [it.rstrip("/") for it in desk.offered(shell, line)] == ["root"]


def test_settings_are_offered_without_a_blank_after_them(shell, desk):
    line = "foretell apt install -o APT::Install-S"
    offered = desk.offered(shell, line)
    # bash replaces what stands behind the colons
    assert offered == ["Install-Suggests=" if shell == "bash" else "APT::Install-Suggests="]


def test_what_a_hostile_list_calls_a_package_is_not_offered(shell, desk):
    assert desk.offered(shell, ROOTED.format("install", "git-")) == ["git-man"]
    assert "$(touch" not in desk.offered(shell, ROOTED.format("install", ""))


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("apt instal", "apt install "),
        ("apt install --root root git-", "apt install --root root git-man "),
        ("apt install --root=root git-", "apt install --root=root git-man "),
        ("apt install --world=e", "apt install --world=embedded "),
        ("apt install -o APT::Install-S", "apt install -o APT::Install-Suggests="),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_key_press_completes_the_line(shell, desk, typed, line, require):
    if shutil.which(shell) is None:
        require(shell, f"the shell is not installed: apt-get install {shell}")
    rc = ZSHRC.format(folder=FOLDER, log="/dev/null")
    command = ["zsh", "-i"]
    if shell == "bash":
        rc = f"PS1='ready> '\nsource {FOLDER}/foretell.bash\n"
        command = ["bash", "--noprofile", "--rcfile", ".zshrc", "-i"]
    desk.write(".zshrc", rc)
    # The mark comes after what was completed, so a missing blank shows.
    shown = type_into(command, desk, f"foretell {typed}\t!!", until=lambda text: "!!" in text)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x08.|\r|\x07", "", shown)
    assert f"foretell {line}!!" in plain


# -- the names that are kept -------------------------------------------------------------------


@pytest.fixture
def lab(tmp_path, monkeypatch):
    lab = Lab(tmp_path, package("a") + package("ab"), installed("b"))
    monkeypatch.setenv("XDG_CACHE_HOME", lab.cache)
    return lab


@pytest.fixture
def ask(lab, capfdbinary):
    def ask(kind, prefix=""):
        sys.stdout.flush()
        completion.complete([kind, prefix, "apt", "install", "--root", lab.root])
        sys.stdout.flush()
        return capfdbinary.readouterr().out.decode().split()

    return ask


def kept(lab):
    folder = os.path.join(lab.cache, "foretell", "apt")
    return [os.path.join(folder, it) for it in os.listdir(folder) if it.endswith(".names")]


def test_names_are_kept_until_what_they_come_from_changes(lab, ask):
    assert ask("packages") == ["a", "ab", "b"]
    assert ask("packages", "a") == ["a", "ab"]
    (path,) = kept(lab)
    with open(path, "rb") as file:
        before = file.read()
    with open(path, "wb") as file:  # that they come from here
        file.write(before.replace(b"\nab\n", b"\nax\n"))
    assert ask("packages", "a") == ["a", "ax"]
    lab.set_status(installed("b") + installed("bb"))
    assert ask("packages") == ["a", "ab", "b", "bb"]
    assert ask("installed") == ["b", "bb"]
    lab.add_list(package("c") + package("ab"))
    assert ask("packages") == ["ab", "b", "bb", "c"]
    lab.add_list(package("d"), suite="forky")
    lab.write("etc/apt/sources.list.d/x.list", "deb http://a.example.org/debian forky main\n")
    assert ask("packages") == ["ab", "b", "bb", "c", "d"]
    assert ask("suites") == ["forky", "trixie"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"x\n",
        lambda data: data.replace(b"packages\n", b"installed\n"),  # another question's
        lambda data: data.replace(b"foretell-apt-names 1", b"foretell-apt-names 0"),
        lambda data: data.replace(b"\0\0", b"\0x\0\0"),
    ],
)
def test_a_damaged_file_is_made_again(lab, ask, damage):
    assert ask("packages") == ["a", "ab", "b"]
    (path,) = kept(lab)
    with open(path, "rb") as file:
        before = file.read()
    with open(path, "wb") as file:
        file.write(damage(before))
    assert ask("packages") == ["a", "ab", "b"]
    with open(path, "rb") as file:
        assert file.read() == before


def test_without_a_folder_names_are_read_each_time(lab, ask, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    assert ask("packages", "ab") == ["ab"]


@pytest.mark.parametrize("prefix", ["z", "a\n", "ab\n", "\n", "abc"])
def test_a_prefix_of_nothing(ask, prefix):
    assert ask("packages") == ["a", "ab", "b"]
    assert ask("packages", prefix) == []


@given(st.sets(st.text("ab.", min_size=1, max_size=4)), st.text("ab.", max_size=3))
def test_names_that_begin_so(names, prefix):
    text = b"\n" + b"".join(b"%s\n" % name.encode() for name in sorted(names))
    wanted = sorted(name for name in names if name.startswith(prefix))
    assert beginning(text, prefix.encode()).decode().split() == wanted


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["packages"],
        ["nosuch", ""],
        ["packages", "", "--root", "/nonexistent"],
        ["packages", "", "--world", "nosuch"],
        ["packages", "", "--status", "/nonexistent"],
        ["packages", "", "--root"],
    ],
)
def test_what_cannot_be_answered_says_nothing(lab, argv):
    done = subprocess.run(
        [sys.executable, "-m", "foretell", "__complete", *argv],
        env={**ENVIRONMENT, "XDG_CACHE_HOME": lab.cache, "HOME": lab.root},
        capture_output=True,
        timeout=60,
    )
    if argv[-1:] != ["--root"]:  # the value is still to come: this machine, or the embedded Debian
        assert (done.returncode, done.stdout) == (1, b"")
    assert b"Traceback" not in done.stderr
    assert b"error[" not in done.stderr
