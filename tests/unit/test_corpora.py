"""Texts by name and by file: found, fetched, checked, refused in one sentence."""

import hashlib
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.tasks import corpora
from unrolled.tasks.corpora import Corpus, PublicText, load, prepare

PLAY = "First Citizen:\nBefore we proceed any further, hear me speak.\n" * 20
LYRICS = "Rain on the roof\nand a lamp in the hall\n"
LOCK = ".play.txt.lock"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a course of its own with two songs, in whose folder the test runs."""
    for name in ("UNROLLED_DATA", "http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    data = tmp_path / "course" / "data"
    data.mkdir(parents=True)
    (data / "lyrics_en.txt").write_bytes(LYRICS.encode())
    (data / "lyrics_zh.txt").write_bytes("不分开\n".encode())
    monkeypatch.chdir(tmp_path / "course")
    return data


@pytest.fixture
def elsewhere(folder: Path, tmp_path: Path) -> Path:
    """Give an empty folder for data that is not the course's."""
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


class Server(ThreadingHTTPServer):
    """A server on this machine; it takes its time, and notes what it was asked for."""

    pages: dict[str, bytes]
    asked: list[str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        time.sleep(0.2)
        page = self.server.pages.get(self.path)
        if page is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.pages, running.asked = {"/play": PLAY.encode()}, []
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def refused() -> Iterator[str]:
    """Give an address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/play"


def play(*addresses: str) -> PublicText:
    digest = hashlib.sha256(PLAY.encode()).hexdigest()
    return PublicText("The play", "play.txt", digest, addresses, "A play.")


def publish(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    monkeypatch.setitem(corpora.PUBLIC, "play", play(*addresses))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def pack(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


# The texts of the course


def test_the_course_s_lyrics_are_found_from_a_folder_below(folder, monkeypatch):
    (folder.parent / "chapters").mkdir()
    monkeypatch.chdir(folder.parent / "chapters")
    english, chinese = load("lyrics_en"), load("lyrics_zh")
    assert (english.name, english.text) == ("lyrics_en", LYRICS)
    assert chinese.text == "不分开\n"
    assert "CC0" in english.origin
    assert repr(english) == "Corpus('lyrics_en': 40 characters, 16 different ones)"


def test_the_course_s_lyrics_are_found_beside_a_data_directory(folder, elsewhere):
    assert load("lyrics_en", elsewhere).text == LYRICS
    (elsewhere / "lyrics_en.txt").write_text("mine", encoding="utf-8")
    assert load("lyrics_en", str(elsewhere)).text == "mine"


def test_the_data_directory_is_argument_then_variable_then_course(
    folder, elsewhere, tmp_path, monkeypatch
):
    other = tmp_path / "other"
    other.mkdir()
    for place in (folder, elsewhere, other):
        (place / "song.txt").write_text(place.name, encoding="utf-8")
    assert load("song.txt").text == "data"
    monkeypatch.setenv("UNROLLED_DATA", str(other))
    assert load("song.txt").text == "other"
    assert load("song.txt", elsewhere).text == "elsewhere"
    monkeypatch.setenv("UNROLLED_DATA", "")  # as good as none
    assert load("song.txt").text == "data"


@given(st.text(max_size=20), st.integers(1, 25))
def test_a_prepared_text_is_the_beginning_without_line_ends(text, limit):
    prepared = prepare(text, limit)
    assert len(prepared) == min(limit, len(text))
    assert all(
        ours == (" " if theirs in "\r\n" else theirs)
        for ours, theirs in zip(prepared, text, strict=False)
    )
    assert prepare(text) == prepare(text, 1000)


def test_line_ends_become_one_space_for_each_character():
    assert prepare("a\r\nb\nc\rd\u2028e") == "a  b c d\u2028e"
    assert prepare("分开\n不", 3) == "分开 "


# Files of your own


def test_a_zip_of_one_text_is_read_as_it_is(folder):
    text = "想要有\r\n直升机\n"
    pack(folder / "jaychou_lyrics.txt.zip", {"jaychou_lyrics.txt": text.encode()})
    before = names(folder)
    corpus = load("jaychou_lyrics.txt.zip")
    assert corpus == Corpus("jaychou_lyrics.txt.zip", text, corpus.origin)
    assert load("jaychou_lyrics.txt.zip", limit=4).text == "想要有\r"
    assert names(folder) == before  # nothing was unpacked


def test_a_text_may_lie_in_a_folder_of_its_zip(folder):
    with zipfile.ZipFile(folder / "song.zip", "w") as archive:
        archive.mkdir("songs")
        archive.writestr("songs/one..two.txt", "la la")
    assert load("song.zip").text == "la la"


def test_a_text_is_read_by_its_path(folder, elsewhere):
    (elsewhere / "Song.TXT").write_bytes("\ufeffla\r\nla".encode())
    assert (
        load(elsewhere / "Song.TXT").text == "la\r\nla"
    )  # without the byte order mark
    assert load("../elsewhere/Song.TXT").name == "Song.TXT"


# Bad files


def bad_files() -> dict[str, tuple[bytes | dict[str, bytes], str]]:
    """Name each bad file's content, or its members, and what is said of it."""
    return {
        "empty.txt": (b"", r"empty.txt is empty"),
        "blank.txt": (b" \n\r\n", r"blank.txt is empty"),
        "latin.txt": (
            "Frère".encode("latin-1"),
            r"latin.txt is not UTF-8: byte 2, counted from 0, is 0xE8",
        ),
        "cut.txt": ("分开".encode()[:-1], r"cut.txt is not UTF-8: byte 3, "),
        "utf16.txt": ("song".encode("utf-16"), r"utf16.txt is not UTF-8: byte 0, "),
        "latin.zip": ({"a.txt": b"ab\xff"}, r"latin.zip is not UTF-8: byte 2, "),
        "blank.zip": ({"a.txt": b""}, r"blank.zip is empty"),
        "none.zip": ({}, r"none.zip must hold one text, but it holds 0 files"),
        "two.zip": (
            {"a.txt": b"a", "b.txt": b"b"},
            r"two.zip must hold one text, but it holds 2 files",
        ),
        "up.zip": ({"../a.txt": b"a"}, r"up.zip holds a file named '../a.txt', which"),
        "deep.zip": ({"b/../../a.txt": b"a"}, r"deep.zip holds a file named 'b/../"),
        "root.zip": ({"/etc/a.txt": b"a"}, r"root.zip holds a file named '/etc/a.txt'"),
        "drive.zip": ({"C:\\a.txt": b"a"}, r"drive.zip holds a file named 'C:"),
        "back.zip": ({"..\\a.txt": b"a"}, r"back.zip holds a file named '\.\."),
        "share.zip": ({"\\\\a\\b.txt": b"a"}, r"share.zip holds a file named '"),
        "text.zip": (b"no zip at all", r"text.zip is no zip, or a damaged one \(BadZ"),
    }


def refusal(name: str | Path, message: str, data: Path | None = None) -> str:
    """Demand that a text is refused in one sentence, and return it."""
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        load(name, data)
    told = str(caught.value)
    assert "\n" not in told
    assert told.endswith(".")
    return told


@pytest.mark.parametrize("name", bad_files())
def test_a_bad_file_gets_one_sentence_and_nothing_is_left(name, folder, tmp_path):
    content, message = bad_files()[name]
    if isinstance(content, dict):
        pack(folder / name, content)
    else:
        (folder / name).write_bytes(content)
    before = sorted(tmp_path.rglob("*"))
    refusal(name, message)
    assert sorted(tmp_path.rglob("*")) == before


def declared(path: Path, size: int) -> None:
    """Let a zip of one member tell a lie about the size that it unpacks to."""
    content = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(mark) + place, size)
    path.write_bytes(content)


def test_a_zip_that_would_unpack_to_too_much_is_refused(folder, monkeypatch):
    monkeypatch.setattr(corpora, "LARGEST", 1_000_000)
    path = pack(folder / "bomb.zip", {"a.txt": b"a" * 1_000_001})
    assert path.stat().st_size < 2000
    message = r"bomb.zip would unpack to more than 1 MB"
    refusal("bomb.zip", message)
    declared(path, 2**32 - 2)
    refusal("bomb.zip", message)
    for lie in (0, 10, 999_999):
        declared(path, lie)
        refusal("bomb.zip", r"bomb.zip is no zip, or a damaged one \(BadZipFile\)")
    pack(folder / "large.zip", {"a.txt": b"a" * 1_000_000})
    assert len(load("large.zip").text) == 1_000_000


def test_what_is_really_read_of_a_zip_is_limited_too(folder, monkeypatch):
    monkeypatch.setattr(corpora, "LARGEST", 1000)
    pack(folder / "lie.zip", {"a.txt": b"a" * 10})
    asked = []

    def read(_: object, size: int = -1) -> bytes:
        asked.append(size)
        return b"a" * size

    monkeypatch.setattr(zipfile.ZipExtFile, "read", read)
    refusal("lie.zip", r"lie.zip would unpack to more than 0 MB")
    assert asked == [1001]
    declared(folder / "lie.zip", 1001)  # too large by its own word: not read at all
    refusal("lie.zip", r"lie.zip would unpack to more than 0 MB")
    assert asked == [1001]


def test_an_encrypted_zip_is_refused(folder):
    path = pack(folder / "secret.zip", {"a.txt": b"la la"})
    content = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    path.write_bytes(content)
    refusal("secret.zip", r"secret.zip is encrypted; make a zip .* without a password")


@given(place=st.integers(0, 10_000), bits=st.integers(1, 255), cut=st.booleans())
def test_a_damaged_zip_is_read_right_or_refused(tmp_path_factory, place, bits, cut):
    folder = tmp_path_factory.getbasetemp() / "damaged"
    folder.mkdir(exist_ok=True)
    path = pack(folder / "song.zip", {"song.txt": LYRICS.encode()})
    content = bytearray(path.read_bytes())
    place %= len(content)
    content[place] ^= bits
    path.write_bytes(content[: place + 1] if cut else content)
    told = "song.zip ."
    try:
        assert load(path, folder).text == LYRICS
    except ValueError as error:
        told = str(error)
    assert told.startswith("song.zip ")
    assert told.endswith(".")
    assert "\n" not in told


def test_a_missing_file_is_told_with_what_is_there(folder, elsewhere):
    told = refusal("song.txt", r"There is no file 'song.txt', neither by that path nor")
    assert told.endswith("where the texts are: lyrics_en.txt, lyrics_zh.txt.")
    (elsewhere / "notes.md").touch()
    told = refusal(elsewhere / "song.zip", r"There is no file", elsewhere)
    assert told.endswith("lyrics_en.txt, lyrics_zh.txt.")
    assert str(elsewhere) in told
    (folder / "lyrics_zh.txt").unlink()
    refusal("lyrics_zh", r"There is no file 'lyrics_zh.txt'")


@pytest.mark.parametrize("name", ["lyrics", "song.md", "", "song.txt.gz"])
def test_a_name_that_is_none_is_told_the_names(name, folder):
    told = refusal(name, r"name must be one of lyrics_zh, lyrics_en, ")
    assert "shakespeare" in told
    assert f"but {name!r} was given" in told


def test_a_missing_folder_is_told(folder, tmp_path, monkeypatch):
    refusal("lyrics_en", r"data must name a folder, but .*'nowhere'", Path("nowhere"))
    monkeypatch.setenv("UNROLLED_DATA", "nowhere")
    refusal("lyrics_en", r"UNROLLED_DATA must name a folder, but there is no folder")
    monkeypatch.delenv("UNROLLED_DATA")
    monkeypatch.chdir(tmp_path)
    refusal("lyrics_en", r"The course's folder data is neither in .* nor above it; run")


@pytest.mark.parametrize("limit", [0, -1, 1.5, "10"])
def test_a_limit_is_a_number_of_characters(limit, folder):
    for call in (lambda: load("lyrics_en", limit=limit), lambda: prepare("a", limit)):
        with pytest.raises(ValueError, match=r"^limit must be a whole number of at le"):
            call()


# Public texts


def test_the_second_address_serves_if_the_first_does_not(
    server, refused, folder, monkeypatch, capfd
):
    publish(monkeypatch, refused, f"{server.address}/gone", f"{server.address}/play")
    corpus = load("play", limit=14)
    assert corpus == Corpus("play", "First Citizen:", "A play.")
    assert server.asked == ["/gone", "/play"]
    assert (folder / "play.txt").read_bytes() == PLAY.encode()
    assert load("play").text == PLAY
    assert server.asked == ["/gone", "/play"]  # the second time it was there
    assert names(folder) == [LOCK, "lyrics_en.txt", "lyrics_zh.txt", "play.txt"]
    assert capfd.readouterr() == ("", "")


def test_a_text_is_kept_in_the_data_directory(server, folder, elsewhere, monkeypatch):
    publish(monkeypatch, f"{server.address}/play")
    load("play", elsewhere)
    assert "play.txt" in names(elsewhere)
    assert "play.txt" not in names(folder)


def test_a_file_under_the_usual_name_needs_no_network(folder, refused, monkeypatch):
    publish(monkeypatch, refused)
    (folder / "play.txt").write_bytes(PLAY.encode())
    assert load("play").text == PLAY
    assert LOCK not in names(folder)


def test_another_file_under_the_usual_name_is_refused_and_kept(
    folder, server, monkeypatch
):
    publish(monkeypatch, f"{server.address}/play")
    (folder / "play.txt").write_bytes(b"my own play")
    told = refusal("play", r".*play.txt is not the text that belongs under this name")
    assert hashlib.sha256(b"my own play").hexdigest()[:12] in told
    assert (folder / "play.txt").read_bytes() == b"my own play"
    assert server.asked == []


def test_what_came_with_a_wrong_digest_is_deleted(server, folder, monkeypatch):
    server.pages["/other"] = PLAY.encode() + b"!"
    publish(monkeypatch, f"{server.address}/other", f"{server.address}/gone")
    refusal("play", r"The play came with a wrong digest: its SHA-256 is not")
    assert names(folder) == [LOCK, "lyrics_en.txt", "lyrics_zh.txt"]
    # The next address makes up for it.
    publish(monkeypatch, f"{server.address}/other", f"{server.address}/play")
    assert load("play").text == PLAY


def test_without_network_the_english_lyrics_serve(folder, refused, monkeypatch, capfd):
    publish(monkeypatch, refused, refused)
    corpus = load("play", limit=4)
    assert (corpus.name, corpus.text) == ("lyrics_en", "Rain")
    out, err = capfd.readouterr()
    assert out == (
        "The play cannot be fetched (no address answers, 2 tried: ConnectionError); "
        "the course's own English lyrics serve instead.\n"
    )
    assert err == ""
    assert names(folder) == [LOCK, "lyrics_en.txt", "lyrics_zh.txt"]


def test_a_silent_server_is_not_waited_for(folder, monkeypatch, capfd):
    monkeypatch.setattr(corpora, "PATIENCE", 0.1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        publish(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}/play")
        start = time.monotonic()
        assert load("play").name == "lyrics_en"
        assert time.monotonic() - start < 5
    assert "1 tried: ReadTimeout" in capfd.readouterr().out


def test_a_folder_that_cannot_be_written_to_is_told(folder, server, monkeypatch, capfd):
    publish(monkeypatch, f"{server.address}/play")
    (folder / LOCK).mkdir()  # even an administrator cannot open it as a file
    assert load("play").name == "lyrics_en"
    assert capfd.readouterr().out.startswith(f"The play cannot be fetched ({folder}: ")
    assert server.asked == []


def test_of_two_processes_at_once_one_fetches(server, folder):
    code = (
        "import sys; from unrolled.tasks import corpora; "
        f"corpora.PUBLIC['play'] = corpora.{play(f'{server.address}/play')!r}; "
        "import filelock, pooch; print('ready', flush=True); sys.stdin.readline(); "
        "print(len(corpora.load('play').text))"
    )
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    for reader in readers:
        assert reader.stdout.readline() == "ready\n"
    for reader in readers:  # both are awake before the first has asked
        reader.stdin.write("\n")
        reader.stdin.flush()
    assert [reader.communicate()[0] for reader in readers] == [f"{len(PLAY)}\n"] * 2
    assert server.asked == ["/play"]


def test_digests_and_addresses_are_whole():
    for text in corpora.PUBLIC.values():
        assert len(bytes.fromhex(text.sha256)) == 32
        assert len(set(text.addresses)) >= 2
        assert all(address.startswith("https://") for address in text.addresses)
        assert "public domain" in text.origin


def test_shakespeare_is_the_text_of_char_rnn():
    data = os.environ.get("UNROLLED_DATA", "")
    if not (Path(data) / "tinyshakespeare.txt").is_file():
        pytest.skip("no tinyshakespeare.txt in the folder that UNROLLED_DATA names")
    text = load("shakespeare", data).text
    assert len(text) == 1_115_394
    assert len(set(text)) == 65
    assert text.startswith("First Citizen:\nBefore we proceed any further, hear me")
