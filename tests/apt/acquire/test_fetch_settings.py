"""Which proxy, login and limits does a URI get?"""

from __future__ import annotations

import os

import pytest

from foretell.apt.acquire.fetch_settings import FetchSettings
from foretell.apt.syntax.configuration import Configuration


def settings(*rows, environment=None, root="/nonexistent"):
    configuration = Configuration(root)
    configuration.set("Dir", "/")
    configuration.set("Dir::Etc", "etc/apt")
    for row in rows:
        name, _, value = row.partition("=")
        configuration.set(name, value)
    return FetchSettings(configuration, environment or {})


PROXY = {"http_proxy": "http://env.example.org", "https_proxy": "http://env-s.example.org"}


@pytest.mark.parametrize(
    ("rows", "environment", "uri", "found"),
    [
        ((), {}, "http://a.example.org/", ""),
        (("Acquire::http::Proxy=http://p",), {}, "http://a.example.org/", "http://p"),
        (("Acquire::http::Proxy=http://p",), PROXY, "http://a.example.org/", "http://p"),
        (("Acquire::http::Proxy=DIRECT",), PROXY, "http://a.example.org/", ""),
        (
            ("Acquire::http::Proxy=http://p", "Acquire::http::Proxy::a.example.org=DIRECT"),
            {},
            "http://a.example.org:80/x",
            "",
        ),
        ((), PROXY, "http://a.example.org/", "http://env.example.org"),
        ((), PROXY, "https://a.example.org/", "http://env-s.example.org"),
        ((), {**PROXY, "no_proxy": "b.org, .example.org"}, "http://a.example.org/", ""),
        ((), {**PROXY, "no_proxy": "*"}, "http://a.example.org/", ""),
        ((), {**PROXY, "no_proxy": "ample.org"}, "http://a.example.org/", PROXY["http_proxy"]),
        ((), {"HTTP_PROXY": "http://cgi.example.org"}, "http://a.example.org/", ""),
    ],
)
def test_proxy(rows, environment, uri, found):
    assert settings(*rows, environment=environment).proxy(uri) == found


@pytest.mark.parametrize(
    ("rows", "uri", "found"),
    [
        ((), "http://a.example.org/", 30),
        (("Acquire::http::Timeout=5",), "http://a.example.org/", 5),
        (("Acquire::http::Timeout=5",), "https://a.example.org/", 5),
        (("Acquire::http::Timeout=5", "Acquire::https::Timeout=7"), "https://a.example.org/", 7),
        (("Acquire::http::Timeout::a.example.org=9",), "http://a.example.org/", 9),
        (("Acquire::http::Timeout=0",), "http://a.example.org/", 1),
        (("Acquire::http::Timeout=soon",), "http://a.example.org/", 30),
    ],
)
def test_timeout(rows, uri, found):
    assert settings(*rows).timeout(uri) == found


def test_retries_are_bounded():
    assert settings().retries == 3
    assert settings("Acquire::Retries=0").retries == 0
    assert settings("Acquire::Retries=999999").retries == 100
    assert settings("Acquire::Retries=-1").retries == 0


def test_certificates():
    assert settings("Acquire::https::CAInfo=/x").authorities("https://a.example.org/") == "/x"
    assert (
        settings(environment={"SSL_CERT_FILE": "/y"}).authorities("https://a.example.org/") == "/y"
    )
    off = settings("Acquire::https::Verify-Peer::a.example.org=false")
    assert not off.verifies("https://a.example.org/", "Verify-Peer")
    assert off.verifies("https://b.example.org/", "Verify-Peer")
    assert off.verifies("https://a.example.org/", "Verify-Host")


AUTH = """machine a.example.org login one password p
machine http://plain.example.org login two password q
machine b.example.org/private
 login three
 password r
"""


@pytest.mark.parametrize(
    ("uri", "user"),
    [
        ("https://a.example.org/x", "one"),
        ("https://A.example.org:443/x", "one"),
        ("http://a.example.org/x", None),
        ("http://plain.example.org/x", "two"),
        ("https://plain.example.org/x", None),
        ("https://b.example.org/private/x", "three"),
        ("https://b.example.org/public", None),
        ("https://a.example.org.evil.example.org/x", None),
        ("https://me:pw@a.example.org/", "me"),
    ],
)
def test_login(uri, user, tmp_path):
    folder = tmp_path / "etc/apt/auth.conf.d"
    os.makedirs(folder)
    (folder / "x.conf").write_text(AUTH)
    login = settings(root=str(tmp_path)).login(uri)
    assert (login and login[0]) == user
