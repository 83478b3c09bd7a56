"""Buttons that act while a cell is running, on every ipykernel.

A press of a button reaches the kernel as a message on a comm. While a cell awaits
something, ipykernel 7.4 lets such messages through; older ones keep them until the cell
has ended. Here, the older ones learn it too. (JupyterLab 4.4 and later send these
messages another way if the kernel is an ipykernel 7; other front ends do not.)
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from contextvars import copy_context
from functools import partial
from typing import Any

COMM_MESSAGES = {"comm_open", "comm_msg", "comm_close"}

Dispatch = Callable[..., Coroutine[Any, Any, None]]
Pump = Callable[[], Coroutine[Any, Any, None]]


def current_kernel() -> Any | None:
    """Return the Jupyter kernel that runs this code; None in a script or terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None)


def message_pump(kernel: Any) -> Pump:
    """Return what a running cell awaits now and then to let comm messages through.

    Where the kernel does so by itself, or is of another kind, that does nothing.

    Args:
        kernel: See :func:`current_kernel`.
    """
    if hasattr(kernel, "msg_queue"):  # ipykernel 6
        return partial(_from_the_queue, kernel)
    if hasattr(kernel, "_main_asyncio_lock"):  # ipykernel 7
        dispatch = kernel.dispatch_shell
        if "concurrent" not in inspect.signature(dispatch).parameters:  # before 7.4
            kernel.dispatch_shell = _comms_first(kernel, dispatch)
            kernel._main_asyncio_lock = nullcontext()  # dispatch_shell has it now
    return _nothing


async def _nothing() -> None:
    """Do nothing."""


async def _from_the_queue(kernel: Any) -> None:
    """Take the comm messages out of the queue of an ipykernel 6; leave the others."""
    waiting = [kernel.msg_queue.get_nowait() for _ in range(kernel.msg_queue.qsize())]
    comms = [(d, args) for _, d, args in waiting if args and _is_comm(kernel, args[0])]
    for item in waiting:
        if item[1:] not in comms:
            kernel.msg_queue.put_nowait(item)
    for dispatch, arguments in comms:
        await _aside(kernel, dispatch(*arguments))


def _comms_first(kernel: Any, dispatch: Dispatch) -> Dispatch:
    """Return a ``dispatch_shell`` for an ipykernel 7 before 7.4.

    While a cell is running, messages on comms pass, and all others wait for its end, in
    order, as before.
    """
    lock: asyncio.Lock = kernel._main_asyncio_lock

    async def dispatch_shell(
        message: Any, /, subshell_id: str | None = None, *, concurrent: bool = False
    ) -> None:
        if subshell_id is not None:
            await dispatch(message, subshell_id=subshell_id)
        elif lock.locked() and _is_comm(kernel, message):
            await _aside(kernel, dispatch(message))
        else:
            async with lock:
                await dispatch(message)

    return dispatch_shell


def _is_comm(kernel: Any, message: Any) -> bool:
    """Say whether a raw message belongs to a comm."""
    try:
        _, frames = kernel.session.feed_identities(message, copy=False)
        peeked = kernel.session.deserialize(frames, content=False, copy=False)
    except Exception:  # not ours to judge: the kernel will say what is wrong with it
        return False
    return peeked["header"]["msg_type"] in COMM_MESSAGES


async def _aside(kernel: Any, handling: Coroutine[Any, Any, None]) -> None:
    """Handle a message beside the running cell, to which later output still belongs."""
    parent, identity = kernel.get_parent("shell"), kernel._parent_ident["shell"]
    interrupt = kernel.saved_sigint_handler
    try:
        await asyncio.create_task(handling, context=copy_context())
    finally:
        kernel.set_parent(identity, parent, channel="shell")
        kernel.saved_sigint_handler = interrupt
