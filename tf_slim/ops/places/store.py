"""The place in eager mode and in a `tf.function`: a store of variables, and a frame."""

from __future__ import annotations

import contextlib
import contextvars
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import calls, collect, layer_names, outputs, scopes, stores, tracing
from tf_slim.ops.getters import stacked
from tf_slim.ops.layer_names import LayerNames
from tf_slim.ops.places.protocol import Place
from tf_slim.ops.reuse import known_reuse
from tf_slim.ops.setting import Setting
from tf_slim.ops.types import Collections

GraphKeys = tf.compat.v1.GraphKeys

_STEP: contextvars.ContextVar[Any] = contextvars.ContextVar("step_scope", default=None)


def step_scope(step: Any) -> Setting:
    """Makes `get_global_step` return `step` inside: what a training loop knows, nets may ask for.

    Args:
      step: an integer scalar.
    """
    return Setting(_STEP, step)


class StorePlace(Place):
    """The store of the Model that is being called, or the default one; and the nearest frame."""

    immediate = True
    calls_infer_by_default = True

    def variable(
        self,
        name: str,
        *,
        custom_getter: Callable | None,
        device: Any,
        caching_device: Any = None,
        partitioner: Any = None,
        use_resource: Any = None,
        **options: Any,
    ) -> Any:
        del caching_device, partitioner, use_resource
        scope = tf.compat.v1.get_variable_scope()
        full_name = f"{scope.name}/{name}" if scope.name else name
        if callable(device):
            # What it may look at: there are no operations outside graphs.
            device = device(types.SimpleNamespace(type="VarHandleOp", name=full_name, device=""))
        with tf.compat.v1.device(device) if device else contextlib.nullcontext():
            if custom_getter is not None:
                return custom_getter(name, reuse=known_reuse() or None, **options)
            if scope.custom_getter not in (None, scopes.variable_getter):
                getter = stacked(scope.custom_getter, scopes.variable_getter)
                return tf.compat.v1.get_variable(name, custom_getter=getter, **options)
            # What get_variable would do, without its inspection of signatures at every call.
            for default in ("initializer", "regularizer", "dtype"):
                if options[default] is None:
                    options[default] = getattr(scope, default)
            options.update(reuse=scope.reuse, constraint=scope.constraint)
            return scopes.variable_getter(None, full_name, **options)

    def plain_variable(
        self,
        key: str,
        initial_value: Any,
        validate_shape: bool,
        name: str | None,
        use_resource: Any,
    ) -> Any:
        def make(unique_name):
            with tf.init_scope(), tf.compat.v1.name_scope(None):
                return tf.Variable(
                    initial_value,
                    trainable=False,
                    name=unique_name,
                    shape=None if validate_shape else tf.TensorShape(None),
                )

        return calls.require_call().get_unscoped(name or "Variable", make, key)

    def add_model_variable(self, variable: Any) -> None:
        calls.require_call().store.add_model_variable(variable)

    def variables(self, key: str) -> list[Any]:
        return calls.require_call().store.collection(key)

    def members(self, key: str) -> list[Any]:
        return [*self.variables(key), *self.outputs(key).values()]

    def layer_variables(
        self, names: LayerNames, make: Callable
    ) -> contextlib.AbstractContextManager[Any]:
        return layer_names.in_force(names)

    def begin_call(self, store: stores.VariableStore, entry: str, building: bool) -> calls.Call:
        return calls.Call(store, entry, building)

    def trace(self, call: Callable[..., Any], specs: Sequence[Any]) -> None:
        done = []

        def once(*inputs: Any) -> None:
            # TensorFlow traces a function that has made variables a second time.
            if not done:
                call(*inputs)
                done.append(True)

        tracing.TracedFunction(once).get_concrete_function(*specs)

    def add_loss(self, loss: tf.Tensor, key: str) -> None:
        frame = collect.current_frame()
        if frame is not None:
            frame.add_loss(loss, key)

    def losses(self, key: str, scope: str | None = None) -> list[tf.Tensor]:
        return collect.require_frame().losses_of(key, scope)

    def add_penalty(self, penalty: tf.Tensor) -> None:
        frame = collect.current_frame()
        if frame is not None:
            frame.losses.append(penalty)

    def regularization_losses(self, scope: str | None = None) -> list[tf.Tensor]:
        frame = collect.require_frame()
        if scope is not None:
            raise ValueError(
                f"get_regularization_losses: scope={scope!r} selects operations of a v1 graph by "
                "name, and there is none here. For the losses of one model write `model.losses`."
            )
        return frame.regularization_losses()

    def total_loss(self, add_regularization_losses: bool, name: str) -> tf.Tensor:
        total = collect.require_frame().total_loss(add_regularization_losses)
        return tf.identity(total, name=name)

    def add_output(self, keys: Iterable[str], alias: str, tensor: Any) -> None:
        outputs.append_tensor_alias(tensor, alias)
        for key in keys:
            collect.add_output(key, alias.rstrip("/"), tensor)

    def outputs(self, key: str, clear: bool = False) -> dict[str, Any]:
        return collect.outputs(key, clear)

    @contextlib.contextmanager
    def layer_scope(
        self,
        scope: str | None,
        default_name: str,
        values: Sequence[Any],
        outputs_collections: Collections = None,
        *,
        variable_scope: bool = False,
    ) -> Iterator[str]:
        with tf.name_scope(scope or default_name):
            yield _free_name(scope, default_name, outputs.as_list(outputs_collections))

    def operation_name(self, alias: str) -> str | None:
        return None

    def subtract(self, variable: Any, step: Callable[[], tf.Tensor], name: str, values: Any) -> Any:
        return variable.assign_sub(step())

    def add_updates(self, updates: Sequence[Any], keys: Iterable[str]) -> None:
        """Nothing to do: they are done already."""

    def assign(self, pairs: Iterable[tuple[Any, Any]]) -> tuple[Any, Mapping[Any, Any]]:
        for variable, value in pairs:
            variable.assign(value)
        return None, {}

    def global_step(self, graph: tf.Graph | None = None) -> Any:
        if _STEP.get() is not None:
            return _STEP.get()
        members = self.variables(GraphKeys.GLOBAL_STEP)
        return members[0] if members else None

    def create_global_step(self, graph: tf.Graph | None = None) -> Any:
        if self.global_step() is not None:
            raise ValueError(
                "There is a global step already; slim.get_or_create_global_step() returns it."
            )
        return calls.require_call().store.create(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=tf.int64,
            initializer=tf.zeros_initializer(),
            trainable=False,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )

    def summary(self, kind: str, tag: str, tensor: Any, print_summary: bool = False) -> Any:
        if print_summary:
            tf.print(tag, tensor, output_stream=sys.stderr)
        serialized = _SERIALIZED[kind](tag, tensor)
        step = tf.summary.experimental.get_step()
        if step is None:
            step = self.global_step()
        if step is None and tf.summary.should_record_summaries() is False:
            return False
        return tf.summary.experimental.write_raw_pb(serialized, step=step)

    @contextlib.contextmanager
    def effects_dropped(self) -> Iterator[None]:
        with collect.collect():
            yield


def _free_name(scope: str | None, default_name: str, outputs_collections: Iterable[str]) -> str:
    """Name scopes do not count in eager mode, so this looks at what has been collected."""
    outer = tf.compat.v1.get_variable_scope().name
    own = scope or default_name
    wanted = f"{outer}/{own}" if outer else own
    taken = set(collect.output_names(collect.LAYERS))
    if scope is None:
        for key in outputs_collections:
            taken.update(collect.output_names(key))
    name, index = wanted, 0
    while name in taken:
        index += 1
        name = f"{wanted}_{index}"
    return name


@tf.function(reduce_retracing=True)
def _image_summary(title, images):
    # In a function, since the operation has an attribute that eager execution cannot pass on.
    return tf.raw_ops.ImageSummary(tag=title, tensor=images)


def _image(tag: str, images: Any) -> tf.Tensor:
    images = tf.convert_to_tensor(images)
    known = (tf.uint8, tf.float16, tf.float32, tf.float64)
    images = images if images.dtype in known else tf.cast(images, tf.float32)
    return _image_summary(tf.constant(tag), images)


_SERIALIZED: Mapping[str, Callable[[str, Any], tf.Tensor]] = {
    "scalar": lambda tag, tensor: tf.raw_ops.ScalarSummary(tags=tag, values=tensor),
    "histogram": lambda tag, tensor: tf.raw_ops.HistogramSummary(tag=tag, values=tensor),
    "image": _image,
}
