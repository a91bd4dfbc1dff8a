import random

import pytest

from dictate.text.names.index import NameIndex
from dictate.text.names.lexer import lex
from dictate.text.names.name import Name

LANGUAGES = {
    "python": (
        "class UserRepo:\n    max_rows = 3\n    def find_user(self, user_id):\n"
        "        found_row = user_id\n        self.last_seen = 1\n        CURSOR\n"
        "MAX_USERS = 9\n",
        {
            "UserRepo": "type", "find_user": "function", "user_id": "parameter",
            "found_row": "variable", "last_seen": "field", "MAX_USERS": "constant",
        },
    ),
    "javascript": (
        "class UserRepo { lastSeen = 1; findUser(userId) { const foundRow = 1; CURSOR; } }\n"
        "const makeRepo = (dbUrl) => dbUrl; const MAX_USERS = 9;\n",
        {
            "UserRepo": "type", "findUser": "function", "userId": "parameter",
            "foundRow": "variable", "lastSeen": "field", "makeRepo": "function",
            "MAX_USERS": "constant",
        },
    ),
    "typescript": (
        "interface UserRow { rowId: number }\nenum UserState { isActive, isGone }\n"
        "class UserRepo { private lastSeen = 1; findUser(userId: string) {"
        " const foundRow: UserRow = CURSOR; } }\ntype RowList = UserRow[];\n",
        {
            "UserRow": "type", "rowId": "field", "UserState": "type", "isActive": "constant",
            "findUser": "function", "userId": "parameter", "foundRow": "variable",
            "lastSeen": "field", "RowList": "type",
        },
    ),
    "typescriptreact": (
        "function UserCard({ userName }: CardProps) { const cardRef = useRef();"
        " return <div>{CURSOR}</div>; }\n",
        {"UserCard": "function", "userName": "parameter", "cardRef": "variable"},
    ),
    "go": (
        "package userdb\ntype UserRepo struct { lastSeen int }\nconst maxUsers = 9\n"
        "func (repo *UserRepo) FindUser(userId string) error {\n\tfoundRow := 1\n\tCURSOR\n}\n",
        {
            "userdb": "module", "UserRepo": "type", "lastSeen": "field", "maxUsers": "constant",
            "FindUser": "function", "userId": "parameter", "foundRow": "variable",
        },
    ),
    "rust": (
        "struct UserRepo { last_seen: u8 }\nconst MAX_USERS: u8 = 9;\nmod user_db {}\n"
        "impl UserRepo { fn find_user(&self, user_id: u8) { let found_row = 1; CURSOR; } }\n",
        {
            "UserRepo": "type", "last_seen": "field", "MAX_USERS": "constant",
            "user_db": "module", "find_user": "function", "user_id": "parameter",
            "found_row": "variable",
        },
    ),
    "c": (
        "#define MAX_USERS 9\ntypedef struct user_repo { int last_seen; } user_repo_t;\n"
        "static int *find_user(const char *user_id) { int found_row = 1; CURSOR; }\n",
        {
            "MAX_USERS": "constant", "user_repo": "type", "user_repo_t": "type",
            "last_seen": "field", "find_user": "function", "user_id": "parameter",
            "found_row": "variable",
        },
    ),
    "cpp": (
        "namespace user_db { class UserRepo { int last_seen_; void findUser(int& userId) {"
        " auto foundRow = 1; CURSOR; } }; }\nvoid user_db::UserRepo::dropUser(int rowId) {}\n",
        {
            "user_db": "module", "UserRepo": "type", "last_seen_": "field",
            "findUser": "function", "userId": "parameter", "foundRow": "variable",
            "dropUser": "function", "rowId": "parameter",
        },
    ),
    "java": (
        "class UserRepo { int lastSeen; static final int MAX_USERS = 9;\n"
        "void findUser(String userId) { int foundRow = 1; CURSOR; } }\n"
        "enum UserState { IS_GONE }\n",
        {
            "UserRepo": "type", "lastSeen": "field", "MAX_USERS": "constant",
            "findUser": "function", "userId": "parameter", "foundRow": "variable",
            "UserState": "type", "IS_GONE": "constant",
        },
    ),
    "csharp": (
        "namespace UserDb { class UserRepo { int lastSeen; int LastRow { get; }\n"
        "void FindUser(string userId) { var foundRow = 1; CURSOR; } } }\n",
        {
            "UserDb": "module", "UserRepo": "type", "lastSeen": "field", "LastRow": "field",
            "FindUser": "function", "userId": "parameter", "foundRow": "variable",
        },
    ),
    "ruby": (
        "module UserDb\n  class UserRepo\n    MAX_USERS = 9\n    attr_reader :last_seen\n"
        "    def find_user(user_id)\n      found_row = 1\n      CURSOR\n    end\n  end\nend\n",
        {
            "UserDb": "module", "UserRepo": "type", "MAX_USERS": "constant",
            "last_seen": "field", "find_user": "function", "user_id": "parameter",
            "found_row": "variable",
        },
    ),
    "lua": (
        "local user_repo = {}\nfunction user_repo.find_user(user_id)\n  local found_row = 1\n"
        "  CURSOR\nend\nuser_repo.last_seen = 1\n",
        {
            "user_repo": "variable", "find_user": "function", "user_id": "parameter",
            "found_row": "variable", "last_seen": "field",
        },
    ),
    "shellscript": (
        "MAX_USERS=9\nfind_user() {\n  local found_row=1\n  CURSOR\n}\n",
        {"MAX_USERS": "constant", "find_user": "function", "found_row": "variable"},
    ),
}  # fmt: skip


def by_name(names: list[Name]) -> dict[str, Name]:
    return {name.text: name for name in names}


@pytest.mark.parametrize("language_id", LANGUAGES)
def test_names_have_the_kinds_that_they_are_defined_as(language_id):
    text, kinds = LANGUAGES[language_id]
    offset = text.index("CURSOR")
    found = by_name(NameIndex(text.replace("CURSOR", ""), language_id).ranked(offset))
    assert {name: found[name].kind for name in kinds} == kinds


@pytest.mark.parametrize("language_id", LANGUAGES)
def test_what_is_local_at_the_cursor_comes_before_what_is_not(language_id):
    text, kinds = LANGUAGES[language_id]
    offset = text.index("CURSOR")
    order = [
        name.text for name in NameIndex(text.replace("CURSOR", ""), language_id).ranked(offset)
    ]
    elsewhere = ("rowId", "user_repo", "dbUrl")
    local = [name for name in kinds if kinds[name] in ("parameter", "variable")]
    local = [name for name in local if name not in elsewhere]
    around = {name for name in kinds if kinds[name] == "function" and name in order[:1]}
    assert set(order[: len(local) + len(around)]) == {*local, *around}


def test_members_of_the_class_around_the_cursor_come_before_those_of_another():
    body = "    def {0}_rows(self):\n        self.{0}_state = 1\n"
    text = f"class First:\n{body.format('first')}\n\nclass Second:\n{body.format('second')}"
    filler = "    def more(self):\n        "
    offset = text.index("\n\nclass Second")
    text = text[:offset] + "\n" + filler + text[offset:]
    offset += 1 + len(filler)
    found = by_name(NameIndex(text, "python").ranked(offset))
    assert found["first_rows"].score > found["second_rows"].score
    assert found["first_state"].score > found["second_state"].score


def test_parameters_of_another_function_are_not_in_scope():
    text = "def one(one_param):\n    pass\n\ndef two(two_param):\n    pass\n"
    found = by_name(NameIndex(text, "python").ranked(text.index("pass")))
    assert found["one_param"].score > found["two_param"].score + 1.0
    found = by_name(NameIndex(text, "python").ranked(text.rindex("pass")))
    assert found["two_param"].score > found["one_param"].score + 1.0


def test_a_name_is_known_by_its_definition_however_far_that_is():
    filler = "x_value = y_value + 1\n" * 5_000
    text = f"def far_function(): pass\nclass FarType: pass\n{filler}"
    found = by_name(NameIndex(text, "python").ranked(len(text)))
    assert (found["far_function"].kind, found["FarType"].kind) == ("function", "type")


def test_the_nearest_the_most_used_and_the_lately_edited_come_first():
    lines = [f"name_{chr(97 + i)}{chr(97 + j)} = 1\n" for i in range(26) for j in range(26)]
    index = NameIndex("".join(lines), "python")
    wanted = lines[300].split()[0]
    assert index.ranked(index.text.index(wanted), 1)[0].text == wanted
    assert (
        NameIndex("once_used\n" + "often_used\n" * 9, "python").ranked(None)[0].text == "often_used"
    )
    before = by_name(index.ranked(0))["name_zz"].score
    index.edit(len(index.text) - 1, len(index.text) - 1, "0")
    assert by_name(index.ranked(0))["name_zz"].score > before + 1.0


def test_a_spot_that_was_edited_moves_with_the_text():
    filler = "".join(f"filler_name_{chr(97 + n % 26)}x = {n}\n" for n in range(200))
    index = NameIndex(f"{filler}some_name = 1\n", "python")
    index.edit(index.text.index("some_name") + 9, index.text.index("some_name") + 9, "s")
    score = by_name(index.ranked(None))["some_names"].score
    index.edit(0, 0, "first_line = 1\n" * 30)
    moved = by_name(index.ranked(None))["some_names"].score
    assert 0 < score - moved < 1.0  # one spot further back, not forgotten


def test_everyday_and_short_names_come_only_when_everything_is_wanted_and_then_last():
    text = "class User: pass\ndef run(x, id): value = User(); rows_found = 1\n"
    index = NameIndex(text, "python")
    assert {name.text for name in index.ranked(0)} == {"rows_found"}
    everything = index.ranked(0, everything=True)
    assert {name.text for name in everything} == {"rows_found", "User", "run", "x", "id", "value"}
    assert everything[0].text == "rows_found"
    assert by_name(everything)["User"].kind == "type"


def test_keywords_hashes_and_numbers_are_never_names():
    text = "return None if deadbeef1234 else 0x1F + 1e5 + a1b2c3d4e5f6g7h8\n"
    assert NameIndex(text, "python").ranked(0, everything=True) == []


def test_names_in_comments_and_strings_count_when_clearly_names_and_come_last():
    text = "# see old_parser, jabberwocky\nlog('raw_user frobnicate')\nnewParser = zygote\n"
    order = [name.text for name in NameIndex(text, "python").ranked(None)]
    assert set(order) == {"newParser", "zygote", "old_parser", "raw_user"}
    assert set(order[-2:]) <= {"old_parser", "raw_user"}


def test_code_in_prose_gives_names_and_prose_only_what_can_be_nothing_else():
    text = "Frobnicate `zygote` or getUser.\n\n```python\nmumble = 1\n```\nThe end\n"
    assert set(by_name(NameIndex(text, "markdown").ranked(5))) == {"zygote", "getUser", "mumble"}


def test_names_in_other_scripts_and_behind_emoji_are_names():
    text = "größe_max = naïve + приветМир  # 🙂🙂\n変数名 = größe_max\n"
    index = NameIndex(text, "python")
    assert set(by_name(index.ranked(0))) == {"größe_max", "naïve", "приветМир", "変数名"}
    assert index.kind_at(text.index("🙂") + 2) == "comment"
    assert index.kind_at(text.index("変数名")) == "code"


def test_the_limit_cuts_the_list_and_nothing_else():
    text = LANGUAGES["python"][0]
    index = NameIndex(text, "python")
    whole = index.ranked(50)
    for limit in range(len(whole) + 2):
        assert index.ranked(50, limit) == whole[:limit]


PIECES = [
    "get_user", "fooBar", "class Repo:\n", "def f(a_b):\n", '"', "'", '"""', "\n", "    ", "/*",
    "*/", "//", "#", "(", ")", "{", "}", "`", "```\n", "[[", "]]", "--[[", "\\", "🙂", "変数名",
    "\r\n", "\udc80", "x", "filler_text " * 40 + "\n", "line_of_code = 1\n" * 300,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "language_id",
    [
        "python",
        "c",
        "typescriptreact",
        "lua",
        "shellscript",
        "ruby",
        "sql",
        "markdown",
        "html",
        "zz",
    ],
)
def test_after_any_edits_the_index_equals_one_that_is_built_anew(language_id, seed):
    generator = random.Random(seed)
    text = "".join(generator.choices(PIECES, k=generator.randrange(60)))
    index = NameIndex(text, language_id)
    for _ in range(25):
        start = generator.randrange(-2, len(text) + 3)
        end = start + generator.choice([0, 0, 1, 5, 40, 3_000])
        new = "".join(generator.choices(PIECES, k=generator.choice([0, 1, 1, 2, 8])))
        index.edit(start, end, new)
        first = min(max(0, start), len(text))
        last = max(first, min(end, len(text)))
        text = text[:first] + new + text[last:]
        if generator.random() < 0.4:
            index.ranked(generator.randrange(len(text) + 1), 10)
    assert index.text == text
    fresh = NameIndex(text, language_id)
    fresh.recent_edits = index.recent_edits
    for offset in (0, len(text) // 2, len(text), None):
        for everything in (False, True):
            found = index.ranked(offset, everything=everything)
            assert found == fresh.ranked(offset, everything=everything)
        if offset is not None:
            assert index.kind_at(offset) == fresh.kind_at(offset)


ODD = {
    "empty": "",
    "binary": random.Random(5).randbytes(300_000).decode("latin-1") + "\0",
    "minified": "var getUser=1;" * 40_000,
    "one name": "x" * 300_000,
    "one string": '"' + "\\" * 200_000,
    "quotes": "\"'`" * 50_000,
    "brackets": "([{" * 50_000,
    "surrogates": "\ud83d\udc80 get_user " * 5_000,
    "carriage returns": "get_user = 1\r" * 20_000,
    "mixed line ends": "get_user = 1\r\nx = 2\n" * 5_000,
    "huge": "some_name = other_name + 1\n" * 100_000,
}


@pytest.fixture
def lexed(monkeypatch):
    """How many characters were lexed, a number for each time."""
    counts = []

    def counting(text, shape, opened):
        counts.append(len(text))
        return lex(text, shape, opened)

    monkeypatch.setattr("dictate.text.names.blocks.lex", counting)
    return counts


@pytest.mark.parametrize(
    "language_id", ["python", "javascript", "c", "rust", "markdown", "html", ""]
)
@pytest.mark.parametrize("kind", ODD)
@pytest.mark.timeout(60)
def test_odd_documents_are_looked_at_in_bounded_time(kind, language_id):
    text = ODD[kind]
    index = NameIndex(text, language_id)
    middle = len(text) // 2
    for offset in (middle, len(text), 0):
        index.edit(offset, offset, "é")
        assert all(len(name.text) <= 60 for name in index.ranked(offset, 100))
        assert index.kind_at(offset) in ("code", "string", "comment", "prose")


def test_a_document_of_100_megabytes_gives_the_names_around_the_cursor(lexed):
    text = "some_name = 1\n" * 3_500_000 + "near_name = other_name\n" * 3_500_000
    index = NameIndex(text, "python")
    offset = len(text) * 3 // 4
    assert set(by_name(index.ranked(offset))) == {"near_name", "other_name"}
    assert index.kind_at(offset) == "code"
    assert 0 < sum(lexed) <= 200_000


def test_50_000_names_are_ranked():
    text = "".join(f"name_{n:x}_of = value_{n:x}_from\n" for n in range(25_000))
    index = NameIndex(text, "python")
    best = index.ranked(len(text) // 2, 500)
    assert len(best) == 500
    assert len(index.ranked(None)) == 50_000


def test_a_document_becomes_odd_and_ordinary_again_by_edits():
    index = NameIndex("get_user = 1\n", "python")
    index.edit(0, 0, "\0")
    index.edit(14, 14, "other_name")
    index.edit(0, 1, "")
    assert set(by_name(index.ranked(0))) == {"get_user", "other_name"}
    index.edit(0, 0, "x" * 30_000)
    index.edit(0, 30_000, "")
    assert index.ranked(0) == NameIndexLike(index).ranked(0)


def NameIndexLike(index: NameIndex) -> NameIndex:  # noqa: N802 - reads as a constructor
    fresh = NameIndex(index.text, index.language_id)
    fresh.recent_edits = index.recent_edits
    return fresh


@pytest.mark.parametrize("language_id", ["python", "c", "typescript"])
def test_10_000_lines_are_lexed_once_and_some_lines_of_them_at_each_change(language_id, lexed):
    line = {
        "python": "    def method_{0}(self, arg_{0}):  # a note\n        return 'text {0}'\n",
        "c": 'int method_{0}(int arg_{0}) /* a note */\n{{ return puts("text {0}"); }}\n',
        "typescript": "function method{0}(arg{0}: string) {{ // a note\n return `text {0}`; }}\n",
    }[language_id]
    text = "".join(line.format(n % 3_000) for n in range(5_000))
    index = NameIndex(text, language_id)
    assert sum(lexed) == len(text)
    middle = text.index("\n", len(text) // 2)
    for number in range(7):
        lexed.clear()
        index.edit(middle + number, middle + number, "x")
        assert lexed == [], "a change only notes what it touches"
        index.ranked(middle, 500)
        assert 0 < sum(lexed) < len(text) / 50
