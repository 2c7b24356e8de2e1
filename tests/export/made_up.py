"""A made-up export format, with its engine: as CONTRIBUTING tells of a new one."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest
import tensorflow as tf

from tf_slim.export import engines, formats
from tf_slim.export.engines import opening
from tf_slim.export.metadata import Metadata

NAME = "made_up"


def write(source, path, options):
    """Writes the folded graph and the metadata into one file."""
    folded = source.folded(options.precision)
    with open(path, "wb") as file:
        np.savez(
            file,
            graph=np.frombuffer(folded.graph_def.SerializeToString(), np.uint8),
            inputs=np.array(folded.inputs),
            outputs=np.array(list(folded.outputs.items())),
            metadata=np.array(options.metadata.to_json()),
        )


class MadeUpEngine(engines.Engine):
    """Runs the graph."""

    format = NAME

    def _open(self):
        with np.load(self.path) as file:
            graph_def = tf.compat.v1.GraphDef.FromString(file["graph"].tobytes())
            inputs, outputs = file["inputs"].tolist(), dict(file["outputs"].tolist())
            self.metadata = Metadata.from_json(str(file["metadata"]))
        loaded = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph_def, name=""), [])
        tensor = loaded.graph.get_tensor_by_name
        self._names = [name.partition(":")[0] for name in inputs]
        self._function = loaded.prune(
            list(map(tensor, inputs)), tf.nest.map_structure(tensor, outputs)
        )
        self.inputs = tuple(
            engines.Input(name, tuple(tensor(one).shape), np.dtype(np.float32))
            for name, one in zip(self._names, inputs)
        )
        self.outputs = tuple(outputs)

    def _run(self, feeds):
        found = self._function(*(tf.constant(feeds[name]) for name in self._names))
        return {name: value.numpy() for name, value in found.items()}


@pytest.fixture
def made_up_format(monkeypatch):
    """Registers the format for one test; gives a function that registers it in another way."""
    formats.names()  # our own, before

    def register(write=write, engine=MadeUpEngine, **known):
        monkeypatch.delitem(formats._writers._things, NAME, raising=False)
        monkeypatch.setitem(formats._formats, NAME, None)
        monkeypatch.setitem(formats._writers._things, NAME, write)
        formats._writers._things.pop(NAME)
        formats.register(NAME, **{"ending": ".made", **known})(write)
        module = types.ModuleType("tf_slim.export.engines.made_up")
        module.MadeUpEngine = engine
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(opening.ENGINES, NAME, ("made_up", "MadeUpEngine", ".made"))
        return formats.get(NAME)

    return register
