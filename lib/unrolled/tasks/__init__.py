"""What is learnt: data in, batches out.

* :mod:`unrolled.tasks.counting`: the ones in a sequence of bits.
* :mod:`unrolled.tasks.echo`: bits that come back some steps later, in windows.
* :mod:`unrolled.tasks.corpora`: texts, the course's own, public ones and a reader's.
* :mod:`unrolled.tasks.vocabulary`: characters as numbers.
* :mod:`unrolled.tasks.text`: a text in examples or windows, to tell its next character.
* :mod:`unrolled.tasks.digits`: handwritten digits, MNIST or smaller ones.
* :mod:`unrolled.tasks.digit_frame`: a drawing, brought into the frame of MNIST.
* :mod:`unrolled.tasks.images`: images read step by step, in batches.
"""
