"""The place in a `tf.compat.v1` graph: the graph itself, and its collections.

Inside a `slim.Model` the store of the model lists the variables too, and an open `slim.collect()`
frame the losses.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import calls, collect, keras_objects, outputs, scopes, stores
from tf_slim.ops.getters import on_scope
from tf_slim.ops.layer_names import LayerNames
from tf_slim.ops.places.protocol import Place
from tf_slim.ops.types import Collections

v1 = tf.compat.v1
GraphKeys = v1.GraphKeys

# With the keys that begin with "__": what TensorFlow notes of control flow and scopes.
_OF_TENSORFLOW = (GraphKeys.COND_CONTEXT, GraphKeys.WHILE_CONTEXT)


class GraphPlace(Place):
    """A v1 graph and its collections."""

    immediate = False
    calls_infer_by_default = False

    def variable(
        self,
        name: str,
        *,
        custom_getter: Callable | None,
        device: Any,
        initializer: Any,
        regularizer: Any,
        collections: list[str],
        **options: Any,
    ) -> Any:
        regularizer = regularizer or v1.get_variable_scope().regularizer
        if initializer is not None and not callable(initializer):
            options["shape"] = None  # a value has its own
        options.update(initializer=initializer, collections=collections)
        with v1.device(device) if device else contextlib.nullcontext():
            found = _get_variable(custom_getter, name, regularizer, **options)
        call = calls.current_call()
        if call is not None:
            full_name = stores.get_variable_full_name(found)
            call.list_variable(full_name, found, collections, regularizer)
        return found

    def plain_variable(
        self,
        key: str,
        initial_value: Any,
        validate_shape: bool,
        name: str | None,
        use_resource: Any,
    ) -> Any:
        return v1.Variable(
            initial_value,
            trainable=False,
            collections=[key],
            validate_shape=validate_shape,
            name=name,
            use_resource=use_resource,
        )

    def add_model_variable(self, variable: Any) -> None:
        if not any(known is variable for known in self.variables(GraphKeys.MODEL_VARIABLES)):
            v1.add_to_collection(GraphKeys.MODEL_VARIABLES, variable)
        call = calls.current_call()
        if call is not None:
            call.store.add_model_variable(variable)

    def variables(self, key: str) -> list[Any]:
        return v1.get_collection(key)

    def members(self, key: str) -> list[Any]:
        return v1.get_collection(key)

    @contextlib.contextmanager
    def layer_variables(self, names: LayerNames, make: Callable) -> Iterator[None]:
        scope = v1.get_variable_scope()
        with on_scope(scope, functools.partial(_get_for_layer, names, make, scope.custom_getter)):
            yield

    def begin_call(self, store: stores.VariableStore, entry: str, building: bool) -> calls.Call:
        return calls.GraphCall(store, entry, building)

    def trace(self, call: Callable[..., Any], specs: Sequence[Any]) -> None:
        inputs = tf.nest.map_structure(
            lambda spec: v1.placeholder(spec.dtype, spec.shape, spec.name), specs
        )
        call(*inputs)

    def add_loss(self, loss: tf.Tensor, key: str) -> None:
        v1.add_to_collection(key, loss)
        frame = collect.current_frame()
        if frame is not None:
            frame.add_loss(loss, key)

    def losses(self, key: str, scope: str | None = None) -> list[tf.Tensor]:
        return v1.get_collection(key, scope)

    def add_penalty(self, penalty: tf.Tensor) -> None:
        v1.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, penalty)

    def regularization_losses(self, scope: str | None = None) -> list[tf.Tensor]:
        return v1.get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)

    def total_loss(self, add_regularization_losses: bool, name: str) -> tf.Tensor:
        losses = self.losses(GraphKeys.LOSSES)
        if add_regularization_losses:
            losses += self.regularization_losses()
        if not losses:
            raise ValueError(collect.NO_LOSSES.format(place=" in this graph"))
        return tf.add_n(losses, name=name)

    def add_output(self, keys: Iterable[str], alias: str, tensor: Any) -> None:
        outputs.append_tensor_alias(tensor, alias)
        for key in keys:
            v1.add_to_collection(key, tensor)

    def outputs(self, key: str, clear: bool = False) -> dict[str, Any]:
        named = {
            alias: tensor
            for tensor in v1.get_collection(key)
            for alias in getattr(tensor, "aliases", None) or [tensor.name.removesuffix(":0")]
        }
        if clear:
            v1.get_default_graph().clear_collection(key)
        return named

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
        if variable_scope:
            # Its name differs from that of the operations when variables around it are reused.
            with scopes.scope(scope, default_name, values) as entered:
                yield entered.name
        else:
            with v1.name_scope(scope, default_name, values) as name:
                yield name.rstrip("/")

    def operation_name(self, alias: str) -> str | None:
        return f"{alias}/"

    def subtract(self, variable: Any, step: Callable[[], tf.Tensor], name: str, values: Any) -> Any:
        with v1.name_scope(None, name, values) as scope:
            return v1.assign_sub(variable, step(), name=scope)

    def add_updates(self, updates: Sequence[Any], keys: Iterable[str]) -> None:
        for key in keys:
            for update in updates:
                v1.add_to_collection(key, update)

    def assign(self, pairs: Iterable[tuple[Any, Any]]) -> tuple[Any, Mapping[Any, Any]]:
        feed_dict, assigns = {}, []
        for variable, value in pairs:
            name = f"placeholder/{variable.op.name}"
            placeholder = v1.placeholder(variable.dtype.base_dtype, variable.shape, name)
            assigns.append(v1.assign(variable, placeholder))
            feed_dict[placeholder] = value
        return tf.group(*assigns), feed_dict

    def global_step(self, graph: tf.Graph | None = None) -> Any:
        return v1.train.get_global_step(graph)

    def create_global_step(self, graph: tf.Graph | None = None) -> Any:
        step = v1.train.create_global_step(graph)
        if step.op.name != GraphKeys.GLOBAL_STEP:
            warnings.warn(
                f"The global step was made inside a variable scope, so it is called "
                f"{step.op.name!r}, in checkpoints as well. Call "
                "slim.get_or_create_global_step() before the net is built: it is then called "
                f"{GraphKeys.GLOBAL_STEP!r}, and the net finds it.",
                stacklevel=4,
            )
        return step

    def summary(self, kind: str, tag: str, tensor: Any, print_summary: bool = False) -> Any:
        make = getattr(v1.summary, kind)
        if not print_summary:
            return make(tag, tensor)
        added = make(tag, tensor, collections=[])
        with tf.control_dependencies([tf.print(tag, tensor, output_stream=sys.stderr)]):
            added = tf.identity(added)
        v1.add_to_collection(GraphKeys.SUMMARIES, added)
        return added

    @contextlib.contextmanager
    def effects_dropped(self) -> Iterator[None]:
        graph = v1.get_default_graph()
        before = {
            key: list(graph.get_collection_ref(key)) for key in graph.get_all_collection_keys()
        }
        with collect.collect():
            yield
        for key in graph.get_all_collection_keys():
            if isinstance(key, str) and not key.startswith("__") and key not in _OF_TENSORFLOW:
                graph.get_collection_ref(key)[:] = before.get(key, [])


def _get_variable(custom_getter: Callable | None, name: str, regularizer, **options: Any) -> Any:
    """`get_variable`, computing the regularization once, under the right name.

    TensorFlow evaluates a regularizer twice there: once to see whether it returns anything.
    """
    made = []

    def note(next_creator, constraint=None, **creator_kwargs):
        constraint = keras_objects.in_graph(constraint)
        made.append(next_creator(constraint=constraint, **creator_kwargs))
        return made[-1]

    get: Callable = v1.get_variable
    if custom_getter is not None:
        get = functools.partial(custom_getter, reuse=v1.get_variable_scope().reuse)
    if regularizer is not None:
        # Not None: the regularizer of the scope must not step in.
        options["regularizer"] = lambda unused_variable: None
    with v1.variable_creator_scope(note):
        found = get(name, **options)
    if regularizer is not None:
        for part in made:
            add_regularization_loss(part, regularizer)
    return found


def add_regularization_loss(made: Any, regularizer: Callable) -> None:
    """Computes the loss of a new variable of a v1 graph and adds it to REGULARIZATION_LOSSES."""
    loss_name = getattr(regularizer, "loss_name", None)
    # A slash at the end makes the name what it says; without, it is one within the scope around.
    if loss_name is None:
        outer, scope = None, f"{made.op.name}/Regularizer/"
    else:
        outer, scope = v1.get_variable_scope().original_name_scope, f"{loss_name}/Regularizer"
    with (
        v1.get_default_graph().colocate_with(made.op, ignore_existing=True),
        v1.name_scope(outer),
        v1.name_scope(scope),
    ):
        loss = keras_objects.in_graph(regularizer)(made)
    if loss is not None:
        v1.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)


def _get_for_layer(
    names: LayerNames, make: Callable, base: Callable | None, getter, name: str, **options: Any
) -> Any:
    """The custom getter of a layer."""
    if base is not None:
        getter = functools.partial(base, getter)
    if GraphKeys.MODEL_VARIABLES in (options.get("collections") or ()):
        return getter(name, **options)
    options.pop("reuse", None)
    rest = {key: options.pop(key) for key in ("constraint", "validate_shape") if key in options}
    # By this function, since programs set the device of all model variables by an arg_scope.
    return make(names.of(name), custom_getter=functools.partial(getter, **rest), **options)
