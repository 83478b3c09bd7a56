"""How a cell learns: gradients through time, update rules, and runs.

* :mod:`unrolled.training.models`: a cell with a readout and a loss.
* :mod:`unrolled.training.truncation`: how much of a gradient comes from how far back.
* :mod:`unrolled.training.checking`: the gradient check.
* :mod:`unrolled.training.losses`: softmax and cross-entropy.
* :mod:`unrolled.training.rules`: gradient descent, momentum, Adagrad, Adam, clipping.
* :mod:`unrolled.training.rprop`: resilient backpropagation.
* :mod:`unrolled.training.running`: the loop; an iterator of reports.
* :mod:`unrolled.training.fitting`: Keras's ``fit`` as such an iterator.
* :mod:`unrolled.training.surface`: the cost of the linear net over its two weights.
* :mod:`unrolled.training.closed_form`: what can be said of that net without a loop.
* :mod:`unrolled.training.race`: one rule from start to goal, with a verdict in words.
* :mod:`unrolled.training.weights`: random cells with a chosen spectrum.
* :mod:`unrolled.training.reservoir`: what a state holds of the past.
* :mod:`unrolled.training.perplexity`: a loss as perplexity, or in bits per character.
* :mod:`unrolled.training.ngrams`: language models that count, as baselines.
* :mod:`unrolled.training.choosing`: how the next character is chosen.
* :mod:`unrolled.training.generation`: text from a net, one character at a time.
* :mod:`unrolled.training.image_weights`: first weights of nets that read images.
* :mod:`unrolled.training.saving`: files of arrays that are whole or not there.

These are NumPy; only :mod:`unrolled.training.fitting` imports Keras, when it is called.
In TensorFlow:

* :mod:`unrolled.training.nets_tf`: a recurrent classifier.
* :mod:`unrolled.training.window_tf`: one window of truncated backpropagation.
* :mod:`unrolled.training.rules_tf`: update rules.
* :mod:`unrolled.training.truncated_tf`: many windows in one compiled call; a run.
* :mod:`unrolled.training.ensembles_tf`: many nets side by side.
* :mod:`unrolled.training.text_tf`, :mod:`unrolled.training.text_run_tf`: a window of
  text, and a run over many.
* :mod:`unrolled.training.generation_tf`: greedy text in one compiled call.
* :mod:`unrolled.training.images_tf`, :mod:`unrolled.training.image_run_tf`: a batch of
  images, and a run over many.
"""
