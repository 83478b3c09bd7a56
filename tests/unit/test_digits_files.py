"""MNIST's files: any container of the true arrays is read, and no other."""

import bz2
import gzip
import hashlib
import io
import pickle
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from unrolled.tasks import digits_files
from unrolled.tasks.digits_files import PARTS, Part, read_folder, read_idx, read_npz

SIZES = {"train": 30, "test": 12}

small_arrays = npst.arrays(
    np.uint8, npst.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=6)
)


def digits_like_mnist(seed: int = 0) -> dict[str, np.ndarray]:
    """Draw a few small images and labels, under the names of MNIST's arrays."""
    generator = np.random.default_rng(seed)
    arrays = {}
    for kind, size in SIZES.items():
        images = generator.integers(0, 256, (size, 28, 28)) * (
            generator.random((size, 28, 28)) < 0.2
        )
        arrays[f"{kind}_images"] = images.astype(np.uint8)
        arrays[f"{kind}_labels"] = (np.arange(size) % 10).astype(np.uint8)
    return arrays


def parts_of(arrays: dict[str, np.ndarray]) -> tuple[Part, ...]:
    """Return what is expected of files with such arrays."""
    return tuple(
        replace(
            part,
            shape=arrays[part.name].shape,
            sha256=hashlib.sha256(arrays[part.name].tobytes()).hexdigest(),
        )
        for part in PARTS
    )


SMALL = digits_like_mnist()
EXPECTED = parts_of(SMALL)


def npz(save=np.savez, **changed: object) -> bytes:
    """Return a file such as Keras's, with some arrays changed, or left out if None."""
    arrays = {part.key: SMALL[part.name] for part in PARTS} | changed
    file = io.BytesIO()
    save(file, **{key: value for key, value in arrays.items() if value is not None})
    return file.getvalue()


def idx(array: np.ndarray) -> bytes:
    """Return an IDX file."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return head + array.tobytes()


def put_idx(folder: Path, name=lambda part: part.file, pack=bytes) -> None:
    """Put the four IDX files into a folder."""
    for part in PARTS:
        (folder / name(part)).write_bytes(pack(idx(SMALL[part.name])))


def assert_read(folder: Path) -> None:
    arrays = read_folder(folder, EXPECTED)
    assert arrays is not None
    assert list(arrays) == [part.name for part in PARTS]
    for name, array in arrays.items():
        assert array.dtype == np.uint8
        assert array.flags.c_contiguous
        np.testing.assert_array_equal(array, SMALL[name])


def refusal(folder: Path, message: str) -> str:
    """Demand that a folder is refused in one sentence, and return it."""
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with pytest.raises(ValueError, match=message) as caught:
        read_folder(folder, EXPECTED)
    told = str(caught.value)
    assert told.startswith(str(folder))
    assert told.endswith(".")
    assert "\n" not in told
    assert {path: path.read_bytes() for path in before} == before
    return told


# Containers of the true arrays


def test_nothing_is_found_in_a_folder_without_digits(tmp_path):
    (tmp_path / "lyrics_en.txt").write_text("la", encoding="utf-8")
    (tmp_path / "mnist.npz").mkdir()
    assert read_folder(tmp_path, EXPECTED) is None


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_npz_file_is_read_packed_or_not(save, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(npz(save, more=np.arange(3)))
    assert_read(tmp_path)


def test_arrays_that_are_stored_by_columns_are_the_same(tmp_path):
    by_columns = np.asfortranarray(SMALL["train_images"])
    (tmp_path / "mnist.npz").write_bytes(npz(x_train=by_columns))
    assert_read(tmp_path)


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("dot", [False, True])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx_files_are_read_under_all_their_names(ending, dot, pack, tmp_path):
    # A browser may unpack a file that still ends in .gz.
    def name(part: Part) -> str:
        return (part.file.replace("-idx", ".idx") if dot else part.file) + ending

    put_idx(tmp_path, name, pack)
    assert_read(tmp_path)


def test_keras_s_file_goes_before_the_others(tmp_path):
    put_idx(tmp_path, pack=lambda content: content[:-1])
    refusal(tmp_path, "bytes, but its beginning announces")
    (tmp_path / "mnist.npz").write_bytes(npz())
    assert_read(tmp_path)


def test_what_is_kept_is_whole_and_unpacked(tmp_path):
    path = tmp_path / "mnist.npz"
    digits_files.write_npz(path, SMALL, EXPECTED)
    assert_read(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mnist.npz"]
    with zipfile.ZipFile(path) as archive:
        assert {m.compress_type for m in archive.infolist()} == {zipfile.ZIP_STORED}
    with np.load(path) as keras:  # and Keras can read it
        np.testing.assert_array_equal(keras["x_test"], SMALL["test_images"])


def test_of_a_file_that_cannot_be_written_nothing_is_left(tmp_path, monkeypatch):
    def save(file, **_: object) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", save)
    with pytest.raises(KeyboardInterrupt):
        digits_files.write_npz(tmp_path / "mnist.npz", SMALL, EXPECTED)
    assert list(tmp_path.iterdir()) == []


# The IDX format


@given(small_arrays)
def test_an_idx_file_gives_back_what_was_written(array):
    read = read_idx(idx(array), "file")
    assert read.shape == array.shape
    np.testing.assert_array_equal(read, array)


@given(small_arrays, st.data())
def test_an_idx_file_that_was_cut_or_lengthened_is_refused(array, data):
    content = idx(array)
    kept = data.draw(st.integers(0, len(content) - 1))
    for wrong in (content[:kept], content + b"\0"):
        with pytest.raises(ValueError, match=r"^my file .*expected.*\.$"):
            read_idx(wrong, "my file")


@given(st.binary(max_size=40))
def test_bytes_are_an_idx_file_or_refused(content):
    told = "my file ."
    try:
        assert idx(read_idx(content, "my file")) == content
    except ValueError as error:
        told = str(error)
    assert told.startswith("my file ")
    assert told.endswith(".")


# Files that are something else


def bad_npz() -> dict[str, tuple[bytes, str]]:
    """Name the content of each bad file, and what is said of it."""
    images, labels = SMALL["train_images"], SMALL["train_labels"]
    other = images.copy()
    other[3, 4, 5] ^= 1
    objects = np.array([{"a": 1}, None], dtype=object)
    return {
        "empty": (b"", r"is no npz file, or a damaged one \(BadZipFile\)"),
        "text": (b"<html>no such page</html>", r"is no npz file, or .*\(BadZipFile\)"),
        "half": (npz()[: len(npz()) // 2], r"is no npz file, or .* \(BadZipFile\)"),
        "missing": (
            npz(x_test=None, extra=labels),
            r"holds no array x_test, but extra, x_train, y_test, y_train; move it away",
        ),
        "none": (
            b"PK\x05\x06" + bytes(18),
            r"holds no array x_train, but nothing at all",
        ),
        "objects": (
            npz(x_train=objects),
            r"holds Python objects in x_train, which could run code .* never unpickled",
        ),
        "signed": (
            npz(y_train=labels.astype(np.int8)),
            r"y_train has the shape \(30,\) and the type int8, but \(30,\) and uint8",
        ),
        "floats": (
            npz(x_train=images / np.float32(255)),
            r"x_train unpacks to more than 33,520 bytes, but 23,520 and a short header",
        ),
        "flat": (
            npz(x_train=images.reshape(30, 784)),
            r"has the shape \(30, 784\) and",
        ),
        "fewer": (npz(y_train=labels[:-1]), r"y_train has the shape \(29,\) and the"),
        "other": (
            npz(x_train=other),
            r"is not MNIST, or it is damaged: the SHA-256 of x_train is .* is expected",
        ),
        "large": (
            npz(np.savez_compressed, y_test=np.zeros(10**6, np.uint8)),
            r"y_test unpacks to more than 10,012 bytes, but 12 and a short header are",
        ),
    }


@pytest.mark.parametrize("name", bad_npz())
def test_a_bad_npz_file_gets_one_sentence(name, tmp_path):
    content, message = bad_npz()[name]
    (tmp_path / "mnist.npz").write_bytes(content)
    told = refusal(tmp_path, message)
    assert "mnist.npz" in told
    assert "move it away, and MNIST will be fetched" in told


def with_member(name: str, content: bytes, kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an npz file, one of whose members is replaced by any bytes."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(npz())) as old,
        zipfile.ZipFile(file, "w") as new,
    ):
        for member in old.namelist():
            given = content if member == name else old.read(member)
            new.writestr(member, given, kind if member == name else None)
    return file.getvalue()


def npy(header: str, content: bytes = b"") -> bytes:
    """Return an npy file with a header that may be a lie."""
    return (
        b"\x93NUMPY\x01\x00"
        + struct.pack("<H", len(header))
        + header.encode()
        + content
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is no npz file, or a damaged one \(ValueError\)"),
        (b"\x93NUMPY\x07\x00", r"is no npz file, or a damaged one \(KeyError\)"),
        (npy("__import__('os').abort()"), r"is no npz file, or a damaged one"),
        (pickle.dumps([1, 2]), r"is no npz file, or a damaged one"),
        (
            npy(
                "{'descr': '|u1', 'fortran_order': False, 'shape': (30, 28, 28)}", b"ab"
            ),
            r"is damaged: x_train has 2 bytes, but 23,520 are expected",
        ),
        (
            npy("{'descr': '|u1', 'fortran_order': False, 'shape': (10000000000000,)}"),
            r"x_train has the shape \(10000000000000,\) and the type uint8",
        ),
    ],
)
def test_a_bad_array_in_an_npz_file_gets_one_sentence(content, message, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(with_member("x_train.npy", content))
    refusal(tmp_path, message)


def test_no_more_is_unpacked_than_the_true_data_reach(tmp_path, monkeypatch):
    asked = []
    read = zipfile.ZipExtFile.read

    def noted(file: zipfile.ZipExtFile, size: int = -1) -> bytes:
        asked.append(size)
        return read(file, size)

    monkeypatch.setattr(zipfile.ZipExtFile, "read", noted)
    bomb = with_member("y_test.npy", bytes(10**8))
    asked.clear()
    assert len(bomb) < 10**6
    (tmp_path / "mnist.npz").write_bytes(bomb)
    refusal(tmp_path, r"y_test unpacks to more than 10,012 bytes")
    assert max(asked) <= 23_520 + 10_001
    assert min(asked) > 0


def test_a_way_of_packing_that_knows_no_limit_is_refused(tmp_path):
    bomb = with_member("x_train.npy", bytes(10**8), zipfile.ZIP_BZIP2)
    assert len(bz2.compress(bytes(10**8))) < 1000
    (tmp_path / "mnist.npz").write_bytes(bomb)
    refusal(tmp_path, r"is packed in a way that NumPy does not use \(number 12\)")


def test_a_gzip_file_that_unpacks_to_too_much_is_refused(tmp_path):
    put_idx(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(gzip.compress(bytes(10**7)))
    refusal(tmp_path, r"x_train unpacks to more than 33,520 bytes, but 23,520 and a")
    path.write_bytes(bytes(10**6))  # and so is one that is not packed
    refusal(tmp_path, r"x_train unpacks to more than 33,520 bytes")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: b"", r"is no IDX file: its first bytes are missing"),
        (lambda content: b"<html>", r"is no IDX file: its first bytes are 3c 68 74 6d"),
        (
            lambda content: content[:2] + b"\x0d" + content[3:],
            r"of the type 0x0d along",
        ),
        (
            lambda content: content[:9],
            r"is cut off: it has 9 bytes, but 16 are expected",
        ),
        (lambda content: content[:-9], r"has 23,527 bytes, but .* \(30, 28, 28\), for"),
        (lambda content: content[:-1] + b"\x07", r"the SHA-256 of x_train is "),
        (
            lambda content: idx(SMALL["test_images"]),
            r"x_train has the shape \(12, 28, ",
        ),
        (
            lambda content: gzip.compress(content)[:-9],
            r"is no gzip file, or a damaged one \(EOFError\)",
        ),
        (
            lambda content: b"\x1f\x8b" + content,
            r"is no gzip file, or a damaged one \(BadGzipFile\)",
        ),
    ],
)
def test_a_bad_idx_file_gets_one_sentence(change, message, tmp_path):
    put_idx(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(change(path.read_bytes()))
    told = refusal(tmp_path, message)
    assert told.startswith(str(path))


def test_missing_idx_files_are_named(tmp_path):
    put_idx(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    told = refusal(tmp_path, r" holds 2 of MNIST's 4 files, but not train-labels-idx1-")
    assert "t10k-labels-idx1-ubyte; add what is missing, or" in told


def test_a_file_that_cannot_be_opened_is_told(tmp_path, monkeypatch):
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "mnist.npz").write_bytes(npz())
    monkeypatch.setattr(zipfile, "ZipFile", denied)
    refusal(tmp_path, r"mnist.npz cannot be read \(Permission denied\); mend that, or")


@given(place=st.integers(0, 100_000), bits=st.integers(1, 255), cut=st.booleans())
def test_a_damaged_npz_file_is_read_right_or_refused(
    tmp_path_factory, place, bits, cut
):
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    content = bytearray(npz(np.savez_compressed))
    place %= len(content)
    content[place] ^= bits
    path.write_bytes(content[: place + 1] if cut else content)
    told = f"{path} ."
    try:
        arrays = read_npz(path, EXPECTED)
        assert all((arrays[name] == SMALL[name]).all() for name in SMALL)
    except ValueError as error:
        told = str(error)
    assert told.startswith(f"{path} ")
    assert told.endswith(".")
