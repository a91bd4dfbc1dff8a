import os
import threading
from pathlib import Path

import pytest

from dictate.text.names.imports import imports
from dictate.text.names.project import MAX_FILE_BYTES, MAX_FILES, OpenDocument, ProjectNames


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "project" / ".git").mkdir(parents=True)
    return tmp_path / "project"


def names(root: Path, path: str, language_id: str, text: str, **more) -> set[str]:
    found = ProjectNames().names(OpenDocument(root / path, language_id, text), **more)
    assert all(name.origin == "project" for name in found)
    return {name.text for name in found}


IMPORTS = {
    "python absolute": ("python", "app/main.py", "import app.user_db\n", "app/user_db.py"),
    "python from": ("python", "app/main.py", "from app.user_db import load\n", "app/user_db.py"),
    "python member": ("python", "app/main.py", "from app import (\n user_db,\n)", "app/user_db.py"),
    "python relative": ("python", "app/sub/main.py", "from ..user_db import x", "app/user_db.py"),
    "python here": ("python", "app/main.py", "from . import user_db", "app/user_db.py"),
    "python package": ("python", "app/main.py", "import app.sub", "app/sub/__init__.py"),
    "python in src": ("python", "tests/test_it.py", "import app.user_db", "src/app/user_db.py"),
    "javascript": ("javascript", "web/main.js", "import {a} from './user_db'", "web/user_db.js"),
    "require": ("javascript", "web/main.js", "const a = require('../user_db')", "user_db.js"),
    "index": ("javascriptreact", "web/main.jsx", "import a from './ui'", "web/ui/index.js"),
    "typescript": ("typescript", "web/main.ts", 'import {a} from "./user_db.js"', "web/user_db.ts"),
    "alias": ("typescriptreact", "web/a/b.tsx", "import x from '@/user_db'", "web/src/user_db.ts"),
    "dynamic": ("typescript", "web/main.ts", "await import('./user_db')", "web/user_db.tsx"),
    "go": ("go", "cmd/main.go", 'import (\n\t"x.org/me/it/userdb"\n)', "userdb/store.go"),
    "go package": ("go", "cmd/main.go", "package main\n", "cmd/other.go"),
    "rust mod": ("rust", "src/main.rs", "mod user_db;", "src/user_db.rs"),
    "rust crate": ("rust", "src/a/b.rs", "use crate::user_db::Repo;", "src/user_db.rs"),
    "rust super": ("rust", "src/a/b.rs", "use super::user_db::{Repo, Row};", "src/user_db/mod.rs"),
    "c": ("c", "src/main.c", '#include "user_db.h"\n', "src/user_db.h"),
    "c include": ("c", "src/main.c", "#include <user/db.h>\n", "include/user/db.h"),
    "cpp": ("cpp", "src/a/main.cpp", '#include "b/user_db.hpp"\n', "src/b/user_db.hpp"),
    "java": (
        "java", "src/main/java/a/Main.java", "import b.UserDb;\n", "src/main/java/b/UserDb.java",
    ),
    "java package": ("java", "src/a/Main.java", "package a;\n", "src/a/Other.java"),
    "csharp": ("csharp", "App/Main.cs", "using My.App.UserDb;\n", "App/UserDb/Repo.cs"),
    "ruby": ("ruby", "bin/main.rb", "require 'user_db'\n", "lib/user_db.rb"),
    "ruby relative": ("ruby", "bin/main.rb", 'require_relative "../user_db"', "user_db.rb"),
    "lua": ("lua", "lua/it/main.lua", 'local x = require("it.user_db")', "lua/it/user_db.lua"),
    "lua init": ("lua", "plugin/main.lua", "require 'it'", "lua/it/init.lua"),
    "shell": ("shellscript", "bin/main.sh", 'source "$DIR/user_db.sh"\n', "bin/user_db.sh"),
    "dot": ("sh", "bin/main.sh", ". ./user_db.sh\n", "bin/user_db.sh"),
}  # fmt: skip


@pytest.mark.parametrize("case", IMPORTS)
def test_names_of_imported_files_are_found(root, case):
    language_id, path, text, imported = IMPORTS[case]
    write(root, {imported: "class SecretHandshake { }\n", "unrelated/far_away.xyz": "otherName\n"})
    assert "SecretHandshake" in names(root, path, language_id, text)


def test_what_a_link_leads_out_of_the_project_to_is_not_read(root, tmp_path):
    write(
        tmp_path, {"outside/secret.py": "private_key_name = 1\n", "other.py": "other_secret = 1\n"}
    )
    (root / "linked.py").symlink_to(tmp_path / "outside" / "secret.py")
    (root / "folder").symlink_to(tmp_path / "outside", target_is_directory=True)
    text = "import linked\nimport folder.secret\nfrom ...other import x\nfrom .. import other\n"
    assert names(root, "main.py", "python", text, edited=[tmp_path / "other.py"]) == set()


def test_a_link_within_the_project_is_followed(root):
    write(root, {"real/user_db.py": "def load_rows(): pass\n"})
    (root / "linked.py").symlink_to(root / "real" / "user_db.py")
    assert names(root, "main.py", "python", "import linked\n") == {"load_rows"}


def test_binary_files_pipes_and_loops_are_passed_over(root):
    (root / "blob.py").write_bytes(b"hidden_name = 1\0\n")
    os.mkfifo(root / "pipe.py")
    (root / "loop.py").symlink_to(root / "loop.py")
    write(root, {"last.py": "found_name = 1\n"})
    text = "import blob, pipe, loop, missing, last\n"
    assert names(root, "main.py", "python", text) == {"found_name"}


def test_as_many_files_are_read_as_it_says_and_as_much_of_each(root):
    write(root, {f"part_{n}.py": f"class PartType{n}x: pass\n" for n in range(60)})
    write(root, {"part_0.py": "# filler\n" * (MAX_FILE_BYTES // 9) + "class TooFarBehind: pass\n"})
    text = "".join(f"import part_{n}\n" for n in range(60))
    found = names(root, "main.py", "python", text)
    assert found == {f"PartType{n}x" for n in range(1, MAX_FILES)}


def test_a_file_is_read_again_only_when_it_has_changed(root, monkeypatch):
    write(root, {"user_db.py": "first_name_of = 1\n"})
    project = ProjectNames()
    document = OpenDocument(root / "main.py", "python", "import user_db\n")
    reads = []
    real = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, *a, **k: reads.append(path) or real(path, *a, **k)
    )
    for _ in range(3):
        assert [name.text for name in project.names(document)] == ["first_name_of"]
    assert len(reads) == 1
    write(root, {"user_db.py": "second_name_of_it = 1\n"})
    assert [name.text for name in project.names(document)] == ["second_name_of_it"]


def test_an_open_document_counts_as_the_editor_has_it(root):
    write(root, {"user_db.py": "saved_name = 1\n"})
    other = OpenDocument(root / "user_db.py", "python", "unsaved_name = 1\n")
    scratch = OpenDocument(None, "python", "scratch_name = 1\n")
    found = names(root, "main.py", "python", "import user_db\n", others=[other, scratch])
    assert found == {"unsaved_name", "scratch_name"}


def test_files_edited_lately_count_and_the_later_ones_more(root):
    write(root, {"a.py": "name_in_a = 1\n", "b.py": "name_in_b = 1\n"})
    document = OpenDocument(root / "main.py", "python", "")
    found = ProjectNames().names(document, edited=[root / "b.py", root / "a.py"])
    assert [name.text for name in found] == ["name_in_b", "name_in_a"]


def test_what_a_file_defines_comes_before_what_it_uses(root):
    write(root, {"user_db.py": "def find_user(): return query_rows()\n"})
    document = OpenDocument(root / "main.py", "python", "import user_db\n")
    found = ProjectNames().names(document)
    assert [(name.text, name.kind) for name in found] == [
        ("find_user", "function"),
        ("query_rows", ""),
    ]


def test_without_a_repository_the_workspace_folder_is_the_project(tmp_path):
    write(tmp_path, {"work/lib/user_db.py": "inner_name = 1\n", "outer_db.py": "outer_name = 1\n"})
    document = OpenDocument(
        tmp_path / "work" / "bin" / "main.py", "python", "import user_db\nimport outer_db\n"
    )
    found = ProjectNames([tmp_path / "work"]).names(document)
    assert [name.text for name in found] == ["inner_name"]


def test_reading_happens_on_another_thread(root):
    write(root, {"user_db.py": "some_name = 1\n"})
    project = ProjectNames()
    threads = []
    read = project._read
    project._read = lambda path: threads.append(threading.current_thread()) or read(path)
    document = OpenDocument(root / "main.py", "python", "import user_db\n")
    assert [name.text for name in project.submit(document).result(30)] == ["some_name"]
    assert threading.current_thread() not in threads
    project.close()


@pytest.mark.parametrize(
    "language_id", ["python", "go", "rust", "typescript", "c", "java", "lua", "sh"]
)
@pytest.mark.parametrize(
    "text",
    [
        "from " + "." * 90_000,
        "import (" * 20_000,
        "use {" * 20_000,
        "\0" * 1_000,
        "#include <" * 9_000,
    ],
)
def test_odd_documents_import_nothing_and_take_no_time(root, language_id, text):
    assert len(imports(text, language_id)) <= 200
    names(root, "main.x", language_id, text)


def test_a_document_that_is_no_file_has_no_project():
    assert ProjectNames().names(OpenDocument(None, "python", "import os\n")) == []
