"""A fake language server: a relay between the editor's pipes and the test that plays the server.

Started by the plugin like the real one. Messages go to the test as one line of JSON each over a
Unix socket, and what the test sends goes to the editor with LSP's header. It holds no behaviour of
its own, except that it dies when the test closes the socket or kills it.
"""

import json
import os
import socket
import sys
import threading


def to_editor(connection: socket.socket) -> None:
    """Forward the test's lines to the editor until the test hangs up."""
    for line in connection.makefile("rb"):
        if line.startswith(b"exit "):
            os._exit(int(line.split()[1]))
        body = line.rstrip(b"\n")
        sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        sys.stdout.buffer.flush()
    os._exit(0)


def main() -> None:
    """Forward the editor's messages to the test until the editor hangs up."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    connection.sendall(json.dumps({"pid": os.getpid()}).encode() + b"\n")
    threading.Thread(target=to_editor, args=(connection,), daemon=True).start()
    while True:
        length = 0
        while (header := sys.stdin.buffer.readline()) not in (b"\r\n", b""):
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if length == 0:
            return
        body = sys.stdin.buffer.read(length)
        connection.sendall(json.dumps(json.loads(body)).encode() + b"\n")


main()
