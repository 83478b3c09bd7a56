"""How training is seen: views know reports and arrays, never a model or a task.

* :mod:`unrolled.views.figures`: the figures of the chapters, drawn with matplotlib.
* :mod:`unrolled.views.widget`: the base of the interactive figures, whose scripts are
  the ES modules in ``js/``.
* :mod:`unrolled.views.live`: ``history = await watch(run)``.

Importing this package imports none of them.
"""
