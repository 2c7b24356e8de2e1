"""Runs a program of TensorFlow 1, unedited."""

from __future__ import annotations

import logging
import os
import sys
import traceback
import types
from collections.abc import Sequence
from typing import Any

from tf_slim.legacy import starting_anew

__all__ = ["ProgramNotFoundError", "main", "run"]


# Of NumPy's error for a file with pickled objects in it.
_NO_PICKLE = "allow_pickle=False"


class ProgramNotFoundError(FileNotFoundError):
    """There is no such program."""


def run(
    script: str | os.PathLike,
    args: Sequence[str] = (),
    *,
    treat_as_tf1: Sequence[str] = (),
    research_slim: bool = False,
    allow_pickle: bool = False,
) -> None:
    """Runs a script as the main program of this process; see `imports.install` for what it sees.

    Args:
      script: path of the file.
      args: its command line.
      treat_as_tf1: see `imports.install`.
      research_slim: see `imports.install`.
      allow_pickle: see `imports.install`.

    Raises:
      ProgramNotFoundError: there is no such file.
      BaseException: whatever the program raises, `SystemExit` included.
    """
    script = os.fspath(script)
    if not os.path.isfile(script):
        raise ProgramNotFoundError(f"There is no program {script}.")
    from tf_slim.legacy import imports, source

    # As it was in TensorFlow 1, until the program says otherwise: a call of another process waits
    # until that is there. The parts of a cluster start in any order, and one may come back.
    os.environ.setdefault("GRPC_FAIL_FAST", "false")
    logging.getLogger("tensorflow").setLevel(logging.WARNING)
    logging.getLogger("tensorflow").addFilter(_is_no_advice)
    imports.install(
        treat_as_tf1=treat_as_tf1, research_slim=research_slim, allow_pickle=allow_pickle
    )
    from tf_slim.legacy.contrib import quantize

    quantize.watch(starting_anew.plan())
    sys.argv = [script, *args]
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    _run_as_main(source.compiled(script), script, imports.python2_names())


def _run_as_main(code: types.CodeType, script: str, names: dict[str, Any]) -> None:
    """What `runpy.run_path` does, with code that is compiled already."""
    module = types.ModuleType("__main__")
    vars(module).update(names, __file__=script, __cached__=None, __package__="")
    before = sys.modules["__main__"]
    sys.modules["__main__"] = module
    try:
        exec(code, vars(module))
    finally:
        sys.modules["__main__"] = before


def _is_no_advice(record: logging.LogRecord) -> bool:
    """False for advice to use a newer API: the program is to stay as it is."""
    return "is deprecated and will be removed" not in record.getMessage()


def _of_program(error: BaseException, script: str):
    """The traceback from the program's own first line on, without what started it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != script:
        trace = trace.tb_next
    if trace is None and isinstance(error, SyntaxError) and error.filename == script:
        return None
    return trace or error.__traceback__


def _hint(error: Exception) -> str:
    """What the command line can do about an error of the program; empty where it can nothing."""
    if isinstance(error, ValueError) and _NO_PICKLE in str(error):
        return (
            "hint: before NumPy 1.16.3 np.load read pickled objects by itself. A pickle can run "
            "any code; if you trust the file: tf-slim run --allow-pickle, or np.load(..., "
            "allow_pickle=True)."
        )
    if isinstance(error, SyntaxError):
        from tf_slim.legacy import source

        return source.IF_PYTHON_2
    return ""


def main(
    script: str,
    args: Sequence[str] = (),
    *,
    treat_as_tf1: Sequence[str] = (),
    research_slim: bool = False,
    allow_pickle: bool = False,
    only_check: bool = False,
) -> int:
    """Runs or checks a program for the command line.

    Returns:
      The exit status: that of the program, 1 if it raised or has something that is not provided,
      2 if there is no such program.
    """
    try:
        if only_check:
            return _check(script, research_slim=research_slim, allow_pickle=allow_pickle)
        with starting_anew.caught():
            run(
                script,
                args,
                treat_as_tf1=treat_as_tf1,
                research_slim=research_slim,
                allow_pickle=allow_pickle,
            )
    except starting_anew.StartAnew as request:
        options = [part for name in treat_as_tf1 for part in ("--treat-as-tf1", name)]
        options += ["--research-slim"] * research_slim + ["--allow-pickle"] * allow_pickle
        return starting_anew.again(request, ["run", *options, os.fspath(script), *args])
    except ProgramNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except Exception as error:
        traceback.print_exception(type(error), error, _of_program(error, script))
        if hint := _hint(error):
            print(hint, file=sys.stderr)
        return 1
    return 0


def _check(script: str, **flags: bool) -> int:
    if not os.path.isfile(script):
        raise ProgramNotFoundError(f"There is no program {script}.")
    from tf_slim.legacy import check

    try:
        findings = check.check(script, **flags)
    except SyntaxError as error:
        print(f"error: {error.filename}:{error.lineno}: {error.msg}", file=sys.stderr)
        print(_hint(error), file=sys.stderr)
        return 1
    for finding in findings:
        print(finding)
    if findings:
        uses = "1 use" if len(findings) == 1 else f"{len(findings)} uses"
        print(f"{script}: {uses} of what is not provided")
    else:
        print(f"{script}: all that it uses of TensorFlow, Slim and NumPy is provided")
    return 1 if findings else 0
