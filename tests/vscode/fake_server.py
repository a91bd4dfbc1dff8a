"""A server of another version, or another server: `fake_server.py NAME VERSION [--version]`.

It says who it is and answers everything with nothing.
"""

import json
import sys


def main() -> None:
    """Say the version, or serve until the editor hangs up."""
    name, version = sys.argv[1:3]
    if "--version" in sys.argv:
        print(f"dictate {version}")
        return
    while True:
        length = 0
        while (header := sys.stdin.buffer.readline()) not in (b"\r\n", b""):
            key, _, value = header.partition(b":")
            if key.lower() == b"content-length":
                length = int(value)
        if length == 0:
            return
        message = json.loads(sys.stdin.buffer.read(length))
        if message.get("method") == "exit":
            return
        if "id" not in message or "method" not in message:
            continue
        result = None
        if message["method"] == "initialize":
            result = {"capabilities": {}, "serverInfo": {"name": name, "version": version}}
        body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
        sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        sys.stdout.buffer.flush()


main()
