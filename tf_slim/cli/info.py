"""`tf-slim info`."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from tf_slim.cli import flags, terminal

DISTRIBUTION = "tf-slim2"
_NEEDED = ("tensorflow", "keras", "numpy")
# Of the package's own extras, those that are no user's.
_NOT_FOR_USERS = ("dev", "docs")
# What TensorFlow's kernels are chosen by.
_CPU_FLAGS = re.compile(
    r"sse4_[12]|avx|avx2|fma|f16c|avx512(f|_bf16|_fp16|_vnni)|avx_vnni|amx_\w+|neon|asimd|sve\d?|bf16"
)
# TensorFlow's own: others, such as Terraform's, begin with TF_ as well.
_VARIABLES = re.compile(
    r"TF_CONFIG|TF_(AUTO|CPP|CUDNN|DETERMINISTIC|DISABLE|DUMP|ENABLE|FORCE|GPU|INTER|INTRA|LAYOUT|NUM"
    r"|ONEDNN|USE|XLA)_\w+|XLA_FLAGS|KERAS_BACKEND|(CUDA|NVIDIA)_VISIBLE_DEVICES"
    r"|(OMP|MKL)_NUM_THREADS"
)
# Addresses of machines, with or without a scheme.
_ADDRESS = re.compile(r"://|@|[\w.-]+:\d{2,5}\b|\b\d+\.\d+\.\d+\.\d+\b")
_PATIENCE = 120.0


def command(as_json: flags.Json = False, debug: flags.Debug = False) -> None:
    """Show versions, devices and settings of this machine: what a report of a fault needs.

    There are no names of machines in it, and no path below the home folder: it can be shown to
    anyone.
    """
    found = _without_home(everything())
    if as_json:
        terminal.data(found, indent=2)
        return
    for part in found.values():
        width = max(map(len, part), default=0)
        for name, value in part.items():
            terminal.say(f"{name:<{width}}  {value}")
        terminal.say()


def everything() -> dict[str, dict[str, str]]:
    """What there is to know; what cannot be found out is left out, or says so."""
    return {
        "versions": dict(_versions()),
        "machine": dict(_machine()),
        "tensorflow": _tensorflow(),
        "environment": dict(_environment(os.environ)),
    }


def _versions() -> Iterator[tuple[str, str]]:
    import tf_slim

    yield "tf_slim", tf_slim.__version__
    yield "python", f"{platform.python_version()} ({platform.python_implementation()})"
    for name in _NEEDED:
        yield name, _version(name) or "not installed"
    for name in _optional():
        version = _version(name)
        if version:
            yield name, version


def _version(distribution: str) -> str | None:
    # TensorFlow is also published under other names, such as tensorflow-cpu.
    for name in (distribution, f"{distribution}-cpu", f"{distribution}-intel"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            suffix = "" if name == distribution else f" ({name})"
            return f"{importlib.metadata.version(name)}{suffix}"
    return None


def _optional() -> list[str]:
    """The packages that the extras bring."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        names = set()
        for line in importlib.metadata.requires(DISTRIBUTION) or ():
            extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
            if extra and extra[1] not in _NOT_FOR_USERS:
                names.add(re.match(r"[\w.-]+", line)[0])  # pyright: ignore[reportOptionalSubscript]
        return sorted(names)
    return []


def _machine() -> Iterator[tuple[str, str]]:
    yield "system", f"{platform.system()} {platform.release()} {platform.machine()}"
    with contextlib.suppress(OSError):
        yield "release", platform.freedesktop_os_release()["PRETTY_NAME"]
    name, cpu_flags = _processor()
    yield "processor", name
    if cpu_flags:
        yield "cpu flags", " ".join(cpu_flags)
    yield "cores", _cores()
    with contextlib.suppress(OSError, ValueError, AttributeError):
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        yield "memory", f"{size / 2**30:.1f} GiB"


def _processor() -> tuple[str, list[str]]:
    rows: dict[str, str] = {}
    with contextlib.suppress(OSError):
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        for line in text.partition("\n\n")[0].splitlines():
            name, _, value = line.partition(":")
            rows[name.strip().lower()] = value.strip()
    there = rows.get("flags") or rows.get("features") or ""
    known = [flag for flag in there.split() if _CPU_FLAGS.fullmatch(flag)]
    return rows.get("model name") or platform.processor() or platform.machine(), known


def _cores() -> str:
    there = os.cpu_count()
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else there
    return str(there) if allowed == there else f"{there}, of which this process may use {allowed}"


def _tensorflow() -> dict[str, str]:
    """What TensorFlow says, asked in a process of its own: one for another CPU would end this."""
    asked = pathlib.Path(__file__).with_name("asking_tensorflow.py")
    code = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='__main__')"
    try:
        result = subprocess.run(
            [sys.executable, "-c", code, str(asked)],
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONSAFEPATH": "1"},
            capture_output=True,
            timeout=_PATIENCE,
            encoding="utf-8",
            errors="replace",
        )
    except (OSError, subprocess.SubprocessError) as error:
        return {"devices": f"unknown, since TensorFlow does not start: {type(error).__name__}"}
    if result.returncode == 0:
        with contextlib.suppress(ValueError, IndexError):
            return json.loads(result.stdout.splitlines()[-1])
    lines = result.stderr.strip().splitlines() or ["without a word"]
    return {
        "devices": f"unknown, since TensorFlow does not start (status {result.returncode}): "
        f"{lines[-1].strip()}"
    }


def _environment(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted(variables):
        if not _VARIABLES.fullmatch(name):
            continue
        value = variables[name]
        if name == "TF_CONFIG":
            yield name, _cluster(value)
        elif _ADDRESS.search(value):
            yield name, "set (not shown)"
        else:
            yield name, value


def _cluster(text: str) -> str:
    """How many processes of which kind, and which of them this one is; no addresses."""
    try:
        config = json.loads(text)
        counts = {str(kind): len(tasks) for kind, tasks in config.get("cluster", {}).items()}
        task = config.get("task", {})
        own = f"{task.get('type')} {task.get('index')}"
    except (ValueError, TypeError, AttributeError):
        return "set, but no JSON of a cluster"
    parts = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "an empty cluster"
    return f"set: {parts}; this is {own}"


def _without_home(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    home = os.path.expanduser("~").rstrip("/\\")

    def shown(value: Any) -> str:
        text = " ".join(str(value).split())
        return text.replace(home, "~") if len(home) > 1 else text

    return {
        part: {name: shown(value) for name, value in rows.items()} for part, rows in found.items()
    }
