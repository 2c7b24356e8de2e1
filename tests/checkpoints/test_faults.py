"""Faults: files cut short, flipped bits, a full disk, kill -9. None restores anything wrong."""

from __future__ import annotations

import contextlib
import os
import pathlib
import random
import resource
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import tf_slim as slim
from tests.ops.nets import tower
from tf_slim import checkpoints

CUTS, FLIPS = 20, 50


def built() -> slim.Model:
    return slim.Model(tower).build([None, 5])


def values(model):
    return [v.numpy() for v in model.variables]


def same(one, two) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def keras_archive(model, path):
    """What Keras would write: its HDF5 without checksums of ours, in an archive."""
    import h5py

    inner = path.with_suffix(".weights.h5")
    with h5py.File(inner, "w") as file:
        for name, value in checkpoints.load(model).items():
            file[name] = value
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inner, "model.weights.h5")
        archive.writestr("config.json", "{}")
    return path


def foreign_h5(model, path):
    keras_archive(model, path.with_suffix(".keras"))
    path.with_suffix(".keras").unlink()
    os.replace(path.with_suffix(".weights.h5"), path)
    return path


def foreign_safetensors(model, path):
    from safetensors.numpy import save_file

    save_file(checkpoints.load(model), path)
    return path


def v1(model, path):
    checkpoints.convert(model, path, format="v1")
    return path


# format -> (file to harm, or its suffix; how it is written; whether checksums cover the values)
FORMATS = {
    "V2 data": ("x.ckpt", ".data-00000-of-00001", slim.Model.save, True),
    "V2 index": ("x.ckpt", ".index", slim.Model.save, True),
    "V1": ("x.v1", "", v1, True),
    "npz": ("x.npz", "", slim.Model.save, True),
    "safetensors": ("x.safetensors", "", slim.Model.save, True),
    "h5": ("x.weights.h5", "", slim.Model.save, True),
    "keras": ("x.keras", "", keras_archive, True),
    "safetensors of others": ("y.safetensors", "", foreign_safetensors, False),
    "h5 of Keras": ("y.weights.h5", "", foreign_h5, False),
}


def cuts(whole: bytes):
    for offset in np.linspace(0, len(whole) - 1, CUTS, dtype=int):
        yield whole[:offset]


def flips(whole: bytes):
    draw = random.Random(2016)
    for _ in range(FLIPS):
        broken = bytearray(whole)
        broken[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        yield bytes(broken)


@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        (kind, damage)
        for kind in FORMATS
        for damage in (cuts, flips)
        if damage is cuts or FORMATS[kind][3]
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_damage_is_noticed_or_harmless(kind, damage, tmp_path):
    name, suffix, write, _ = FORMATS[kind]
    model = built()
    path = tmp_path / name
    write(model, path)
    harmed = pathlib.Path(f"{path}{suffix}")
    whole = harmed.read_bytes()
    other = built()
    noticed = total = 0
    for broken in damage(whole):
        total += 1
        for variable in other.variables:
            variable.assign_add(variable * 0 + 1)
        before = values(other)
        harmed.write_bytes(broken)
        try:
            other.restore(path)
        except checkpoints.CheckpointError as error:
            assert str(path) in str(error)
            assert same(values(other), before)
            noticed += 1
        else:
            assert same(values(other), values(model))
    # Every cut is noticed. A bit may mean nothing: padding, a date in an archive.
    assert noticed == total if damage is cuts else noticed > 0


def test_every_byte_of_an_index_counts_or_means_nothing(tmp_path):
    """TensorFlow checks the CRC-32C of each block of an index; the rest is padding."""
    path = pathlib.Path(built().save(tmp_path / "x.ckpt"))
    index = path.with_suffix(".ckpt.index")
    whole = index.read_bytes()
    expected = checkpoints.load(path)
    for position in range(len(whole)):
        broken = bytearray(whole)
        broken[position] ^= 1 << (position % 8)
        index.write_bytes(broken)
        try:
            found = checkpoints.load(path)
        except checkpoints.CheckpointError:
            continue
        assert sorted(found) == sorted(expected), position
        assert all(np.array_equal(found[name], expected[name]) for name in expected), position


@contextlib.contextmanager
def quota(tmp_path):
    """A folder in which no file may have more than 20 kB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def small_disk(folder):
    """A disk of 200 kB at `folder`."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("making a small disk takes the rights of an administrator")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


SMALL = {"a": np.full([500], 1, np.float32), "b": np.full([500], 1, np.float32)}
LARGE = {"a": np.full([50_000], 2, np.float32), "b": np.full([50_000], 2, np.float32)}


@pytest.mark.parametrize("disk", [quota, small_disk])
def test_a_full_disk_harms_nothing(disk, tmp_path):
    names = ["x.ckpt", "x.npz", "x.safetensors", "x.h5"]
    with contextlib.ExitStack() as stack:
        if disk is small_disk:
            stack.enter_context(disk(tmp_path))
        for name in names:
            checkpoints.save(tmp_path / name, SMALL)
        before = sorted(os.listdir(tmp_path))
        if disk is quota:
            stack.enter_context(disk(tmp_path))
        for name in [*names, "new.ckpt"]:
            with pytest.raises(checkpoints.CheckpointError, match="Earlier checkpoints are unh"):
                checkpoints.save(tmp_path / name, LARGE)
        assert sorted(os.listdir(tmp_path)) == before
        for name in names:
            assert checkpoints.diff(tmp_path / name, SMALL).equal
        checkpoints.save(tmp_path / "x.ckpt", {**SMALL, "a": SMALL["b"]})


# TensorFlow is imported once, and its runtime is begun by each of the children that are killed.
SAVER = """
import os, random, signal, sys, time
import numpy as np
import tensorflow as tf
from tf_slim import checkpoints
draw = random.Random(2016)
for attempt in range(int(sys.argv[2])):
    # Every other one saves over the checkpoint that is there.
    name = "model.ckpt" if attempt % 2 else "model.ckpt-{}"
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        for step in range(1000 * attempt, 1000 * attempt + 1000):
            tensors = {f"w{n}": np.full(200_000, step, "f4") for n in range(3)}
            checkpoints.save(os.path.join(sys.argv[1], name.format(step)), tensors)
            os.write(writing, step.to_bytes(8, "little"))
        os._exit(0)
    os.close(writing)
    done = int.from_bytes(os.read(reading, 8), "little")
    start = time.perf_counter()
    done = int.from_bytes(os.read(reading, 8), "little")
    time.sleep(draw.random() * 2 * (time.perf_counter() - start))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(reading, 8):
        done = int.from_bytes(more, "little")
    print(name.format(done), done, flush=True)
    sys.stdin.readline()
"""


@pytest.mark.slow
def test_killed_while_saving(tmp_path):
    """At 20 moments: every checkpoint in the folder is whole, and the last one that was made."""
    command = [sys.executable, "-c", SAVER, str(tmp_path), "20"]
    caught = 0
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in iter(process.stdout.readline, ""):
            name, step = line.split()
            caught += bool(checkpoints.remove_leftovers(tmp_path))
            found = checkpoints.prefixes(tmp_path)
            assert str(tmp_path / name) in found
            for prefix in found:
                tensors = checkpoints.load(prefix)
                (value,) = {float(v) for tensor in tensors.values() for v in np.unique(tensor)}
                if prefix.endswith(name):
                    assert value >= int(step)
                elif "-" in name:
                    assert value == checkpoints.step_of(prefix) or prefix.endswith("model.ckpt")
            for prefix in found:
                if prefix.count("-"):
                    checkpoints.remove(prefix)
            process.stdin.write("\n")
            process.stdin.flush()
    assert process.returncode == 0
    assert caught >= 5, "few of the moments were within a save"
