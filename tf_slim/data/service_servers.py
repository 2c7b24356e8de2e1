"""The processes of a tf.data service: one dispatcher, and the workers that make batches."""

from __future__ import annotations

import time
from collections.abc import Sequence

import tensorflow as tf

from tf_slim.ops.arguments import describe

_ANY_PORT = "localhost:%port%"
# What a dispatcher hears of a worker it hears then; by itself a worker says something each 30 s.
_HEARTBEAT_MS = 200


class Servers:
    """What `serve` has started; it goes on until `stop`, or as long as this object is there.

    To end while others read, end the process: servers have nothing to save.

    Attributes:
        address: Of the dispatcher, as `Pipeline` takes it.
    """

    def __init__(self, address: str, servers: Sequence[object]):
        """Takes hold of the servers.

        Args:
            address: Of the dispatcher.
            servers: The dispatcher and workers of this process.
        """
        self.address = address
        self._servers = list(servers)

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends them, when nobody reads from them any more: it may wait for readers."""
        while self._servers:
            self._servers.pop()

    def join(self) -> None:
        """Waits for the end, which does not come by itself."""
        # The join of a server would hear no signal.
        while self._servers:
            time.sleep(1.0)


def serve(
    workers: int | Sequence[str] = 2,
    port: int = 0,
    *,
    dispatcher: str | None = None,
    address: str | None = None,
) -> Servers:
    """Starts servers of a tf.data service in this process.

    On several machines: `slim.data.serve(["a:5051", "b:5051"], 5050).join()` on host d, and
    `slim.data.serve(port=5051, dispatcher="grpc://d:5050", address="a:5051").join()` on host a.

    Workers read the files of the data by the paths that the pipeline has: they need the same
    folders, or paths such as `gs://...`. Anyone who reaches a port can have files read: open it to
    the machines of the training alone.

    Args:
        workers: Number of workers to start beside a dispatcher; or the addresses of all of them,
            `host:port`, which are started elsewhere.
        port: To listen at: that of the dispatcher, or of the worker; 0 for one that is free.
        dispatcher: Address of a dispatcher for which to start one worker; None to start a
            dispatcher.
        address: By which others reach that worker; one of those that the dispatcher was given.

    Returns:
        What was started.

    Raises:
        ValueError: If an argument is none of what it may be.
        tf.errors.OpError: If the port is in use.

    Examples:
        >>> spec = slim.data.get_dataset("digits", "test")
        >>> with slim.data.serve(workers=1) as service:
        ...     test = slim.data.Pipeline(spec, 100, service=service.address)
        ...     next(iter(test.dataset()))[0].shape
        TensorShape([100, 8, 8, 1])
    """
    service = tf.data.experimental.service
    if dispatcher is not None:
        if address is None:
            raise ValueError(
                "serve: a worker needs its address, by which the others reach it: one of the "
                "worker addresses that the dispatcher was given."
            )
        config = service.WorkerConfig(
            dispatcher_address=dispatcher.removeprefix("grpc://"),
            worker_address=address,
            port=port,
            heartbeat_interval_ms=_HEARTBEAT_MS,
        )
        return Servers(dispatcher, [service.WorkerServer(config)])
    here = isinstance(workers, int)
    if not (workers >= 1 if isinstance(workers, int) else len(workers)):
        raise ValueError(f"serve: workers must be at least one, received {describe(workers)}.")
    addresses = [_ANY_PORT] * workers if isinstance(workers, int) else list(workers)
    main = service.DispatchServer(service.DispatcherConfig(port=port, worker_addresses=addresses))
    started = [
        service.WorkerServer(
            service.WorkerConfig(
                dispatcher_address=main.target.removeprefix("grpc://"),
                worker_address=one,
                heartbeat_interval_ms=_HEARTBEAT_MS,
            )
        )
        for one in (addresses if here else ())
    ]
    return Servers(main.target, [main, *started])
