"""Whatever was heard is written: never an error, never a word lost."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from dictate.text.heard import heard
from dictate.text.names.name import Name
from dictate.text.snapping.snapper import NameSnapper
from dictate.text.spoken_forms.interpreter import whole_command, write_code, write_prose
from dictate.text.written import Written
from tests.unit.text.spoken_forms.cases import FORMS

_LANGUAGES = ["", "python", "go", "rust", "ruby", "lua", "shellscript", "css", "typescript"]
_PHRASES = sorted(
    {" ".join(entry.phrase) for entry in FORMS.entries} | {"over", "user", "get user by id"}
)
_SNAPPER = NameSnapper([Name("get_user_by_id"), Name("userName"), Name("HTTPServer")])
_SOUP = st.lists(
    st.one_of(
        st.sampled_from(_PHRASES),
        st.text(max_size=6),
        st.sampled_from(["Foo,", "bar.", "(x", "y)", "--", '"a', "user-name", "1,000", "\u2014"]),
    ),
    max_size=12,
).map(" ".join)


def assert_consistent(said: str, written: Written) -> None:
    words = heard(said).words
    covered: set[int] = set()
    end = 0
    for span in written.spans:
        assert end <= span.start <= span.end <= len(written.text)
        assert 0 <= span.first_word < span.end_word <= len(words)
        covered |= set(range(span.first_word, span.end_word))
        end = span.end
    if words and written.spans:
        assert covered == set(range(len(words)))


@settings(deadline=None, max_examples=300)
@given(_SOUP, st.sampled_from(_LANGUAGES), st.sampled_from([None, _SNAPPER]))
def test_any_text_becomes_code(said, language_id, snapper):
    written = write_code(heard(said), FORMS.for_language(language_id), snapper)
    assert_consistent(said, written)
    assert bool(said.strip()) == bool(written.text), "what was said is written"


@settings(deadline=None, max_examples=300)
@given(_SOUP, st.sampled_from([None, _SNAPPER]), st.booleans())
def test_any_text_becomes_prose(said, snapper, backticks):
    forms = FORMS.for_language("markdown")
    written = write_prose(heard(said), forms, snapper, backticks=backticks)
    assert_consistent(said, written)
    whole_command(heard(said), forms)


@settings(deadline=None)
@given(
    st.lists(st.from_regex(r"qz[a-z]{1,6}", fullmatch=True), min_size=1, max_size=10),
    st.sampled_from(_LANGUAGES),
)
def test_words_that_mean_nothing_are_all_written(words, language_id):
    said = heard(" ".join(words))
    assert write_code(said, FORMS.for_language(language_id), None).text == said.text
    assert write_prose(said, FORMS.for_language(language_id), None).text == said.text


@settings(deadline=None)
@given(
    st.lists(st.text(alphabet="\u4f60\u597d\u00e9\U0001f600\u0430\u0431", min_size=1), max_size=6)
)
def test_words_of_any_script_are_kept(words):
    said = " ".join(words)
    written = write_code(heard(said), FORMS.for_language("python"), None).text
    assert re.sub(r"\s", "", written).lower() == re.sub(r"\s", "", said).lower()
