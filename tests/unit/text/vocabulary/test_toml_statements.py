import random

import pytest

from dictate.text.vocabulary.toml_statements import TomlError, decode, statements

WHOLE = '''\
# first
top = 1  # of the file
quoted."with dot".bare = 'literal # no comment'

[names]   # a comment
  a = ["one", # within
     "two ] [ = #",
     ["nested"]]
b = """several
[lines]
c = "no entry"
"""
d = { x = 1, "y z" = [1, 2] } # behind
[ "odd name" . sub ]
e = \'\'\'x = 1
\'\'\'
'''


def rebuilt(text: str) -> dict[str, object]:
    tree: dict[str, object] = {}
    for each in statements(text):
        assert each.kind != "broken"
        inner = tree
        *outer, last = each.path
        for name in outer:
            inner = inner.setdefault(name, {})  # type: ignore[assignment]
        if each.kind == "entry":
            inner[last] = each.value
        else:
            inner.setdefault(last, {})
    return tree


@pytest.mark.parametrize("text", [WHOLE, WHOLE.replace("\n", "\r\n"), WHOLE.rstrip("\n"), ""])
def test_the_statements_of_a_text_say_what_a_parser_says(text: str):
    assert rebuilt(text) == decode(text)


def test_each_statement_knows_its_line_and_the_place_of_its_value():
    lines = WHOLE.split("\n")
    for each in statements(WHOLE):
        assert WHOLE.startswith(lines[each.line - 1], each.start)
        assert WHOLE[each.end - 1] == "\n"
        if each.kind == "entry":
            value = WHOLE[each.value_start : each.value_end]
            assert decode(f"v = {value}")["v"] == each.value


@pytest.mark.parametrize("seed", range(40))
def test_texts_that_were_damaged_anyhow_are_cut_in_order_and_raise_nothing(seed: int):
    rng = random.Random(seed)
    for _ in range(25):
        text = list(WHOLE)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(text))
            text[at : at + rng.randrange(3)] = rng.choice(
                ["", "[", "]", '"', "'", "=", "\n", "#", "{", '"""', "\\", "\udc80", "\r", "é"]
            )
        damaged = "".join(text)
        end = 0
        for each in statements(damaged):
            assert end <= each.start < each.end <= len(damaged), (seed, damaged)
            assert each.line == damaged.count("\n", 0, each.start) + 1 or each.kind == "broken"
            end = each.end


@pytest.mark.parametrize(
    "broken",
    ['b = "open', "b = [1,\n 2", "b = ['x'\n,", "b c = 1", "no entry", "b = yes", "b = [[[" * 500],
)
def test_what_is_broken_costs_no_more_than_itself(broken: str):
    found = {each.path: each.value for each in statements(f"[t]\na = 1\n{broken}\nc = 2\n[u]\nd=3")}
    assert found[("t", "a")] == 1
    assert found[("t", "c")] == 2
    assert found[("u", "d")] == 3


def test_entries_behind_a_header_that_is_broken_belong_to_no_table():
    found = statements("[names]\na = 1\n[replacements\nb = 2\n[names]\nc = 3\n")
    assert [each.path for each in found if each.kind == "entry"] == [("names", "a"), ("names", "c")]


@pytest.mark.parametrize(
    "text", ["a = " + "9" * 5000, "a = " + "[" * 20_000, "a = 2026-99-01", "="]
)
def test_a_parser_that_gives_up_in_any_way_says_so_in_one_line(text: str):
    with pytest.raises(TomlError) as raised:
        decode(text)
    assert "\n" not in raised.value.what
