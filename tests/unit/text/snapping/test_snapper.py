import pytest

from dictate.text.names.name import Name
from dictate.text.snapping.snapper import MAX_NAMES, NameSnapper


def written(names, said, *, prose=False):
    """What is written of what was said; of names in a row the first scores best."""
    if isinstance(names, str):
        names = names.split()
    known = [
        name if isinstance(name, Name) else Name(name, -float(rank))
        for rank, name in enumerate(names)
    ]
    snapper = NameSnapper(known)
    words, texts, at = said.split(), [], 0
    while at < len(words):
        snap = snapper.longest(words, at, prose=prose)
        texts.append(snap.name if snap else words[at])
        at += snap.words if snap else 1
    return " ".join(texts)


def snap_of(names, said, **options):
    known = [Name(name, -float(rank)) for rank, name in enumerate(names.split())]
    return NameSnapper(known).longest(said.split(), 0, prose=options.get("prose", False))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("getUserById", "get user by ID"),
        ("getUserById", "Get user by i d"),
        ("getUserById", "get user by I.D."),
        ("getUserById", "get user buy id"),
        ("getUserById", "get_user_by_id"),
        ("getUserById", "GetUserById"),
        ("getUserById", "get-user-by-id"),
        ("HTTPServer", "H.T.T.P. server"),
        ("HTTPServer", "h t t p server"),
        ("parseJSONFile", "parse jason file"),
        ("runSQLQuery", "run sequel query"),
        ("main_gui", "main gooey"),
        ("compile_regex", "compile regular expression"),
        ("window_size", "double u window size".removeprefix("double u ")),
        ("w_size", "double u size"),
        ("dataframe", "data frame"),
        ("username", "user name"),
        ("file_name", "filename"),
        ("onDropDownChange", "on dropdown change"),
        ("backgroundColour", "background color"),
        ("normalize_text", "normalise text"),
        ("write_buffer", "right buffer"),
        ("cfg_path", "configuration path"),
        ("ctxTimeout", "context timeout"),
        ("str_len", "string length"),
        ("to_list", "two list"),
        ("list2", "list two"),
        ("list2", "list to"),
        ("utf8_decode", "utf eight decode"),
        ("sha256sum", "sha two fifty six sum"),
        ("v10", "v ten"),
        ("base_sixty_four", "base 64"),
        ("port8080", "port eighty eighty"),
        ("$scope", "dollar scope"),
        ("_ptr", "underscore ptr"),
        ("junk_", "junk underscore"),
        ("__enter__", "dunder enter"),
        ("save!", "save bang"),
        ("is_ok?", "is okay"),
        ("user_id", "user underscore id"),
        ("kebab-name", "kebab dash name"),
        ("getUserById", "get user by idea"),
        ("numpy", "numpie"),
        ("größeÄndern", "größe ändern"),
        ("x1", "x one"),
        ("plotY", "plot why"),
    ],
)
def test_what_is_said_becomes_the_name(name, said):
    names = f"{name} somethingElse getUserByName parse_file list_items"
    assert written(names, f"please {said} now") == f"please {name} now"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("userId", "user ideas"),
        ("User user", "user"),
        ("string_", "string"),
        ("cfg", "configuration"),
        ("req", "are equal"),
        ("throws", "the rays"),
        ("from_", "from a"),
        ("setUserName", "get user name"),
        ("kebab-name", "kebab underscore name"),
        ("input_buffer_a", "input buffer e"),
        ("tokenizer", "tokenizers"),
        ("item2", "item three"),
        ("T", "t"),
        ("is_", "is"),
        ("Zero", "zero"),
    ],
)
def test_in_code_other_words_stay_as_they_are(names, said):
    assert written(names, said) == said


def test_a_type_is_meant_by_an_everyday_word_only_where_nothing_else_is_called_so():
    assert written("Session", "open session") == "open Session"
    assert written("Session session", "open session") == "open session"
    assert written("Session session", "class session") == "class Session"
    assert written("session", "Session") == "Session"


def test_of_names_said_alike_the_better_scored_wins_and_the_others_are_alternatives():
    snap = snap_of("userId user_id UserId", "user id")
    assert (snap.name, snap.alternatives) == ("userId", ("user_id", "UserId"))
    assert snap_of("UserId userId user_id", "user id").name == "UserId"


def test_the_word_in_front_tells_the_kind():
    names = "user_id UserId USER_ID"
    assert written(names, "class user id") == "class UserId"
    assert written(names, "constant user id") == "constant USER_ID"
    assert written("UserId user_id", "variable user id") == "variable user_id"
    kinds = [Name("load", 2.0, kind="function"), Name("Load", 1.0, kind="type")]
    assert written(kinds, "new load") == "new Load"


def test_the_longest_name_wins_but_no_digit_is_made_of_a_preposition():
    assert written("user user_name user_name_list", "user name list") == "user_name_list"
    assert written("get_user get_user2 list_all", "get user to list all") == "get_user to list_all"
    assert written("get_user2 list_all", "get user to list all") == "get_user2 list_all"


def test_exact_beats_short_forms_and_joined_words():
    assert written("cfgPath configPath", "config path") == "configPath"
    assert written("username user_name", "user name") == "user_name"


def test_how_and_how_well_it_matched_is_told():
    exact = snap_of("getUserById", "get user by id")
    compact = snap_of("dataframe", "data frame")
    phonetic = snap_of("tokenizer", "tokenisor")
    assert (exact.how, compact.how, phonetic.how) == ("exact", "compact", "phonetic")
    assert exact.score == 1.0 > compact.score > phonetic.score > 0.5


def test_nothing_is_guessed_by_sound_between_names_that_are_nearly_as_alike():
    assert written("kubeletA kubeletB", "cubelet") == "cubelet"
    assert written("kubelet", "cubelet") == "kubelet"


def test_a_guess_by_sound_takes_no_neighbour_along():
    assert written("tokenizer", "a tokenisor for it") == "a tokenizer for it"
    assert written("tokenizer parse_row", "tokenisor parse row") == "tokenizer parse_row"


def test_taught_spoken_forms_match_exactly_in_prose_too():
    names = [Name("kubectl", 1.0, origin="vocabulary", spoken="cube control")]
    for prose in (False, True):
        assert written(names, "run cube control now", prose=prose) == "run kubectl now"
    assert written(names, "cubes controlled", prose=True) == "cubes controlled"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("getUserById", "then get user by id returns"),
        ("getUserById", "then get user by i d returns"),
        ("getUserById", "then getUserById returns"),
        ("getUserById", "then get_user_by_id returns"),
        ("parse_config_file", "then parse config file returns"),
        ("HTTPServer", "then h t t p server starts"),
        ("tokenizer_state", "then tokenizer state changes"),
        ("sha256sum", "then sha 256 sum runs"),
        ("page_table", "the function page table fails"),
        ("page_table", "the page table class is old"),
    ],
)
def test_in_prose_names_that_language_does_not_say_are_written(name, said):
    assert name in written([name, "Tokenizer"], said, prose=True)


def test_in_prose_a_single_word_is_a_name_only_where_it_is_called_one():
    assert written("Tokenizer", "the tokenizer class", prose=True) == "the Tokenizer class"
    assert written("Tokenizer", "the tokenizer works", prose=True) == "the tokenizer works"
    assert written("Action", "the class action suit", prose=True) == "the class action suit"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("page_table", "the page table is old"),
        ("user_name file_name", "a user name and a file name"),
        ("filename username", "the filename of a user name"),
        ("is_not_in to_be one_of", "it is not in there to be one of them"),
        ("chapter_2 step1", "chapter two of step 1"),
        ("json_file httpServer", "a json file of the http server"),
        ("str_len", "the string length"),
        ("git_hub java_script", "GitHub and JavaScript"),
        ("tokenizer", "tokenisor"),
        ("ai io", "a i o"),
        ("get_the_time", "get the time"),
        ("Session User", "the session of a user"),
    ],
)
def test_prose_is_left_alone(names, said):
    assert written(names, said, prose=True) == said


@pytest.mark.parametrize("prose", [False, True])
def test_any_words_and_any_names_are_stood(prose):
    names = [
        "",
        "___",
        "a" * 5000,
        "\U0001f600",
        "名前",
        "x" * 60 + "1",
        "İ",
        "\ud800",
        "1a",
        "$",
        "?",
    ]
    snapper = NameSnapper([Name(name) for name in names])
    for words in (
        ["—"],
        ["\U0001f600", "名前"],
        ["a"] * 300,
        ["two"] * 300,
        ["İ"],
        ["'"],
        ["\ud800"],
    ):
        for start in range(len(words)):
            snap = snapper.longest(words, start, prose=prose)
            assert snap is None or 0 < snap.words <= len(words) - start
    assert NameSnapper([]).longest(["word"], 0, prose=prose) is None


def test_of_too_many_names_the_best_are_kept():
    names = [Name(f"name_of_{index}_kind", float(index)) for index in range(MAX_NAMES + 10)]
    snapper = NameSnapper(names)
    assert snapper.longest(["name", "of", "12", "kind"], 0, prose=False).name == "name_of_12_kind"
    assert snapper.longest(["name", "of", "9", "kind"], 0, prose=False) is None
