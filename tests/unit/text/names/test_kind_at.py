import pytest

from dictate.text.names import grammars
from dictate.text.names.index import NameIndex

CURSOR = "¦"


def kind_at(language_id: str, marked: str) -> str:
    offset = marked.index(CURSOR)
    return NameIndex(marked.replace(CURSOR, "", 1), language_id).kind_at(offset)


PYTHON = [
    ("x = ¦", "code"),
    ("# note¦\nx = 1", "comment"),
    ("# note\n¦x = 1", "code"),
    ("x = 1  # at the very end¦", "comment"),
    ('x = "a¦b"', "string"),
    ('x = "¦"', "string"),
    ('x = "ab"¦', "code"),
    ('x = ¦"ab"', "code"),
    ("x = 'it' + ¦", "code"),
    ('x = "unfinished ¦\ny = 1\n', "string"),
    ('x = "unfinished\ny = ¦\n', "code"),
    ('s = "at the very end¦', "string"),
    ('def f():\n    """Doc ¦\n    """\n', "prose"),
    ('def f():\n    """Doc ¦\n    x = 1\n', "prose"),
    ('class A:\n  "Doc ¦"\n', "prose"),
    ('query = """SELECT ¦"""', "string"),
    ('x = f"a {¦} b"', "code"),
    ('x = f"a {us¦er} b"', "code"),
    ('x = f"a¦ {user} b"', "string"),
    ('x = f"hi {user¦\ny = 1\n', "code"),
    ("call(a, ¦", "code"),
    ('def f(a, ¦\n    pass\nx = "abc"\n', "code"),
]
SCRIPT = [
    ("const a = `x ¦ y`;", "string"),
    ("const a = `x ${¦} y`;", "code"),
    ("const a = `x ${call(¦)} y`;", "code"),
    ("const a = `unfinished ¦\nlet b = 1;\n", "string"),
    ("const r = /ab¦c/g;", "string"),
    ("const r = /abc/¦;", "code"),
    ("const r = /[\"'`]/; let b = ¦", "code"),
    ("// note¦", "comment"),
    ("/* note¦ */ x", "comment"),
    ("/* note */¦ x", "code"),
    ("/* unfinished ¦", "comment"),
    ("let a = 1;\n/** unfinished\n * more ¦\nlet b = 2;\n", "comment"),
]
TAGS = [
    ("const a = <div>Hello ¦ there</div>;", "prose"),
    ("const a = <div>¦</div>;", "prose"),
    ("const a = <div>Don't ¦</div>;", "prose"),
    ("const a = <div>{¦}</div>;", "code"),
    ('const a = <div title="b¦"/>;', "string"),
    ("const a = b < c ¦;", "code"),
]
CASES = {
    "python": PYTHON,
    "javascript": SCRIPT,
    "javascriptreact": SCRIPT + TAGS,
    "typescript": [
        *SCRIPT,
        ('const a: string = "b¦"', "string"),
        ("interface A { a: ¦ }", "code"),
    ],
    "typescriptreact": SCRIPT + TAGS,
    "go": [
        ("s := `raw ¦`", "string"),
        ("r := 'a¦'", "string"),
        ('package a\nfunc f() {\n\ts := "unfinished ¦\n\treturn s\n}\n', "string"),
        ("// note¦", "comment"),
        ("package a\nvar x = ¦\n", "code"),
    ],
    "rust": [
        ("fn f() { let c = 'a¦'; }", "string"),
        ("fn f<'a>(x: &'a str) { ¦ }", "code"),
        ('let s = r#"a " ¦"#;', "string"),
        ("/// doc ¦\nfn f() {}", "comment"),
        ("/// doc\n¦fn f() {}", "code"),
        ("fn f() { /* a /* b */ ¦ */ }", "comment"),
        ("/* unfinished ¦\nfn g() {}\n", "comment"),
    ],
    "c": [
        ("char c = '¦';", "string"),
        ("#include <std¦io.h>", "string"),
        ('int f() {\n  puts("unfinished ¦);\n  return 1;\n}\n', "string"),
        ("int x; // note ¦\nint y;", "comment"),
        ("#define A 1 /* note ¦ */\n", "comment"),
        ("#define A ¦\n", "code"),
    ],
    "cpp": [
        ('auto s = R"x(abc " ¦)x";', "string"),
        ("std::vector<int> a = ¦;", "code"),
        ("int n = 1'000'000 + ¦;", "code"),
    ],
    "java": [
        ('String t = """\n text ¦\n""";', "string"),
        ("char c = '¦';", "string"),
        ("/** doc ¦ */ class A {}", "comment"),
        ("class A { void f() { ¦ } }", "code"),
    ],
    "csharp": [
        ('var s = $"a {¦} c";', "code"),
        ('var s = $"a ¦ {b} c";', "string"),
        ('var s = @"a ¦ c";', "string"),
        ('var s = """raw ¦""";', "string"),
        ("class A { /// <summary>¦\n void F() {} }", "comment"),
    ],
    "ruby": [
        ('s = "a #{¦} b"', "code"),
        ('s = "a ¦ #{x} b"', "string"),
        ("x = <<~EOS\n  here ¦\nEOS\n", "string"),
        ("x = <<~EOS\n  here #{¦}\nEOS\n", "code"),
        ("r = /a¦b/", "string"),
        ("a = %w[one ¦ two]", "string"),
        ("=begin\nnote ¦\n=end\n", "comment"),
        ("x = 1 # note¦", "comment"),
    ],
    "lua": [
        ("s = [[long ¦]]", "string"),
        ("-- note¦", "comment"),
        ("--[[ note ¦ ]]", "comment"),
        ('local s = "unfinished ¦\nreturn 1\n', "string"),
        ('local s = "unfinished\nreturn ¦1\n', "code"),
    ],
    "shellscript": [
        ('echo "a ¦ b"', "string"),
        ("echo 'a ¦ b'", "string"),
        ('echo "a $(call ¦) b"', "code"),
        ('echo "${a¦}"', "code"),
        ("cat <<EOF\nhere ¦\nEOF\n", "string"),
        ("cat <<EOF\ndon't\nEOF\ncall ¦\n", "code"),
        ("echo a # note¦", "comment"),
    ],
    "sql": [("SELECT ¦ FROM x", "code"), ("-- note¦", "comment"), ("x = 'a¦'", "string")],
    "haskell": [('x = "a¦"', "string"), ("{- note ¦ -}", "comment"), ("f x = ¦", "code")],
    "markdown": [
        ("Some ¦ text", "prose"),
        ("Some `co¦de` text", "code"),
        ("```python\nx = ¦\n```\n", "code"),
        ("```python\nx = 1\n```\ntext ¦", "prose"),
    ],
    "gitcommit": [("Fix ¦", "prose"), ("Fix it\n# note ¦", "comment")],
    "html": [("<p>text ¦</p>", "prose"), ("<p class=¦>", "code")],
    "": [("text ¦", "prose")],
}


@pytest.mark.parametrize(
    ("language_id", "marked", "expected"),
    [(language_id, *case) for language_id, cases in CASES.items() for case in cases],
)
def test_what_the_cursor_stands_in(language_id, marked, expected):
    assert kind_at(language_id, marked) == expected


@pytest.mark.parametrize(
    ("language_id", "marked", "expected"),
    [
        ("javascript.jsx", "a = <p>¦</p>", "prose"),
        ("cs", 'var s = $"{¦}";', "code"),
        ("bash", "echo '¦'", "string"),
        ("zsh", "# ¦", "comment"),
        ("python.django", 'f"{¦}"', "code"),
        ("Python", 'f"{¦}"', "code"),
    ],
)
def test_languages_go_by_all_names_that_editors_have_for_them(language_id, marked, expected):
    assert kind_at(language_id, marked) == expected


FILLER = {
    "python": ("def filler_{0}(arg):\n    return 'text' + str(arg)\n\n", "    ", ""),
    "c": ("int filler_{0}(int arg)\n{{\n    return arg + 'c';\n}}\n\n", "", ""),
    "typescript": (
        "export function filler{0}(arg: string) {{\n  return `${{arg}}`;\n}}\n\n",
        "",
        "",
    ),
}


@pytest.mark.parametrize("language_id", FILLER)
def test_far_inside_a_long_document_it_is_told_as_well(language_id):
    filler = "".join(FILLER[language_id][0].format(n) for n in range(3_000))
    cut = filler.index("\n\n", len(filler) // 2) + 2
    for marked, expected in CASES[language_id]:
        if expected == "code" or marked.count("\n") == 0:
            text = filler[:cut] + marked + "\n\n" + filler[cut:]
            assert kind_at(language_id, text) == expected, marked


def test_a_class_of_thousands_of_lines_hides_nothing():
    methods = "".join(
        f"    public void loadItem{n}(int itemId{n}) {{\n        run(itemId{n});\n    }}\n\n"
        for n in range(3_000)
    )
    text = f"public class Huge {{\n\n{methods}}}\n"
    offset = text.index("run(itemId1500)")
    index = NameIndex(text, "java")
    assert index.kind_at(offset) == "code"
    best = index.ranked(offset, 5)
    assert best[0].text == "itemId1500"
    assert best[0].kind == "parameter"
    assert index.ranked(offset, 3)[1].text == "loadItem1500"


def test_a_broken_grammar_leaves_its_language_to_the_lexer(monkeypatch):
    def fail(_module):
        raise OSError("wrong architecture")

    monkeypatch.setattr(grammars, "import_module", fail)
    grammars._loaded.cache_clear()
    try:
        assert grammars.grammar("python") is None
        assert kind_at("python", "# note¦") == "comment"
        assert kind_at("python", "x = 'a¦'") == "string"
        names = NameIndex("def get_user(user_id): pass", "python").ranked(4)
        assert {name.text: name.kind for name in names} == {"get_user": "function", "user_id": ""}
    finally:
        grammars._loaded.cache_clear()


def test_a_pattern_that_a_grammar_does_not_know_is_left_out_alone(monkeypatch, tmp_path):
    source = "(class_definition name: (identifier) @type)\n\n(no_such_node) @function\n"
    (tmp_path / "python.scm").write_text(source)
    monkeypatch.setattr(grammars, "_QUERIES", tmp_path)
    grammars._loaded.cache_clear()
    try:
        names = NameIndex("class UserRepo: pass", "python").ranked(0)
        assert [(name.text, name.kind) for name in names] == [("UserRepo", "type")]
    finally:
        grammars._loaded.cache_clear()
