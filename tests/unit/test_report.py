"""The report: a frozen record whose printed form is the same on every run."""

import dataclasses
import math

import numpy as np
import pytest

from unrolled.report import Report


def test_the_loss_is_the_newest_of_the_losses():
    assert Report(step=3, epoch=1, losses=np.array([3.0, 2.0, 1.0])).loss == 1.0


def test_without_a_new_loss_it_is_nan():
    assert math.isnan(Report(step=0, epoch=0, losses=np.array([])).loss)


def test_the_printed_form_leaves_the_time_out():
    texts = {
        repr(Report(step=5, epoch=2, losses=np.array([0.25]), seconds=seconds))
        for seconds in (0.0, 1.5, 99.0)
    }
    assert texts == {"Report(step=5, epoch=2, loss=0.25)"}


def test_a_report_cannot_be_rewritten():
    report = Report(step=1, epoch=0, losses=np.array([1.0]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.step = 2  # type: ignore[misc]


def test_two_reports_share_no_default():
    one, two = (Report(step=0, epoch=0, losses=np.array([1.0])) for _ in range(2))
    assert one.metrics == {}
    assert one.sample == {}
    assert one.panel == ""
    assert (one.planned, one.steps_per_epoch) == (0, 0), "unknown, unless told"
    assert one.metrics is not two.metrics
    assert one.sample is not two.sample
