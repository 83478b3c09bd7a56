"""What is learnt: data in, batches out.

* :mod:`unrolled.tasks.counting`: the ones in a sequence of bits.
* :mod:`unrolled.tasks.echo`: bits that come back some steps later, in windows.
* :mod:`unrolled.tasks.corpora`: texts, the course's own, public ones and a reader's.
* :mod:`unrolled.tasks.vocabulary`: characters as numbers.
* :mod:`unrolled.tasks.text`: a text in examples or windows, to tell its next character.
"""
