"""An LSTM that reads images, trained in several ways; see `benchmarks.timing`."""
