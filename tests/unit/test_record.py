"""The record of a run: small, and right within the error that it states.

How the browser reads it is tested in tests/js/watch_model.test.js.
"""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scripts.golden_watch import LONG, long_loss
from unrolled.report import Report
from unrolled.views.live import record
from unrolled.views.live.panels import MOST_CHARACTERS
from unrolled.views.live.record import (
    Body,
    packed,
    packed_steps,
    packed_texts,
    packed_values,
)
from unrolled.views.live.recorder import RECORD_BYTES, Recorder
from unrolled.views.live.thinning import Envelope, EveryFew, extreme_rows

pytestmark = pytest.mark.filterwarnings("error")

ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True, width=64)
ARRAYS = hnp.arrays(np.float64, st.integers(0, 60), elements=ANY_FLOAT)
SIZES = st.floats(1e-300, 1e300)


# A decoder of its own, written from the description in record.py


def header_of(raw: bytes) -> dict[str, Any]:
    assert raw[:4] == b"UNR1"
    return json.loads(raw[8 : body_start(raw)])


def body_start(raw: bytes) -> int:
    return 8 + int.from_bytes(raw[4:8], "little")


def array_of(raw: bytes, entry: dict[str, Any]) -> np.ndarray:
    kind = {"uint16": "<u2", "int32": "<i4", "float64": "<f8"}[entry["type"]]
    start = body_start(raw) + entry["offset"]
    assert start % 8 == 0
    count = int(np.prod(entry["shape"]))
    return np.frombuffer(raw, kind, count, start).reshape(entry["shape"])


def steps_of(raw: bytes, entry: dict[str, Any]) -> list[int]:
    if "type" in entry:
        return [int(step) for step in array_of(raw, entry)]
    return [entry["first"] + entry["stride"] * k for k in range(entry["count"])]


def values_of(raw: bytes, entry: dict[str, Any]) -> np.ndarray:
    codes = array_of(raw, entry["codes"])
    part = np.minimum(codes / 65531, 1.0)
    spread = (1 - part) * entry["low"] + part * entry["high"]
    values = np.exp(spread) if entry["scale"] == "log" else spread
    for code, value in ((65532, 0.0), (65533, -np.inf), (65534, np.inf)):
        values[codes == code] = value
    values[codes == 65535] = np.nan
    return values


def stored_and_read(values: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
    body = Body()
    entry = packed_values(body, values)
    return entry, values_of(packed({}, body), entry)


def assert_within_bound(entry: dict[str, Any], read: np.ndarray, true: Any) -> None:
    finite = np.isfinite(true)
    np.testing.assert_array_equal(read[~finite], true[~finite])
    scale = np.abs(true[finite]) if entry["scale"] == "log" else 1.0
    error = np.abs(read[finite] - true[finite])
    assert np.all(error <= entry["bound"] * scale)


# Values and steps


@settings(max_examples=300)
@given(ARRAYS)
def test_every_value_is_read_within_the_stated_bound(values):
    entry, read = stored_and_read(values)
    assert_within_bound(entry, read, values)


@given(hnp.arrays(np.float64, st.integers(2, 60), elements=SIZES))
def test_values_that_are_not_negative_are_read_within_a_part_of_themselves(values):
    entry, read = stored_and_read(values)
    assert entry["scale"] == "log"
    assert entry["bound"] < 0.011
    assert_within_bound(entry, read, values)


@pytest.mark.parametrize(("ratio", "most"), [(10, 2e-5), (1e6, 1.1e-4), (1e30, 6e-4)])
def test_the_bound_is_about_half_a_code(ratio, most):
    entry, _ = stored_and_read(np.geomspace(1, ratio, 50))
    exact = np.expm1(np.log(ratio) / 65531 / 2)
    assert exact <= entry["bound"] <= most
    assert entry["bound"] <= 1.01 * exact + 1e-10


def test_the_bound_is_reached_so_it_cannot_be_smaller():
    values = np.linspace(-1.0, 2.0, 5000)
    entry, read = stored_and_read(values)
    assert np.max(np.abs(read - values)) > 0.99 * entry["bound"]


@pytest.mark.parametrize(
    "steps",
    [[], [7], [0, 1, 2, 3], [10, 20, 30], [0, 1, 5], [-3, 4, 2**31], [5, 2**40]],
)
def test_steps_come_back_as_they_were(steps):
    body = Body()
    entry = packed_steps(body, np.array(steps, np.int64))
    assert steps_of(packed({}, body), entry) == steps


def test_even_steps_take_no_room():
    body = Body()
    packed_steps(body, np.arange(0, 10**6, 7))
    assert bytes(body) == b""


@given(hnp.arrays(np.float64, (4, 3), elements=ANY_FLOAT))
def test_rows_are_read_within_half_a_code_of_their_own_scale(rows):
    body = Body()
    entry = record.packed_rows(body, rows)
    raw = packed({}, body)
    low, high = (array_of(raw, entry[end]) for end in ("low", "high"))
    codes = array_of(raw, entry["codes"])
    if len(codes) == 1:
        codes, low, high = (np.repeat(part, 4, axis=0) for part in (codes, low, high))
    for row, code, least, most in zip(rows, codes, low, high, strict=True):
        finite = np.isfinite(row)
        assert np.all(code[finite] <= 65531)
        assert np.all(code[~finite] > 65532)
        part = np.minimum(code / 65531, 1.0)
        read = (1 - part) * least + part * most
        bound = (most / 2 - least / 2) / 65531 * (1 + 1e-9)
        bound += 4e-16 * max(abs(least), abs(most)) + 1e-320
        assert np.all(np.abs(read - row)[finite] <= bound)


def test_rows_that_are_all_the_same_are_stored_once():
    body = Body()
    record.packed_rows(body, np.tile([1.0, np.nan, 3.0], (100, 1)))
    assert len(bytes(body)) == 24
    record.packed_rows(body, np.eye(100))
    assert len(bytes(body)) > 20_000


def test_a_header_holds_any_text_and_no_number_that_json_has_not():
    raw = packed({"title": "ω ↘ “x”", "rate": None}, Body())
    assert len(raw) % 8 == 0
    assert header_of(raw) == {"title": "ω ↘ “x”", "rate": None}
    with pytest.raises(ValueError, match="JSON"):
        packed({"rate": float("nan")}, Body())


def test_a_frame_holds_the_newest_numbers_whatever_they_are():
    recorder = Recorder("")
    losses, huge = np.array([np.nan, np.inf, 1e300, 0.25]), {"a": np.inf, "b": np.nan}
    recorder.add(Report(2**40, 0, losses, huge))
    raw = recorder.frame("running")
    header = header_of(raw)
    (entry,) = header["losses"]["columns"]
    start = body_start(raw) + entry["offset"]
    values = np.frombuffer(raw, "<f4", 4, start)
    np.testing.assert_array_equal(values, [np.nan, np.inf, np.inf, 0.25])
    assert steps_of(raw, header["losses"]["steps"])[-1] == 2**40


@given(st.lists(st.text(max_size=9), max_size=20))
def test_texts_come_back_in_order_and_each_is_stored_once(texts):
    body = Body()
    entry = packed_texts(body, texts)
    raw = packed(entry, body)
    assert len(set(entry["table"])) == len(entry["table"])
    table = header_of(raw)["table"]
    assert [table[place] for place in array_of(raw, entry["which"])] == texts


@given(st.text())
def test_the_length_of_a_text_is_what_it_takes_in_a_header(text):
    sizes = [len(packed({"a": t}, Body())) for t in (text, "")]
    assert 0 <= sizes[0] - sizes[1] - (record.text_length(text) - 2) + 7 < 15
    assert record.text_length("a\0分🌧") == 2 + 1 + 6 + 3 + 4


# Thinning


def envelope_of(rows: np.ndarray, most: int, chunk: int) -> tuple[Any, Any]:
    curve = Envelope(rows.shape[1], most)
    for start in range(0, len(rows), chunk):
        part = rows[start : start + chunk]
        curve.append(np.arange(start, start + len(part)), part)
    return curve.points()


@settings(max_examples=60)
@given(
    rows=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 900), st.integers(1, 3)),
        elements=ANY_FLOAT,
    ),
    most=st.integers(12, 200),
    chunk=st.integers(1, 400),
)
def test_an_envelope_keeps_true_rows_the_ends_and_the_extremes(rows, most, chunk):
    steps, kept = envelope_of(rows, most, chunk)
    assert len(steps) <= max(most, 12) + 2
    assert np.all(np.diff(steps) > 0)
    np.testing.assert_array_equal(kept, rows[steps])
    assert (steps[0], steps[-1]) == (0, len(rows) - 1)
    for column, few in zip(rows.T, kept.T, strict=True):
        known = column[~np.isnan(column)]
        if known.size:
            assert np.nanmin(few) == known.min()
            assert np.nanmax(few) == known.max()


@given(st.integers(1, 100), st.integers(1, 30))
def test_a_series_that_fits_is_kept_as_it_is(length, chunk):
    rows = np.random.default_rng(0).normal(size=(length, 2))
    steps, kept = envelope_of(rows, 100, chunk)
    np.testing.assert_array_equal(steps, np.arange(length))
    np.testing.assert_array_equal(kept, rows)


def test_a_long_series_is_kept_evenly():
    rows = np.random.default_rng(0).normal(size=(50_000, 1))
    steps, _ = envelope_of(rows, 600, 130)
    assert 250 < len(steps) <= 602
    assert np.diff(steps).max() < 2.5 * 50_000 / 150


def test_a_peak_is_seen_wherever_it_lies():
    for place in range(0, 5000, 97):
        rows = np.sin(np.arange(5000.0))[:, np.newaxis]
        rows[place] = 9.0
        steps, kept = envelope_of(rows, 100, 33)
        assert kept.max() == 9.0
        assert steps[kept[:, 0].argmax()] == place


def test_of_equal_extremes_the_first_is_kept():
    rows = np.zeros((6, 1))
    assert extreme_rows(np.array([0, 0, 0, 1, 1, 1]), rows).tolist() == [0, 3]


@given(
    st.lists(st.integers(0, 3), max_size=30),
    st.lists(st.sampled_from([-2.0, 0.0, 1.0, 3.0, np.nan, np.inf]), min_size=60),
)
def test_extreme_rows_are_those_that_sorting_finds(numbers, values):
    buckets = np.array(sorted(numbers), dtype=np.int64)
    rows = np.array(values[: 2 * len(buckets)]).reshape(-1, 2)
    wanted = set()
    for bucket in set(numbers):
        places = np.flatnonzero(buckets == bucket)
        for column in rows.T:
            for sign in (1, -1):  # of equal values the first; a NaN comes last
                order = np.argsort(sign * column[places], kind="stable")
                wanted.add(int(places[order[0]]))
    assert extreme_rows(buckets, rows).tolist() == sorted(wanted)


@given(count=st.integers(0, 300), held=st.integers(2, 20), most=st.integers(2, 30))
def test_few_of_many_are_evenly_spaced_with_both_ends(count, held, most):
    few: EveryFew[int] = EveryFew(held)
    for item in range(count):
        few.append(item)
    items = few.items(most)
    assert set(items) <= set(few.held)
    assert len(few.held) <= 2 * held + 1
    assert len(items) <= min(most, 2 * held + 1)
    assert items == sorted(set(items))
    assert few.last == items[-1:]
    if count:
        assert (items[0], items[-1]) == (0, count - 1)
        gaps = np.diff([*items[:-1]])
        assert len(gaps) == 0 or gaps.max() <= 4 * max(gaps.min(), count / len(items))


# Whole runs


def weights_report(step: int, losses: np.ndarray, columns: int = 2) -> Report:
    shape = (len(losses), columns)
    weights = {"w": np.random.default_rng(step).normal(size=shape)}
    norms = {f"norm {k}": float(step + k) for k in range(12)}
    sample, planned = {"weights": weights}, 10**7
    return Report(step, 0, losses, norms, sample, "weights", planned=planned)


def sequences_report(step: int, losses: np.ndarray) -> Report:
    random = np.random.default_rng(step)
    names = ("input", "target", "prediction")
    sample = {name: random.normal(size=(9, 300, 2)) for name in names}
    return Report(step, 0, losses, sample=sample, panel="sequences")


SIGNS = "的我你 分开雨\n\0🌧aé"


def text_report(step: int, losses: np.ndarray) -> Report:
    random = np.random.default_rng(step)
    text = "".join(random.choice(list(SIGNS), 500))
    sample, norms = {"prefix": "分开", "text": text}, {"perplexity": 1.0 + step}
    return Report(step, 0, losses, norms, sample, "text", planned=10**7)


@pytest.mark.parametrize(
    ("report", "runs", "chunk"),
    [
        (text_report, 3000, 7),
        (text_report, 1, 1),
        (weights_report, 10, 1),
        (weights_report, 3000, 1),
        (weights_report, 40, 20_000),
        (sequences_report, 700, 50),
    ],
)
def test_a_record_is_small_however_long_the_run(report, runs, chunk):
    recorder = Recorder("a long run")
    random = np.random.default_rng(1)
    for start in range(0, runs, 20):
        batch = range(start, min(start + 20, runs))
        for k in batch:
            recorder.add(report((k + 1) * chunk, random.random(chunk)))
        assert len(recorder.frame("running")) < 40_000
    raw = recorder.record("finished")
    assert len(raw) <= RECORD_BYTES
    assert len(raw) * 4 / 3 <= 300_000, "in a notebook it takes a third more"


def test_a_record_has_the_numbers_of_the_run():
    steps = np.arange(LONG)
    losses = long_loss(steps.astype(np.float64))
    recorder = Recorder("")
    for part in np.array_split(steps, 70):
        recorder.add(Report(int(part[-1]), 0, losses[part]))
    raw = recorder.record("stopped")
    (entry,) = header_of(raw)["losses"]["columns"]
    kept = steps_of(raw, header_of(raw)["losses"]["steps"])
    assert_within_bound(entry, values_of(raw, entry), losses[kept])
    assert {0, LONG - 1, int(losses.argmin()), int(losses.argmax())} <= set(kept)


def test_two_runs_of_the_same_numbers_have_the_same_record():
    records = []
    for seconds in (0.5, 99.0):
        recorder = Recorder("twice")
        for k in range(30):
            recorder.add(Report(k, 0, np.array([1 / (1 + k)]), seconds=seconds * k))
        records.append(recorder.record("finished"))
    assert records[0] == records[1]


def test_a_sample_amiss_is_told_and_the_run_goes_on():
    recorder = Recorder("")
    bad = {"weights": {"w": np.zeros(3)}}
    for step in (1, 2):
        report = Report(step, 0, np.ones(2), sample=bad, panel="weights")
        recorder.add(report)
    header = header_of(recorder.frame("running"))
    assert header["step"] == 2
    assert "one value of w for each of the 2 losses" in header["trouble"]


def test_a_path_stays_right_where_one_sample_was_amiss():
    recorder = Recorder("")
    for step in range(1, 400):
        weight = np.zeros(3) if step == 7 else np.full(1, float(step))
        sample = {"weights": {"w": weight}}
        recorder.add(Report(step, 0, np.ones(1), sample=sample, panel="weights"))
        if step % 10 == 0:
            recorder.frame("running")
    raw = recorder.record("finished")
    told = header_of(raw)["weights"]
    steps = steps_of(raw, told["steps"])
    assert set(range(11, 400)) <= set(steps)
    (entry,) = told["columns"]
    assert_within_bound(entry, values_of(raw, entry), np.array(steps, float))


def text_recorder(samples: list[tuple[str, str]], every: int = 10) -> Recorder:
    recorder = Recorder("")
    for k, (prefix, text) in enumerate(samples):
        sample = {"prefix": prefix, "text": text}
        step = every * (k + 1)
        recorder.add(Report(step, 0, np.ones(1), sample=sample, panel="text"))
    return recorder


def texts_of(raw: bytes) -> list[tuple[int, str, str]]:
    """Read the texts of a record with their steps."""
    told = header_of(raw)["texts"]
    columns = [
        [told[name]["table"][place] for place in array_of(raw, told[name]["which"])]
        for name in ("prefix", "text")
    ]
    return list(zip(steps_of(raw, told["steps"]), *columns, strict=True))


def test_a_text_that_stays_is_stored_once_with_the_step_at_which_it_came():
    said = [
        ("分开", "的的"),
        ("分开", "的的"),
        ("分开", "雨"),
        ("We", "雨"),
        ("We", "雨"),
    ]
    recorder = text_recorder(said)
    wanted = [(10, "分开", "的的"), (30, "分开", "雨"), (40, "We", "雨")]
    raw = recorder.record("finished")
    assert texts_of(raw) == wanted
    assert header_of(raw)["texts"]["text"]["table"] == ["的的", "雨"]
    assert texts_of(recorder.frame("running")) == wanted[-1:]


def test_a_text_that_comes_again_is_told_again_and_stored_once():
    raw = text_recorder([("p", "a"), ("p", "b"), ("p", "a")]).record("finished")
    assert texts_of(raw) == [(10, "p", "a"), (20, "p", "b"), (30, "p", "a")]
    assert header_of(raw)["texts"]["text"]["table"] == ["a", "b"]


def test_a_run_of_thousands_of_reports_keeps_all_texts_if_there_is_room():
    said = [("分开", f"第{k // 10}次写的歌词" * 6) for k in range(4000)]
    kept = texts_of(text_recorder(said).record("finished"))
    assert kept == [(100 * k + 10, "分开", f"第{k}次写的歌词" * 6) for k in range(400)]


def test_where_there_is_no_room_for_all_texts_the_first_and_the_last_stay():
    said = [("分开", chr(0x4E00 + k) * 400) for k in range(3000)]
    raw = text_recorder(said).record("finished")
    kept = texts_of(raw)
    assert 100 < len(kept) < 400
    assert len(raw) > 0.6 * RECORD_BYTES, "the room is used"
    assert kept[0] == (10, *said[0])
    assert kept[-1] == (30_000, *said[-1])
    assert all(text == said[step // 10 - 1][1] for step, _, text in kept)


def test_a_long_text_is_cut_and_says_so():
    ((_, prefix, text),) = texts_of(text_recorder([("ab" * 300, "cd" * 300)]).frame(""))
    assert len(prefix) == len(text) == MOST_CHARACTERS
    assert (prefix[:3], prefix[-2:]) == ("…ba", "ab")
    assert (text[:2], text[-3:]) == ("cd", "dc…")
    whole = [("a" * MOST_CHARACTERS, "b" * MOST_CHARACTERS)]
    assert texts_of(text_recorder(whole).frame("")) == [(10, *whole[0])]


@given(st.text(st.characters(), max_size=30), st.text(st.characters(), max_size=30))
def test_any_text_can_be_stored(prefix, text):
    ((_, *told),) = texts_of(text_recorder([(prefix, text)]).record("finished"))
    for given_text, read in zip((prefix, text), told, strict=True):
        if not any("\ud800" <= sign <= "\udfff" for sign in given_text):
            assert read == given_text


def test_half_a_pair_of_surrogates_ends_no_run():
    ((_, prefix, text),) = texts_of(text_recorder([("\ud83c", "a\udf27b")]).frame(""))
    assert (prefix, text) == ("\ufffd", "a\ufffdb")


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        ({"prefix": "a"}, "must hold a str named 'text', but none was given"),
        ({"prefix": "a", "text": [3, 4]}, "'text', but a value of type list was given"),
        ({"prefix": 7, "text": "a"}, "'prefix', but a value of type int was given"),
    ],
)
def test_a_text_amiss_is_told_and_the_run_goes_on(sample, words):
    recorder = Recorder("")
    for step in (1, 2):
        recorder.add(Report(step, 0, np.ones(1), sample=sample, panel="text"))
    header = header_of(recorder.frame("running"))
    assert header["step"] == 2
    assert words in header["trouble"]
    assert "texts" not in header


def test_an_unknown_panel_is_shown_without_a_sample():
    recorder = Recorder("")
    sample = {"attention": np.eye(3)}
    recorder.add(Report(1, 0, np.ones(1), sample=sample, panel="heat"))
    header = header_of(recorder.record("finished"))
    assert "weights" not in header
    assert "samples" not in header
    assert "texts" not in header


def test_large_parameters_are_followed_by_their_first_numbers():
    matrix, bias = np.arange(24.0).reshape(2, 3, 4), np.array([[5.0], [6.0]])
    sample = {"weights": {"W": matrix, "b": bias}}
    recorder = Recorder("")
    recorder.add(Report(1, 0, np.ones(2), sample=sample, panel="weights"))
    raw = recorder.record("finished")
    told = header_of(raw)["weights"]
    assert told["names"] == ["W[0, 0]", "W[0, 1]", "W[0, 2]", "b[0]"]
    for entry, column in zip(
        told["columns"], [[0, 12], [1, 13], [2, 14], [5, 6]], strict=True
    ):
        assert_within_bound(entry, values_of(raw, entry), np.array(column, float))
