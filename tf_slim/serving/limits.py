"""What a server takes upon itself: how large, how many, how long; and how it refuses the rest."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import threading
from collections.abc import Callable, Iterator, Mapping

from tf_slim.ops.arguments import describe, integer
from tf_slim.ops.wording import size_text


class Refused(Exception):
    """A request that is not served: the status and the reason go to whoever sent it.

    Attributes:
      status: of HTTP.
      reason: a sentence.
      headers: more of them for the answer.
    """

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None):
        super().__init__(reason)
        self.status, self.reason, self.headers = status, reason, dict(headers or {})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """What a server takes upon itself. How large a picture may be, its `Predictor` is told.

    Attributes:
      max_bytes: of the body of a request.
      queue: how many pictures may be accepted and not answered yet; what comes then is sent away
        with status 503 and the number of seconds after which to come again.
      batch_size: how many pictures the model is given at a time.
      timeout: seconds after which a request is given up, from its first byte on.

    Raises:
      ValueError: one of them is out of its range.

    Examples:
      >>> limits = slim.serving.Limits(max_bytes=1_000_000, timeout=5.0)
      >>> limits.queue, limits.batch_size
      (256, 16)
    """

    max_bytes: int = 32_000_000
    queue: int = 256
    batch_size: int = 16
    timeout: float = 30.0

    def __post_init__(self):
        for field in ("max_bytes", "queue", "batch_size"):
            value = getattr(self, field)
            if (integer(value) or 0) < 1:
                raise ValueError(f"{field}: expected at least 1; got {describe(value)}.")
        if not 0 < self.timeout < math.inf:
            raise ValueError(f"timeout: expected seconds above 0; got {describe(self.timeout)}.")

    def too_large(self) -> Refused:
        """The refusal of a body that is."""
        return Refused(413, f"The body of a request may have {size_text(self.max_bytes)} at most.")

    def too_slow(self) -> Refused:
        """The refusal of a body that did not come in time."""
        return Refused(408, f"The request did not come to its end within {self.timeout:g} s.")


class Bodies:
    """The bodies of requests that are held at the same time: together no more than of a few.

    Args:
      limits: how large one may be.
    """

    _AT_ONCE = 8

    def __init__(self, limits: Limits):
        self._limits, self._held = limits, 0

    @contextlib.contextmanager
    def counted(self) -> Iterator[Callable[[int], None]]:
        """Counts the bytes of one for as long as the block lasts.

        Yields:
          A function to call with the number of bytes that came; it raises `Refused` where these are
          too many, of this body or of all.
        """
        mine = 0

        def came(count: int) -> None:
            nonlocal mine
            if mine + count > self._limits.max_bytes:
                raise self._limits.too_large()
            if self._held + count > self._AT_ONCE * self._limits.max_bytes:
                raise Refused(
                    503,
                    "Too much is being sent at the same time. Come again in 1 s.",
                    {"Retry-After": "1"},
                )
            mine += count
            self._held += count

        try:
            yield came
        finally:
            self._held -= mine


class Places:
    """The places that accepted pictures take until they are answered.

    Args:
      limits: how many there are.
    """

    def __init__(self, limits: Limits):
        self._limits = limits
        self._lock = threading.Lock()
        self._taken = 0
        self._seconds = 0.05  # that a picture takes, as far as is known

    @property
    def taken(self) -> int:
        """How many are taken."""
        return self._taken

    def learn(self, seconds: float) -> None:
        """Takes note of how long a picture kept the model busy, for when to come again."""
        self._seconds += 0.1 * (seconds - self._seconds)

    def check(self, count: int) -> None:
        """Looks whether a request of that many pictures could be served at all.

        Raises:
          Refused: it could not.
        """
        if count > self._limits.queue:
            raise Refused(
                413,
                f"A request may hold {self._limits.queue} pictures at most, received {count}. Send "
                "them in several requests.",
            )

    @contextlib.contextmanager
    def held(self, count: int) -> Iterator[None]:
        """Takes places for as long as the block lasts.

        Raises:
          Refused: there are not as many.
        """
        limit = self._limits.queue
        with self._lock:
            if self._taken + count > limit:
                after = max(1, math.ceil(self._taken * self._seconds))
                raise Refused(
                    503,
                    f"The queue is full: {self._taken} of {limit} places are taken. Come again in "
                    f"{after} s.",
                    {"Retry-After": str(after)},
                )
            self._taken += count
        try:
            yield
        finally:
            with self._lock:
                self._taken -= count
