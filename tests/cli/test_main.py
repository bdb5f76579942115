"""Does the command line dispatch lazily, and does every failure become a message and a status?"""

from __future__ import annotations

import os
import subprocess
import sys
import types

import pytest

from foretell import __version__
from foretell.cli import main as cli
from foretell.errors import InputError, MissingError, UsageError

STUB = "foretell_stub_leaf"


@pytest.fixture
def leaf(monkeypatch):
    """Return a function that puts a stub behind ``foretell apt install``; it records its argv."""

    def put(behaviour):
        seen = []

        def install(argv):
            seen.append(argv)
            return behaviour()

        module = types.ModuleType(STUB)
        module.__dict__["install"] = install
        monkeypatch.setitem(sys.modules, STUB, module)
        monkeypatch.setitem(cli.COMMANDS, ("apt", "install"), (f"{STUB}:install", "a stub"))
        return seen

    return put


def raising(error):
    """Return a leaf body that raises ``error``."""

    def behaviour():
        raise error

    return behaviour


def run(*argv, stdout=subprocess.PIPE, **environment):
    """Run the real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "foretell", *argv],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
    )


@pytest.mark.parametrize("status", [0, 1])
def test_main_returns_the_status_of_the_leaf(leaf, status):
    seen = leaf(lambda: status)
    assert cli.main(["apt", "install", "git", "-t", "sid"]) == status
    assert seen == [["git", "-t", "sid"]]


def test_main_leaves_the_help_of_a_verb_to_the_leaf(leaf):
    seen = leaf(lambda: 0)
    cli.main(["apt", "install", "--help"])
    assert seen == [["--help"]]


@pytest.mark.parametrize("argv", [["--help"], ["-h"]])
def test_help_lists_the_domains(capsys, argv):
    assert cli.main(argv) == 0
    out, err = capsys.readouterr()
    assert out.startswith("usage: foretell <domain> <verb>")
    assert all(f"  {name} " in out for name in cli.DOMAINS)
    assert err == ""


def test_domain_help_lists_the_verbs(capsys):
    assert cli.main(["apt", "--help"]) == 0
    out, err = capsys.readouterr()
    verbs = [verb for domain, verb in cli.COMMANDS if domain == "apt"]
    listed = [line.split()[0] for line in out.splitlines() if line.startswith("  ")]
    assert listed == verbs
    assert err == ""


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"foretell {__version__}\n"


@pytest.mark.parametrize("argv", [[], ["apt"]])
def test_incomplete_command_shows_the_usage_on_stderr(capsys, argv):
    assert cli.main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: foretell ")


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (
            ["apt", "instal", "git"],
            (
                'error[unknown-command]: there is no command "apt instal"\n'
                'hint: did you mean "foretell apt install"? '
                '"foretell apt --help" lists the commands\n'
            ),
        ),
        (
            ["atp", "install"],
            (
                'error[unknown-command]: there is no command "atp"\n'
                'hint: did you mean "foretell apt"? "foretell --help" lists the commands\n'
            ),
        ),
        (
            ["zzz"],
            (
                'error[unknown-command]: there is no command "zzz"\n'
                'hint: "foretell --help" lists the commands\n'
            ),
        ),
        (
            ["--frobnicate"],
            (
                'error[unknown-option]: there is no option "--frobnicate"\n'
                'hint: "foretell --help" lists the commands\n'
            ),
        ),
    ],
)
def test_unknown_word_names_the_nearest_command(capsys, argv, expected):
    assert cli.main(argv) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", expected)


def test_input_error_shows_place_rule_and_hint(leaf, capsys):
    leaf(
        raising(
            InputError(
                "bad-field",
                "field name is empty",
                path="status",
                line=3,
                rule="deb822(5)",
                hint="remove the line",
            )
        )
    )
    assert cli.main(["apt", "install"]) == 2
    assert capsys.readouterr().err == (
        "error[bad-field]: field name is empty\n"
        "  --> status:3\n"
        "  rule: deb822(5)\n"
        "hint: remove the line\n"
    )


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        (UsageError("no-package", "no such package"), 2, "error[no-package]: no such package\n"),
        (
            MissingError("no-apt", "apt is not there", path="/usr/bin/apt"),
            3,
            "error[no-apt]: apt is not there\n  --> /usr/bin/apt\n",
        ),
        (
            PermissionError(13, "Permission denied", "status"),
            3,
            "error[system-call]: the system refused: Permission denied\n  --> status\n",
        ),
        (
            OSError(28, "No space left on device"),
            3,
            "error[system-call]: the system refused: No space left on device\n",
        ),
    ],
)
def test_errors_bring_their_status(leaf, capsys, error, status, expected):
    leaf(raising(error))
    assert cli.main(["apt", "install"]) == status
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError("deep"), OSError("no errno")])
def test_our_bug_is_named_without_a_traceback(leaf, capsys, monkeypatch, error):
    monkeypatch.delenv("FORETELL_TRACEBACK", raising=False)
    leaf(raising(error))
    assert cli.main(["apt", "install"]) == 70
    err = capsys.readouterr().err
    assert err == (
        f"error[internal]: {type(error).__name__}: {error}\n"
        f"  this is a bug in foretell {__version__}, not in what you asked\n"
        "hint: set FORETELL_TRACEBACK=1 to see where, and report that text\n"
    )


def test_our_bug_shows_its_traceback_when_asked(leaf, capsys, monkeypatch):
    monkeypatch.setenv("FORETELL_TRACEBACK", "1")
    leaf(raising(KeyError("x")))
    assert cli.main(["apt", "install"]) == 70
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):\n")
    assert "hint:" not in err


def test_messages_cannot_steer_the_terminal(leaf, capsys):
    leaf(raising(UsageError("no-package", "no package \x1b[2J\r\n\udcff é")))
    assert cli.main(["apt", "install"]) == 2
    err = capsys.readouterr().err
    assert err == "error[no-package]: no package \\x1b[2J\\r\\n\\udcff é\n"


@pytest.mark.parametrize(
    ("stop", "status"),
    [(SystemExit(0), 0), (SystemExit(2), 2), (SystemExit(None), 0), (SystemExit("lost"), 70)],
)
def test_exit_of_argparse_becomes_a_status(leaf, capsys, stop, status):
    leaf(raising(stop))
    assert cli.main(["apt", "install"]) == status
    assert ("lost" in capsys.readouterr().err) == (status == 70)


def test_interrupt_is_quiet(leaf, capsys):
    leaf(raising(KeyboardInterrupt()))
    assert cli.main(["apt", "install"]) == 130
    assert capsys.readouterr() == ("", "")


def test_broken_pipe_is_quiet():
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run("--help", stdout=writer)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_full_device_is_a_refusal_of_the_machine(require):
    if not os.path.exists("/dev/full"):
        require("dev", "/dev/full is not there")
    with open("/dev/full", "w", encoding="ascii") as full:
        done = run("--help", stdout=full)
    assert done.returncode == 3
    assert done.stderr.startswith("error[system-call]: the system refused: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_closed_streams_are_no_bug(closed):
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m foretell --help {closed}>&-', sys.executable],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_module_and_console_script_say_the_same():
    script = os.path.join(os.path.dirname(sys.executable), "foretell")
    done = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run("--help").stdout


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_table_follows_its_own_rule(command):
    domain, verb = command
    target, summary = cli.COMMANDS[command]
    module, _, leaf = target.partition(":")
    assert module.startswith(f"foretell.cli.{domain}")
    assert leaf.removesuffix("_") == verb.replace("-", "_")
    assert domain in cli.DOMAINS
    assert summary
    assert not summary.endswith(".")


@pytest.mark.parametrize("target", sorted(target for target, _ in cli.COMMANDS.values()))
def test_every_command_can_be_loaded(target):
    assert callable(cli.load_leaf(target))
