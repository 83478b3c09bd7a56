"""What is learnt: data in, batches out.

* :mod:`unrolled.tasks.counting`: the ones in a sequence of bits.
* :mod:`unrolled.tasks.echo`: bits that come back some steps later, in windows.
"""
