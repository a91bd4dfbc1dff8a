"""Each case is a document with | at the insertion point, what was said, and the document after.

Said twice: as the bundled model writes (lower case, no punctuation) and as a large Whisper does
(capital and final period). Both have to give the same document, unless a case says otherwise.
"""

import random

import pytest

from dictate.text.fitting import fit


def dictated(document: str, said: str, language_id: str) -> str:
    before, _, after = document.partition("|")
    return before + fit(said, before, after, language_id=language_id) + after


def sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."


# (language, document, words, expected)
CODE = [
    ("python", "|", "return result", "return result"),
    ("python", "    |", "return result", "    return result"),
    ("python", "def f():\n    |\n", "return result", "def f():\n    return result\n"),
    ("python", "x =|", "other value", "x = other value"),
    ("python", "x = |", "other value", "x = other value"),
    ("python", "x=|", "value", "x=value"),
    ("python", "f(a=|)", "value", "f(a=value)"),
    ("python", "x +=|", "value", "x += value"),
    ("python", "user.|", "name", "user.name"),
    ("python", "user.|.strip()", "name", "user.name.strip()"),
    ("python", "print(|)", "user name", "print(user name)"),
    ("python", "print(|", "user name", "print(user name"),
    ("python", "items[|]", "index", "items[index]"),
    ("python", "{|}", "key", "{key}"),
    ("python", "f(a,|)", "second", "f(a, second)"),
    ("python", "f(a, |, b)", "second", "f(a, second, b)"),
    ("python", "if ready|:", "and waiting", "if ready and waiting:"),
    ("python", "return|", "result", "return result"),
    ("python", "return |other", "result and", "return result and other"),
    ("python", "for item|", "in items", "for item in items"),
    ("python", "a|b", "plus", "a plus b"),
    ("python", "f()|", "or none", "f() or none"),
    ("python", "x: |", "integer", "x: integer"),
    ("python", "x:|", "integer", "x: integer"),
    ("python", "x = -|", "offset", "x = -offset"),
    ("python", "x = a -|", "offset", "x = a - offset"),
    ("python", "return -|", "offset", "return -offset"),
    ("python", "f(*|)", "arguments", "f(*arguments)"),
    ("python", "f(**|)", "options", "f(**options)"),
    ("python", "@|", "property", "@property"),
    ("python", "@|\ndef f():", "property", "@property\ndef f():"),
    ("python", "get_|", "user", "get_user"),
    ("python", "|(x)", "print", "print(x)"),
    ("python", "| = 5", "count", "count = 5"),
    ("python", "|= 5", "count", "count = 5"),
    ("python", "|=5", "count", "count=5"),
    ("python", "x|  # note", "plus one", "x plus one  # note"),
    ("python", "x|# note", "plus one", "x plus one # note"),
    ("python", 'x = "a"|', "or other", 'x = "a" or other'),
    ("python", "x = 1  # one\n|", "other value", "x = 1  # one\nother value"),
    ("python", '"""Doc."""\n|', "import path", '"""Doc."""\nimport path'),
    ("javascript", "const user = |;", "await fetch", "const user = await fetch;"),
    ("javascript", "user?.|", "name", "user?.name"),
    ("javascript", "a =>|", "result", "a => result"),
    ("javascript", "[...|]", "items", "[...items]"),
    ("javascript", "if (!|)", "ready", "if (!ready)"),
    ("javascript", "a &&|", "ready", "a && ready"),
    ("javascript", "ready ? |", "first", "ready ? first"),
    ("typescript", "let x: Array<|>", "item", "let x: Array<item>"),
    ("typescript", "let x: Array<T>|", "equals", "let x: Array<T> equals"),
    ("cpp", "std::|", "move", "std::move"),
    ("cpp", "node->|", "next", "node->next"),
    ("cpp", "vector<|> v;", "item", "vector<item> v;"),
    ("cpp", "#|", "include", "#include"),
    ("cpp", "x = &|", "node", "x = &node"),
    ("c", "if (x)|", "return", "if (x) return"),
    ("c", "if (a <|", "limit", "if (a < limit"),
    ("rust", "let x = '\"'; |", "return", "let x = '\"'; return"),
    ("rust", "fn f<'a>(x: &'a str) -> |", "result", "fn f<'a>(x: &'a str) -> result"),
    ("rust", "fn f() ->|", "result", "fn f() -> result"),
    ("go", "x :=|", "value", "x := value"),
    ("c", "char *|", "name", "char *name"),
    ("java", "list.|", "size", "list.size"),
    ("ruby", "send :|", "name", "send :name"),
    ("ruby", "items.each do ||", "item", "items.each do item|"),
    ("php", "$|", "user", "$user"),
    ("php", "$user->|", "name", "$user->name"),
    ("lua", "local x =|", "value", "local x = value"),
    ("lua", "object:|", "method", "object:method"),
    ("shellscript", "x=|", "value", "x=value"),
    ("shellscript", "ls -|", "all", "ls -all"),
    ("shellscript", "ls --|", "all", "ls --all"),
    ("shellscript", "cat /|", "path", "cat /path"),
    ("shellscript", "a ||", "sort", "a sort|"),
    ("html", "<|", "body", "<body"),
    ("typescriptreact", "const x =|", "value", "const x = value"),
    ("typescriptreact", "let x: Array<T>|", "equals", "let x: Array<T> equals"),
    ("css", "color:|", "red", "color: red"),
    ("json", '{"a": |}', "true", '{"a": true}'),
    ("sql", "select|", "name", "select name"),
    ("zig-like-unknown", "x =|", "value", "x = value"),
    ("markdown", "```python\nx =|", "value", "```python\nx = value"),
    ("markdown", "Use `git |", "push", "Use `git push"),
]

COMMENTS = [
    ("python", "# |", "the limit", "# The limit"),
    ("python", "#|", "the limit", "# The limit"),
    ("python", "x = 1  # |", "the limit", "x = 1  # The limit"),
    ("python", "# Loads the|", "config", "# Loads the config"),
    ("python", "# Loads it.|", "then waits", "# Loads it. Then waits"),
    ("python", "# Loads it. |", "then waits", "# Loads it. Then waits"),
    ("python", "# Loads it and\n# |", "then waits", "# Loads it and\n# then waits"),
    ("python", "# Loads it.\n# |", "then waits", "# Loads it.\n# Then waits"),
    ("python", "# Loads\n#\n# |", "then waits", "# Loads\n#\n# Then waits"),
    ("python", "x = 1  # one\n# |", "the limit", "x = 1  # one\n# The limit"),
    ("python", "# TODO: |", "fix this", "# TODO: fix this"),
    ("python", 'url = "http://x"  # |', "the limit", 'url = "http://x"  # The limit'),
    ("python", 'x = "# no comment"  # |', "the limit", 'x = "# no comment"  # The limit'),
    ("python", 'def f():\n    """|', "load it", 'def f():\n    """Load it'),
    (
        "python",
        'def f():\n    """Load it.\n\n    |',
        "more",
        'def f():\n    """Load it.\n\n    More',
    ),
    ("python", 'def f():\n    """Load|', "it", 'def f():\n    """Load it'),
    ("javascript", "// |", "the limit", "// The limit"),
    ("javascript", "//|", "the limit", "// The limit"),
    ("javascript", "/* | */", "the limit", "/* The limit */"),
    ("javascript", "/*|*/", "the limit", "/* The limit */"),
    ("javascript", "/**\n * |\n */", "the limit", "/**\n * The limit\n */"),
    ("javascript", "/**\n *|\n */", "the limit", "/**\n * The limit\n */"),
    ("javascript", "/**\n * Loads\n * |\n */", "and waits", "/**\n * Loads\n * and waits\n */"),
    ("javascript", "f(); // |", "the limit", "f(); // The limit"),
    ("rust", "/// |", "the limit", "/// The limit"),
    ("rust", "//! |", "the limit", "//! The limit"),
    ("lua", "-- |", "the limit", "-- The limit"),
    ("lua", "--|", "the limit", "-- The limit"),
    ("lua", "--[[ | ]]", "the limit", "--[[ The limit ]]"),
    ("sql", "-- |", "the limit", "-- The limit"),
    ("html", "<!-- | -->", "the limit", "<!-- The limit -->"),
    ("lisp", ";; |", "the limit", ";; The limit"),
    ("tex", "% |", "the limit", "% The limit"),
    ("shellscript", "#!/bin/sh\n# |", "the limit", "#!/bin/sh\n# The limit"),
    ("c", "int x; /* |", "the limit", "int x; /* The limit"),
]

PROSE = [
    ("markdown", "|", "open the file", "Open the file"),
    ("markdown", "Hello.|", "open the file", "Hello. Open the file"),
    ("markdown", "Hello. |", "open the file", "Hello. Open the file"),
    ("markdown", "Hello|", "my friend", "Hello my friend"),
    ("markdown", "Hello,|", "my friend", "Hello, my friend"),
    ("markdown", "Hello!\n|", "open the file", "Hello!\nOpen the file"),
    ("markdown", "We went on\n|", "for a while", "We went on\nfor a while"),
    ("markdown", "Hello\n\n|", "open the file", "Hello\n\nOpen the file"),
    ("markdown", "- |", "open the file", "- Open the file"),
    ("markdown", "- one\n- |", "open the file", "- one\n- Open the file"),
    ("markdown", "1. |", "open the file", "1. Open the file"),
    ("markdown", "- [ ] |", "open the file", "- [ ] Open the file"),
    ("markdown", "> |", "open the file", "> Open the file"),
    ("markdown", "# Title\n|", "open the file", "# Title\nOpen the file"),
    ("markdown", "see (|", "the file", "see (the file"),
    ("markdown", 'He said "|', "the file", 'He said "the file'),
    ("markdown", 'The "word"|', "is long", 'The "word" is long'),
    ("markdown", "the **|", "file", "the **file"),
    ("markdown", "the **file**|", "is long", "the **file** is long"),
    ("markdown", "e.g.|", "the file", "e.g. the file"),
    ("markdown", "the user's|", "file", "the user's file"),
    ("markdown", "Hello \U0001f600|", "my friend", "Hello \U0001f600 my friend"),
    ("markdown", "Hello\u3002|", "friend", "Hello\u3002Friend"),
    ("markdown", "\u4f60\u597d|", "\u4e16\u754c", "\u4f60\u597d\u4e16\u754c"),
    ("markdown", "```\nx\n```\n|", "open the file", "```\nx\n```\nOpen the file"),
    ("plaintext", "|", "open the file", "Open the file"),
    ("", "|", "open the file", "Open the file"),
    ("", "One.\r\n|", "open the file", "One.\r\nOpen the file"),
    ("gitcommit", "Fix\n\n|", "open the file", "Fix\n\nOpen the file"),
    ("gitcommit", "Fix\n\n# |", "the limit", "Fix\n\n# The limit"),
    ("typescriptreact", "  <p>|</p>", "open the file", "  <p>Open the file</p>"),
    ("javascriptreact", '<p id="x">Now|', "open the file", '<p id="x">Now open the file'),
    ("html", "<p>|", "open the file", "<p>Open the file"),
    ("html", "<p>|</p>", "open the file", "<p>Open the file</p>"),
]

MIDDLE = [  # natural text goes on behind the point: never a period
    ("markdown", "The |file", "very long", "The very long file"),
    ("markdown", "The|file", "very long", "The very long file"),
    ("markdown", "The| file", "very long", "The very long file"),
    ("markdown", "The file|.", "is long", "The file is long."),
    ("markdown", "The file|, once", "is long", "The file is long, once"),
    ("markdown", "(|)", "the file", "(The file)"),
    ("markdown", "see (|)", "the file", "see (the file)"),
    ("markdown", "|the file", "suddenly", "Suddenly the file"),
    ("python", "# The |file", "very long", "# The very long file"),
    ("python", "# The|file", "very long", "# The very long file"),
    ("markdown", "# |", "open the file", "# Open the file"),
    ("gitcommit", "|", "fix the parser", "Fix the parser"),
    ("gitcommit", "|\n\n# Please enter", "fix the parser", "Fix the parser\n\n# Please enter"),
    ("gitcommit", "fix: |", "the parser", "fix: the parser"),
    ("gitcommit", "fix:|", "the parser", "fix: the parser"),
    ("python", 'print("hello |")', "my friend", 'print("hello my friend")'),
    ("python", 'print("hello|")', "my friend", 'print("hello my friend")'),
    ("python", 'print("hello| now")', "my friend", 'print("hello my friend now")'),
    ("python", "print('it|')", "is done", "print('it is done')"),
    ("rust", 'println!("size: |")', "of it", 'println!("size: of it")'),
]


@pytest.mark.parametrize(("language_id", "document", "words", "expected"), CODE + MIDDLE)
@pytest.mark.parametrize("spoken_as", [str, sentence], ids=["plain", "sentence"])
def test_in_code_and_within_a_sentence_both_ways_of_writing_give_the_same(
    language_id, document, words, expected, spoken_as
):
    assert dictated(document, spoken_as(words), language_id) == expected


@pytest.mark.parametrize(("language_id", "document", "words", "expected"), COMMENTS + PROSE)
def test_natural_text_gets_its_capital_and_keeps_its_period(language_id, document, words, expected):
    assert dictated(document, words, language_id) == expected
    after = document.partition("|")[2]
    inserted_to = len(expected.removesuffix(after).rstrip(" "))
    with_period = expected[:inserted_to] + "." + expected[inserted_to:]
    assert dictated(document, sentence(words), language_id) == with_period


@pytest.mark.parametrize(
    ("language_id", "document", "said", "expected"),
    [
        ("python", "x = |", "I", "x = I"),
        ("python", "# this and|", "I'm sure.", "# this and I'm sure."),
        ("python", "x = |", "URL.", "x = URL"),
        ("python", "x = |", "B plus one.", "x = b plus one"),
        ("python", "B = 1\nx = |", "B plus one.", "B = 1\nx = B plus one"),
        ("markdown", "it is plan|", "B.", "it is plan B."),
        ("tex", "\\section{|}", "the introduction.", "\\section{The introduction}"),
        ("markdown", "The [|](http://x)", "link.", "The [link](http://x)"),
        ("markdown", "The **|** here", "file.", "The **file** here"),
        ("markdown", "> quoted\n|", "my answer", "> quoted\nMy answer"),
        ("markdown", "> quoted\n> |", "and more", "> quoted\n> And more"),
        ("python", "x = |", "GetUser.", "x = GetUser"),
        ("python", "x = |", "getUser", "x = getUser"),
        ("python", "# |", "getUser loads it", "# getUser loads it"),
        ("python", "# |", "get_user loads it", "# get_user loads it"),
        ("python", "# |", "os.path is needed", "# os.path is needed"),
        ("markdown", "|", "iPhone and so on", "iPhone and so on"),
        ("markdown", "we use|", "Python.", "we use Python."),
        ("markdown", "on|", "Monday we go", "on Monday we go"),
        ("markdown", "this is|", "A file.", "this is a file."),
        ("python", "class Parser:\n    x = |", "Parser", "class Parser:\n    x = Parser"),
        ("python", "parser = Parser()\nx = |", "Parser", "parser = Parser()\nx = parser"),
        ("markdown", "the index i.|", "then", "the index i. Then"),
        ("markdown", "|", "wait...", "Wait..."),
        ("markdown", "is it|", "ready?", "is it ready?"),
        ("markdown", "it is|", "at 5 a.m.", "it is at 5 a.m."),
        ("python", "x = |", "Open it. Then close it.", "x = open it. Then close it"),
        ("python", 'print("|")', "File not found.", 'print("File not found")'),
        ("python", 'print("|")', "file not found", 'print("file not found")'),
        ("python", 'print("|")', "Not found. Try again.", 'print("Not found. Try again.")'),
        ("markdown", "Hello|", ", my friend", "Hello, my friend"),
        ("markdown", "Hello|", "'s file", "Hello's file"),
        ("markdown", "Hello|", "(my friend)", "Hello (my friend)"),
        ("python", "f|", "(x)", "f(x)"),
        ("python", "f|", ".name", "f.name"),
        ("python", "x|", "= 5", "x = 5"),
        ("python", "|x", "not ", "not x"),
        ("markdown", "One |", "two\nthree", "One two\nthree"),
        ("markdown", "One|", "\nTwo", "One\nTwo"),
        ("markdown", "One|", "two\r\n\r\nthree", "One two\n\nthree"),
        ("python", "x = |", "a  b\t c", "x = a b c"),
        ("markdown", "|", '"hello" he said', '"Hello" he said'),
        ("markdown", "Hi \U0001f600|\U0001f600", "my friend", "Hi \U0001f600 my friend \U0001f600"),
        ("python", "x = '\u4f60'|", "or y", "x = '\u4f60' or y"),
    ],
)
def test_names_and_punctuation_keep_their_own_form(language_id, document, said, expected):
    assert dictated(document, said, language_id) == expected


@pytest.mark.parametrize("said", ["", " ", "\t ", "\n", " \r\n "])
def test_nothing_said_inserts_nothing(said):
    assert fit(said, "x =", "", language_id="python") == ""


def test_a_period_alone_does_not_become_a_space():
    assert fit(".", "x = a", "", language_id="python") in ("", ".")


def test_a_docstring_cut_at_its_start_is_seen_to_end():
    docstring_end = "lots of words here. " * 150 + '\n    """\n'
    before = docstring_end[-1_990:] + "    x ="
    assert fit("Other value.", before, "", language_id="python") == " other value"


def test_a_long_block_comment_cut_at_its_start_is_seen_to_end():
    before = (" * words and words\n" * 200)[-1_980:] + " */\nx ="
    assert fit("Other value.", before, "", language_id="c") == " other value"
    inside = (" * words and words.\n" * 200)[-1_980:] + " * "
    assert fit("other value", inside, "", language_id="c") == "Other value"


def test_any_surroundings_are_taken_and_the_words_arrive_unharmed():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    pieces = [
        *"ab .,;:!?()[]{}<>\"'`#/*-=+&|\\\n\r\t_@$%^~0\u4f60\U0001f600\u3002\u2019",
        *['"""', "/*", "*/", "//", "--", "```", "<!--", "-->", "--[[", "]]", "foo", "Bar."],
        "\r\n",
    ]
    languages = ["python", "c", "rust", "lua", "markdown", "gitcommit", "html", "", "nothing", "sh"]
    for _ in range(3_000):
        before = "".join(generator.choices(pieces, k=generator.randrange(12)))
        after = "".join(generator.choices(pieces, k=generator.randrange(6)))
        for said in ("open the file", "Open the file."):
            inserted = fit(said, before, after, language_id=generator.choice(languages))
            assert inserted.strip().rstrip(".").lower() == "open the file", (before, after)
            assert not inserted.startswith("  ")
            assert not inserted.endswith("  ")
            if before[-1:].isspace() or not before:
                assert not inserted.startswith(" "), (before, after)
            if after[:1].isspace() or not after:
                assert not inserted.endswith(" "), (before, after)


@pytest.mark.parametrize(
    ("language_id", "document", "text", "expected"),
    [
        ("python", "foo|", ".append(x)", "foo.append(x)"),
        ("python", "foo|", "(", "foo("),
        ("python", "if|", "(a)", "if (a)"),
        ("python", "for x in|", "[0]", "for x in [0]"),
        ("python", "x|", "[0]", "x[0]"),
        ("python", "foo(x|", ")", "foo(x)"),
        ("python", "f(|)", "(", "f(()"),
        ("python", "x|", ", y", "x, y"),
        ("python", "f(|b)", "a,", "f(a, b)"),
        ("python", "x|", "= 5", "x = 5"),
        ("python", "x =|", '"a"', 'x = "a"'),
        ("python", "print(|)", '"a"', 'print("a")'),
        ("python", "x = |", '"', 'x = "'),
        ("python", "x|", ": int", "x: int"),
        ("python", "def f()|", "-> None:", "def f() -> None:"),
        ("python", "self|name", ".", "self.name"),
        ("python", "self|name", "._", "self._name"),
        ("python", "a |b", "+", "a + b"),
        ("python", "|x", "@", "@x"),
        ("python", "return|", "-1", "return -1"),
        ("c", "node|", "->next", "node->next"),
        ("javascript", "i|", "++;", "i++;"),
        ("javascript", "if (|x)", "!", "if (!x)"),
        ("javascript", "return|", "<b>", "return <b>"),
        ("rust", "Vec|", "<T>", "Vec<T>"),
        ("go", "x|", ":= 1", "x := 1"),
        ("shellscript", "ls|", "--all", "ls --all"),
        ("python", "# |", "max_retries = 5", "# max_retries = 5"),
        ("markdown", "|", "max_retries = 5.", "max_retries = 5."),
        ("python", "x = 'a'  # |", "Return  none.", "x = 'a'  # Return  none."),
        ("python", "    x|", "\ny = 1", "    x\n    y = 1"),
        ("python", "    |", "a\nb\n\nc", "    a\n    b\n\n    c"),
        ("go", "\t\t|", "a\r\nb", "\t\ta\n\t\tb"),
        ("python", "x = |", "", "x = "),
    ],
)
def test_code_gets_spaces_around_and_indentation_and_nothing_else(
    language_id, document, text, expected
):
    before, _, after = document.partition("|")
    assert before + fit(text, before, after, language_id=language_id, as_code=True) + after == (
        expected
    )


def test_any_code_arrives_as_it_is():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    pieces = [
        *"ab .,;:!?()[]{}<>\"'`#/*-=+&|\\\t_@$%^~0",
        "Foo",
        "->",
        "::",
        "return",
        "\U0001f600",
    ]
    for _ in range(2_000):
        before = "".join(generator.choices(pieces, k=generator.randrange(9)))
        after = "".join(generator.choices(pieces, k=generator.randrange(5)))
        text = "".join(generator.choices(pieces, k=generator.randrange(1, 6))).strip()
        for language_id in ("python", "c", "lua", "shellscript", "markdown"):
            inserted = fit(text, before, after, language_id=language_id, as_code=True)
            assert inserted in (text, f" {text}", f"{text} ", f" {text} ")
