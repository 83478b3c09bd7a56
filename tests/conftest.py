"""What all tests share: no GPU, no windows, repeatable random examples."""

import os

# Before anything imports TensorFlow or matplotlib:
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["MPLBACKEND"] = "Agg"

from hypothesis import settings

# The same examples every time, and no time limit: the machine may be busy.
settings.register_profile("unrolled", deadline=None, derandomize=True)
settings.load_profile("unrolled")
