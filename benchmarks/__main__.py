"""`make bench`, `make bench-compare` and `make bench-gpu`: see `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import os
import pathlib
import sys
from collections.abc import Sequence

from benchmarks import machine, settings

GPU_FILES = ["benchmarks/bench_nets.py", "benchmarks/bench_gpu.py"]
HOME = machine.ROOT / ".benchmarks"


def parser() -> argparse.ArgumentParser:
    """What can be asked for. What is left over is for pytest."""
    variables = "\n".join(f"  {name:<18}{told}" for name, told in settings.VARIABLES.items())
    top = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures this package beside its peers. Further arguments are pytest's.",
        epilog=f"variables of the environment:\n{variables}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ways = top.add_subparsers(dest="way", required=True)
    run = ways.add_parser("run", help="all benchmarks, or those that are named")
    gpu = ways.add_parser("gpu", help="the table of a GPU")
    for way in (run, gpu):
        way.add_argument("--to", type=pathlib.Path, default=HOME, help="the folder for the results")
        way.add_argument("--add", action="store_true", help="to those of the last run")
    other = ways.add_parser("compare", help="with another revision, in turns")
    other.add_argument("base", help="the revision")
    other.add_argument("--rounds", type=_positive, default=6, help="turns of each; 6 by default")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one of them; returns the status to exit with."""
    asked, rest = parser().parse_known_args(arguments)
    if asked.way == "compare":
        from benchmarks import comparing

        return comparing.compare(asked.base, rest, asked.rounds)
    from benchmarks import running

    if asked.way == "gpu":
        require_gpu()
        # Also for the processes that it starts; several nets at a time share the memory of a GPU.
        os.environ |= {"SLIM_BENCH_GPU": "1", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
        return running.run(asked.to, "gpu", rest or GPU_FILES, asked.add)
    return running.run(asked.to, "bench", rest, asked.add)


def require_gpu() -> None:
    """Looks for a GPU.

    Raises:
      SystemExit: TensorFlow sees none.
    """
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        built = tf.test.is_built_with_cuda()
        raise SystemExit(
            f"TensorFlow {tf.__version__} sees no GPU here, so there is nothing to measure. "
            + (
                "It was built for GPUs: look at `nvidia-smi`, and at the libraries that "
                "TensorFlow names with TF_CPP_MIN_LOG_LEVEL=0."
                if built
                else "It was built without them: pip install 'tensorflow[and-cuda]'."
            )
        )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1; got {value}")
    return value


if __name__ == "__main__":
    sys.exit(main())
