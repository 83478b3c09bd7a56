"""The figures of the chapters: functions from arrays to drawings.

* :mod:`unrolled.views.figures.style`: palette, fonts and the :class:`Drawing` itself.
* :mod:`unrolled.views.figures.theory` and :mod:`unrolled.views.figures.linear_rnn`: one
  module for each chapter.
* :mod:`unrolled.views.figures.training`: the loss of a run.
* :mod:`unrolled.views.figures.landing`: the pictures of the front page.
"""
