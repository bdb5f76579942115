"""Small archives with source packages, for ``satisfy`` and ``build-dep``.

The same files are laid below a bare folder for foretell and into an `AptRoot` for the real apt.
"""

from __future__ import annotations

import os

from tests.apt.apt_root import stanza

__all__ = ["LAB", "LAB_STATUS", "binary", "lay_out", "source", "world_files"]

ROOT_NAME = "example.org_debian_dists_{0}_"
RELEASE = """Origin: Lab
Suite: {0}
Codename: {0}
Date: Sat, 01 Nov 2025 00:00:00 UTC
Architectures: amd64
Components: main
"""


def binary(name: str, version: str = "1", **fields: str) -> str:
    return stanza(
        {
            "Package": name,
            "Version": version,
            "Architecture": "all",
            "Maintainer": "x",
            **{field.replace("_", "-"): value for field, value in fields.items()},
            "Filename": f"pool/{name}_{version}.deb",
            "Size": "10",
            "SHA256": "0" * 64,
        }
    )


def source(name: str, version: str = "1", **fields: str) -> str:
    return stanza(
        {
            "Package": name,
            "Binary": name,
            "Version": version,
            **{field.replace("_", "-"): value for field, value in fields.items()},
            "Architecture": "any",
            "Format": "1.0",
            "Directory": f"pool/{name}",
            "Checksums-Sha256": f"\n {'0' * 64} 10 {name}_{version}.dsc",
        }
    )


def needing(name: str, version: str, depends: str, **fields: str) -> str:
    return source(name, version, Build_Depends=depends, **fields)


LETTERS = "".join(map(binary, "abcdefgh"))
# Suite -> its Packages and its Sources.
LAB = {
    "trixie": (
        LETTERS
        + binary("build-essential")
        + binary("foo-bin", Source="foo")
        + binary("bar")
        + binary("z1", Source="foo (2)")
        + binary("z2", Source="foo (7)")
        + binary("same-source", Source="foo (1)")
        + binary("w")
        + binary("m", "2+b1", Source="m (2)")
        + binary("nn", Source="nosrc")
        + binary("q", Source="qold")
        + binary("here", Architecture="amd64")
        + binary("p", Multi_Arch="allowed", Provides="pv", Architecture="amd64")
        + binary("rec", Recommends="a", Suggests="b"),
        needing("foo", "1", "a", Binary="foo-bin, z1")
        + needing("bar", "1", "a")
        + needing("gone", "1", "a", Binary="gone-bin")
        + needing("trixie-only", "1", "a")
        + needing("other", "9", "c", Binary="bar,\n w")
        + needing("m", "2", "a")
        + needing("qold", "1", "a")
        + needing("here", "1", "a")
        + needing("same", "1", "a")
        + needing("same", "1", "b")
        + needing("rr", "1", "rec")
        + needing("multi-arch", "1", "p:native, p:any, pv:native | a, p:amd64")
        + needing("operators", "1", "a (> 1), b (< 1), c (!= 2)")
        + needing("filtered", "1", "a [i386], b <stage1>")
        + needing("broken", "1", "a (")
        + needing("impossible", "1", "a, nosuch")
        + source("without")
        + source(
            "all-fields",
            Build_Conflicts_Arch="h",
            Build_Depends_Arch="e",
            Build_Depends="a, b [linux-any],\n c <!nodoc>, a | f",
            Build_Depends_Indep="d",
            Build_Conflicts="f",
            Build_Conflicts_Indep="g",
        ),
    ),
    "sid": (
        binary("foo-bin", "3", Source="foo") + binary("bar", "3") + binary("q", "2", Source="qnew"),
        needing("foo", "3", "b", Binary="foo-bin")
        + needing("bar", "3", "b")
        + needing("foo", "2", "c")
        + needing("m", "3", "b")
        + needing("qnew", "1", "b")
        + needing("gone", "2", "b", Binary="gone-bin, x-bin")
        + needing("foo-bin", "9", "d"),
    ),
}
LAB_STATUS = stanza(
    {
        "Package": "old",
        "Status": "install ok installed",
        "Version": "1",
        "Architecture": "amd64",
        "Maintainer": "x",
        "Description": "x",
    }
)


def world_files(suites: dict[str, tuple[str, str]]) -> tuple[str, dict[str, str]]:
    """Return sources.list and the downloaded lists of ``suites``."""
    lines = ""
    lists = {}
    for suite, (packages, sources) in suites.items():
        for kind in ("deb", "deb-src"):
            lines += f"{kind} [trusted=yes] http://example.org/debian {suite} main\n"
        prefix = ROOT_NAME.format(suite)
        lists[prefix + "Release"] = RELEASE.format(suite)
        lists[prefix + "main_binary-amd64_Packages"] = packages
        lists[prefix + "main_source_Sources"] = sources
    return lines, lists


def lay_out(root: str, suites: dict[str, tuple[str, str]], status: str) -> None:
    """Write a system with these suites and this dpkg status below ``root``."""
    lines, lists = world_files(suites)
    texts = {f"var/lib/apt/lists/{name}": text for name, text in lists.items()}
    texts |= {"etc/apt/sources.list": lines, "var/lib/dpkg/status": status}
    texts["var/lib/dpkg/arch"] = "amd64\n"
    for name, text in texts.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
