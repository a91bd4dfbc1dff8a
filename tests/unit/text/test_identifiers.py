import random

import pytest

from dictate.text.identifiers import MAX_NAME_CHARACTERS, identifiers


def names(text: str, language_id: str, cursor: int | None = None) -> list[str]:
    return identifiers(text, language_id, cursor)


@pytest.mark.parametrize(
    ("language_id", "text", "expected"),
    [
        ("python", "def parse_user(raw_line): return None", {"parse_user", "raw_line"}),
        ("javascript", "const parseUser = async (rawLine) => {};", {"parseUser", "rawLine"}),
        ("typescript", "interface UserRepo { findUser(): void }", {"UserRepo", "findUser"}),
        ("go", "func (s *HTTPServer) serveConn() error {", {"HTTPServer", "serveConn"}),
        (
            "rust",
            "impl<'a> TokenTree<'a> { fn next_token(&mut self) }",
            {"TokenTree", "next_token"},
        ),
        ("c", "static size_t ring_push(struct ring_buf *rb)", {"ring_push", "ring_buf"}),
        ("cpp", "constexpr auto kMaxSize = sizeof(WidgetPool);", {"kMaxSize", "WidgetPool"}),
        ("java", "public synchronized void runAll(JobQueue q)", {"runAll", "JobQueue"}),
        ("lua", "local function read_line(io_handle) end", {"read_line", "io_handle"}),
        ("ruby", "def each_row; unless rowCount then yield end end", {"each_row", "rowCount"}),
        ("shellscript", "if build_all; then export OUT_DIR; fi", {"build_all", "OUT_DIR"}),
        ("sql", "SELECT user_id FROM order_lines WHERE 1", {"user_id", "order_lines"}),
    ],
)
def test_names_of_each_language_are_found_and_its_keywords_are_not(language_id, text, expected):
    assert set(names(text, language_id)) == expected


def test_short_names_everyday_words_and_hashes_stay_out():
    text = "x = ab + value + results + index + deadbeef1234 + i18n_key + numpy + a1b2c3d4e5f6g7h8"
    assert set(names(text, "python")) == {"i18n_key", "numpy"}


def test_underscores_and_digits_do_not_make_an_everyday_word_a_name():
    assert names("_value __name__ value2 VALUE", "python") == []


def test_two_words_in_one_name_are_a_name_though_they_are_an_everyday_word_together():
    assert set(names("userName = fileName + file_name + username", "go")) == {
        "userName",
        "fileName",
        "file_name",
    }


def test_names_in_comments_and_strings_count_only_when_made_of_several_words_and_come_last():
    text = "# see old_parser and jabberwocky\nlog('raw_user frobnicate')\nnewParser = zygote\n"
    found = names(text, "python")
    assert set(found) == {"newParser", "zygote", "old_parser", "raw_user"}
    assert set(found[-2:]) <= {"old_parser", "raw_user"}


def test_the_name_nearest_to_the_cursor_comes_first_on_either_side():
    lines = [f"name_number_{chr(97 + i)}{chr(97 + j)} = 1" for i in range(26) for j in range(26)]
    text = "\n".join(lines)
    for index in (0, 300, 675):
        wanted = lines[index].split()[0]
        assert names(text, "python", text.index(wanted) + 3)[0] == wanted
        assert names(text, "python", text.index(wanted) + len(wanted))[0] == wanted


def test_a_cursor_inside_a_comment_is_placed_in_the_code_around_it():
    far = "far_away = 1\n" + "x = filler_name\n" * 500
    text = far + "near_by = 2\n# a comment | here\n" + "y = other_filler\n" * 500
    found = names(text, "python", text.index("|"))
    assert found.index("near_by") < found.index("far_away")


def test_names_used_often_come_before_names_used_once():
    assert names("seldom_used\n" + "often_used\n" * 9, "python")[0] == "often_used"


def test_names_of_several_words_come_before_single_ones():
    assert names("zygote = fooBar", "python") == ["fooBar", "zygote"]


def test_unicode_names_are_names():
    found = names("größe_max = naïve + приветМир + 変数名 + größe_max", "python")
    assert set(found) == {"größe_max", "naïve", "приветМир", "変数名"}


def test_prose_gives_only_what_cannot_be_a_word():
    text = "Call `get_user` in the JavaScript client, please. Frobnicate nothing."
    assert set(names(text, "markdown", 5)) == {"get_user", "JavaScript"}


def test_a_quote_in_a_rust_character_does_not_swallow_the_code_behind():
    assert "next_name" in names("let q = '\"'; next_name(); let r = '\"';", "rust")


@pytest.mark.parametrize("text", ["", " \n\t", "1 2 3", "# only a comment", "if else return"])
def test_a_document_without_names_gives_none(text):
    assert names(text, "python", 0) == []


@pytest.mark.parametrize("cursor", [-5, 0, 10**9, None])
def test_any_cursor_is_taken(cursor):
    assert names("foo_bar = 1", "python", cursor) == ["foo_bar"]


def test_huge_lines_and_binary_junk_do_no_harm():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    junk = generator.randbytes(100_000).decode("latin-1") + "\0\ufffe\udc80"
    huge = "x" * 200_000 + " foo_bar " + '"\\' * 50_000
    for language_id in ("python", "c", "rust", "lua", "markdown", "html", "nothing"):
        for text in (junk, huge):
            for name in names(text, language_id, 1_000):
                assert 3 <= len(name) <= MAX_NAME_CHARACTERS


def test_every_name_is_given_once_and_stands_in_the_document():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    words = ["get_user", "fooBar", "#", '"', "'", "\n", " ", "/*", "*/", "//", "zygote", "(", "1"]
    for _ in range(500):
        text = "".join(generator.choices(words, k=generator.randrange(60)))
        found = names(text, generator.choice(["python", "c", "go"]), generator.randrange(100))
        assert len(set(found)) == len(found)
        assert all(name in text for name in found)
