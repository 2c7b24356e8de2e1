"""The formats that a model can be exported to: `@register`, `get`, `names`."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from tf_slim.data.named import Named
from tf_slim.export.errors import ExportError, MissingExtraError
from tf_slim.export.metadata import Metadata
from tf_slim.ops.wording import did_you_mean

if TYPE_CHECKING:
    import numpy as np

_F = TypeVar("_F", bound=Callable)

_writers = Named("export format", "tf_slim.export")
_formats: dict[str, Format] = {}


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """How far an exported model may be from what it was made from.

    Attributes:
      difference: the largest of any probability; of outputs that are none, the largest relative to
        the largest output, if that is over 1. None for any.
      agreement: the least share of pictures that get the same top class.
      or_agreement: that share with which a larger difference is accepted; None for none. One
        picture between two classes can move far by a small step of all numbers.

    Examples:
      >>> slim.export.get("onnx").tolerance("int8", "float32")
      Tolerance(difference=None, agreement=0.95, or_agreement=None)
    """

    difference: float | None
    agreement: float = 0.0
    or_agreement: float | None = None


_EXACT = Tolerance(1e-5)
_HALF = Tolerance(2e-2, or_agreement=0.95)
_INTEGERS = Tolerance(None, 0.95)

TOLERANCES: Mapping[str | None, Tolerance] = {
    None: _EXACT,
    "float32": _EXACT,
    "float16": _HALF,
    "mixed_float16": _HALF,
    "mixed_bfloat16": _HALF,
    "dynamic": _INTEGERS,
    "int8": _INTEGERS,
}
"""What is expected of a quantization or a precision, unless a format says otherwise."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked of a format.

    Attributes:
      quantize: how to quantize the weights, one of the format's own; None not to.
      precision: what to compute in, one of the format's own; None for float32.
      samples: gives pictures of the training data as the net is given them, to calibrate by:
        `samples(count)` is float32 `[at most count, height, width, channels]`.
      metadata: what the file has to say of itself.
      features: the end point for embeddings; None for the last one before the logits.
      runtime: where the program is that runs the file, for a format that takes it along; None to
        look for it.

    Examples: see `slim.export.register`.
    """

    quantize: str | None = None
    precision: str | None = None
    samples: Callable[[int], np.ndarray]
    metadata: Metadata
    features: str | None = None
    runtime: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Format:
    """A format that models can be exported to.

    Attributes:
      name: of the format.
      write: `write(source, path, options)`, which writes the file, or the folder, and whatever
        belongs beside it. Nothing stands at `path` before.
      ending: of the file's name, such as `.onnx`; None if it is a folder.
      quantize: the quantizations that it knows.
      precision: the precisions that it knows.
      modules: what it imports that may not be there, to write a file and to run it.
      extra: of the package, that has them.
      runtime: `runtime(given)` finds the program that runs the file, which the format takes along,
        where it is given or by itself, and raises where it is not; None for other formats.
      beside: endings of files that are written beside its own, such as `.bin`.
      tolerances: by quantization or precision, where others than `TOLERANCES` fit.
      any_inputs: whether nets can be written that take something else than images alone.

    Examples: see `slim.export.get`.
    """

    name: str
    write: Callable[..., None]
    ending: str | None
    quantize: tuple[str, ...] = ()
    precision: tuple[str, ...] = ("float32",)
    modules: tuple[str, ...] = ()
    extra: str | None = None
    runtime: Callable[[str | None], str] | None = None
    beside: tuple[str, ...] = ()
    tolerances: Mapping[str | None, Tolerance] = dataclasses.field(default_factory=dict)
    any_inputs: bool = False

    def tolerance(self, quantize: str | None, precision: str | None) -> Tolerance:
        """How far a file may be from what it was made from."""
        key = quantize or precision
        return self.tolerances.get(key) or TOLERANCES.get(key) or _HALF

    def check(
        self, quantize: str | None, precision: str | None, runtime: str | None = None
    ) -> None:
        """Checks what is asked of the format, before any work is done.

        Raises:
          ExportError: it knows no such quantization or precision, or not the two together.
          MissingExtraError: a package that it needs is not installed.
        """
        for option, value, known in (
            ("quantize", quantize, self.quantize),
            ("precision", precision, self.precision),
        ):
            if value is not None and value not in known:
                raise ExportError(self._unknown(option, value, known))
        if quantize is not None and precision not in (None, "float32"):
            raise ExportError(
                f"{self.name}: quantize={quantize!r} and precision={precision!r} exclude each "
                "other: give one of them."
            )
        self.require(runtime)

    def check_inputs(self, given: Sequence[str], net: str) -> None:
        """Checks that a net that takes something else than images can be written.

        Args:
          given: the names and shapes of what it takes.
          net: its name.

        Raises:
          ExportError: it cannot.
        """
        if not self.any_inputs:
            others = [name for name in names() if get(name).any_inputs]
            raise ExportError(
                f"{net} takes {', '.join(given)}, and the format {self.name} is for nets that take "
                "images alone, [batch, height, width, channels]. Write it as "
                f"{' or '.join(others)}."
            )

    def require(self, runtime: str | None = None) -> None:
        """Checks that all is installed that the format needs.

        Args:
          runtime: where the program is that runs the file, if that was said.

        Raises:
          ExportError: that is not there, or the format takes none along.
          MissingExtraError: something is not installed.
        """
        missing = [name for name in self.modules if not _is_there(name)]
        if missing:
            raise MissingExtraError(
                f"The export format {self.name} needs {' and '.join(missing)}, which "
                f"{'is' if len(missing) == 1 else 'are'} not installed: "
                f"pip install 'tf-slim2[{self.extra}]'."
            )

        if self.runtime is not None:
            self.runtime(runtime)
        elif runtime is not None:
            raise ExportError(
                f"{self.name} takes no program along that runs it: leave out runtime={runtime!r}."
            )

    def _unknown(self, option: str, value: Any, known: tuple[str, ...]) -> str:
        others = [
            name for name in names() if value in getattr(get(name), option) and name != self.name
        ]
        by = f" The formats that know it: {', '.join(others)}." if others else ""
        return (
            f"{self.name} knows no {option} {value!r}.{did_you_mean(value, known)} Known: "
            f"{', '.join(map(repr, known)) or 'none'}.{by}"
        )


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def register(
    name: str,
    *,
    ending: str | None = None,
    quantize: tuple[str, ...] = (),
    precision: tuple[str, ...] = ("float32",),
    modules: tuple[str, ...] = (),
    extra: str | None = None,
    runtime: Callable[[str | None], str] | None = None,
    beside: tuple[str, ...] = (),
    tolerances: Mapping[str | None, Tolerance] | None = None,
    any_inputs: bool = False,
) -> Callable[[_F], _F]:
    """Decorates the function that writes a format.

    Args:
      name: of the format.
      ending: see `Format`, as the other arguments.
      quantize: names.
      precision: names, as `slim.precision` takes them.
      modules: names to import.
      extra: of this package.
      runtime: finds a program that is taken along.
      beside: endings.
      tolerances: by quantization or precision.
      any_inputs: see there.

    Returns:
      A decorator, which returns the function.

    Raises:
      ValueError: the name is taken by another function.

    Examples:
      >>> @slim.export.register("mine", ending=".mine")
      ... def write(source, path, options):
      ...     graph_def = source.folded(options.precision).graph_def
      ...     with open(path, "wb") as file:
      ...         file.write(graph_def.SerializeToString())
      >>> slim.export.save("runs/digits", "digits.mine", verify=False).format
      'mine'
    """

    def decorate(write: _F) -> _F:
        _writers.add(name, write)
        _formats[name] = Format(
            name=name,
            write=write,
            ending=ending,
            quantize=quantize,
            precision=precision,
            modules=modules,
            extra=extra,
            runtime=runtime,
            beside=beside,
            tolerances=tolerances or {},
            any_inputs=any_inputs,
        )
        return write

    return decorate


def get(name: str) -> Format:
    """A format by its name.

    Raises:
      ValueError: there is none; the message has the close names and the whole list.

    Examples:
      >>> onnx = slim.export.get("onnx")
      >>> onnx.ending, onnx.quantize, onnx.precision
      ('.onnx', ('int8',), ('float32',))
    """
    _writers.get(name)
    return _formats[name]


def names() -> list[str]:
    """The names of all formats, sorted.

    Examples:
      >>> "onnx" in slim.export.names()
      True
    """
    return _writers.names()


def of_path(path: str | os.PathLike) -> str | None:
    """The name of the format that the ending of a path tells; None if it tells none."""
    ending = os.path.splitext(os.fspath(path))[1].lower()
    told = (name for name in names() if ending and get(name).ending == ending)
    return next(told, None)
