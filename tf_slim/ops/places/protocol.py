"""What a place can be told and asked: see `tf_slim.ops.places`."""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import tensorflow as tf

from tf_slim.ops import collect, outputs
from tf_slim.ops.calls import Call
from tf_slim.ops.layer_names import LayerNames
from tf_slim.ops.stores import VariableStore
from tf_slim.ops.types import Collections


class Place(abc.ABC):
    """Where effects go: a v1 graph, or a store of variables and a frame."""

    immediate: ClassVar[bool]
    """Whether an assignment is done where it is written, not when a session runs it."""

    calls_infer_by_default: ClassVar[bool]
    """Whether a call of a Model that says nothing is one of inference; otherwise functions and
    layers keep their own defaults."""

    # ------------------------------------------------------------------ variables

    @abc.abstractmethod
    def variable(
        self, name: str, *, custom_getter: Callable | None, device: Any, **options: Any
    ) -> Any:
        """Gets or makes a variable of the current scope, with all that belongs to it.

        Args:
          name: within the current scope.
          custom_getter: what to call in place of `tf.compat.v1.get_variable`, or None.
          device: a device name, a function from an operation to one, or None.
          **options: the other arguments of `slim.variable`.
        """

    @abc.abstractmethod
    def plain_variable(
        self,
        key: str,
        initial_value: Any,
        validate_shape: bool,
        name: str | None,
        use_resource: Any,
    ) -> Any:
        """Makes a variable outside all scopes that is not trained, in the collection `key`."""

    @abc.abstractmethod
    def add_model_variable(self, variable: Any) -> None:
        """Lists a variable that was made elsewhere among those of the model, once."""

    @abc.abstractmethod
    def variables(self, key: str) -> list[Any]:
        """The variables of a collection, in the order of their creation."""

    @abc.abstractmethod
    def members(self, key: str) -> list[Any]:
        """All members of a collection: variables, then outputs filed under its name."""

    @abc.abstractmethod
    def layer_variables(
        self, names: LayerNames, make: Callable
    ) -> contextlib.AbstractContextManager[Any]:
        """Makes model variables, with these names, of what the code inside gets as variables.

        Args:
          names: what they are called.
          make: `slim.model_variable`.
        """

    @abc.abstractmethod
    def begin_call(self, store: VariableStore, entry: str, building: bool) -> Call:
        """One run of a Model over its store: see `calls.Call`."""

    @abc.abstractmethod
    def trace(self, call: Callable[..., Any], specs: Sequence[Any]) -> None:
        """Calls a function for the variables that it makes, without computing anything.

        Args:
          call: the function.
          specs: a `tf.TensorSpec`, or a structure of them, for each of its arguments.
        """

    # --------------------------------------------------------------------- losses

    @abc.abstractmethod
    def add_loss(self, loss: tf.Tensor, key: str) -> None:
        """Adds a loss to the collection `key`."""

    @abc.abstractmethod
    def losses(self, key: str, scope: str | None = None) -> list[tf.Tensor]:
        """The losses of a collection, those whose name begins with `scope`, in order."""

    @abc.abstractmethod
    def add_penalty(self, penalty: tf.Tensor) -> None:
        """Adds a regularization loss that belongs to no single variable."""

    @abc.abstractmethod
    def regularization_losses(self, scope: str | None = None) -> list[tf.Tensor]:
        """One scalar for each variable that has a regularizer."""

    @abc.abstractmethod
    def total_loss(self, add_regularization_losses: bool, name: str) -> tf.Tensor:
        """The sum of the losses: what training minimizes."""

    # -------------------------------------------------------------------- outputs

    def add_layer_output(self, alias: str, tensor: Any, collections: Collections = None) -> None:
        """Files the output of a layer among those of all layers, and in its own collections."""
        collect.add_output(collect.LAYERS, alias, tensor)
        if collections:
            self.add_output(outputs.as_list(collections), alias, tensor)

    @abc.abstractmethod
    def add_output(self, keys: Iterable[str], alias: str, tensor: Any) -> None:
        """Files a tensor in collections under a name, which it gets as well."""

    @abc.abstractmethod
    def outputs(self, key: str, clear: bool = False) -> dict[str, Any]:
        """The outputs filed in a collection, by name, in order; `clear` empties it."""

    @abc.abstractmethod
    def layer_scope(
        self,
        scope: str | None,
        default_name: str,
        values: Sequence[Any],
        outputs_collections: Collections = None,
        *,
        variable_scope: bool = False,
    ) -> contextlib.AbstractContextManager[str]:
        """Opens the scope of a layer without variables, and yields the name of its output.

        Args:
          scope: the layer's argument of this name.
          default_name: what the layer is called otherwise.
          values: the tensors that it takes.
          outputs_collections: where its output will go.
          variable_scope: whether its name in a v1 graph is that of a variable scope.
        """

    @abc.abstractmethod
    def operation_name(self, alias: str) -> str | None:
        """The `name=` of the operation that makes the output `alias`; None for TensorFlow's own."""

    # ------------------------------------------------------------ updates, summaries

    @abc.abstractmethod
    def subtract(self, variable: Any, step: Callable[[], tf.Tensor], name: str, values: Any) -> Any:
        """Subtracts from a variable what `step` computes.

        Args:
          variable: the variable.
          step: a function without arguments.
          name: of the operation.
          values: what `step` takes, to choose the name scope by.

        Returns:
          What depends on the assignment being done.
        """

    @abc.abstractmethod
    def add_updates(self, updates: Sequence[Any], keys: Iterable[str]) -> None:
        """Adds updates to the collections from which a training step takes them."""

    @abc.abstractmethod
    def assign(self, pairs: Iterable[tuple[Any, Any]]) -> tuple[Any, Mapping[Any, Any]]:
        """Assigns arrays to variables.

        Returns:
          (op, feed_dict) for `session.run`; (None, {}) where it has been done.
        """

    @abc.abstractmethod
    def global_step(self, graph: tf.Graph | None = None) -> Any:
        """The global step, or None."""

    @abc.abstractmethod
    def create_global_step(self, graph: tf.Graph | None = None) -> Any:
        """Makes the global step; ValueError if there is one."""

    @abc.abstractmethod
    def summary(self, kind: str, tag: str, tensor: Any, print_summary: bool = False) -> Any:
        """Adds a summary.

        Args:
          kind: "scalar", "histogram" or "image".
          tag: its name.
          tensor: what it is of.
          print_summary: whether to print the tensor as well.

        Returns:
          The summary, a string tensor; where it is written at once, whether it was.
        """

    @abc.abstractmethod
    def effects_dropped(self) -> contextlib.AbstractContextManager[None]:
        """Forgets the losses, outputs and updates of the code inside."""
