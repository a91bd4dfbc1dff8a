"""Sentences with names of source files, and the lists of names that are offered with them."""

import pytest

from dictate.bench.identifiers_corpus import (
    CODE,
    PROSE,
    SourceFile,
    data_folder,
    is_said,
    listed,
    mixed_names,
    reading,
    sentences,
    source_files,
    unsaid,
)
from dictate.bench.identifiers_texts import changes
from dictate.errors import DictateError
from dictate.text.heard import heard
from dictate.text.written import Command, Span, Written

PYTHON = SourceFile(
    "users.py",
    "python",
    "\n".join(
        f"def {verb}_{noun}({noun}_id, retry_count):\n    return {verb}_{noun}({noun}_id) + once"
        for verb in ("fetch", "store", "remove")
        for noun in ("customer", "invoice", "shipment")
    )
    + "\nlonely_name_here = 1\n",
)
GO = SourceFile(
    "main.go",
    "go",
    "package main\n\n"
    + "\n".join(
        f"func {name}(w ResponseWriter) {{\n\t{name}(w)\n}}"
        for name in ("ServeHTTP", "ParseURL", "openChannel", "closeChannel")
    ),
)
FILES = [PYTHON, GO]


@pytest.mark.parametrize("seed", range(5))
def test_a_sentence_says_names_that_its_file_still_has(seed):
    for sentence in sentences(FILES, 20, seed):
        ranked = [name.text for name in sentence.names]
        assert set(sentence.said) <= set(ranked)
        assert sentence.said[0] != "lonely_name_here"  # the line of the place is taken out
        assert set(ranked) <= {name.text for name in sentence.everything}
        for name in sentence.said:
            assert name in sentence.expected
            assert reading(name) in sentence.spoken
            assert name in sentence.reference
            assert is_said(name, sentence.mode)


def test_languages_and_modes_take_turns():
    drawn = sentences(FILES, 40, 1)
    assert {each.language_id for each in drawn} == {"python", "go"}
    assert 10 <= sum(each.mode == "code" for each in drawn) <= 30


def test_a_seed_names_its_sentences():
    assert sentences(FILES, 12, 3) == sentences(FILES, 12, 3)
    assert sentences(FILES, 12, 3) != sentences(FILES, 12, 4)


def test_files_without_names_are_refused():
    with pytest.raises(DictateError, match="too few names"):
        sentences([SourceFile("empty.py", "python", "x = 1\n")], 5, 0)


@pytest.mark.parametrize(("spoken", "written"), [*CODE, *((each, each) for each in PROSE)])
def test_carriers_say_and_write_the_same_names(spoken, written):
    for slot in ("{0}", "{1}"):
        assert spoken.count(slot) == written.count(slot)
    assert spoken == spoken.lower()


@pytest.mark.parametrize("count", [0, 3, 5, 50])
def test_a_list_has_the_names_said_and_as_many_others(count):
    others = mixed_names(FILES, 0) + [f"other_name_{index}" for index in range(100)]
    for sentence in sentences(FILES, 10, 2):
        names = [name.text for name in listed(sentence, count, others)]
        assert len(set(names)) == len(names) == len(set(sentence.said)) + count
        assert set(sentence.said) <= set(names)


def test_a_name_keeps_its_rank_among_the_others():
    for sentence in sentences(FILES, 10, 2):
        ranked = [name.text for name in sentence.names]
        kept = [name.text for name in listed(sentence, 4, []) if name.text in ranked]
        assert kept == sorted(kept, key=ranked.index)


def test_names_of_other_files_rank_behind_those_of_the_file():
    sentence = sentences(FILES, 1, 2)[0]
    names = listed(sentence, 60, [f"other_name_{index}" for index in range(60)])
    own = [name for name in names if name in sentence.names]
    assert names[: len(own)] == own
    scores = [name.score for name in names[len(own) :]]
    assert scores == sorted(scores, reverse=True)
    assert max(scores) < min(name.score for name in own)


def test_what_could_have_been_meant_is_no_distractor():
    names = ["version_number", "versionNumber", "number_version", "saveTheVersion", "getUserById"]
    assert unsaid(names, "save the version number first") == ["number_version", "getUserById"]
    assert unsaid(["getUserById"], "get user by i d") == []
    assert unsaid(["dataframe"], "print the data frame") == []


def test_names_too_long_or_unspeakable_are_not_said():
    assert is_said("getUserById", "prose")
    assert is_said("bignum", "code")
    assert not is_said("bignum", "prose")
    assert not is_said("naïve_name", "code")
    assert not is_said("a_b_c_d_e_f_g_h_i_j", "code")


def test_source_files_are_known_by_their_names(tmp_path):
    for name in ("a.py", "deep/b.go.txt", "notes.md", "words.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [(file.name, file.language_id) for file in source_files(tmp_path)] == [
        ("a.py", "python"), ("deep/b.go.txt", "go"),
    ]  # fmt: skip


def test_a_folder_without_files_is_refused(tmp_path):
    with pytest.raises(DictateError, match="no source file"):
        source_files(tmp_path)
    with pytest.raises(DictateError, match="--prose"):
        data_folder("prose", tmp_path / "none")


def test_a_change_is_a_stretch_that_is_not_what_was_heard():
    what = heard("call get user now")
    spans = (
        Span(0, 4, 0, 1, "as heard"),
        Span(5, 12, 1, 3, "name: exact"),
        Span(13, 16, 3, 4, "as heard"),
    )
    made = Written("call getUser now", spans)
    assert list(changes(what, made)) == [("name: exact", "get user", "getUser")]
    assert list(changes(what, Written("", command=Command("undo")))) == [
        ("command", "call get user now", "undo")
    ]
