"""Buttons that act, and pages that are loaded anew, while a cell is running.

A press of a button reaches the kernel as a message on a comm; a page that is loaded
anew asks the kernel what it is and which comms there are. While a cell awaits
something, ipykernel keeps messages until the cell has ended: version 7.4 all but those
on comms, older ones all. Here they learn to answer these few. (JupyterLab 4.4 and later
send messages on comms another way if the kernel is an ipykernel 7; other front ends do
not.)
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from contextvars import copy_context
from functools import partial
from typing import Any

ERRANDS = {
    *("comm_open", "comm_msg", "comm_close"),
    *("comm_info_request", "kernel_info_request"),
}
"""What is answered while a cell is running; everything else waits for its end."""

Dispatch = Callable[..., Coroutine[Any, Any, None]]
Pump = Callable[[], Coroutine[Any, Any, None]]


def current_kernel() -> Any | None:
    """Return the Jupyter kernel that runs this code; None in a script or terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None)


def message_pump(kernel: Any) -> Pump:
    """Return what a running cell awaits now and then to let messages through.

    With a kernel of another kind than ipykernel that does nothing.

    Args:
        kernel: See :func:`current_kernel`.
    """
    if hasattr(kernel, "msg_queue"):  # ipykernel 6
        return partial(_from_the_queue, kernel)
    lock = getattr(kernel, "_main_asyncio_lock", None)
    if lock is not None and not isinstance(lock, _OpenDoor):  # ipykernel 7
        kernel.dispatch_shell = _errands_first(kernel, kernel.dispatch_shell, lock)
        kernel._main_asyncio_lock = _OpenDoor()  # dispatch_shell has the lock now
    return _nothing


async def _nothing() -> None:
    """Do nothing."""


class _OpenDoor(nullcontext[None]):
    """Stands where a lock was that is now asked for further inside."""

    def locked(self) -> bool:
        """Say that nobody has to wait here."""
        return False


async def _from_the_queue(kernel: Any) -> None:
    """Answer the errands in the queue of an ipykernel 6; leave the other messages."""
    waiting = [kernel.msg_queue.get_nowait() for _ in range(kernel.msg_queue.qsize())]
    now = [(d, args) for _, d, args in waiting if args and _is_errand(kernel, args[0])]
    for item in waiting:
        if item[1:] not in now:
            kernel.msg_queue.put_nowait(item)
    for dispatch, arguments in now:
        await _aside(kernel, dispatch(*arguments))


def _errands_first(kernel: Any, dispatch: Dispatch, lock: asyncio.Lock) -> Dispatch:
    """Return another ``dispatch_shell`` for an ipykernel 7.

    While a cell is running, errands are answered, and all other messages wait for its
    end, in order, as before.
    """

    async def dispatch_shell(
        message: Any, /, subshell_id: str | None = None, **options: Any
    ) -> None:
        if subshell_id is not None:
            await dispatch(message, subshell_id=subshell_id, **options)
        elif lock.locked() and _is_errand(kernel, message):
            await _aside(kernel, dispatch(message))
        else:
            async with lock:
                await dispatch(message)

    return dispatch_shell


def _is_errand(kernel: Any, message: Any) -> bool:
    """Say whether a raw message is one of those that are answered at once."""
    try:
        _, frames = kernel.session.feed_identities(message, copy=False)
        peeked = kernel.session.deserialize(frames, content=False, copy=False)
    except Exception:  # not ours to judge: the kernel will say what is wrong with it
        return False
    return peeked["header"]["msg_type"] in ERRANDS


async def _aside(kernel: Any, handling: Coroutine[Any, Any, None]) -> None:
    """Handle a message beside the running cell, to which later output still belongs."""
    parent, identity = kernel.get_parent("shell"), kernel._parent_ident["shell"]
    interrupt = kernel.saved_sigint_handler
    try:
        await asyncio.create_task(handling, context=copy_context())
    finally:
        kernel.set_parent(identity, parent, channel="shell")
        kernel.saved_sigint_handler = interrupt
