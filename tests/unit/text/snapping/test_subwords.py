import pytest

from dictate.text.snapping.subwords import boundaries, compact, subwords


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("getUserById", "get User By Id"),
        ("HTTPServer", "HTTP Server"),
        ("parseJSONFile", "parse JSON File"),
        ("getHTTPSUrl2", "get HTTPS Url 2"),
        ("utf8_decode", "utf 8 decode"),
        ("sha256sum", "sha 256 sum"),
        ("MAX_BUF_SIZE", "MAX BUF SIZE"),
        ("x1", "x 1"),
        ("i18n", "i 18 n"),
        ("IOError", "IO Error"),
        ("userIDs", "user IDs"),
        ("toURLs2", "to URLs 2"),
        ("__init__", "init"),
        ("--dry-run", "dry run"),
        ("$scope", "scope"),
        ("is_ok?", "is ok"),
        ("größeÄndern", "größe Ändern"),
        ("éditeurXMLRapide", "éditeur XML Rapide"),
        ("名前", "名前"),
        ("___", ""),
    ],
)
def test_a_name_of_any_style_is_cut_into_its_words(name, expected):
    assert subwords(name) == tuple(expected.split())


@pytest.mark.parametrize(
    "name", ["getHTTPSUrl2", "größeÄndern", "__a_b__", "kebab-case", "x", "ﬁleİd"]
)
def test_the_subwords_make_up_the_compact_form(name):
    assert "".join(compact(piece) for piece in subwords(name)) == compact(name)
    assert boundaries(name)[-1] == len(compact(name))


def test_style_case_and_accents_make_no_difference():
    styles = ["getUserById", "get_user_by_id", "GET_USER_BY_ID", "get-user-by-id", "GetUserByID"]
    assert {compact(style) for style in styles} == {"getuserbyid"}
    assert compact("Größe") == compact("GROSSE").replace("grosse", compact("größe"))
    assert compact("café") == "cafe"
