"""Is the file of known deviations read, and is every slip in it told?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.errors import InputError
from foretell.oracle.deviations import FIELDS, parse_deviations, read_deviations
from tests.fuzz.harness import ParserBrokeError, check_parser

ROW = "[[deviation]]\n" + "".join(f'{name} = "{name} of it"\n' for name in FIELDS)


def parse(data):
    return parse_deviations(data, "known-deviations.toml")


def test_row_is_about_its_oracle_and_input(tmp_path):
    path = tmp_path / "known-deviations.toml"
    path.write_text(ROW)
    (row,) = read_deviations(str(path))
    assert row.why == "why of it"
    assert row.is_about("oracle of it", "input of it")
    assert not row.is_about("oracle of it", "another")
    assert not row.is_about("another", "input of it")


def test_file_without_rows_is_fine():
    assert parse(b"# none\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n",
        "deviation = 3\n",
        "deviation = [3]\n",
        ROW.replace('why = "why of it"\n', ""),
        ROW + 'more = "x"\n',
        ROW + ROW,
        "[[deviation]\n",
        "\udcff",
    ],
)
def test_broken_file_is_told(text):
    with pytest.raises(InputError) as caught:
        parse(text.encode("utf-8", "surrogateescape"))
    assert caught.value.path == "known-deviations.toml"


@given(st.binary() | st.text().map(str.encode) | st.just(ROW.encode()))
def test_any_bytes_give_rows_or_an_error(data):
    check_parser(parse, data)


def test_canary_is_noticed():
    with pytest.raises(ParserBrokeError):
        check_parser(lambda data: parse(data)[0], b"")
