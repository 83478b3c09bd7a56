"""What the library computes of the nets in the view "Sampler".

A part of :mod:`scripts.golden`, which writes it to tests/js/golden/sampler.json: how
characters are chosen; a small net, packed, with all its numbers; and texts of the nets
that come with the course, character by character.
"""

import base64
from itertools import islice
from typing import Any

import numpy as np

from unrolled.random import Generator
from unrolled.tasks.vocabulary import Vocabulary
from unrolled.training.choosing import Choice, draw, tempered
from unrolled.training.generation import Reader, generate, stream
from unrolled.training.packed import PackedNet, pack, shapes, shipped_nets, unpack
from unrolled.training.saliency import saliency

LENGTH = 500
"""Characters of a text."""

TEXTS: tuple[tuple[str, tuple[str, dict[str, Any], int]], ...] = (
    ("English", ("ROMEO:", {"temperature": 1.0}, 0)),
    ("English", ("ROMEO:", {"temperature": 0.0}, 1)),
    ("English", ("\nK", {"temperature": 0.7, "top_k": 5}, 2026)),
    ("English", ("I ", {"temperature": 1.4, "nucleus": 0.9}, 7)),
    ("Chinese", ("分开", {"temperature": 1.0}, 0)),
    ("Chinese", ("不分开", {"temperature": 1.3, "top_k": 50, "nucleus": 0.8}, 3)),
    ("Chinese", ("夜", {"temperature": 0.0, "nucleus": 0.5}, 3)),
)
"""Net, and of each text the prefix, the choice and the seed."""

CHOICES: tuple[dict[str, Any], ...] = (
    {"temperature": 1.0},
    {"temperature": 0.0},
    {"temperature": 0.3},
    {"temperature": 1e-9},
    {"temperature": 2.0, "top_k": 3},
    {"temperature": 1.0, "nucleus": 0.7},
    {"temperature": 1.0, "nucleus": 0.0},
    {"temperature": 1.0, "nucleus": 1.0},
    {"temperature": 0.9, "top_k": 5, "nucleus": 0.8},
    {"temperature": 1.0, "top_k": 100},
)

LOGITS: tuple[list[float], ...] = (
    Generator(5).normals(9).tolist(),
    [0.5, 1.5, 1.5, -1000.0, 0.5, 1.5],  # equals, and one that is never drawn
    np.log([0.7, 0.2, 0.1]).tolist(),  # 0.7 + 0.2 must reach 0.9
    [800.0, 799.0, -800.0, 0.0],
)


def sampler_cases() -> list[dict[str, Any]]:
    """Return all cases, each of a kind of its own."""
    nets = shipped_nets()
    return [
        *(choice_case(logits) for logits in LOGITS),
        net_case(),
        *(text_case(nets[name], *settings) for name, settings in TEXTS),
    ]


def choice_case(logits: list[float]) -> dict[str, Any]:
    """Return distributions from some logits, and what some numbers draw from them."""
    generator = Generator(len(logits))
    choices = []
    for settings in CHOICES:
        shares = Choice(**settings).distribution(logits)
        uniforms = [0.0, *generator.uniforms(5).tolist(), 1 - 2**-53]
        choices.append(
            {
                "choice": as_given(settings),
                "shares": shares.tolist(),
                "uniforms": uniforms,
                "drawn": [draw(shares, uniform) for uniform in uniforms],
            }
        )
    return {"kind": "choosing", "logits": logits, "choices": choices}


def as_given(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a choice under the names that the script has for them."""
    return {
        "temperature": settings["temperature"],
        "topK": settings.get("top_k"),
        "nucleus": settings.get("nucleus"),
    }


def net_case() -> dict[str, Any]:
    """Return a small net, packed, and what it does with a text."""
    normals, alphabet = Generator(4).normals, "\n ab人分"
    wanted = shapes(len(alphabet), 3, 4)
    drawn = {name: 0.9 * normals(shape) for name, shape in wanted.items()}
    toy = PackedNet("toy", "Drawn.", Vocabulary(alphabet), drawn, ((2, "nothing"),))
    content = pack([toy])
    net = unpack(content)["toy"]
    text = [2, 5, 1, 1, 0, 4, 3, 2]
    reader, states, logits = Reader(net), [], []
    for index in text:
        logits.append(reader.read(index).tolist())
        states.append(reader.state[0][0].tolist())
    return {
        "kind": "net",
        "packed": base64.b64encode(content).decode(),
        "factors": {name: f.ravel().tolist() for name, f in net.factors.items()},
        "text": text,
        "states": states,
        "logits": logits,
        "saliency": [saliency(net, text[:n]).tolist() for n in range(2, len(text) + 1)],
        "short_saliency": saliency(net, text, 3).tolist(),
    }


def text_case(
    net: PackedNet, prefix: str, settings: dict[str, Any], seed: int
) -> dict[str, Any]:
    """Return a text that a net of the course writes, and some numbers on the way."""
    start, choice = net.vocabulary.encode(prefix), Choice(**settings)
    written = generate(net, start, LENGTH, choice, seed)
    whole = np.concatenate([start, written])
    last = list(islice(stream(net, start, choice, seed), LENGTH))[-1]
    best = np.argsort(-last.distribution, kind="stable")[:3]
    return {
        "kind": "text",
        "language": net.name,
        "prefix": prefix,
        "choice": as_given(settings),
        "seed": seed,
        "text": net.vocabulary.decode(written),
        "hidden": last.hidden[:6].tolist(),
        "best": best.tolist(),
        "shares": last.distribution[best].tolist(),
        "bits": bits_of(net, whole)[-5:],
        "saliency": saliency(net, whole)[-8:].tolist(),
    }


def bits_of(net: PackedNet, text: Any) -> list[float]:
    """Return the bits of each character but the first: minus log2 of what it had."""
    reader = Reader(net)
    shares = [tempered(reader.read(index), 1) for index in text[:-1].tolist()]
    return [
        float(-np.log2(s[index])) for s, index in zip(shares, text[1:], strict=True)
    ]
