"""How training is seen: views know reports and arrays, never a model or a task.

* :mod:`unrolled.views.figures`: the figures of the chapters, drawn with matplotlib.
"""
