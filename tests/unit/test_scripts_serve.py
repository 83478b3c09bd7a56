"""The local server: addresses, and what it says when it cannot serve."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from scripts import serve


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<title>Unrolled</title>", encoding="utf-8")
    (tmp_path / "module.mjs").write_text("export default 1;", encoding="utf-8")
    return tmp_path


@pytest.fixture
def address(book: Path) -> Iterator[str]:
    with serve.open_server(0, book) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_pages_and_modules_have_the_types_that_browsers_insist_on(address: str) -> None:
    with urlopen(f"{address}/") as page:
        assert b"Unrolled" in page.read()
        assert page.headers["Content-Type"] == "text/html"
    with urlopen(f"{address}/module.mjs") as module:
        assert module.headers["Content-Type"] == "text/javascript"


def test_nothing_outside_the_book_is_served(address: str) -> None:
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{address}/../{Path(__file__).name}")


def test_a_taken_port_is_named_with_a_way_out(
    book: Path, taken_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve.main([str(taken_port)], book) == 1
    message = capsys.readouterr().err
    assert f"Port {taken_port} is taken by another program" in message
    assert "make serve PORT=" in message
    assert serve.main(["--check", str(taken_port)]) == 1


def test_a_free_port_passes_the_check(taken_port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        free = other.getsockname()[1]
    assert serve.main(["--check", str(free)]) == 0


@pytest.mark.parametrize("port", ["", "http", "-1", "0", "65536", "80.5", "٣"])
def test_a_port_that_is_none_is_refused(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve.main(["--", port]) == 1
    assert "whole number from 1 to 65535" in capsys.readouterr().err


def test_a_missing_book_is_named_with_a_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve.main(["8000"], tmp_path) == 1
    assert "make book" in capsys.readouterr().err


def test_the_address_is_printed_and_an_interrupt_ends_it_quietly(book: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    code = (
        "import sys, threading, _thread, pathlib; from scripts import serve\n"
        "threading.Timer(1.0, _thread.interrupt_main).start()\n"
        "sys.exit(serve.main([sys.argv[1]], pathlib.Path(sys.argv[2])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(port), str(book)],
        cwd=serve.BOOK.parent.parent,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert f"http://127.0.0.1:{port}/" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")
