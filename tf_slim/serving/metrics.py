"""What a server counts, in Prometheus' form."""

from __future__ import annotations

from collections.abc import Callable

from tf_slim.export.errors import MissingExtraError

try:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, exposition
except ImportError as error:
    raise MissingExtraError(
        "To serve needs prometheus_client, starlette, uvicorn and python_multipart, of which "
        f"something is not installed ({error}): pip install 'tf-slim2[serve]'."
    ) from error

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_COUNTS = (1, 2, 4, 8, 16, 32, 64, 128)

CONTENT_TYPE = exposition.CONTENT_TYPE_LATEST


class Metrics:
    """Counts of one server: several in a process keep theirs apart.

    Attributes:
      requests: answered ones, by path and status.
      seconds: from the first byte of a request to the last of its answer, by path.
      batches: pictures in a batch.
      busy: seconds of the model for a batch.
    """

    def __init__(self):
        self._registry = CollectorRegistry()
        made = {"registry": self._registry, "namespace": "tf_slim"}
        self.requests = Counter("requests", "Requests answered.", ["path", "status"], **made)
        self.seconds = Histogram(
            "request_seconds",
            "Seconds from a request to its answer.",
            ["path"],
            buckets=_SECONDS,
            **made,
        )
        self.batches = Histogram("batch_pictures", "Pictures in a batch.", buckets=_COUNTS, **made)
        self.busy = Histogram(
            "batch_seconds", "Seconds of the model for a batch.", buckets=_SECONDS, **made
        )
        self._made = made

    def watch(self, name: str, about: str, value: Callable[[], float]) -> None:
        """Shows a number that is looked up when it is asked for.

        Args:
          name: of it.
          about: what it is.
          value: tells it.
        """
        Gauge(name, about, **self._made).set_function(value)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return exposition.generate_latest(self._registry)
