"""What do programs without any recurrence get right of MNIST?

Naming always the most frequent digit; a softmax on the 784 pixels; and a layer of 102
units between, which has about as many weights as the LSTM of the chapter. The last two
are scikit-learn's, trained on the same 55,000 images; the dense net for as many passes
as the better recipe makes.
"""

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.neural_network import MLPClassifier  # type: ignore[import-untyped]

from experiments._mnist import Recipe, data, parts
from unrolled.tasks.digits import scaled

UNITS = 102
SEEDS = range(3)


def run() -> dict[str, Any]:
    """Train both, and count."""
    train, test = parts(), data()
    pixels = scaled(train.train_images).reshape(-1, 784)
    tested = scaled(test.test_images).reshape(-1, 784)
    counts = np.bincount(train.train_labels)
    linear = LogisticRegression(max_iter=100, C=0.1).fit(pixels, train.train_labels)
    recipe = Recipe()
    dense = [
        MLPClassifier(
            (UNITS,),
            batch_size=recipe.batch,
            learning_rate_init=recipe.rate,
            max_iter=recipe.epochs,
            random_state=seed,
        ).fit(pixels, train.train_labels)
        for seed in SEEDS
    ]
    return {
        "most_frequent": int(counts.argmax()),
        "always_the_most_frequent": float(
            np.mean(test.test_labels == counts.argmax()).round(4)
        ),
        "softmax_on_pixels": round(linear.score(tested, test.test_labels), 4),
        "dense_weights": sum(w.size for w in (*dense[0].coefs_, *dense[0].intercepts_)),
        "dense_net": [round(net.score(tested, test.test_labels), 4) for net in dense],
    }
