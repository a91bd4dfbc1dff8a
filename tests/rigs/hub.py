"""A model hub on loopback: the few requests that `huggingface_hub` makes to download a snapshot."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


class FakeHub:
    """Repositories by name, each one commit of files by path.

    Attributes:
        endpoint: what `HF_ENDPOINT` has to be.
        asked: method and path of every request so far.
        tokens: what each said of who asks.
        failing: status that every request is answered with, None: as a hub answers.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.gated: set[str] = set()
        self.asked: list[str] = []
        self.tokens: list[str | None] = []
        self.failing: int | None = None
        self.endpoint = ""

    def commit(self, repo: str) -> str:
        return hashlib.sha1(repo.encode()).hexdigest()

    def taken(self) -> set[str]:
        """Paths of the files that were downloaded."""
        return {
            line.split("/", 5)[5]
            for line in self.asked
            if line.startswith("GET ") and "/resolve/" in line
        }


@contextmanager
def serving() -> Iterator[FakeHub]:
    hub = FakeHub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path).strip("/")
            hub.asked.append(f"{self.command} /{path}")
            hub.tokens.append(self.headers.get("Authorization"))
            if hub.failing is not None:
                self.answer(hub.failing)
                return
            api = path.startswith("api/models/")
            parts = path.removeprefix("api/models/").split("/")
            repo, verb, rest = "/".join(parts[:2]), "".join(parts[2:3]), parts[3:] or ["main"]
            if repo in hub.gated:
                self.answer(403, error="GatedRepo")
            elif repo not in hub.repositories:
                self.answer(404, error="RepoNotFound")
            elif rest[0] not in {"main", hub.commit(repo)}:
                self.answer(404, error="RevisionNotFound")
            elif api:
                self.describe(repo, verb)
            else:
                self.file(repo, "/".join(rest[1:]))

        def describe(self, repo: str, verb: str) -> None:
            files = hub.repositories[repo]
            if verb == "tree":
                listed = [
                    {"type": "file", "path": path, "size": len(data), "oid": oid(data)}
                    for path, data in files.items()
                ]
                self.answer(200, json.dumps(listed).encode())
                return
            about = {
                "id": repo,
                "sha": hub.commit(repo),
                "siblings": [{"rfilename": p} for p in files],
            }
            self.answer(200, json.dumps(about).encode())

        def file(self, repo: str, path: str) -> None:
            data = hub.repositories[repo].get(path)
            if data is None:
                self.answer(404, error="EntryNotFound")
                return
            headers = {"ETag": f'"{oid(data)}"', "X-Repo-Commit": hub.commit(repo)}
            self.answer(200, data, headers=headers)

        def answer(
            self,
            status: int,
            body: bytes = b"",
            error: str = "",
            headers: dict[str, str] | None = None,
        ) -> None:
            self.send_response(status)
            for name, value in {
                **({"X-Error-Code": error} if error else {}),
                **(headers or {}),
            }.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    yield hub
    server.shutdown()
    server.server_close()


def oid(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()
