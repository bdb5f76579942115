"""Are the parts of guests found, and is it clear what is missing?"""

from __future__ import annotations

import os

import pytest

from foretell.errors import MissingError, UsageError
from foretell.oracle import guest_build
from foretell.oracle.guest_apt import GuestApt
from foretell.oracle.guest_build import (
    KERNELS,
    GuestParts,
    build_guests,
    find_row,
    main,
    newest_release,
)


def test_newest_is_by_number_and_of_the_flavour():
    names = [
        "linux-image-6.12.9+deb13-cloud-amd64",
        "linux-image-6.12.107+deb13-cloud-amd64",
        "linux-image-6.12.117+deb13-amd64",
        "linux-image-6.12.118+deb13-cloud-amd64-unsigned",
        "linux-image-6.120.1+deb13-cloud-amd64",
    ]
    row = find_row("6.12")
    assert newest_release(names, row, "linux-image-") == "6.12.107+deb13-cloud-amd64"
    assert newest_release(names[2:], row, "linux-image-") is None


def test_unknown_kernel_is_refused():
    with pytest.raises(UsageError, match=r"'6\.1', only 6\.12, "):
        find_row("6.1")


def test_names_are_unique():
    assert len({row.name for row in KERNELS}) == len(KERNELS)


def test_missing_parts_are_named(tmp_path):
    parts = GuestParts(str(tmp_path))
    assert parts.missing()[0] == "guest-tool"
    assert parts.missing_kernels() == list(KERNELS)
    with pytest.raises(MissingError, match="guest-tool, agent-"):
        parts.require()
    with pytest.raises(MissingError, match="not fetched"):
        parts.kernel("6.12")


def test_kernel_that_is_gone_is_not_looked_for_again(tmp_path):
    os.makedirs(tmp_path / "kernels")
    (tmp_path / "kernels" / "6.12.gone").write_text("x\n")
    parts = GuestParts(str(tmp_path))
    assert find_row("6.12") not in parts.missing_kernels()
    with pytest.raises(MissingError, match="the mirror has none"):
        parts.kernel("6.12")


class Apt(GuestApt):
    """Stands for a mirror with these packages and files in them."""

    mirror = "http://example.org/debian"

    def __init__(self, packages):
        self.packages = packages

    def names(self, beginning):
        return sorted(name for name in self.packages if name.startswith(beginning))

    def download(self, name, architecture):
        return f"/tmp/{name}"


@pytest.fixture
def fetch(tmp_path, monkeypatch):
    """Return a function that fetches a kernel from packages given as {name: {path: bytes}}."""

    def read(archive, what):
        for path, data in packages[os.path.basename(archive)].items():
            yield path, lambda data=data: data

    packages = {}

    def fetch(name, given):
        packages.update(given)
        parts = GuestParts(str(tmp_path))
        for folder in ("kernels", "scratch"):
            os.makedirs(tmp_path / folder, exist_ok=True)
        guest_build._fetch_kernel(
            parts, find_row(name), Apt(given), str(tmp_path / "scratch"), lambda text: None
        )
        return parts

    monkeypatch.setattr(guest_build, "read_package", read)
    monkeypatch.setattr(os, "unlink", lambda path: None)
    return fetch


def test_image_and_modules_are_kept(fetch):
    release = "7.3.4+deb13-cloud-amd64"
    folder = f"usr/lib/modules/{release}"
    parts = fetch(
        "7.3",
        {
            f"linux-binary-{release}": {f"{folder}/vmlinuz": b"kernel"},
            f"linux-modules-{release}": {
                f"{folder}/kernel/cxl-acpi.ko": b"module",
                f"{folder}/kernel/other.ko": b"",
            },
            f"linux-image-{release}": {},
        },
    )
    kernel = parts.kernel("7.3")
    assert kernel.release == release
    with open(kernel.image, "rb") as file:
        assert file.read() == b"kernel"
    assert os.listdir(kernel.modules) == ["cxl_acpi.ko"]
    assert parts.kernels() == ["7.3"]


def test_kernel_whose_modules_are_gone_has_none(fetch):
    release = "7.1.3+deb13-cloud-amd64"
    image = {f"linux-binary-{release}": {f"boot/vmlinuz-{release}": b"kernel"}}
    assert os.listdir(fetch("7.1", image).kernel("7.1").modules) == []


def test_package_without_a_kernel_is_an_error(fetch):
    with pytest.raises(MissingError) as caught:
        fetch("7.1", {"linux-binary-7.1.3+deb13-cloud-amd64": {}})
    assert caught.value.code == "no-image"


def test_series_that_the_mirror_lacks_is_noted(fetch):
    parts = fetch("7.1", {"linux-image-7.2.1+deb13-cloud-amd64": {}})
    assert parts.missing_kernels([find_row("7.1")]) == []
    assert parts.kernels() == []


def test_unknown_kernel_on_the_command_line(tmp_path):
    said: list[str] = []
    assert main(["--folder", str(tmp_path), "--kernels", "7.3,x"], {}, said.append) == 2
    assert said[0].startswith("error[no-such-kernel]")


def test_nothing_is_fetched_when_all_is_there(tmp_path, monkeypatch):
    parts = GuestParts(str(tmp_path))
    for path in (parts.tool, *parts.agents.values(), parts.kernel_folder(find_row("7.3"))):
        os.makedirs(path)
    monkeypatch.setattr(guest_build, "find_mirrors", pytest.fail)
    build_guests(str(tmp_path), rows=[find_row("7.3")], say=pytest.fail)


def test_machine_without_sources_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(guest_build, "find_mirrors", list)
    with pytest.raises(MissingError) as caught:
        build_guests(str(tmp_path), say=lambda text: None)
    assert (caught.value.code, caught.value.hint) == ("no-mirror", "name one with --mirror URI")


def test_other_processor_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    with pytest.raises(MissingError) as caught:
        build_guests(str(tmp_path), say=lambda text: None)
    assert caught.value.code == "no-amd64"
