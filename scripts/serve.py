"""Serve the built book at a local address. Needs nothing but Python.

python -m scripts.serve [PORT]          serve _build/html
python -m scripts.serve --check PORT    only say whether the port is free
python -m scripts.serve --room [PORT]   serve the machines nearby, too

The archive of `make bundle` holds this script beside the site: there the command is
python serve.py [PORT].
"""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOST = "127.0.0.1"
ALL_HOSTS = "0.0.0.0"
DEFAULT_PORT = 8000
HERE = Path(__file__).resolve().parent
BUNDLED = (HERE / "site" / "index.html").is_file()
"""Whether the book lies beside this script, as in the archive of `make bundle`."""
BOOK = HERE / "site" if BUNDLED else HERE.parent / "_build" / "html"
WITH_PORT = "python3 serve.py " if BUNDLED else "make serve PORT="
"""The command for another port, up to the port."""


class ServeError(Exception):
    """The book cannot be served; the message says why and what to do."""


class Handler(SimpleHTTPRequestHandler):
    """Serves files quietly, with the types that a browser insists on."""

    # Windows reads these from its registry, where some programs put wrong ones.
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".css": "text/css",
        ".html": "text/html",
        ".ipynb": "application/x-ipynb+json",
        ".js": "text/javascript",
        ".json": "application/json",
        ".mjs": "text/javascript",
        ".svg": "image/svg+xml",
        ".wasm": "application/wasm",
        ".woff2": "font/woff2",
    }

    def end_headers(self) -> None:
        """Ask the browser to look again each time: a rebuilt page shows at once."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Print nothing for a request that went well; errors are still printed."""


class Server(ThreadingHTTPServer):
    """An HTTP server that never shares its port with another program."""

    # On Windows this option would let two programs take the same port.
    allow_reuse_address = os.name != "nt"
    daemon_threads = True


def parse_port(text: str) -> int:
    """Turn a port's text into a number.

    Raises:
        ServeError: The text is not a whole number from 1 to 65535.
    """
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ServeError(
            f"PORT is {text!r}; it must be a whole number from 1 to 65535, "
            f"for example: {WITH_PORT}8001"
        )
    return int(text)


def open_server(port: int, folder: Path, host: str = HOST) -> Server:
    """Bind a server for `folder` to a port of this machine.

    Args:
        port: The port to listen at; 0 lets the system choose a free one.
        folder: The built book.
        host: Whom to answer: this machine only, or `ALL_HOSTS`.

    Raises:
        ServeError: The folder holds no book, or the port cannot be used.
    """
    if not (folder / "index.html").is_file():
        raise ServeError(f"There is no built book in {folder}; run `make book` first.")
    return bind(port, partial(Handler, directory=str(folder)), host)


def bind(
    port: int,
    handler: type | partial,  # type: ignore[type-arg]
    host: str = HOST,
) -> Server:
    """Bind a server to a port, or say in a sentence why that cannot be done."""
    try:
        return Server((host, port), handler)
    except OSError as error:
        reason = {
            errno.EADDRINUSE: "is taken by another program",
            errno.EACCES: "may not be used without administrator's rights",
        }.get(error.errno or 0, f"cannot be used ({error.strerror})")
        another = port + 1 if 1024 <= port < 65535 else DEFAULT_PORT
        raise ServeError(
            f"Port {port} {reason}; choose another, for example: {WITH_PORT}{another}"
        ) from error


def address_nearby() -> str:
    """Return this machine's address in its network, or its name if it has none.

    The address is that of the interface which would be used for a far host. No packet
    is sent: 192.0.2.1 is reserved for examples (RFC 5737).
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


def main(arguments: list[str] | None = None, folder: Path = BOOK) -> int:
    """Serve until interrupted; return the exit status."""
    parser = argparse.ArgumentParser(prog="serve", description=__doc__.split("\n")[0])
    parser.add_argument("port", nargs="?", default=str(DEFAULT_PORT))
    parser.add_argument(
        "--check", action="store_true", help="only say whether the port is free"
    )
    parser.add_argument(
        "--room", action="store_true", help="serve the machines nearby, too"
    )
    options = parser.parse_args(arguments)
    try:
        port = parse_port(options.port)
        if options.check:
            bind(port, Handler).server_close()
            return 0
        server = open_server(port, folder, ALL_HOSTS if options.room else HOST)
    except ServeError as error:
        print(error, file=sys.stderr)
        return 1
    with server:
        host = address_nearby() if options.room else HOST
        print(f"The course is at http://{host}:{port}/ (stop with Ctrl+C)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
