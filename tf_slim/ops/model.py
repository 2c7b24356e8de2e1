"""`slim.Model`: a plain function that builds a net, as a `tf.Module` with variables."""

from __future__ import annotations

import contextlib
import os
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim import checkpoints
from tf_slim.ops import arg_scope as arg_scopes
from tf_slim.ops import (
    blocks,
    calls,
    collect,
    fake_quantization,
    keras_names,
    net_table,
    patterns,
    places,
    quantization,
    scopes,
    serving,
    stores,
)
from tf_slim.ops import precision as precisions
from tf_slim.ops.arguments import checked, describe
from tf_slim.ops.modes import do_not_convert
from tf_slim.ops.net_signature import NetSignature, name_of, where_written
from tf_slim.ops.origin import Origin
from tf_slim.ops.outputs import accessible, in_full, shapes_of, split_outputs
from tf_slim.ops.specs import specs_of, taken
from tf_slim.ops.tracing import UserFunction
from tf_slim.ops.types import Patterns, Rename

GraphKeys = tf.compat.v1.GraphKeys


class Model(tf.Module):
    """A net: a function, the arg_scope it runs in, and the variables it makes.

    Calling a model calls its function, in inference unless `is_training` says otherwise. Variables
    are made at the first call (or by `build`) and found again, by name, at every later one:
    eagerly, in a `tf.function`, in the replicas of a `tf.distribute` strategy. Their names are
    those that the function's scopes give them in a `tf.compat.v1` graph, whatever scopes or
    counters are in force where the model is called.

    Args:
      fn: the function. It may open `tf.compat.v1.variable_scope`s, use `slim` layers, raw
        `tf.compat.v1.get_variable`, native TensorFlow, and other models.
      arg_scope: a saved scope to run `fn` in; by default the one in force now.
      name: of the module; by default the name of `fn`.
      precision: what the layers compute in, such as "mixed_bfloat16" (see `slim.precision`); by
        default what is in force now. Variables are float32 in each, and so are the outputs, but
        not the end points.
      quantize: True, or a mapping of the options of `slim.quantize`, for layers that learn to be
        computed in integers, and images rounded like their outputs; by default what is in force.
      recompute: True, or patterns over the names of its blocks (`["*/block1/*"]`), to compute the
        activations in them a second time for the gradient, in place of keeping them: see
        `slim.block`. By default what is in force for the model that calls this one.
      **fixed_kwargs: keyword arguments of `fn` that every call gets; `is_training` among them says
        of all calls what they are, those of training and evaluation too.

    Attributes:
      origin: what `slim.nets.create` made the model of; None for any other.

    Raises:
      TypeError: `fn` is no function, or `arg_scope` is not a saved one.

    Examples:
      >>> def net(images, num_classes=10):
      ...     hidden = slim.conv2d(images, 8, 3, scope="conv1")
      ...     return slim.fully_connected(slim.flatten(hidden), num_classes, None, scope="logits")
      >>> model = slim.Model(net, num_classes=3).build(tf.TensorSpec([None, 28, 28, 1]))
      >>> model(tf.ones([8, 28, 28, 1])).shape
      TensorShape([8, 3])
      >>> list(model.named_variables)
      ['conv1/weights', 'conv1/biases', 'logits/weights', 'logits/biases']
    """

    @checked
    def __init__(
        self,
        fn: Callable,
        arg_scope: Mapping | None = None,
        *,
        name: str | None = None,
        precision: str | None = None,
        quantize: bool | Mapping[str, Any] | None = None,
        recompute: bool | Patterns = None,
        **fixed_kwargs: Any,
    ):
        if not callable(fn):
            raise TypeError(f"Model takes a function that builds a net as fn; got {describe(fn)}.")
        fn_name = name_of(fn)
        super().__init__(name=name or (fn_name if fn_name.isidentifier() else "model"))
        if not isinstance(arg_scope, (Mapping, type(None))):
            raise TypeError(
                f"Model takes a saved arg_scope as arg_scope; got {describe(arg_scope)}. Write "
                "`with slim.arg_scope(...) as saved: pass` and pass that."
            )
        self._fn = fn
        self._net = UserFunction(fn)
        self.origin: Origin | None = None
        self._fixed = types.MappingProxyType(fixed_kwargs)
        self._signature = NetSignature(fn, fixed_kwargs)
        scope = arg_scopes.current_arg_scope() if arg_scope is None else arg_scope
        self._arg_scope = (
            scope if isinstance(scope, arg_scopes.ArgScope) else arg_scopes.ArgScope(scope)
        )
        self._precision = precisions.check(precision) or precisions.current()
        asked = quantization.current() if quantize is None else quantization.check(quantize)
        self._quantization = asked
        self._recompute = blocks.check(recompute)
        self._scope = tf.compat.v1.get_variable_scope()
        self._store = stores.VariableStore(f"slim.Model({fn_name})", model=self)
        self._children: list[Model] = []
        self._end_points = stores.Untracked({})
        self._layer_shapes: Mapping[str, tf.TensorShape] = types.MappingProxyType({})
        self._evaluated_by = stores.Untracked({})
        self._inputs = stores.Untracked(())
        self._served = stores.Untracked({})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the net. Takes and returns what its function does.

        `is_training` can be given to any net: where its function has no such argument, it is the
        default of the layers that have one, such as `batch_norm` and `dropout`. Where it is not
        given, the call is one of inference, whatever the function's own default; or, if a model
        calls this one, what that call is. `make_train_step`, `build`, `evaluate` and Keras say
        which. In a v1 graph functions and layers keep their own defaults.

        Raises:
          ValueError: `is_training` is not given inside `slim.collect()`, to a net whose own default
            is to train. Losses are collected in training and in validation, and only the caller
            knows which it is.
        """
        return self._run(False, args, kwargs)

    def build(self, *specs: Any, **kwargs: Any) -> Model:
        """Makes the variables, by tracing the net once without computing anything.

        Args:
          *specs: what the net takes: a `tf.TensorSpec`, a tensor or a shape for each input, or a
            dict, list or tuple of them. A dimension may be None where the net allows it.
          **kwargs: keyword arguments of the net. `is_training` is True unless given: some nets
            have parts that exist in training only.

        Returns:
          The model itself.
        """
        specs = tuple(specs_of(spec) for spec in specs)
        if self.accepts("is_training"):
            kwargs.setdefault("is_training", True)

        def call(*inputs):
            with arg_scopes.default_is_training(True):
                self._run(True, inputs, kwargs)

        places.current().trace(call, specs)
        return self

    def rehearse(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the net like a call of the model, but leaves the averages of batch norm alone."""
        return self._run(True, args, kwargs)

    def accepts(self, argument: str) -> bool:
        """Whether the net's function has a parameter of this name (that is not fixed)."""
        return self._signature.accepts(argument)

    def __repr__(self) -> str:
        variables = self.variables
        if not variables:
            return f"<slim.Model {self.name}, not built>"
        sizes = [(v.shape.num_elements() or 0, v.trainable) for v in variables]
        trained = sum(size for size, trainable in sizes if trainable)
        how = "" if self._precision is None else f", {self._precision}"
        how += "" if self._quantization is None else ", quantized"
        return (
            f"<slim.Model {self.name}: {len(variables)} variables, "
            f"{sum(size for size, _ in sizes):,} parameters ({trained:,} trainable){how}>"
        )

    def __getattr__(self, name: str) -> Any:
        if hasattr(type(self), name):  # a property, which has failed: it says how
            return object.__getattribute__(self, name)
        raise AttributeError(keras_names.missing(name))

    def __deepcopy__(self, memo):
        raise TypeError(self._no_copy())

    def __reduce_ex__(self, protocol):
        raise TypeError(self._no_copy())

    def _no_copy(self) -> str:
        return (
            f"{self._store.owner} holds variables, which cannot be copied or pickled. Make a "
            "second Model from the same function, and move the values with model.save(path) and "
            "model.restore(path)."
        )

    def _run(self, building: bool, args: tuple, kwargs: Mapping[str, Any]) -> Any:
        # Short, and the net is called here: in a user's `tf.function` AutoGraph converts this.
        with self._running(building, args, kwargs) as run:
            run.result = self._net(*run.args, **run.kwargs)
        return run.result

    @do_not_convert
    @contextlib.contextmanager
    def _running(
        self, building: bool, args: tuple, kwargs: Mapping[str, Any]
    ) -> Iterator[types.SimpleNamespace]:
        """All that a call of the net is in. What it returns is to be made the `result`."""
        parent, place = calls.active_call(), places.current()
        training, kwargs = self._signature.phase(
            self.name, place.calls_infer_by_default, args, {**self._fixed, **kwargs}
        )
        building = building or (parent is not None and parent.building)
        precision = precisions.of_model(self._precision)
        call = place.begin_call(self._store, self._scope.name, building)
        asked = blocks.asked() if self._recompute is None else blocks.Asked(self._recompute)
        frame = collect.current_frame()
        if parent is not None:
            self._join(parent)
        elif frame is not None:
            frame.add_regularized(self)
        try:
            with (
                calls.active(call),
                scopes.entry(self._scope, call.entry_reuse),
                arg_scopes.arg_scope(self._arg_scope),
                arg_scopes.default_is_training(training),
                precisions.precision(precision),
                quantization.entered(self._quantization),
                blocks.asking(asked),
                collect.collect_outputs() as outputs,
            ):
                if parent is None and self._quantization is not None:
                    args = fake_quantization.inputs_of_model(args)
                run = types.SimpleNamespace(args=args, kwargs=kwargs, result=None)
                yield run
        except BaseException:
            call.roll_back()
            raise
        if self._recompute and asked is not None and training is not False:
            asked.require_blocks(self.name)
        returned = split_outputs(run.result)[1]
        if not self._inputs.value:
            self._inputs.value = taken(args)
        if not self._layer_shapes:
            self._layer_shapes = shapes_of(outputs.get(collect.LAYERS, {}))
        self._end_points.value = outputs.get(collect.LAYERS, {}) if returned is None else returned
        if precisions.is_low(precision) and not precisions.is_low(precisions.current()):
            run.result = in_full(run.result)

    def summary(self, print_fn: Callable[[str], Any] = print) -> None:
        """Prints the layers as a table: scope, shape of the output, number of parameters.

        The shapes are those of the first call, or of `build`, whose batch is of unknown size. What
        is left out is a layer of the user's own that has no variables. `slim.model_analyzer` and
        `tf-slim inspect` count multiply-adds, too.

        Args:
          print_fn: is given the table, a text of several lines.

        Examples:
          >>> def net(images):
          ...     hidden = slim.conv2d(images, 8, 3, scope="conv1")
          ...     return slim.fully_connected(slim.flatten(hidden), 10, None, scope="logits")
          >>> slim.Model(net).build(tf.TensorSpec([None, 28, 28, 1])).summary()
          <slim.Model net: 4 variables, 62,810 parameters (62,810 trainable)>
          Layer (scope)  Output shape    Parameters
          -----------------------------------------
          conv1          [?, 28, 28, 8]          80
          Flatten        [?, 6272]                0
          logits         [?, 10]             62,730
          -----------------------------------------
          Total: 62,810 (245.4 KiB)
          Trainable: 62,810
          Not trainable: 0
        """
        self.require_variables("print a summary of")
        print_fn(net_table.written(repr(self), self.named_variables, self._all_layer_shapes()))

    def _all_layer_shapes(self) -> dict[str, tf.TensorShape]:
        found = dict(self._layer_shapes)
        for child in self._children:
            found.update(child._all_layer_shapes())
        return found

    def require_outputs(self, outputs: Any, losses: Sequence[tf.Tensor] = ()) -> None:
        """Raises ValueError if a call gave nothing to train on or to evaluate.

        Args:
          outputs: what the net returned.
          losses: those that it added, scalars. A net may be there for them alone.
        """
        if outputs is None and not losses:
            raise ValueError(
                f"{where_written(self._fn)} returned None and added no loss. End it with `return`: "
                "the outputs, or (outputs, end points)."
            )

    def _join(self, parent: calls.Call) -> None:
        owner = parent.store.model
        if owner is not None and not any(child is self for child in owner._children):
            owner._children.append(self)

    @property
    def fn(self) -> Callable:
        """The function that builds the net."""
        return self._fn

    @property
    def fixed_kwargs(self) -> Mapping[str, Any]:
        """The keyword arguments of the function that every call gets."""
        return self._fixed

    @property
    def arg_scope(self) -> Mapping:
        """The saved scope in which the function runs."""
        return self._arg_scope

    @property
    def precision(self) -> str | None:
        """The name of the precision that the layers compute in; None for that of the inputs."""
        return self._precision

    @property
    def input_specs(self) -> tuple[Any, ...]:
        """What the net has been built for, or first called with: a `tf.TensorSpec` for each input.

        A batch is of any size. There is none before that, and of arguments that are no tensors.
        """
        return self._inputs.value

    @property
    def quantization(self) -> dict[str, Any] | None:
        """The options of quantization that are not as by default; None for no quantization."""
        return None if self._quantization is None else self._quantization.options

    @property
    def serving_default(self) -> Any:
        """The net in inference, as the `tf.function` that a SavedModel of the model has.

        It is one of `input_specs`, and returns the outputs, without end points, by name: `logits`
        for `[batch, classes]`. None if the model is not built.

        Examples:
          >>> model = slim.Model(slim.linear, num_outputs=2).build(tf.TensorSpec([None, 3]))
          >>> tf.saved_model.save(model, "saved")
          >>> serve = tf.saved_model.load("saved").signatures["serving_default"]
          >>> serve(tf.ones([8, 3]))["logits"].shape
          TensorShape([8, 2])
        """
        if not self.variables or not self.input_specs:
            return None
        known = self._served.value
        key = tuple(map(id, self.variables))
        if key not in known:
            known.clear()
            known[key] = serving.function(self)
        return known[key]

    @property
    def evaluated_by(self) -> dict[Any, Any]:
        """For `slim.evaluation.evaluate`: the functions that it has traced from this model."""
        return self._evaluated_by.value

    # ------------------------------------------------------------------ variables

    def _all_of(self, key: str) -> tuple[tf.Variable, ...]:
        own = self._store.collection(key)
        return (*own, *(v for child in self._children for v in child._all_of(key)))

    @property
    def variables(self) -> tuple[tf.Variable, ...]:
        """All variables, in the order of their creation."""
        return (*self._store.all(), *(v for child in self._children for v in child.variables))

    @property
    def keras_layers(self) -> tuple[Any, ...]:
        """The Keras layers within it (see `slim.keras_layer`), in the order of their creation."""
        return (*self._store.objects.values(), *(v for c in self._children for v in c.keras_layers))

    @property
    def trainable_variables(self) -> tuple[tf.Variable, ...]:
        """The variables that training changes, in the order of their creation."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self) -> tuple[tf.Variable, ...]:
        """The other ones: moving statistics and what was made with `trainable=False`."""
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def model_variables(self) -> tuple[tf.Variable, ...]:
        """The variables made by `slim.model_variable`, so by all layers."""
        return self._all_of(GraphKeys.MODEL_VARIABLES)

    @property
    def named_variables(self) -> dict[str, tf.Variable]:
        """The variables by the name under which a checkpoint holds them.

        Raises:
          ValueError: models that it calls each have a variable of one name.
        """
        named = dict(zip(self._store.names(), self._store.all(), strict=True))
        for child in self._children:
            for name, variable in child.named_variables.items():
                if named.setdefault(name, variable) is not variable:
                    raise ValueError(
                        f"{self.name} calls models that each have a variable {name!r}. Give one "
                        "of them a scope of its own: build it inside `with slim.scope('name'):`."
                    )
        return named

    def replace_variable(self, name: str, variable: tf.Variable) -> None:
        """Lets another variable stand for the one called `name` in all later calls.

        Functions that were traced before keep the old one.

        Args:
          name: a key of `named_variables`.
          variable: of the same shape and dtype.

        Raises:
          ValueError: there is none of this name, or it has another shape or dtype.
        """
        known = self.named_variables
        if name not in known:
            raise ValueError(patterns.nothing_matches("name", name, list(known), "variable"))
        old = known[name]
        if old.shape != variable.shape or old.dtype != variable.dtype:
            raise ValueError(
                f"Variable {name!r} of {self.name} has shape {old.shape} and dtype "
                f"{old.dtype.name}; got one of shape {variable.shape} and dtype "
                f"{tf.as_dtype(variable.dtype).name} to replace it."
            )
        self._replace(name, variable)

    def _replace(self, name: str, variable: tf.Variable) -> None:
        if name in self._store:
            self._store.replace(name, variable)
        for child in self._children:
            child._replace(name, variable)

    def regularization_losses(self) -> list[tf.Tensor]:
        """One scalar for each variable with a regularizer, computed now."""
        own = self._store.regularization_losses()
        return own + [loss for child in self._children for loss in child.regularization_losses()]

    @property
    def losses(self) -> list[tf.Tensor]:
        """The regularization losses: one scalar for each variable that has a regularizer."""
        return self.regularization_losses()

    @property
    def end_points(self) -> dict[str, tf.Tensor | tf.TensorSpec]:
        """The intermediate outputs of the last call, by name, of any shapes.

        These are the end points that the net returned as `(outputs, end_points)`; for a net that
        returns none, the output of each layer under the name of its scope. Where a tensor
        belongs to a function that has been traced and left, its `tf.TensorSpec` stands for it.

        Examples:
          >>> model = slim.nets.create("lenet")
          >>> logits, end_points = model(tf.ones([8, 28, 28, 1]))
          >>> {name: tensor.shape.as_list() for name, tensor in list(model.end_points.items())[:3]}
          {'conv1': [8, 28, 28, 32], 'pool1': [8, 14, 14, 32], 'conv2': [8, 14, 14, 64]}
        """
        return {name: accessible(value) for name, value in self._end_points.value.items()}

    # ---------------------------------------------------------------- checkpoints

    def save(self, path: str | os.PathLike) -> str:
        """Writes the variables by name, as `tf.compat.v1.train.Saver` does (format V2).

        Args:
          path: prefix of the files, such as `run/model.ckpt`. They appear whole or not at all.
            One that ends in `.safetensors`, `.npz` or `.h5` makes a file of that format.

        Returns:
          The prefix.

        Examples:
          >>> model = slim.Model(slim.fully_connected, num_outputs=2, scope="fc1")
          >>> model.build(tf.TensorSpec([None, 3])).save("run/model.ckpt")
          'run/model.ckpt'
          >>> slim.checkpoints.Reader("run/model.ckpt").names
          ['fc1/biases', 'fc1/weights']
        """
        self.require_variables("save")
        return checkpoints.save(path, self.named_variables)

    def restore(
        self,
        path: str | os.PathLike,
        include: Patterns = None,
        exclude: Patterns = None,
        *,
        rename: Rename = None,
        on_mismatch: str = "error",
    ) -> checkpoints.Report:
        """Reads variables by name from a checkpoint, be it of TF-Slim 2, TensorFlow 1 or others.

        Formats: those of TensorFlow (V2, V1, object-based, SavedModel, frozen GraphDef), `.npz`,
        `.safetensors`, and Keras's `.weights.h5` and `.keras`.

        Args:
          path: prefix of a checkpoint, a file, or a folder, which stands for its latest one.
          include: glob patterns or compiled regular expressions over full names; None for all.
          exclude: the same, for variables to leave as they are: `["lenet/logits/*"]`.
          rename: from names in the checkpoint to names of the model: a function, or a mapping of
            names or whole scopes (`{"vgg_16": "trunk/vgg_16"}`, `{"": "trunk"}`). Patterns and
            the report have the new names.
          on_mismatch: "error" to accept no difference between the (selected) variables of the
            model and the checkpoint; "warn" or "ignore" to restore what fits.

        Returns:
          A `slim.checkpoints.Report` of both sides.

        Raises:
          slim.checkpoints.CheckpointError: the checkpoint is missing or damaged, or does not fit.
            The model then has the values that it had before.

        Examples:
          >>> def net(x, num_classes):
          ...     return slim.stack(x, slim.linear, [8, num_classes], scope="fc")
          >>> spec = tf.TensorSpec([None, 3])
          >>> path = slim.Model(net, num_classes=10).build(spec).save("ten_classes.npz")
          >>> model = slim.Model(net, num_classes=2).build(spec)
          >>> model.restore(path, exclude=["fc/fc_2/*"]).restored
          ('fc/fc_1/weights', 'fc/fc_1/biases')
        """
        self.require_variables("restore")
        named = self.named_variables
        return checkpoints.restore(path, named, include, exclude, rename, on_mismatch)

    def require_variables(self, action: str) -> None:
        """Raises ValueError if there are no variables yet, so that one cannot `action` them."""
        if not self.variables:
            raise ValueError(
                f"Cannot {action} {self.name}: it has no variables yet. Build it first: "
                "`model.build(tf.TensorSpec([None, height, width, channels]))`."
            )
