"""Check that live training answers its buttons, on each ipykernel that is supported.

    python -m scripts.test_kernels [VERSION ...]

Each version gets an environment of its own under .venv/kernels, which adds that one
ipykernel to the course's packages. A kernel is started, a cell watches a run, and while
the cell is running the messages are sent that a page would send.
"""

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from scripts.environments import ENVIRONMENTS, python_with

VERSIONS = ("6.31", "7.3", "7.4")
PATIENCE_SECONDS = 20.0
ANSWER_SECONDS = 0.5
"""Within this time a stop must end the cell, and a paused run must not move."""

SET_UP = """
import asyncio, json, sys, threading, time
import numpy as np
from unrolled.report import Report
from unrolled.views.live import watch

class Net:
    steps, ticks, closed = 0, [], False

def run(net, steps=10**6, fails_at=None, seconds=0.01):
    net.ticks = []
    try:
        for step in range(1, steps + 1):
            time.sleep(seconds)
            net.steps = step
            net.ticks.append(time.time())
            if step == fails_at:
                raise ArithmeticError("the loss is no number\\nand more")
            yield Report(step, 0, np.array([1 / step]), planned=steps)
    finally:
        net.closed = True

def workers():
    return [t.name for t in threading.enumerate() if t.name == "unrolled"]

net = Net()
"""

Message = dict[str, Any]


class NotInThisKernel(Exception):
    """What is to be checked does not exist in this version."""


class Kernel:
    """A kernel and the client that sends it what a page would send."""

    def __init__(self, client: BlockingKernelClient, manager: KernelManager) -> None:
        """Take both; they are running."""
        self.client, self.manager = client, manager
        self.heard: list[Message] = []
        self.subshell: str | None = None

    def begin(self, code: str) -> str:
        """Send a cell and return the name of its message."""
        self.heard = []
        return self.client.execute(code)

    def listen(self, seconds: float) -> None:
        """Take in whatever the kernel says within some time."""
        until = time.time() + seconds
        while time.time() < until:
            try:
                message = self.client.get_iopub_msg(timeout=max(until - time.time(), 0))
            except Empty:
                return
            self.heard.append(message | {"came": time.time()})

    def wait_for(self, wanted: Callable[[], Any]) -> Any:
        """Listen until ``wanted`` gives something, and return that.

        Raises:
            AssertionError: It does not, in ``PATIENCE_SECONDS``.
        """
        until = time.time() + PATIENCE_SECONDS
        while time.time() < until:
            found = wanted()
            if found:
                return found
            self.listen(0.01)
        raise AssertionError(f"nothing came of this in time: {wanted.__doc__}")

    def reply(self, name: str) -> Message:
        """Wait for the end of a cell; return the reply with the time when it came."""
        while True:  # late answers to the questions at the start may come before
            reply = self.client.get_shell_msg(timeout=PATIENCE_SECONDS)
            if reply["parent_header"]["msg_id"] == name:
                break
        came = time.time()
        self.wait_for(lambda: self.idle(name))
        return reply["content"] | {"came": came}

    def run(self, code: str) -> str:
        """Run a cell to its end and return what it printed."""
        name = self.begin(code)
        reply = self.reply(name)
        assert reply["status"] == "ok", "\n".join(reply["traceback"])
        return self.printed(name)

    def idle(self, name: str) -> bool:
        """Say whether all that a cell sent has come."""
        return any(
            m["msg_type"] == "status"
            and m["content"]["execution_state"] == "idle"
            and m["parent_header"]["msg_id"] == name
            for m in self.heard
        )

    def printed(self, name: str) -> str:
        """Return what a cell printed, as far as a front end would show it there."""
        return "".join(
            m["content"]["text"]
            for m in self.heard
            if m["msg_type"] == "stream" and m["parent_header"]["msg_id"] == name
        )

    def views(self) -> list[str]:
        """List the names of the views that were opened, in order."""
        return [
            m["content"]["comm_id"]
            for m in self.heard
            if m["msg_type"] == "comm_open"
            and m["content"]["data"]["state"].get("view") == "watch"
        ]

    def view(self, place: int = 0) -> str:
        """Wait for a view to open and return its name."""
        views: list[str] = self.wait_for(
            lambda: self.views() if len(self.views()) > place else None
        )
        return views[place]

    def frames(self, view: str) -> list[Message]:
        """List the headers of the frames that were sent to a view."""
        return [
            header_of(m["buffers"][0]) | {"came": m["came"]}
            for m in self.heard
            if m["msg_type"] == "comm_msg"
            and m["content"]["comm_id"] == view
            and m["content"]["data"].get("content") == {"kind": "frame"}
        ]

    def records(self, view: str) -> list[Message]:
        """List the headers of the records that a view got as its state."""
        return [
            header_of(m["buffers"][0])
            for m in self.heard
            if m["msg_type"] == "comm_msg"
            and m["content"]["comm_id"] == view
            and m["content"]["data"].get("buffer_paths") == [["record"]]
        ]

    def frame(self, view: str, **wanted: Any) -> Message:
        """Wait for a frame of which all these things are true; return the first."""

        def found() -> Message | None:
            for frame in self.frames(view):
                if all(frame[key] == value for key, value in wanted.items()):
                    return frame
            return None

        found.__doc__ = f"a frame with {wanted}"
        frame: Message = self.wait_for(found)
        return frame

    def press(self, view: str, kind: str, **more: Any) -> float:
        """Send what a button sends, and return when."""
        data = {"method": "custom", "content": {"kind": kind, **more}}
        message = self.client.session.msg("comm_msg", {"comm_id": view, "data": data})
        if self.subshell:
            message["header"]["subshell_id"] = self.subshell
        self.client.shell_channel.send(message)
        return time.time()

    def open_subshell(self) -> bool:
        """Send presses the way of JupyterLab 4.4; False if the kernel has no such way.

        They then arrive on another thread than the one where cells run.
        """
        session = self.client.session
        self.client.control_channel.send(session.msg("create_subshell_request"))
        try:
            reply = self.client.get_control_msg(timeout=2)
        except Empty:  # an older kernel does not answer what it does not know
            return False
        self.subshell = reply["content"].get("subshell_id")
        return self.subshell is not None


def header_of(record: Any) -> Message:
    """Read the header of a frame or a record."""
    raw = bytes(record)
    assert raw[:4] == b"UNR1"
    header: Message = json.loads(raw[8 : 8 + int.from_bytes(raw[4:8], "little")])
    return header


def check_pause_step_resume_and_stop(kernel: Kernel) -> None:
    """A paused run stands still, goes one step, goes on, and stops at once."""
    name = kernel.begin(
        "history = await watch(run(net), title='paused')\n"
        "print('after', json.dumps([net.steps, net.closed, net.ticks,\n"
        "    history.ended, history.steps.tolist(), history.losses.tolist()]))"
    )
    view = kernel.view()
    kernel.press(view, "hello")
    kernel.wait_for(lambda: len(kernel.frames(view)) > 5)
    kernel.press(view, "pause")
    paused = kernel.frame(view, state="paused")
    kernel.listen(ANSWER_SECONDS + 0.1)
    at = kernel.frames(view)[-1]["step"]
    kernel.press(view, "step")
    stepped = kernel.frame(view, step=at + 1)
    assert stepped["state"] == "paused"
    kernel.listen(0.2)
    assert kernel.frames(view)[-1]["step"] == at + 1, "one step is one report"
    resumed = kernel.press(view, "resume")
    kernel.wait_for(lambda: kernel.frames(view)[-1]["step"] > at + 5)
    stopped = kernel.press(view, "stop")
    reply = kernel.reply(name)
    assert reply["status"] == "ok", "\n".join(reply["traceback"])
    seconds = reply["came"] - stopped
    assert seconds < ANSWER_SECONDS, f"the cell ended {seconds:.2f} s after the stop"

    printed = kernel.printed(name)
    assert printed.startswith("after"), "what the cell prints must stay in the cell"
    steps, closed, ticks, ended, history_steps, losses = json.loads(printed[6:])
    still = [t for t in ticks if paused["came"] + 0.05 < t < resumed]
    assert len(still) == 1, f"{len(still)} steps passed while paused, 1 was asked for"
    assert (ended, closed) == ("stopped", True)
    assert history_steps == list(range(1, steps + 1))
    assert losses == [1 / step for step in history_steps]
    (record,) = kernel.records(view)
    assert (record["state"], record["step"]) == ("stopped", steps)


def check_presses_on_another_thread(kernel: Kernel) -> None:
    """The same, with the presses arriving on another thread."""
    if not kernel.open_subshell():
        raise NotInThisKernel("this ipykernel has no subshells")
    try:
        check_pause_step_resume_and_stop(kernel)
    finally:
        kernel.subshell = None


def check_a_page_that_comes_later_is_told(kernel: Kernel) -> None:
    """A page that says hello gets a frame, even if the run stands still."""
    name = kernel.begin("await watch(run(net))")
    view = kernel.view()
    kernel.press(view, "pause")
    kernel.frame(view, state="paused")
    kernel.listen(0.2)
    before = len(kernel.frames(view))
    kernel.press(view, "hello")
    kernel.wait_for(lambda: len(kernel.frames(view)) > before)
    assert kernel.frames(view)[-1]["state"] == "paused"
    kernel.press(view, "stop")
    assert kernel.reply(name)["status"] == "ok"


def check_a_page_that_is_loaded_anew_is_answered(kernel: Kernel) -> None:
    """While the cell is running, the kernel says what it is and which views it has."""
    name = kernel.begin("history = await watch(run(net)); print(history.ended)")
    view = kernel.view()
    kernel.press(view, "hello")
    kernel.frame(view, state="running")
    for asked in (kernel.client.kernel_info(), kernel.client.comm_info()):
        reply = kernel.client.get_shell_msg(timeout=PATIENCE_SECONDS)
        assert reply["parent_header"]["msg_id"] == asked
    assert view in reply["content"]["comms"]
    other = kernel.client.execute("print('later')")
    kernel.listen(0.3)
    assert not kernel.printed(other), "another cell has to wait"
    kernel.press(view, "stop")
    assert kernel.reply(name)["status"] == "ok"
    assert kernel.printed(name) == "stopped\n"
    kernel.wait_for(lambda: kernel.printed(other) == "later\n")


def check_speed(kernel: Kernel) -> None:
    """A limit of the speed holds, and full speed is full speed again."""
    name = kernel.begin("await watch(run(net)); print(json.dumps(net.ticks))")
    view = kernel.view()
    kernel.press(view, "hello")
    kernel.wait_for(lambda: len(kernel.frames(view)) > 3)
    slow = kernel.press(view, "speed", reports_per_second=10)
    kernel.listen(1.0)
    fast = kernel.press(view, "speed", reports_per_second=None)
    kernel.listen(0.5)
    kernel.press(view, "stop")
    assert kernel.reply(name)["status"] == "ok"
    ticks = json.loads(kernel.printed(name))
    slowly = sum(slow + 0.05 < tick < fast for tick in ticks)
    quickly = sum(fast + 0.1 < tick < fast + 0.5 for tick in ticks)
    allowed = 10 * (fast - slow) + 1  # on a busy machine the second is a longer one
    assert 4 <= slowly <= allowed, f"{slowly} steps, {allowed:.0f} were allowed"
    assert quickly > 12, f"only {quickly} steps in 0.4 s at full speed"


def check_interrupt(kernel: Kernel) -> None:
    """Interrupting the cell stops the run too."""
    name = kernel.begin("history = await watch(run(net))")
    view = kernel.view()
    kernel.frame(view, state="running")
    kernel.listen(0.2)
    kernel.manager.interrupt_kernel()
    assert kernel.reply(name)["status"] == "error"
    (record,) = kernel.records(view)
    assert record["state"] == "stopped"
    printed = kernel.run(
        "before = net.steps; time.sleep(0.3)\n"
        "print(workers(), net.steps - before, net.closed, net.steps)"
    )
    assert printed.startswith("[] 0 True"), printed
    assert int(printed.split()[-1]) == record["step"]


def check_failure(kernel: Kernel) -> None:
    """An exception of the run is the exception of the cell."""
    name = kernel.begin("await watch(run(net, fails_at=5))")
    reply = kernel.reply(name)
    assert (reply["status"], reply["ename"]) == ("error", "ArithmeticError")
    assert "in run(net, steps, fails_at, seconds)" in without_colour(reply["traceback"])
    (record,) = kernel.records(kernel.view())
    assert record["state"] == "failed"
    assert record["words"] == "ArithmeticError: the loss is no number"
    printed = kernel.run(
        "print(repr(sys.last_value.history), len(sys.last_value.history.losses))"
    )
    assert printed == "History(failed at step 4, loss 1 → 0.25) 4\n"


def without_colour(lines: list[str]) -> str:
    """Join the lines of a traceback and drop what colours them."""
    text = "\n".join(lines)
    parts = text.split("\x1b[")
    return parts[0] + "".join(part.partition("m")[2] for part in parts[1:])


def check_two_at_once(kernel: Kernel) -> None:
    """Two runs are watched at once, and each has its own buttons."""
    name = kernel.begin(
        "other = Net()\n"
        "pair = await asyncio.gather(watch(run(net)), watch(run(other, 40)))\n"
        "print([h.ended for h in pair], len(pair[1].losses), workers())"
    )
    first, second = kernel.view(0), kernel.view(1)
    kernel.press(first, "pause")
    kernel.frame(first, state="paused")
    kernel.frame(second, state="finished")
    at = kernel.frames(first)[-1]["step"]
    assert at < 40
    kernel.press(first, "stop")
    assert kernel.reply(name)["status"] == "ok"
    assert kernel.printed(name) == "['stopped', 'finished'] 40 []\n"


def check_nobody_looks_on(kernel: Kernel) -> None:
    """Without a page the run comes to its end, and its picture is what is stored."""
    name = kernel.begin("history = await watch(run(net, 30), title='alone')")
    assert kernel.reply(name)["status"] == "ok"
    shown = [
        m["content"]["data"]["text/html"]
        for m in kernel.heard
        if m["msg_type"] in ("display_data", "update_display_data")
    ]
    first, last = shown
    assert "the run has not ended" in first
    assert "is 0.0333 at update 30, where the run finished" in last
    (record,) = kernel.records(kernel.view())
    assert (record["state"], record["step"], record["title"]) == (
        "finished",
        30,
        "alone",
    )
    assert kernel.run("print(history)").startswith("History(finished at step 30")


CHECKS: tuple[Callable[[Kernel], None], ...] = (
    check_pause_step_resume_and_stop,
    check_presses_on_another_thread,
    check_a_page_that_comes_later_is_told,
    check_a_page_that_is_loaded_anew_is_answered,
    check_speed,
    check_interrupt,
    check_failure,
    check_two_at_once,
    check_nobody_looks_on,
)


@contextmanager
def running_kernel(
    python: str = sys.executable, **environment: str
) -> Iterator[Kernel]:
    """Start a kernel of some Python, set up for the checks; end it afterwards.

    Args:
        python: The Python that runs it.
        **environment: More environment variables.
    """
    manager = KernelManager()
    command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager._kernel_spec = KernelSpec(argv=command, display_name="", language="python")
    manager.start_kernel(env=os.environ | environment)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        kernel = Kernel(client, manager)
        kernel.run(SET_UP)
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def failures(version: str) -> list[str]:
    """Run each check in a fresh kernel of one version; list those that fail.

    Raises:
        RuntimeError: This version cannot be installed.
    """
    home = ENVIRONMENTS / "kernels" / version
    python = python_with(home, "--no-deps", f"ipykernel=={version}.*")
    failed = []
    for check in CHECKS:
        try:
            with running_kernel(python) as kernel:
                found = kernel.run("import ipykernel; print(ipykernel.__version__)")
                assert found.startswith(f"{version}."), f"this is ipykernel {found}"
                check(kernel)
            word = "passed"
        except NotInThisKernel as reason:
            word = f"SKIPPED ({reason})"
        except Exception:
            traceback.print_exc()
            word = "FAILED"
            failed.append(f"FAILED with ipykernel {version}: {check.__doc__}")
        print(f"ipykernel {version:<5} {word:<7} {check.__doc__}", flush=True)
    return failed


def main(arguments: list[str] | None = None) -> int:
    """Check the versions named on the command line, or all; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="test_kernels", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("versions", nargs="*", metavar="VERSION")
    versions = parser.parse_args(arguments).versions or VERSIONS
    failed = [line for version in versions for line in failures(version)]
    print("\n".join(["", *failed]) if failed else "\nAll checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
