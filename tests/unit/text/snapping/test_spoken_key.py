import pytest

from dictate.text.names.name import Name
from dictate.text.snapping.snapper import NameSnapper
from dictate.text.snapping.spoken_key import spoken_key, spoken_variants


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("getUserById", ["get user by i d", "get user by id"]),
        ("HTTPServer", ["h t t p server", "http server"]),
        ("parse_json_file", ["parse json file"]),
        ("utf8_decode", ["u t f eight decode", "utf eight decode", "utf 8 decode"]),
        ("parseCfg", ["parse config", "parse c f g", "parse cfg"]),
        ("MAX_LEN", ["max len", "maximum length"]),
        ("util", ["util"]),
        ("$scope", ["scope"]),
        ("___", []),
    ],
)
def test_names_are_read_as_people_say_them(name, expected):
    assert spoken_variants(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "getHTTPSUrl2", "sha256sum", "i18n", "IOError", "strncpy_s", "userIDs", "toISOString",
        "HTTP2Server", "x509Cert", "base64url", "ctxWithTimeout", "fmt_err_msg", "OAuth2Client",
        "log1p", "to_str", "MAX_BUF_LEN", "kube_cfg_v2", "int32ToUint8", "é_clé",
    ],
)  # fmt: skip
def test_every_reading_of_a_name_leads_back_to_it(name):
    snapper = NameSnapper([Name("somethingElse", 2.0), Name(name, 1.0)])
    for spoken in spoken_variants(name):
        words = spoken.split()
        snap = snapper.longest(words, 0, prose=False)
        assert snap is not None, spoken
        assert (snap.name, snap.words) == (name, len(words)), spoken


def test_names_that_are_said_alike_have_one_key():
    assert len({spoken_key(name) for name in ("user_id", "userId", "UserID", "USER_ID")}) == 1
    assert spoken_key("user_id") != spoken_key("user_ids")
