"""Is an index always that of the lists as they are, and does a damaged folder only cost time?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from foretell.apt.packages.cache import INDEXES_MAX, cache_folder, load_archive
from foretell.apt.packages.index_build import Builder
from tests.apt.world_lab import ENVIRONMENT, Lab, package


@pytest.fixture
def paths(tmp_path):
    path = tmp_path / "Packages"
    path.write_text(package("a") + package("b"))
    return [str(path)]


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "cache")


@pytest.fixture
def builds(monkeypatch):
    """Return a list that grows by one with every index that is built."""
    seen = []
    finish = Builder.finish

    def count(self):
        seen.append(len(self.names))
        return finish(self)

    monkeypatch.setattr(Builder, "finish", count)
    return seen


def names(archive):
    return [archive.name(number).decode() for number in range(archive.n_packages)]


def files(folder, suffix=""):
    return sorted(name for name in os.listdir(folder) if name.endswith(suffix))


def test_second_question_builds_nothing(paths, folder, builds):
    assert names(load_archive(paths, "amd64", folder)) == ["a", "b"]
    assert names(load_archive(paths, "amd64", folder)) == ["a", "b"]
    assert builds == [2]
    assert [name.partition(".")[2] for name in files(folder)] in (
        ["index", "memo"],
        ["memo", "index"],
    )


def test_changed_list_is_read_again(paths, folder, builds):
    load_archive(paths, "amd64", folder)
    with open(paths[0], "a") as file:
        file.write(package("c"))
    assert names(load_archive(paths, "amd64", folder)) == ["a", "b", "c"]
    assert builds == [2, 3]


def test_change_that_keeps_size_and_time_is_noticed(paths, folder):
    load_archive(paths, "amd64", folder)
    before = os.stat(paths[0])
    with open(paths[0], "w") as file:
        file.write(package("a") + package("z"))
    os.utime(paths[0], ns=(before.st_atime_ns, before.st_mtime_ns))
    assert os.stat(paths[0]).st_size == before.st_size
    assert names(load_archive(paths, "amd64", folder)) == ["a", "z"]


def test_touched_list_is_not_built_again(paths, folder, builds):
    load_archive(paths, "amd64", folder)
    os.utime(paths[0], ns=(1, 1))
    assert names(load_archive(paths, "amd64", folder)) == ["a", "b"]
    assert builds == [2]
    assert len(files(folder, ".memo")) == 2


def test_other_architecture_and_other_order_have_indexes_of_their_own(paths, folder, tmp_path):
    other = tmp_path / "Other"
    other.write_text(package("c"))
    both = [*paths, str(other)]
    assert names(load_archive(both, "amd64", folder)) == ["a", "b", "c"]
    assert names(load_archive(both[::-1], "amd64", folder)) == ["c", "a", "b"]
    assert names(load_archive(both, "arm64", folder)) == []
    assert len(files(folder, ".index")) == 3


def damage(data, kind):
    return {
        "empty": b"",
        "short": data[: len(data) // 2],
        "one-byte-short": data[:-1],
        "longer": data + b"\0",
        "flipped": data[:50] + bytes([data[50] ^ 1]) + data[51:],
        "flipped-late": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        "garbage": bytes(range(256)) * 9,
        "zeros": bytes(len(data)),
        "other-format": data[:19] + b"\xff\xff\0\0" + data[23:],
    }[kind]


KINDS = ("empty", "short", "one-byte-short", "longer", "flipped", "flipped-late", "garbage",
         "zeros", "other-format")  # fmt: skip


@pytest.mark.parametrize("suffix", [".index", ".memo"])
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_file_is_thrown_away(paths, folder, builds, suffix, kind):
    load_archive(paths, "amd64", folder)
    (name,) = files(folder, suffix)
    path = os.path.join(folder, name)
    with open(path, "rb") as file:
        good = file.read()
    with open(path, "wb") as file:
        file.write(damage(good, kind))
    archive = load_archive(paths, "amd64", folder)
    archive.check()
    assert names(archive) == ["a", "b"]
    assert len(builds) == (2 if suffix == ".index" else 1)
    with open(path, "rb") as file:
        assert file.read() == good
    assert len(files(folder)) == 2


def test_memo_of_another_index_is_not_believed_without_it(paths, folder):
    load_archive(paths, "amd64", folder)
    (index,) = files(folder, ".index")
    os.unlink(os.path.join(folder, index))
    assert names(load_archive(paths, "amd64", folder)) == ["a", "b"]
    assert files(folder, ".index") == [index]


def test_folder_where_a_file_stands_only_costs_time(paths, folder, builds):
    with open(folder, "w") as file:
        file.write("not a folder")
    for _ in range(2):
        assert names(load_archive(paths, "amd64", folder)) == ["a", "b"]
    assert builds == [2, 2]


def test_index_that_is_a_folder_only_costs_time(paths, folder):
    load_archive(paths, "amd64", folder)
    (name,) = files(folder, ".index")
    os.unlink(os.path.join(folder, name))
    os.mkdir(os.path.join(folder, name))
    assert names(load_archive(paths, "amd64", folder)) == ["a", "b"]


def test_full_disk_only_costs_time_and_leaves_nothing(paths, folder, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", refuse)
    assert names(load_archive(paths, "amd64", folder)) == ["a", "b"]
    assert files(folder) == []


@pytest.mark.root
def test_read_only_file_system_only_costs_time(tmp_path, require):
    lab = Lab(tmp_path, package("a"))
    done = lab.run("install", "a")
    assert done.returncode == 0
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    prefix = ["unshare", "--mount", "sh", "-c", script, "sh", str(tmp_path)]
    if subprocess.run([*prefix, "true"], capture_output=True).returncode:
        require("mount", "no private read-only mount here")
    before = lab.snapshot()
    for folder in (lab.cache, os.path.join(lab.cache, "new")):
        again = subprocess.run(
            [*prefix, sys.executable, "-m", "foretell", "apt", "install", "--root", lab.root, "a"],
            env={**ENVIRONMENT, "XDG_CACHE_HOME": folder},
            capture_output=True,
        )
        assert (again.returncode, again.stdout, again.stderr) == (0, done.stdout, b"")
    assert lab.snapshot() == before


def test_lists_that_change_while_they_are_read_leave_no_index(paths, folder, monkeypatch):
    finish = Builder.finish

    def finish_late(self):
        with open(paths[0], "a") as file:
            file.write(package("late"))
        return finish(self)

    with monkeypatch.context() as patch:
        patch.setattr(Builder, "finish", finish_late)
        load_archive(paths, "amd64", folder)
    assert not os.path.exists(folder) or files(folder) == []
    assert names(load_archive(paths, "amd64", folder)) == ["a", "b", "late"]


def test_oldest_indexes_are_forgotten(paths, folder):
    load_archive(paths, "amd64", folder)
    (oldest,) = files(folder, ".index")
    os.utime(os.path.join(folder, oldest), ns=(1, 1))
    for number in range(INDEXES_MAX + 2):
        with open(paths[0], "w") as file:
            file.write(package(f"p{number}"))
        load_archive(paths, "amd64", folder)
    assert len(files(folder, ".index")) == INDEXES_MAX
    assert oldest not in files(folder, ".index")


BUILD = """
import sys
from foretell.apt.packages.cache import load_archive
archive = load_archive([sys.argv[1]], "amd64", sys.argv[2])
print(archive.n_packages, archive.n_versions)
"""
SLOW_BUILD = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
from foretell.apt.packages import cache
def wait(*_):
    print("writing", flush=True)
    time.sleep(60)
os.rename = wait
cache.load_archive([sys.argv[1]], "amd64", sys.argv[2])
"""


def start(script, path, folder):
    return subprocess.Popen(
        [sys.executable, "-c", script, path, folder],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_build_at_the_same_time_agree(paths, folder):
    with open(paths[0], "w") as file:
        file.write("".join(package(f"p{number}", Depends="p1, p2") for number in range(3000)))
    running = [start(BUILD, paths[0], folder) for _ in range(4)]
    answers = [process.communicate(timeout=60) for process in running]
    assert answers == [("3000 3000\n", "")] * 4
    assert len(files(folder, ".index")) == len(files(folder, ".memo")) == 1
    assert len(os.listdir(folder)) == 2


def test_killed_build_leaves_nothing_that_counts(paths, folder):
    process = start(SLOW_BUILD, paths[0], folder)
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    (rest,) = os.listdir(folder)
    assert rest.endswith(".new")
    assert names(load_archive(paths, "amd64", folder)) == ["a", "b"]
    assert [name for name in os.listdir(folder) if name.endswith(".new")] == []


def test_file_of_a_living_writer_is_left_alone(paths, folder, tmp_path):
    process = start(SLOW_BUILD, paths[0], folder)
    try:
        assert process.stdout.readline() == "writing\n"
        (aside,) = os.listdir(folder)
        other = tmp_path / "Other"
        other.write_text(package("c"))
        load_archive([str(other)], "amd64", folder)
        assert aside in os.listdir(folder)
    finally:
        process.kill()
        process.communicate(timeout=60)


def test_interrupted_build_leaves_nothing(paths, folder):
    process = start(SLOW_BUILD, paths[0], folder)
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert os.listdir(folder) == []


def test_indexes_of_many_lists_are_told_apart_by_more_than_their_text(tmp_path, folder):
    first, second = tmp_path / "one", tmp_path / "two"
    first.write_text(package("a"))
    second.write_text("")
    whole = load_archive([str(first), str(second)], "amd64", folder)
    second.write_text(package("a"))
    first.write_text("")
    other = load_archive([str(first), str(second)], "amd64", folder)
    assert (list(whole.ver_file), list(other.ver_file)) == ([0], [1])


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/foretell/apt"),
        ({"XDG_CACHE_HOME": "x", "HOME": "/h"}, "/h/.cache/foretell/apt"),
        ({"HOME": "/h"}, "/h/.cache/foretell/apt"),
    ],
)
def test_folder_follows_the_base_directory_specification(environment, expected):
    assert cache_folder(environment) == expected


@pytest.mark.parametrize("environment", [{}, {"HOME": ""}, {"HOME": "relative"}])
def test_without_a_home_nothing_is_kept(environment, paths, builds):
    folder = cache_folder(environment)
    for _ in range(2):
        load_archive(paths, "amd64", folder)
    assert builds == [2, 2]
    assert not os.path.exists(folder)


def test_missing_list_is_the_system_s_error(folder, tmp_path):
    with pytest.raises(FileNotFoundError):
        load_archive([str(tmp_path / "none")], "amd64", folder)
