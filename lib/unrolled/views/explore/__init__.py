"""Figures that the reader plays with; they need a browser and nothing else.

* :mod:`unrolled.views.explore.digit_view`: a net reads what the reader draws.
* :mod:`unrolled.views.explore.echo_view`: the echo net, trained in the page.
* :mod:`unrolled.views.explore.gates_view`: an LSTM cell whose gates the reader sets.
* :mod:`unrolled.views.explore.sampler_view`: trained nets write text in the page.
* :mod:`unrolled.views.explore.surface_view`: optimisers race down the cost surface.
* :mod:`unrolled.views.explore.unroll_view`: a net unrolled over time.

Each function below makes one of them. What a widget needs is imported when the first
one is made, so that a chapter opens without waiting for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from unrolled.views.figures.style import Drawing

if TYPE_CHECKING:
    from unrolled.views.explore.digit_view import Digit
    from unrolled.views.explore.echo_view import EchoLab
    from unrolled.views.explore.gates_view import Gates
    from unrolled.views.explore.sampler_view import Sampler
    from unrolled.views.explore.surface_view import Surface
    from unrolled.views.explore.unroll_view import Unroll


def digit(
    weights: bytes,
    images: ArrayLike,
    labels: ArrayLike,
    *,
    picture: Drawing,
    alt: str,
    **state: Any,
) -> Digit:
    """Return a pad to draw a digit on, and a net that reads it row by row.

    Args:
        weights: Of the net, such as ``unrolled.training.digit_net.shipped_bytes()``.
        images: Test images to choose from, uint8, shape ``(N, 28, 28)``; at most 100.
        labels: Which digits they are, shape ``(N,)``.
        picture: The drawing that stands in for the view where no script runs.
        alt: That picture in words.
        **state: What the reader finds at first, such as ``chosen=3``; see
            :class:`unrolled.views.explore.digit_view.Digit`.

    Raises:
        ValueError: If a value is none that the view can show.
    """
    from unrolled.views.explore.digit_view import Digit

    return Digit(
        weights=weights,
        images=images,
        labels=labels,
        picture=picture,
        alt=alt,
        **state,
    )


def echo(*, picture: Drawing, alt: str, **state: Any) -> EchoLab:
    """Return a lab in which the reader trains the echo net.

    Args:
        picture: The drawing that stands in for the view where no script runs.
        alt: That picture in words.
        **state: What the reader finds at first, such as ``window=15``; see
            :class:`unrolled.views.explore.echo_view.EchoLab`.

    Raises:
        ValueError: If a value is none that the view can show.
    """
    from unrolled.views.explore.echo_view import EchoLab

    return EchoLab(picture=picture, alt=alt, **state)


def gates(*, picture: Drawing, alt: str, **state: Any) -> Gates:
    """Return an LSTM cell over fifty steps whose gates the reader sets.

    Args:
        picture: The drawing that stands in for the view where no script runs.
        alt: That picture in words.
        **state: What the reader finds at first, such as ``levels={"f": 0.9}``; see
            :class:`unrolled.views.explore.gates_view.Gates`.

    Raises:
        ValueError: If a value is none that the view can show.
    """
    from unrolled.views.explore.gates_view import Gates

    return Gates(picture=picture, alt=alt, **state)


def sampler(weights: bytes, *, picture: Drawing, alt: str, **state: Any) -> Sampler:
    """Return a net that writes text in the page, character by character.

    Args:
        weights: Of the nets, such as ``unrolled.training.packed.shipped_bytes()``.
        picture: The drawing that stands in for the view where no script runs.
        alt: That picture in words.
        **state: What the reader finds at first, such as ``language="Chinese"``; see
            :class:`unrolled.views.explore.sampler_view.Sampler`.

    Raises:
        ValueError: If a value is none that the view can show.
    """
    from unrolled.views.explore.sampler_view import Sampler

    return Sampler(weights=weights, picture=picture, alt=alt, **state)


def surface(
    inputs: ArrayLike, targets: ArrayLike, *, picture: Drawing, alt: str, **state: Any
) -> Surface:
    """Return a race of optimisers on the cost surface of the linear net.

    Args:
        inputs: Sequences, shape ``(B, T)``.
        targets: The wanted output for each, shape ``(B,)``.
        picture: The drawing that stands in for the view where no script runs.
        alt: That picture in words.
        **state: What the reader finds at first, such as ``start=(1, 2)``; see
            :class:`unrolled.views.explore.surface_view.Surface`.

    Raises:
        ValueError: If a value is none that the view can show.
    """
    from unrolled.views.explore.surface_view import Surface

    return Surface(inputs=inputs, targets=targets, picture=picture, alt=alt, **state)


def unroll(*, picture: Drawing, alt: str, **state: Any) -> Unroll:
    """Return a net unrolled over time, to be walked through forward and backward.

    Args:
        picture: The drawing that stands in for the view where no script runs.
        alt: That picture in words.
        **state: What the reader finds at first, such as ``mode="long"``; see
            :class:`unrolled.views.explore.unroll_view.Unroll`.

    Raises:
        ValueError: If a value is none that the view can show.
    """
    from unrolled.views.explore.unroll_view import Unroll

    return Unroll(picture=picture, alt=alt, **state)
