"""Files of arrays: what is read is what was written, whatever happens in between."""

import json
import os
import pickle
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unrolled.training.saving import read_arrays, write_arrays

ARRAYS = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3) / 7,
    "b": np.array([1e-300, -0.0, np.nan, np.inf]),
    "c": np.array(7, np.int32),
}
NOTES = {"settings": "a net “on” a task", "step": 12, "seconds": 0.1 + 0.2}


def equal(given_arrays: dict, wanted: dict) -> None:
    assert sorted(given_arrays) == sorted(wanted)
    for name, array in wanted.items():
        found = given_arrays[name]
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert found.tobytes() == array.tobytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "run.npz"
    write_arrays(target, ARRAYS, NOTES)
    return target


@pytest.mark.parametrize("kind", [str, Path])
def test_what_is_read_is_what_was_written_bit_by_bit(path, kind):
    arrays, notes = read_arrays(kind(path))
    equal(arrays, ARRAYS)
    assert notes == NOTES
    assert [p.name for p in path.parent.iterdir()] == ["run.npz"]


def test_writing_again_takes_the_place_of_the_old_file(path):
    write_arrays(path, {"a": np.zeros(2)}, {"step": 13})
    arrays, notes = read_arrays(path)
    equal(arrays, {"a": np.zeros(2)})
    assert notes == {"step": 13}


def test_the_file_is_a_plain_archive_without_pickles(path):
    with zipfile.ZipFile(path) as archive:
        assert set(archive.namelist()) == {"a.npy", "b.npy", "c.npy", "notes.npy"}
    with np.load(path, allow_pickle=False) as file:
        assert all(file[name].dtype.kind in "fiU" for name in file.files)
        assert json.loads(str(file["notes"])) == NOTES


def test_objects_are_refused_before_anything_is_written(path):
    with pytest.raises(ValueError, match=r"^arrays must hold numbers, but 'bad' holds"):
        write_arrays(path, {"bad": np.array([{}])}, {})
    equal(read_arrays(path)[0], ARRAYS)


def test_a_pickle_is_refused_and_not_run(tmp_path):
    witness = tmp_path / "witness"

    class Trap:
        def __reduce__(self):
            return Path.touch, (witness,)

    pickled, boxed = tmp_path / "pickled.npz", tmp_path / "boxed.npz"
    pickled.write_bytes(pickle.dumps(Trap()))
    np.savez(boxed, notes=np.array([Trap()], object))
    for target in (pickled, boxed):
        with pytest.raises(ValueError, match="is not one, or is damaged"):
            read_arrays(target)
    assert not witness.exists()


# Files that are none


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"step 12", b"PK\x03\x04 and so on", b"PK\x05\x06" + b"\0" * 18],
    ids=["empty", "zeros", "text", "a beginning", "an empty archive"],
)
def test_a_file_of_another_kind_gets_one_sentence(tmp_path, content):
    target = tmp_path / "run.npz"
    target.write_bytes(content)
    with pytest.raises(
        ValueError, match=r"^path must be of a saved run, but .*run.npz"
    ):
        read_arrays(target)


def test_arrays_without_notes_or_an_array_alone_are_no_saved_run(tmp_path):
    target = tmp_path / "run.npz"
    np.savez(target, a=np.zeros(3))
    with pytest.raises(ValueError, match="is not one, or is damaged"):
        read_arrays(target)
    with target.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ValueError, match="is not one, or is damaged"):
        read_arrays(target)


def test_a_folder_is_no_saved_run(tmp_path):
    with pytest.raises(ValueError, match="is not one, or is damaged"):
        read_arrays(tmp_path)


def test_a_file_that_is_missing_is_named(tmp_path):
    target = tmp_path / "run.npz"
    with pytest.raises(FileNotFoundError, match=r"^path must be .* no file .*run.npz"):
        read_arrays(target)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255))
def test_a_damaged_byte_is_noticed_or_does_no_harm(path, place, bits):
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= bits
    damaged = path.with_name("damaged.npz")
    damaged.write_bytes(content)
    try:
        arrays, notes = read_arrays(damaged)
    except ValueError:
        with pytest.raises(ValueError, match=r"^path must be of a saved run"):
            read_arrays(damaged)
    else:  # a byte that nobody reads, such as a date, or a name of an array
        assert notes == NOTES
        assert {a.tobytes() for a in arrays.values()} <= {
            a.tobytes() for a in ARRAYS.values()
        }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_that_was_cut_off_is_noticed(path, share):
    content = path.read_bytes()
    cut = path.with_name("cut.npz")
    cut.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="is not one, or is damaged"):
        read_arrays(cut)


# Writing that fails


@pytest.mark.parametrize("name", ["run", "run.npy", "run.npz.part", "npz"])
def test_the_name_must_end_in_npz(tmp_path, name):
    with pytest.raises(ValueError, match=r"^path must end in .npz"):
        write_arrays(tmp_path / name, ARRAYS, NOTES)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^path must be in a folder .*missing"):
        write_arrays(tmp_path / "missing" / "run.npz", ARRAYS, NOTES)


@pytest.mark.parametrize("broken", ["os.replace", "os.fsync", "numpy.savez"])
@pytest.mark.parametrize("error", [OSError("no space left"), KeyboardInterrupt()])
def test_whoever_fails_to_write_leaves_the_old_file_and_nothing_else(
    path, monkeypatch, broken, error
):
    def fail(*arguments, **options):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(broken, fail)
        with pytest.raises(type(error)):
            write_arrays(path, {"a": np.zeros(2)}, {})
    equal(read_arrays(path)[0], ARRAYS)
    assert [p.name for p in path.parent.iterdir()] == ["run.npz"]
    write_arrays(path, {"a": np.zeros(2)}, {})
    equal(read_arrays(path)[0], {"a": np.zeros(2)})


KILLED = """
import os, signal, sys
import numpy as np
from unrolled.training.saving import write_arrays

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def write_a_half_and_die(file, *arrays, **named):
    file.write(b"PK" + bytes(5000))
    file.flush()
    die()

where = sys.argv[1]
if where == "numpy.savez":
    np.savez = write_a_half_and_die
else:
    setattr(os, where.removeprefix("os."), die)
write_arrays(sys.argv[2], {"a": np.zeros(2)}, {})
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows knows no SIGKILL")
@pytest.mark.parametrize("where", ["numpy.savez", "os.fsync", "os.replace"])
def test_whoever_is_killed_while_writing_leaves_the_old_file(path, where):
    command = [sys.executable, "-c", KILLED, where, str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    arrays, notes = read_arrays(path)
    equal(arrays, ARRAYS)
    assert notes == NOTES
    left = [p for p in path.parent.iterdir() if p != path]
    assert len(left) == 1  # the half-written file, which stands in nobody's way
    assert left[0].name.endswith(".npz.part")
    write_arrays(path, {"a": np.zeros(2)}, {})
    equal(read_arrays(path)[0], {"a": np.zeros(2)})
    assert left[0].exists()


def test_the_content_is_on_the_disk_before_the_name_is(path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, n=name, r=real: (calls.append(n), r(*a))
        )
    write_arrays(path, ARRAYS, NOTES)
    assert calls == ["fsync", "replace"]
