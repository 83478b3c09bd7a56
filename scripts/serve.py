"""Serve the built book at a local address. Needs nothing but Python.

python -m scripts.serve [PORT]          serve _build/html
python -m scripts.serve --check PORT    only say whether the port is free
"""

import argparse
import errno
import os
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
BOOK = Path(__file__).resolve().parent.parent / "_build" / "html"


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
            "for example: make serve PORT=8001"
        )
    return int(text)


def open_server(port: int, folder: Path) -> Server:
    """Bind a server for `folder` to a port of this machine.

    Args:
        port: The port to listen at; 0 lets the system choose a free one.
        folder: The built book.

    Raises:
        ServeError: The folder holds no book, or the port cannot be used.
    """
    if not (folder / "index.html").is_file():
        raise ServeError(f"There is no built book in {folder}; run `make book` first.")
    return bind(port, partial(Handler, directory=str(folder)))


def bind(port: int, handler: type | partial) -> Server:  # type: ignore[type-arg]
    """Bind a server to a port, or say in a sentence why that cannot be done."""
    try:
        return Server((HOST, port), handler)
    except OSError as error:
        reason = {
            errno.EADDRINUSE: "is taken by another program",
            errno.EACCES: "may not be used without administrator's rights",
        }.get(error.errno or 0, f"cannot be used ({error.strerror})")
        another = port + 1 if 1024 <= port < 65535 else DEFAULT_PORT
        raise ServeError(
            f"Port {port} {reason}; choose another, for example: "
            f"make serve PORT={another}"
        ) from error


def main(arguments: list[str] | None = None, folder: Path = BOOK) -> int:
    """Serve until interrupted; return the exit status."""
    parser = argparse.ArgumentParser(prog="serve", description=__doc__.split("\n")[0])
    parser.add_argument("port", nargs="?", default=str(DEFAULT_PORT))
    parser.add_argument(
        "--check", action="store_true", help="only say whether the port is free"
    )
    options = parser.parse_args(arguments)
    try:
        port = parse_port(options.port)
        if options.check:
            bind(port, Handler).server_close()
            return 0
        server = open_server(port, folder)
    except ServeError as error:
        print(error, file=sys.stderr)
        return 1
    with server:
        print(f"The course is at http://{HOST}:{port}/ (stop with Ctrl+C)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
