"""Which kernels are protected?  Every expectation was seen with libapt 3.0.3."""

from __future__ import annotations

import os

import pytest

from foretell.apt.answers.predict import predict
from foretell.apt.cases.capture import write_capture
from foretell.apt.cases.case import make_world, read_case
from tests.apt.world_lab import Lab, actions, installed, package

CONFIGURATION = """APT {
  NeverAutoRemove { "^firmware-linux.*"; };
  VersionedKernelPackages { "linux-.*"; "kfreebsd-.*"; ".*-modules"; ".*-kernel"; };
};
"""
IMAGES = {f"linux-image-7.{n}-x": f"7.{n}-2" for n in (2, 3, 4, 5, 6)}


@pytest.fixture
def removed(tmp_path):
    """Return what gives the packages that autoremove removes, all of them being automatic."""

    def ask(versions, *options, manual=(), verb="autoremove", status="", archive=""):
        lab = Lab(tmp_path, archive, "".join(map(installed, versions, versions.values())) + status)
        lab.write("etc/apt/apt.conf.d/01", CONFIGURATION)
        lab.set_automatic(*(name for name in versions if name not in manual))
        return sorted(lab.plan(verb, options=options))

    return ask


def x(*numbers: int) -> list[str]:
    return [f"linux-image-7.{number}-x" for number in numbers]


def test_the_two_newest_stay(removed):
    assert removed(IMAGES) == x(2, 3, 4)


@pytest.mark.parametrize(
    ("count", "gone"),
    [("0", (2, 3, 4)), ("1", (2, 3, 4)), ("2", (3, 4)), ("3", (2,)), ("4", (2,)), ("5", ()),
     ("x9", (2, 3, 4)), ("-9", ())],
)  # fmt: skip
def test_count_is_at_least_two_and_an_expression_as_well(removed, count, gone):
    assert removed(IMAGES, f"APT::NeverAutoRemove::KernelCount={count}") == x(*gone)


def test_versions_count_and_not_names(removed):
    images = dict(zip(x(2, 3, 4), ("9", "8", "7"), strict=True))
    assert removed(images) == x(4)
    flavours = {f"{name}-{kind}": v for name, v in IMAGES.items() for kind in ("a", "rt")}
    assert [name[:-2] for name in removed(flavours) if name.endswith("-a")] == x(2, 3, 4)
    assert len(removed(flavours)) == 6


def test_manual_and_held_images_count(removed):
    assert removed(IMAGES, manual=x(6)) == x(2, 3, 4)
    held = installed("linux-image-7.9-x", "7.9").replace("install ok", "hold ok")
    assert removed(IMAGES, status=held) == x(2, 3, 4, 5)


def test_running_kernel_stays(removed):
    running = f"linux-image-{os.uname().release}"
    assert removed({running: "1", **IMAGES}) == x(2, 3, 4, 5)


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("linux-headers-7.6-x", True),
        ("linux-headers-7.4-x", False),
        ("linux-headers-7.6-x-common", False),
        ("linux-image-7.6-x-dbg", False),
        ("linux-modules-extra-7.5-x", True),
        ("zfs-modules-7.5-x", True),
        ("perl-modules-5.36", False),
        ("perl-modules-7.6", False),
        ("some-7.6-x", False),
        ("linux-kbuild-7.6", False),
    ],
)
def test_what_belongs_to_a_kernel_goes_with_it(removed, name, stays):
    others = {name: "1"} if "image" not in name else {name: "0"}
    assert (name not in removed({**IMAGES, **others})) == stays


@pytest.mark.parametrize("name", ["linux-image-uc-6.1", "gnumach-image-1.1-486", "my-kernel-5.1"])
def test_other_names_are_no_images(removed, name):
    assert removed({name: "9"}) == [name]


def test_what_was_installed_before_counts(removed):
    archive = package("linux-image-7.2-x", "9")
    assert removed(IMAGES, verb="full-upgrade", archive=archive) == x(2)


def test_without_kernel_packages_nothing_is_protected(tmp_path):
    lab = Lab(tmp_path, "", "".join(map(installed, IMAGES, IMAGES.values())))
    lab.set_automatic(*IMAGES)
    assert sorted(lab.plan("autoremove")) == x(2, 3, 4, 5, 6)


def test_capture_names_the_running_kernel_where_it_matters(tmp_path):
    running = f"linux-image-{os.uname().release}"
    for images, named in (({running: "1", **IMAGES}, True), (IMAGES, False)):
        lab = Lab(tmp_path, "", "".join(map(installed, images, images.values())))
        lab.write("etc/apt/apt.conf.d/01", CONFIGURATION)
        lab.set_automatic(*images)
        path = str(tmp_path / f"{named}.json")
        answer = lab.answer("autoremove")
        write_capture(answer, path, solver_version="3.0.3")
        case = read_case(path)
        assert bool(case.kernel) == named
        assert actions(predict(make_world(case, path), case.request)) == actions(answer)
