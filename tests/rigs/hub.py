"""A model hub on loopback, as far as `huggingface_hub` and Dictate ask one, with all its faults.

Small files are answered at once with the hash that git gives them, large ones (safetensors) lead to
another address first, as the real hub sends one on to its storage.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        verb: "api", "resolve" or "storage".
        repo: `org/name`.
        path: of the file; empty for "api".
        start: first byte that is asked for.
        method: GET or HEAD.
    """

    verb: str
    repo: str
    path: str
    start: int
    method: str


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with one answer.

    Attributes:
        status: instead of the answer.
        headers: with that status.
        cut_after: bytes of the body, then the connection is closed.
        stall_s: silence after `cut_after` bytes, before the connection is closed.
        content: wrong bytes instead of the file's.
        ignores_range: the whole file is sent, whatever is asked for.
        hold_after: bytes of the body, then the answer goes on once the hub's `released` is set.
        drop: the connection is closed without any answer.
    """

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    cut_after: int | None = None
    stall_s: float = 0.0
    content: bytes | None = None
    ignores_range: bool = False
    hold_after: int | None = None
    drop: bool = False


class FakeHub:
    """Repositories by name, each one commit of files by path.

    Attributes:
        endpoint: what `HF_ENDPOINT` has to be.
        asked: method and path of every request so far.
        requests: the same, taken apart.
        tokens: what each said of who asks.
        sent_bytes: of file contents, in all.
        failing: status that every request is answered with, None: as a hub answers.
        trouble: asked for each request that is not refused otherwise.
        released: lets answers go on that are held.
        tells_hashes: the listing has sizes and hashes; mirrors' may have none.
        storage: address of another server that keeps the large files; empty: this one.
        about: replaces parts of a repository's listing, by name.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.gated: set[str] = set()
        self.asked: list[str] = []
        self.requests: list[Asked] = []
        self.tokens: list[str | None] = []
        self.sent_bytes = 0
        self.failing: int | None = None
        self.trouble: Callable[[Asked], Trouble | None] = lambda _: None
        self.released = threading.Event()
        self.tells_hashes = True
        self.about: dict[str, dict[str, Any]] = {}
        self.revisions: dict[str, str] = {}
        self.endpoint = ""
        self.storage = ""
        self.lock = threading.Lock()

    def commit(self, repo: str) -> str:
        """The commit of a repository's branch `main`."""
        return self.revisions.get(repo) or hashlib.sha1(repo.encode()).hexdigest()

    def taken(self) -> set[str]:
        """Paths of the files that were downloaded."""
        return {
            asked.path
            for asked in self.requests
            if asked.method == "GET" and asked.verb != "api" and asked.path
        }

    def forget(self) -> None:
        """Forget what was asked and sent so far."""
        with self.lock:
            self.asked.clear()
            self.requests.clear()
            self.tokens.clear()
            self.sent_bytes = 0


def is_large(path: str) -> bool:
    """Whether a file is kept in the hub's storage instead of in git."""
    return path.endswith((".safetensors", ".bin"))


def oid(path: str, data: bytes) -> str:
    """What the hub names a content by."""
    if is_large(path):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()


@contextmanager
def serving() -> Iterator[FakeHub]:
    hub = FakeHub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            # As a proxy, it is asked for whole addresses: what matters is the path.
            path = unquote(urlsplit(self.path).path).strip("/")
            verb, repo, rest = self.parts(path)
            found = re.match(r"bytes=(\d+)-$", self.headers.get("Range") or "")
            asked = Asked(
                verb, repo, "/".join(rest[1:]), int(found[1]) if found else 0, self.command
            )
            with hub.lock:
                hub.asked.append(f"{self.command} /{path}")
                hub.requests.append(asked)
                hub.tokens.append(self.headers.get("Authorization"))
                trouble = hub.trouble(asked) or Trouble()
            if trouble.drop:
                self.close_connection = True
            elif hub.failing is not None:
                self.answer(hub.failing)
            elif trouble.status is not None:
                self.answer(trouble.status, headers=dict(trouble.headers))
            elif repo in hub.gated:
                self.answer(403, error="GatedRepo")
            elif repo not in hub.repositories:
                self.answer(404, error="RepoNotFound")
            elif rest[0] not in {"main", hub.commit(repo)}:
                self.answer(404, error="RevisionNotFound")
            elif verb == "api":
                self.describe(repo, is_tree=f"{repo}/tree/" in path)
            else:
                self.file(asked, trouble)

        def parts(self, path: str) -> tuple[str, str, list[str]]:
            """Verb, repository, and revision with path."""
            if path.startswith("api/models/"):
                pieces = path.removeprefix("api/models/").split("/")
                return "api", "/".join(pieces[:2]), pieces[3:] or ["main"]
            verb = "storage" if path.startswith("storage/") else "resolve"
            pieces = path.removeprefix("storage/").split("/")
            return verb, "/".join(pieces[:2]), pieces[3:] or ["main"]

        def describe(self, repo: str, *, is_tree: bool) -> None:
            if is_tree:
                self.answer(200, json.dumps(self.tree(repo)).encode())
                return
            siblings = []
            for path, data in hub.repositories[repo].items():
                sibling: dict[str, Any] = {"rfilename": path}
                if hub.tells_hashes:
                    sibling |= {"size": len(data), "blobId": hashlib.sha1(data).hexdigest()}
                    if is_large(path):
                        digest = hashlib.sha256(data).hexdigest()
                        sibling["lfs"] = {
                            "sha256": digest,
                            "size": len(data),
                            "pointerSize": 130,
                        }
                    else:
                        sibling["blobId"] = oid(path, data)
                siblings.append(sibling)
            about = {"id": repo, "sha": hub.commit(repo), "siblings": siblings}
            self.answer(200, json.dumps(about | hub.about.get(repo, {})).encode())

        def tree(self, repo: str) -> list[dict[str, Any]]:
            """The listing that the hub's own client downloads by."""
            return [
                {"type": "file", "path": path, "size": len(data), "oid": oid(path, data)}
                for path, data in hub.repositories[repo].items()
            ]

        def file(self, asked: Asked, trouble: Trouble) -> None:
            data = hub.repositories[asked.repo].get(asked.path)
            if data is None:
                self.answer(404, error="EntryNotFound")
                return
            commit = hub.commit(asked.repo)
            headers = {
                "X-Repo-Commit": commit,
                "ETag": f'"{oid(asked.path, data)}"',
                "Accept-Ranges": "bytes",
            }
            if asked.verb == "resolve" and is_large(asked.path):
                headers["X-Linked-ETag"] = headers.pop("ETag")
                headers["X-Linked-Size"] = str(len(data))
                headers["Location"] = f"{hub.storage}/storage/{asked.repo}/at/{commit}/{asked.path}"
                self.answer(302, headers=headers)
                return
            if trouble.content is not None:
                data = trouble.content
            if asked.start == 0 or trouble.ignores_range:
                self.send(200, data, headers, trouble)
            elif asked.start >= len(data):
                self.answer(416, headers={"Content-Range": f"bytes */{len(data)}"})
            else:
                headers["Content-Range"] = f"bytes {asked.start}-{len(data) - 1}/{len(data)}"
                self.send(206, data[asked.start :], headers, trouble)

        def send(self, status: int, body: bytes, headers: dict[str, str], trouble: Trouble) -> None:
            self.head(status, len(body), headers)
            if self.command == "HEAD":
                return
            cut = len(body) if trouble.cut_after is None else min(trouble.cut_after, len(body))
            held = cut if trouble.hold_after is None else min(trouble.hold_after, cut)
            with suppress(OSError):
                for start, end in ((0, held), (held, cut)):
                    if start == held and trouble.hold_after is not None:
                        hub.released.wait()
                    for at in range(start, end, 1 << 16):
                        chunk = body[at : min(at + (1 << 16), end)]
                        self.wfile.write(chunk)
                        with hub.lock:
                            hub.sent_bytes += len(chunk)
                if trouble.cut_after is not None:
                    self.wfile.flush()
                    time.sleep(trouble.stall_s)
            if trouble.cut_after is not None:
                self.close_connection = True

        def answer(
            self,
            status: int,
            body: bytes = b"",
            error: str = "",
            headers: dict[str, str] | None = None,
        ) -> None:
            self.head(
                status,
                len(body),
                {**({"X-Error-Code": error} if error else {}), **(headers or {})},
            )
            if self.command != "HEAD":
                self.wfile.write(body)

        def head(self, status: int, length: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(length))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # clients that leave are what is tested

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    yield hub
    hub.released.set()
    server.shutdown()
    server.server_close()
