"""What wins at a word, what is dropped of the model's sentences, and what is kept of its words."""

from collections.abc import Sequence

import pytest

from dictate.text.heard import heard
from dictate.text.names.name import Name
from dictate.text.snapping.snap import Snap
from dictate.text.snapping.snapper import NameSnapper
from dictate.text.spoken_forms.interpreter import write_code
from tests.unit.text.spoken_forms.cases import FORMS, code, written_code


def names(*texts: str) -> NameSnapper:
    return NameSnapper([Name(text, 10.0 - index) for index, text in enumerate(texts)])


class Phonetic:
    """Takes some words for a name by their sound."""

    def __init__(self, said: str, name: str) -> None:
        self._said, self._name = said.split(), name

    def longest(self, words: Sequence[str], start: int, *, prose: bool) -> Snap | None:
        count = len(self._said)
        if list(words[start : start + count]) != self._said:
            return None
        return Snap(count, self._name, "phonetic", 0.8)

    def spells(self, word: str) -> bool:
        return word == self._name


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Get user by ID, left paren.", "get user by ID("),
        ("X equals Y.", "x = y"),
        ("Return. Then go", "return then go"),
        ("Is it done? Yes!", "is it done yes"),
        ("Wait... Return none.", "wait return None"),
        ("The JSON and the URL", "the JSON and the URL"),
        ("Import Flask", "import Flask"),
    ],
)
def test_punctuation_and_capitals_of_sentences_are_not_meant(said, expected):
    assert code(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("x = 5", "x = 5"),
        ("x == y", "x == y"),
        ("x -> y", "x -> y"),
        ("foo ( bar )", "foo(bar)"),
        ("print(user)", "print(user)"),
        ("print(user, name).", "print(user, name)"),
        ("getUser plus user_id", "getUser + user_id"),
        ("call self.name now", "call self.name now"),
        ("re-export a well-known name", "re-export a well-known name"),
        ("see https://example.org/a?b=c.", "see https://example.org/a?b=c"),
        ("say \u201chi\u201d", "\u201chi\u201d"),
        ("print \u201chi\u201d", 'print "hi"'),
        ("x is 1,000.", "x is 1000"),
        ("x is 3.14.", "x is 3.14"),
        ("C++ and C#", "C++ and C#"),
        ("don\u2019t", "don\u2019t"),
    ],
)
def test_what_the_model_wrote_as_code_is_kept(said, expected):
    assert code(said) == expected


def test_hyphens_part_the_words_of_spoken_forms_and_of_names():
    assert code("left-paren x right-paren") == "(x)"
    assert code("twenty-one plus forty-two") == "21 + 42"
    assert code("call get-user-by-id", snapper=names("getUserById")) == "call getUserById"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("escape dot", "dot"),
        ("escape plus equals", "plus ="),
        ("x escape", "x escape"),
        ("literally plus equals", "plus equals"),
        ("x equals literally dot dot over dot foo", "x = dot dot.foo"),
        ("literally", "literally"),
        ("say Hello, World.", "Hello, World"),
        ("x say dot", "x say."),
        ("snake escape dot product", "dot_product"),
        ("over", "over"),
        ("loop over items", "loop over items"),
        ("snake user name over in items", "user_name in items"),
        ("camel user end of name plus one", "user + 1"),
    ],
)
def test_words_can_be_kept_from_being_understood(said, expected):
    assert code(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("number of items", "number of items"),
        ("number", "number"),
        ("letter", "letter"),
        ("spell checker", "spell checker"),
        ("hex color", "hex color"),
        ("ship it", "ship it"),
        ("title", "title"),
        ("string", "string"),
        ("camel", "camel"),
        ("camel dot", "camel."),
        ("self dot title equals x", "self.title = x"),
        ("self dot space dot tab", "self.space.tab"),
    ],
)
def test_words_that_take_others_are_words_where_none_follow(said, expected):
    assert code(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("camel get user dot snake user name", "getUser.user_name"),
        ("snake item two", "item_2"),
        ("camel point two d", "point2D"),
        ("snake one of many", "one_of_many"),
        ("snake user letter x", "user_x"),
        ("pascal spell air bat file", "AbFile"),
        ("kebab get HTTP response", "get-http-response"),
        ("camel getUser name", "getUserName"),
        ("snake hash map", "hash_map"),
        ("camel document title", "documentTitle"),
        ("snake user camel name", "user name"),
        ("double string snake user id", '"user_id"'),
        ("double string title page", '"title page"'),
        ("double string version two", '"version 2"'),
        ("capital foo bar", "Foo bar"),
        ("capital x equals y", "X = y"),
        ("Snake user name. Plus one", "user_name + 1"),
        ("Snake user name, equals five", "user_name = 5"),
        ("screaming snake time out equals thirty", "TIME_OUT = 30"),
    ],
)
def test_formatters_take_the_words_of_one_name(said, expected):
    assert code(said) == expected


def test_the_longer_of_a_name_and_a_spoken_form_wins():
    snapper = names("hash_map", "dot_product", "title_page", "snake_length")
    assert code("hash map", snapper=snapper) == "hash_map"
    assert code("hash sign map", snapper=snapper) == "# map"
    assert code("dot product plus dot foo", snapper=snapper) == "dot_product + .foo"
    assert code("title page", snapper=snapper) == "title_page"
    assert code("snake length", snapper=snapper) == "snake_length"
    assert code("snake user length", snapper=snapper) == "user_length"


def test_of_the_same_length_the_spoken_form_wins_unless_it_is_a_keyword():
    assert code("plus equals", snapper=names("plus_equals")) == "+="
    assert code("type name", "cpp") == "typename"
    assert code("type name", "cpp", snapper=names("type_name")) == "type_name"


def test_a_formatter_stands_where_the_words_are_a_known_name_in_another_style():
    written = written_code("camel user name", snapper=names("user_name"))
    assert written.text == "userName"
    assert "user_name" in written.spans[0].alternatives


def test_a_name_found_by_its_sound_swallows_no_symbol():
    snapper = Phonetic("foo dot bar", "food_bar")
    assert code("foo dot bar", snapper=snapper) == "foo.bar"
    snapper = Phonetic("dot bar", "doughbar")
    assert code("dot bar", snapper=snapper) == ".bar"
    snapper = Phonetic("foe bar", "foo_bar")
    assert code("dot foe bar", snapper=snapper) == ".foo_bar"


def test_exact_replacements_win_over_names_and_forms_the_longest_first():
    replacements = {("my", "mail"): "me@example.org", ("my",): "MY", ("dot",): "DOT"}
    snapper = names("my_mail")
    assert code("my mail", snapper=snapper, replacements=replacements) == "me@example.org"
    assert code("my dot", replacements=replacements) == "MY DOT"
    assert code("escape dot", replacements=replacements) == "dot"


def test_in_strings_words_are_no_keywords_and_only_sure_names_are_names():
    assert code("quote true or none quote") == '"true or none"'
    assert code("x equals quote one of them quote plus one") == 'x = "one of them" + 1'
    snapper = Phonetic("foe bar", "foo_bar")
    assert code("quote foe bar quote dot foe bar", snapper=names("foo_bar")) != ""
    assert code("foe bar", snapper=snapper) == "foo_bar"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("comment fix this later", "# Fix this later"),
        ("Comment. Fix this, please.", "# Fix this, please."),
        ("x equals one line comment the default", "x = 1 # The default"),
        ("comment x new line y equals one", "# X\ny = 1"),
        ("post comment", "post comment"),
        ("comment", "#"),
        ("snake comment count", "comment_count"),
    ],
)
def test_behind_the_mark_of_a_comment_follows_prose(said, expected):
    assert code(said) == expected


def test_a_user_s_language_without_a_table_has_the_common_forms():
    assert code("foo open paren x close paren", "brainfuck") == "foo(x)"
    assert code("foo open paren x close paren", "") == "foo(x)"
    assert code("Foo open paren x close paren", "PYTHON") == "foo(x)"


def test_spans_say_what_made_each_part_and_of_which_words():
    snapper = names("get_user", "get_users")
    said = heard("x equals camel foo bar plus get user dot twenty one", [0.9, 0.8] + [0.7] * 9)
    written = write_code(said, FORMS.for_language("python"), snapper)
    assert written.text == "x = fooBar + get_user.21"
    shown = [
        (written.text[span.start : span.end], span.first_word, span.end_word, span.rule)
        for span in written.spans
    ]
    assert shown == [
        ("x", 0, 1, "as heard"),
        ("=", 1, 2, "symbol: equals"),
        ("fooBar", 2, 5, "formatter: camel"),
        ("+", 5, 6, "symbol: plus"),
        ("get_user", 6, 8, "name: exact"),
        (".", 8, 9, "symbol: dot"),
        ("21", 9, 11, "number"),
    ]
    assert [span.confidence for span in written.spans[:3]] == [0.9, 0.8, 0.7]
    assert written.spans[2].alternatives == ("foo bar",)
    assert "get user" in written.spans[4].alternatives
    assert written.is_code


@pytest.mark.parametrize(
    ("language_id", "known", "said", "expected"),
    [
        ("javascript", ["json"], "return json", "return json"),
        ("javascript", [], "return json", "return JSON"),
        ("javascript", ["toBe"], "expect left paren x right paren dot to be", "expect(x).toBe"),
        ("javascript", ["toBe"], "to be left paren five right paren", "toBe(5)"),
        ("javascript", ["toBe"], "it has to be done by now", "it has to be done by now"),
        ("python", ["is_a"], "return is a", "return is_a"),
        ("python", ["is_a"], "this is a pen", "this is a pen"),
        ("cpp", ["ShiftLeft"], "x dot shift left", "x.ShiftLeft"),
        ("cpp", ["ShiftLeft"], "x shift left two", "x << 2"),
        ("go", [], "fmt dot print line left paren x right paren", "fmt.Println(x)"),
        ("python", [], "this is a sentence about nothing", "this is a sentence about nothing"),
        ("python", [], "return the title", "return the title"),
        ("python", [], "x equals title hello world", "x = Hello World"),
        (
            "typescript",
            ["userId"],
            "backtick users slash dollar left brace user id right brace slash user id backtick",
            "`users/${userId}/user id`",
        ),
    ],
)
def test_where_names_stand_they_win_over_sayings(
    language_id: str, known: list[str], said: str, expected: str
) -> None:
    forms = FORMS.for_language(language_id)
    assert write_code(heard(said), forms, names(*known)).text == expected


def test_a_replacement_by_nothing_writes_nothing() -> None:
    forms = FORMS.for_language("python")
    written = write_code(heard("um x equals um five"), forms, None, {("um",): ""})
    assert written.text == "x = 5"
