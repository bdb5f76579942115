"""Which Release files may take the place of the last one? The real apt is asked in agreement/."""

from __future__ import annotations

import pytest

from foretell.apt.sources.release import parse_release
from foretell.apt.sources.release_checks import (
    check_changes,
    check_dates,
    check_hashes,
    is_older,
    name_warning,
    parse_date,
)
from foretell.apt.sources.sources import Source
from foretell.apt.syntax.configuration import Configuration
from foretell.errors import InputError

# A change that consent to the named one does not cover.
OTHER = {
    "Origin": {"Label": "Y"},
    "Label": {"Origin": "Y"},
    "Codename": {"Origin": "Y"},
    "DefaultPin": {"Origin": "Y"},
}
NOW = 1_700_000_000.0
TODAY = "Tue, 14 Nov 2023 22:13:20 UTC"
SOON = "Tue, 14 Nov 2023 22:14:20 UTC"


def release(**fields):
    rows = {"Origin": "O", "Label": "L", "Codename": "c", "Date": TODAY, **fields}
    text = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in rows.items() if value)
    return parse_release(text.encode(), "Release")


def source(**options):
    named = {name.replace("_", "-"): (value,) for name, value in options.items()}
    return Source("deb", "http://example.org/", "s", ["main"], named, "sources", 1)


def dates(found, *, settings=(), now=NOW, **options):
    """Return the code of the refusal, or the warnings."""
    configuration = Configuration()
    for name, value in settings:
        configuration.set(name, value)
    try:
        return check_dates(found, source(**options), configuration, path="Release", now=now)
    except InputError as error:
        return error.code


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 14 Nov 2023 22:13:20 UTC",
        "Tue, 14 Nov 2023 22:13:20 GMT",
        "14 Nov 2023 22:13:20 +0000",
        "Tue, 14 Nov 2023 22:13:20 -0000",
        "Tue, 14 Nov 2023 22:13:20 Z",
    ],
)
def test_dates_that_are_read(text):
    assert parse_date(text) == NOW


@pytest.mark.parametrize(
    "text",
    ["", "now", "Tue, 14 Nov 2023 22:13:20 +0200", "Tue, 14 Nix 2023 22:13:20 UTC", "2023-11-14",
     "Tue, 99 Nov 2023 22:13:20 UTC", "Tue, 14 Nov 0000 22:13:20 UTC",
     "Tue, 14 Nov 2023 42:13:20 UTC"],
)  # fmt: skip
def test_dates_that_are_none(text):
    assert parse_date(text) is None


def test_future_begins_after_ten_seconds():
    assert dates(release(), now=NOW - 10) == []
    assert dates(release(), now=NOW - 11) == "not-yet-valid"
    assert dates(release(), now=NOW - 11, date_max_future="20") == []
    assert dates(release(), now=NOW - 11, settings=[("Acquire::Max-FutureTime", "20")]) == []
    assert dates(release(), now=NOW - 11, check_date="no") == []


def test_end_of_validity():
    ending = release(Valid_Until=TODAY)
    assert dates(ending) == []
    assert dates(ending, now=NOW + 1) == "expired"
    assert dates(ending, now=NOW + 1, check_valid_until="no") == []
    assert dates(ending, now=NOW + 1, check_date="no") == []
    assert dates(ending, now=NOW + 1, valid_until_min="60") == []
    assert dates(ending, now=NOW + 61, valid_until_min="60") == "expired"
    assert dates(release(), now=NOW + 61, valid_until_max="60") == "expired"
    labelled = [("Acquire::Max-ValidTime", "9999"), ("Acquire::Max-ValidTime::L", "60")]
    assert dates(release(), now=NOW + 61, settings=labelled) == "expired"
    assert dates(release(Label="X"), now=NOW + 61, settings=labelled) == []
    assert dates(release(Valid_Until="never")) == "bad-date"


@pytest.mark.parametrize(
    ("settings", "options", "told"),
    [
        ([], {}, None),
        ([], {"valid_until_max": "60"}, f": Valid-Until-Max is 60, Date {TODAY}"),
        (
            [("Acquire::Max-ValidTime::L", "60")],
            {},
            f": Acquire::Max-ValidTime::L is 60, Date {TODAY}",
        ),
        (
            [("Acquire::Max-ValidTime", "60")],
            {"valid_until_min": "70"},
            f": Valid-Until-Min is 70, Date {TODAY}, beyond Acquire::Max-ValidTime, which is 60",
        ),
        (
            [("Acquire::Min-ValidTime", "70")],
            {"until": SOON},
            f": Acquire::Min-ValidTime is 70, Date {TODAY}, beyond Valid-Until {SOON}",
        ),
    ],
)
def test_end_names_what_it_is_reckoned_from(settings, options, told):
    until = options.pop("until", "" if told else TODAY)
    configuration = Configuration()
    for name, value in settings:
        configuration.set(name, value)
    found = release(Valid_Until=until)
    with pytest.raises(InputError) as caught:
        check_dates(found, source(**options), configuration, path="Release", now=NOW + 90)
    assert caught.value.message.partition(" ago")[2] == (told or "")
    assert (caught.value.rule or "").split()[0] == (told or ": Valid-Until")[2:].split()[0]


def test_future_names_its_limit():
    with pytest.raises(InputError, match="Date-Max-Future is 20"):
        check_dates(
            release(), source(date_max_future="20"), Configuration(), path="Release", now=NOW - 21
        )


def test_missing_date_is_a_warning():
    assert len(dates(release(Date=""))) == 1
    assert len(dates(release(Date=""), valid_until_max="60")) == 1


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("Origin", {"Origin": "X"}),
        ("Label", {"Label": ""}),
        ("Codename", {"Codename": "X"}),
        ("DefaultPin", {"NotAutomatic": "yes"}),
    ],
)
def test_change_wants_consent(field, change):
    configuration = Configuration()
    with pytest.raises(InputError) as caught:
        check_changes(release(**change), release(), configuration, path="Release")
    assert f"AllowReleaseInfoChange::{field}=true" in (caught.value.hint or "")
    configuration.set(f"Acquire::AllowReleaseInfoChange::{field}", "true")
    check_changes(release(**change), release(), configuration, path="Release")
    with pytest.raises(InputError):
        check_changes(
            release(), release(Version="1", **OTHER[field]), configuration, path="Release"
        )


def test_all_changes_are_told_at_once():
    with pytest.raises(InputError) as caught:
        check_changes(release(Label="M", Origin="P"), release(), Configuration(), path="Release")
    assert caught.value.message == "Origin changed from 'O' to 'P', Label changed from 'L' to 'M'"
    assert (caught.value.hint or "").endswith(
        "-o Acquire::AllowReleaseInfoChange::Origin=true "
        "-o Acquire::AllowReleaseInfoChange::Label=true"
    )


@pytest.mark.parametrize(
    "change", [{"Suite": "X"}, {"Version": "9"}, {"ButAutomaticUpgrades": "yes"}]
)
def test_other_changes_are_free(change):
    check_changes(release(**change), release(), Configuration(), path="Release")


def test_older_is_told_by_the_date():
    before = "Tue, 14 Nov 2023 22:13:19 UTC"
    assert is_older(release(Date=before), release())
    assert is_older(release(Date=""), release())
    assert not is_older(release(), release())
    assert not is_older(release(), release(Date=before))


@pytest.mark.parametrize(
    ("table", "good"),
    [("SHA256", True), ("SHA512", True), ("SHA1", False), ("MD5Sum", False), ("", False)],
)
def test_strong_checksums_are_needed(table, good):
    digits = {"SHA256": 64, "SHA512": 128, "SHA1": 40, "MD5Sum": 32, "": 0}[table]
    found = release(**({table: f"\n {'0' * digits} 1 x"} if table else {}))
    if good:
        check_hashes(found, "Release")
    else:
        with pytest.raises(InputError, match="checksums"):
            check_hashes(found, "Release")


def test_name_is_codename_or_suite():
    found = release(Suite="stable")
    assert name_warning(found, "stable") == name_warning(found, "c") == ""
    assert name_warning(found, "c/updates") == name_warning(found, "./") == ""
    assert "expected sid" in name_warning(found, "sid")
