"""Handwritten digits: found, fetched once, replaced by smaller ones, cut into parts."""

import gzip
import hashlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tests.unit.test_digits_files import EXPECTED, SMALL, idx, npz, put_idx
from unrolled.tasks import digits
from unrolled.tasks.digits import (
    Digits,
    PublicDigits,
    epoch_order,
    load,
    load_embedded,
    scaled,
    split,
)

LOCK = ".mnist.npz.lock"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a data directory beside a course's folder, in which the test runs."""
    for name in ("UNROLLED_DATA", "http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    course = tmp_path / "course" / "data"
    course.mkdir(parents=True)
    (course / "lyrics_en.txt").write_bytes(b"la la")
    monkeypatch.chdir(tmp_path / "course")
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine"


class Server(ThreadingHTTPServer):
    """A server on this machine; it takes its time, and notes what it was asked for."""

    daemon_threads = True
    pages: dict[str, bytes]
    asked: list[str]
    stopped: threading.Event

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """Send a page; below /cut/ only half of it, below /slow/ half and then nothing."""

    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        page = self.server.pages.get("/" + self.path.split("/")[-1])
        if page is None or "/gone/" in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page[: len(page) // 2])
        self.wfile.flush()
        time.sleep(0.2)
        if "/slow/" in self.path:
            self.server.stopped.wait(60)
        elif "/cut/" not in self.path:
            self.wfile.write(page[len(page) // 2 :])

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.asked, running.stopped = [], threading.Event()
        running.pages = {"/mnist.npz": npz(np.savez_compressed), "/portal.npz": b"<!--"}
        for part in EXPECTED:
            packed = gzip.compress(idx(SMALL[part.name]))
            running.pages[f"/{part.file}.gz"] = packed
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.stopped.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def refused() -> Iterator[str]:
    """Give an address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/mnist.npz"


def small(*addresses: str) -> PublicDigits:
    return PublicDigits("MNIST", EXPECTED, addresses, "A few squares.")


def publish(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let MNIST be the small arrays, and have these addresses."""
    monkeypatch.setattr(digits, "MNIST", small(*addresses))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_small(loaded: Digits) -> None:
    assert (loaded.name, loaded.origin) == ("MNIST", "A few squares.")
    for name, array in SMALL.items():
        given = getattr(loaded, name)
        np.testing.assert_array_equal(given, array)
        assert given.dtype == (np.int32 if "labels" in name else np.uint8)


# Found


def test_digits_are_found_in_the_data_directory(folder, refused, monkeypatch, capfd):
    publish(monkeypatch, refused)
    put_idx(folder)
    assert_small(load(folder))
    assert_small(load(str(folder)))
    monkeypatch.setenv("UNROLLED_DATA", str(folder))
    assert_small(load())
    assert len(names(folder)) == 4  # nothing was written
    assert capfd.readouterr() == ("", "")


def test_digits_are_found_beside_a_data_directory(folder, refused, monkeypatch):
    publish(monkeypatch, refused)
    Path("data", "mnist.npz").write_bytes(npz())
    assert_small(load())
    assert_small(load(folder))


def test_a_wrong_file_is_refused_and_nothing_fetched(folder, server, monkeypatch):
    publish(monkeypatch, f"{server.address}/mnist.npz")
    (folder / "mnist.npz").write_bytes(npz()[:-30])
    with pytest.raises(ValueError, match=r"mnist.npz is no npz file, or a damaged one"):
        load(folder)
    assert server.asked == []
    assert names(folder) == ["mnist.npz"]


def test_a_missing_folder_is_told(folder):
    with pytest.raises(ValueError, match=r"^data must name a folder, but there is no"):
        load(folder / "nowhere")


def test_digits_say_what_they_are(folder, monkeypatch):
    publish(monkeypatch)
    put_idx(folder)
    loaded = load(folder)
    assert repr(loaded) == (
        "Digits(MNIST: 30 images to learn from, 12 to test on, 28 × 28 pixels)"
    )
    assert repr(split(loaded, 5)) == "Split(25 images to learn from, 5 held out)"
    with pytest.raises(ValueError, match="read-only"):
        loaded.train_labels[0] = 1


# Fetched


@pytest.mark.parametrize("source", ["mnist.npz", "idx/"])
def test_digits_are_fetched_once_and_kept(source, server, folder, monkeypatch, capfd):
    publish(monkeypatch, f"{server.address}/{source}")
    assert_small(load(folder))
    asked = list(server.asked)
    assert len(asked) == (1 if source == "mnist.npz" else 4)
    assert names(folder) == [LOCK, "mnist.npz"]
    assert_small(load(folder))
    assert server.asked == asked
    output = capfd.readouterr()
    assert output.out == ""
    assert "| 0.00/" in output.err  # a bar, which was taken away again
    assert output.err.endswith(" \r")


def test_the_next_address_serves_if_one_does_not(server, refused, folder, monkeypatch):
    addresses = ("gone/mnist.npz", "portal.npz", "cut/mnist.npz", "gone/", "cut/", "")
    publish(monkeypatch, refused, *(f"{server.address}/{path}" for path in addresses))
    assert_small(load(folder))
    assert names(folder) == [LOCK, "mnist.npz"]
    assert server.asked[:3] == ["/gone/mnist.npz", "/portal.npz", "/cut/mnist.npz"]
    assert len(server.asked) == 3 + 1 + 1 + 4


def test_what_came_as_something_else_is_deleted_and_told(server, folder, monkeypatch):
    publish(monkeypatch, f"{server.address}/portal.npz", f"{server.address}/gone/")
    with pytest.raises(
        ValueError, match=r"portal.npz is not MNIST, and it was"
    ) as told:
        load(folder)
    assert str(folder / "mnist.npz") in str(told.value)
    assert names(folder) == [LOCK]


def test_without_a_network_the_embedded_digits_serve(
    folder, refused, monkeypatch, capfd
):
    publish(monkeypatch, refused, refused)
    loaded = load(folder)
    assert loaded.name == "scikit-learn's digits"
    np.testing.assert_array_equal(loaded.test_images, load_embedded().test_images)
    assert capfd.readouterr() == (
        "MNIST cannot be fetched (no address answers, 2 tried: ConnectionError); "
        "scikit-learn's digits, 1,797 smaller ones, serve instead.\n",
        "",
    )
    assert names(folder) == [LOCK]


def test_a_folder_that_cannot_be_written_to_is_told(folder, server, monkeypatch, capfd):
    publish(monkeypatch, f"{server.address}/mnist.npz")
    (folder / LOCK).mkdir()  # even an administrator cannot open it as a file
    assert load(folder).name == "scikit-learn's digits"
    assert capfd.readouterr().out.startswith(f"MNIST cannot be fetched ({folder}: ")
    assert server.asked == []


def test_a_silent_server_is_not_waited_for(folder, server, monkeypatch, capfd):
    monkeypatch.setattr(digits, "PATIENCE", 0.5)
    publish(monkeypatch, f"{server.address}/slow/mnist.npz")
    start = time.monotonic()
    assert load(folder).name == "scikit-learn's digits"
    assert time.monotonic() - start < 30
    assert "no address answers, 1 tried: " in capfd.readouterr().out
    assert names(folder) == [LOCK]


def reader(folder: Path, *addresses: str) -> subprocess.Popen[str]:
    """Start a process that waits for a line and then loads the small arrays."""
    code = (
        "import sys; from unrolled.tasks import digits, digits_files; "
        "import filelock, pooch; "
        f"Part = digits_files.Part; PublicDigits = digits.PublicDigits; "
        f"digits.MNIST = {small(*addresses)!r}; "
        "print('ready', flush=True); sys.stdin.readline(); "
        f"print(digits.load({str(folder)!r}).train_images.sum())"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def start(readers: list[subprocess.Popen[str]]) -> None:
    """Let processes load, when all of them are awake."""
    for process in readers:
        assert process.stdout.readline() == "ready\n"
    for process in readers:
        process.stdin.write("\n")
        process.stdin.flush()


def test_of_many_processes_at_once_one_fetches(server, folder):
    readers = [reader(folder, f"{server.address}/mnist.npz") for _ in range(4)]
    start(readers)
    total = SMALL["train_images"].sum()
    assert [process.communicate()[0] for process in readers] == [f"{total}\n"] * 4
    assert server.asked == ["/mnist.npz"]
    assert names(folder) == [LOCK, "mnist.npz"]


def test_a_process_that_is_killed_leaves_nothing_that_is_taken_for_digits(
    server, folder, monkeypatch
):
    process = reader(folder, f"{server.address}/slow/mnist.npz")
    start([process])
    while not server.asked:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    assert "mnist.npz" not in names(folder)
    publish(monkeypatch, f"{server.address}/mnist.npz")
    assert_small(load(folder))
    assert names(folder) == [LOCK, "mnist.npz"]


def test_what_a_killed_process_had_half_written_is_replaced(
    server, folder, monkeypatch
):
    (folder / ".mnist.npz.part").write_bytes(b"half")
    publish(monkeypatch, f"{server.address}/mnist.npz")
    assert_small(load(folder))
    assert names(folder) == [LOCK, "mnist.npz"]


def test_digests_and_addresses_are_whole():
    assert [part.size for part in digits.MNIST.parts] == [
        47_040_000, 60_000, 7_840_000, 10_000,
    ]  # fmt: skip
    assert all(len(bytes.fromhex(part.sha256)) == 32 for part in digits.MNIST.parts)
    assert len(set(digits.MNIST.addresses)) >= 3
    for address in digits.MNIST.addresses:
        assert address.startswith("https://")
        assert address.endswith((".npz", "/"))


# The embedded digits


def test_the_embedded_digits_are_like_mnist_s():
    embedded = load_embedded()
    assert (embedded.name, "BSD" in embedded.origin) == ("scikit-learn's digits", True)
    for images, labels, size in (
        (embedded.train_images, embedded.train_labels, 1540),
        (embedded.test_images, embedded.test_labels, 257),
    ):
        assert (images.dtype, images.shape) == (np.uint8, (size, 28, 28))
        assert (labels.dtype, labels.shape) == (np.int32, (size,))
        shares = np.bincount(labels, minlength=10) / size
        assert shares.min() > 0.09
        assert shares.max() < 0.11
        assert images.max(axis=(1, 2)).min() > 200  # a full pen
        for axis in (1, 2):
            inked = images.any(axis=3 - axis)
            middle = images.sum(axis=3 - axis) @ np.arange(28) / images.sum(axis=(1, 2))
            assert inked.sum(axis=1).max() == 20
            assert np.abs(middle - 14).max() <= 0.5


def test_the_embedded_digits_are_always_the_same_and_none_is_in_both_parts():
    first, second = load_embedded(), load_embedded()
    for name in SMALL:
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    images = np.concatenate([first.train_images, first.test_images])
    assert len(images) == 1797
    assert len({image.tobytes() for image in images}) > 1790


def test_only_the_embedded_digits_import_scikit_learn():
    code = (
        "import sys; from unrolled.tasks import digits; "
        "print({'sklearn', 'scipy', 'pooch', 'requests'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


# Parts, numbers, batches


def test_the_first_images_are_held_out():
    embedded = load_embedded()
    parts = split(embedded)
    assert len(parts.validation_images) == 128  # one in twelve of 1,540
    for kind in ("images", "labels"):
        whole = getattr(embedded, f"train_{kind}")
        held, kept = (getattr(parts, f"{p}_{kind}") for p in ("validation", "train"))
        np.testing.assert_array_equal(np.concatenate([held, kept]), whole)
    assert len(split(embedded, 1539).train_labels) == 1


@pytest.mark.parametrize("validation", [0, -1, 2.5, 1540, "5"])
def test_something_must_be_held_out_and_something_left(validation):
    with pytest.raises(ValueError, match=r"^validation must be "):
        split(load_embedded(), validation)


@given(npst.arrays(np.uint8, npst.array_shapes(min_side=0)))
def test_scaled_images_are_shares_of_ink(images):
    ink = scaled(images)
    assert (ink.dtype, ink.shape) == (np.float32, images.shape)
    assert ((ink >= 0) & (ink <= 1)).all()
    np.testing.assert_array_equal(np.round(ink * 255), images)
    np.testing.assert_array_equal(scaled(images.astype(np.int64)), ink)


def test_ink_is_one_and_paper_is_zero():
    assert scaled([0, 255, 51]).tolist() == [0.0, 1.0, np.float32(0.2)]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.ones((1, 28, 28), np.float32), r"but they hold float32; pass them as they"),
        (np.array([3, 256]), r"but they hold int64 from 3 to 256; pass"),
        (np.array([-1, 2]), r"but they hold int64 from -1 to 2; pass"),
        (np.array([True]), r"but they hold bool; pass"),
        (["a"], r"but they hold <U1; pass"),
    ],
)
def test_images_that_are_no_grey_values_are_told(images, message):
    with pytest.raises(ValueError, match=f"^images must be whole .*, {message}"):
        scaled(images)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 9), st.integers(0, 9))
def test_an_epoch_holds_each_image_once_at_most(size, batch, epoch, seed):
    if batch > size:
        with pytest.raises(
            ValueError, match=r"^batch must be at most size, but batch "
        ):
            epoch_order(size, batch, epoch, seed)
        return
    order = epoch_order(size, batch, epoch, seed)
    assert order.shape == (size // batch, batch)
    assert len(set(order.ravel().tolist())) == order.size
    assert (order >= 0).all()
    assert (order < size).all()
    np.testing.assert_array_equal(epoch_order(size, batch, epoch, seed), order)


def test_epochs_and_seeds_have_orders_of_their_own():
    orders = {
        epoch_order(100, 10, epoch, seed).tobytes()
        for epoch in range(5)
        for seed in range(5)
    }
    assert len(orders) == 25


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ((0, 1, 0, 0), "size"),
        ((9, 0, 0, 0), "batch"),
        ((9, 1, -1, 0), "epoch"),
        ((9, 1, 0, 0.5), "seed"),
    ],
)
def test_an_order_is_asked_for_in_whole_numbers(numbers, name):
    with pytest.raises(ValueError, match=f"^{name} must be a whole number"):
        epoch_order(*numbers)


# MNIST itself


@pytest.fixture
def data() -> str:
    """Give the folder in which MNIST is."""
    folder = os.environ.get("UNROLLED_DATA", "")
    if not (Path(folder) / "mnist.npz").is_file():
        pytest.skip("no mnist.npz in the folder that UNROLLED_DATA names")
    return folder


def test_mnist_is_read_whole(data):
    mnist = load(data)
    assert repr(mnist) == (
        "Digits(MNIST: 60,000 images to learn from, 10,000 to test on, 28 × 28 pixels)"
    )
    assert "ShareAlike" in mnist.origin
    assert mnist.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist.test_labels[:5].tolist() == [7, 2, 1, 0, 4]
    parts = split(mnist)
    assert (len(parts.train_images), len(parts.validation_images)) == (55_000, 5000)
    assert parts.validation_labels[:5].tolist() == [5, 0, 4, 1, 9]
    head = bytes.fromhex("00000803 0000ea60 0000001c 0000001c")
    published = hashlib.sha256(head + mnist.train_images.tobytes()).hexdigest()
    assert published == (  # of the training images' IDX file
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    )


def test_mnist_is_loaded_in_half_a_second_once_it_is_kept(data, tmp_path):
    mnist = load(data)
    kept = {
        part.name: np.asarray(getattr(mnist, part.name), np.uint8)
        for part in digits.MNIST.parts
    }
    digits.write_npz(tmp_path / "mnist.npz", kept, digits.MNIST.parts)
    start = time.process_time()  # the machine may be busy
    load(tmp_path)
    assert time.process_time() - start < 0.5


def test_one_pixel_that_is_another_is_noticed(data, tmp_path, monkeypatch):
    loaded = load(data)
    altered = {
        part.name: np.array(getattr(loaded, part.name), np.uint8)
        for part in digits.MNIST.parts
    }
    altered["test_images"][9999, 27, 27] ^= 1
    digits.write_npz(tmp_path / "mnist.npz", altered, digits.MNIST.parts)
    with pytest.raises(ValueError, match=r"the SHA-256 of x_test is "):
        load(tmp_path)
