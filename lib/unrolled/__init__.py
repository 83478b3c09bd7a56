"""Unrolled: a course on recurrent neural networks, as a library.

A *cell* learns a *task* by *training*, and we *watch*: one folder for each noun.

* :mod:`unrolled.cells`: the recurrences, one step forward and one step backward.
* :mod:`unrolled.tasks`: what is learnt: data in, batches out.
* :mod:`unrolled.training`: how it is learnt; a run is an iterator of reports.
* :mod:`unrolled.views`: how we see it.
* :mod:`unrolled.exercises`: checks that answer a learner with a hint.

Beside them stands :mod:`unrolled.random`: random numbers that a browser draws too.

Importing this package imports none of them, so it costs next to nothing.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("unrolled")
except PackageNotFoundError:  # used from a source folder that was not installed
    __version__ = "0+unknown"
