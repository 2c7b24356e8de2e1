"""Training one model as several clones, each on a device and a part of the batch, in a v1 graph.

    config = model_deploy.DeploymentConfig(num_clones=2)
    with tf.device(config.inputs_device()):
        queue = slim.prefetch_queue.prefetch_queue([images, labels])

    def model_fn(queue):
        images, labels = queue.dequeue()
        slim.losses.softmax_cross_entropy(net(images), labels)

    model = model_deploy.deploy(config, model_fn, [queue], optimizer=optimizer)
    slim.learning.train(model.train_op, logdir, summary_op=model.summary_op)

The clones share their variables. The loss of a clone counts for its part of the batch: it is
divided by the number of clones, and the gradients of all are summed. The regularization losses are
added once, to the loss of the first clone.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import tensorflow as tf

import tf_slim as slim
from tf_slim.v1 import gradients
from tf_slim.v1.v1_only import check_optimizer, require_v1_graph

__all__ = [
    "Clone",
    "DeployedModel",
    "DeploymentConfig",
    "create_clones",
    "deploy",
    "optimize_clones",
]

v1 = tf.compat.v1
GraphKeys = v1.GraphKeys

_INSTEAD = (
    "a slim.Model made in the scope of a tf.distribute.MirroredStrategy, with "
    "slim.learning.make_train_step"
)


class Clone(NamedTuple):
    """One copy of a model."""

    outputs: Any
    """What the function of the model returned."""
    scope: str
    """The name scope of its operations, such as `clone_0/`; empty for a clone that is alone."""
    device: str
    """The device of its operations."""


class DeployedModel(NamedTuple):
    """A model that is ready to be run by a session."""

    train_op: Any
    """Takes a training step and yields the total loss; None without an optimizer."""
    summary_op: Any
    """All summaries merged; None if there are none."""
    total_loss: Any
    """The sum of the losses of all clones, with regularization; None if there are no losses."""
    clones: list[Clone]
    """The clones, in order."""


@dataclasses.dataclass(frozen=True)
class DeploymentConfig:
    """How many clones a model has, and where its parts are placed.

    A replica is one process of a cluster that trains the model; its clones are within it. With
    parameter servers all devices below carry the name of a job.

    Args:
      num_clones: how many clones each replica runs.
      clone_on_cpu: whether clones are placed on the CPU; otherwise clone i is on GPU i. Where that
        GPU may be missing, run the session with `allow_soft_placement=True`.
      replica_id: the number of this replica; 0 is the chief.
      num_replicas: how many replicas there are.
      num_ps_tasks: how many parameter servers hold the variables; 0 for none.
      worker_job_name: the job of the replicas.
      ps_job_name: the job of the parameter servers.

    Raises:
      ValueError: a number is out of range, there are replicas without parameter servers, or a job
        has no name.
    """

    num_clones: int = 1
    clone_on_cpu: bool = False
    replica_id: int = 0
    num_replicas: int = 1
    num_ps_tasks: int = 0
    worker_job_name: str = "worker"
    ps_job_name: str = "ps"

    def __post_init__(self):
        if self.num_clones < 1:
            raise ValueError(f"num_clones must be at least 1; got {self.num_clones}.")
        if self.num_ps_tasks < 0:
            raise ValueError(f"num_ps_tasks must not be negative; got {self.num_ps_tasks}.")
        if not 0 <= self.replica_id < self.num_replicas:
            raise ValueError(
                f"replica_id must be from 0 to num_replicas - 1 = {self.num_replicas - 1}; got "
                f"{self.replica_id}."
            )
        if self.num_replicas > 1 and not self.num_ps_tasks:
            raise ValueError(
                f"num_replicas = {self.num_replicas} replicas share their variables through "
                "parameter servers: num_ps_tasks must be at least 1; got 0."
            )
        for name in ("worker_job_name", "ps_job_name"):
            if self.num_ps_tasks and not getattr(self, name):
                raise ValueError(
                    f"{name} must name a job of the cluster when there are parameter servers; got "
                    f"{getattr(self, name)!r}."
                )

    @property
    def ps_device(self) -> str:
        """The job of the parameter servers as a device; empty without any."""
        return f"/job:{self.ps_job_name}" if self.num_ps_tasks else ""

    @property
    def worker_device(self) -> str:
        """The job of the replicas as a device; empty without parameter servers."""
        return f"/job:{self.worker_job_name}" if self.num_ps_tasks else ""

    def caching_device(self) -> Callable[[Any], str] | None:
        """Where reads of variables are cached: where they are read, if variables are elsewhere."""
        return (lambda op: op.device) if self.num_ps_tasks else None

    def clone_device(self, clone_index: int) -> str:
        """The device of a clone.

        Raises:
          ValueError: there is no such clone.
        """
        self._check_index(clone_index)
        device = "CPU:0" if self.clone_on_cpu else f"GPU:{clone_index}"
        return f"{self.worker_device}/device:{device}"

    def clone_scope(self, clone_index: int) -> str:
        """The name scope of a clone: `clone_<index>`, or nothing if it is alone.

        Raises:
          ValueError: there is no such clone.
        """
        self._check_index(clone_index)
        return f"clone_{clone_index}" if self.num_clones > 1 else ""

    def optimizer_device(self) -> str:
        """The device that applies gradients."""
        return f"{self.worker_device}/device:CPU:0"

    def inputs_device(self) -> str:
        """The device that reads and prepares the input."""
        return f"{self.worker_device}/device:CPU:0"

    def variables_device(self) -> str | Callable[[Any], str]:
        """Where variables are, for `tf.compat.v1.device` and the `device` of `slim.variable`.

        Returns:
          The CPU. With parameter servers a function that gives each new variable to the next of
          them, from the first on, and leaves all other operations where they are.
        """
        device = f"{self.ps_device}/device:CPU:0"
        if not self.num_ps_tasks:
            return device
        return v1.train.replica_device_setter(
            ps_tasks=self.num_ps_tasks, ps_device=device, worker_device=""
        )

    def _check_index(self, clone_index: int) -> None:
        if not 0 <= clone_index < self.num_clones:
            raise ValueError(
                f"clone_index must be from 0 to num_clones - 1 = {self.num_clones - 1}; got "
                f"{clone_index}."
            )


def create_clones(config, model_fn, args=None, kwargs=None) -> list[Clone]:
    """Builds the clones of a model: the first one makes the variables, the others share them.

    Args:
      config: a `DeploymentConfig`.
      model_fn: builds the model, and adds its losses to the collection LOSSES. It is called once a
        clone. Its variables must come from Slim or from `tf.compat.v1.get_variable`; those of Slim
        are placed on `config.variables_device()`.
      args: a list of positional arguments for it.
      kwargs: a dict of keyword arguments for it.

    Returns:
      A list of `Clone`.

    Raises:
      RuntimeError: called outside a v1 graph.
    """
    require_v1_graph("model_deploy.create_clones", _INSTEAD)
    clones = []
    with slim.arg_scope([slim.model_variable, slim.variable], device=config.variables_device()):
        for index in range(config.num_clones):
            device = config.clone_device(index)
            with (
                v1.name_scope(config.clone_scope(index)) as scope,
                v1.device(device),
                # The object, not its name: the counters of default names start afresh each time.
                v1.variable_scope(v1.get_variable_scope(), reuse=True if index else None),
            ):
                outputs = model_fn(*(args or ()), **(kwargs or {}))
            clones.append(Clone(outputs, scope or "", device))
    return clones


def optimize_clones(clones, optimizer, regularization_losses=None, **kwargs):
    """Computes the loss of all clones, and its gradients.

    Args:
      clones: what `create_clones` returned.
      optimizer: a `tf.compat.v1.train.Optimizer`.
      regularization_losses: a list of scalar tensors that the first clone adds to its loss; by
        default the collection REGULARIZATION_LOSSES.
      **kwargs: given to `compute_gradients` of the optimizer, for instance `var_list`.

    Returns:
      The total loss, a scalar tensor, and a list of `(gradient, variable)` for `apply_gradients`,
      without the variables that have no gradient.

    Raises:
      RuntimeError: called outside a v1 graph.
      TypeError: the optimizer is of another kind.
      ValueError: there are no losses.
    """
    require_v1_graph("model_deploy.optimize_clones", _INSTEAD)
    check_optimizer(optimizer, "model_deploy.optimize_clones")

    def with_gradients(clone, loss):
        with v1.device(clone.device):
            return loss, optimizer.compute_gradients(loss, **kwargs)

    found = _of_each_clone(clones, regularization_losses, with_gradients)
    if not found:
        raise ValueError(
            f"model_deploy.optimize_clones: none of the {len(clones)} clones has a loss. The "
            "function of the model must add one to the collection LOSSES, as all of slim.losses do "
            "(or tf.compat.v1.losses.add_loss(loss))."
        )
    losses, grads_and_vars = zip(*found, strict=True)
    return tf.add_n(losses, name="total_loss"), _summed(grads_and_vars)


def deploy(
    config, model_fn, args=None, kwargs=None, optimizer=None, summarize_gradients=False
) -> DeployedModel:
    """Builds the clones of a model and, given an optimizer, the operation that trains it.

    A step runs the first clone's operations in UPDATE_OPS as well: moving averages of batch norm
    follow its part of the batch. Of the summaries of clones, those of the first one are kept.

    Args:
      config: a `DeploymentConfig`.
      model_fn: see `create_clones`.
      args: likewise.
      kwargs: likewise.
      optimizer: a `tf.compat.v1.train.Optimizer`, or None not to train.
      summarize_gradients: whether to add summaries of the summed gradients.

    Returns:
      A `DeployedModel`. Its `train_op` is None, too, if no variable has a gradient.

    Raises:
      RuntimeError: called outside a v1 graph.
      TypeError: the optimizer is of another kind.
      ValueError: there are no losses to optimize.
    """
    require_v1_graph("model_deploy.deploy", _INSTEAD)
    summaries = list(v1.get_collection(GraphKeys.SUMMARIES))
    clones = create_clones(config, model_fn, args, kwargs)
    first = clones[0].scope
    update_ops = v1.get_collection(GraphKeys.UPDATE_OPS, first)
    train_op = total_loss = None
    with v1.device(config.optimizer_device()):
        if optimizer is not None:
            with v1.device(config.variables_device()):
                global_step = slim.get_or_create_global_step()
            total_loss, grads_and_vars = optimize_clones(clones, optimizer)
            if grads_and_vars:
                if summarize_gradients:
                    summaries += gradients.add_summaries(grads_and_vars, "_gradient")
                update_ops.append(optimizer.apply_gradients(grads_and_vars, global_step))
                with tf.control_dependencies([tf.group(*update_ops)]):
                    train_op = tf.identity(total_loss, name="train_op")
        else:
            losses = _of_each_clone(clones, None, lambda clone, loss: loss)
            if losses:
                total_loss = tf.add_n(losses, name="total_loss")
        summaries += v1.get_collection(GraphKeys.SUMMARIES, first)
        if total_loss is not None:
            summaries.append(v1.summary.scalar("total_loss", total_loss))
        # By identity: tensors are compared by value under TensorFlow 2 behaviour.
        summaries = list({id(summary): summary for summary in summaries}.values())
        summary_op = v1.summary.merge(summaries, name="summary_op") if summaries else None
    return DeployedModel(train_op, summary_op, total_loss, clones)


def _of_each_clone(clones, regularization_losses, use: Callable[[Clone, Any], Any]) -> list[Any]:
    """What `use(clone, loss)` makes, in its name scope, of each clone that has a loss."""
    if regularization_losses is None:
        regularization_losses = v1.get_collection(GraphKeys.REGULARIZATION_LOSSES)
    made = []
    for index, clone in enumerate(clones):
        with v1.name_scope(clone.scope):
            loss = _loss_of(clone, len(clones), [] if index else regularization_losses)
            if loss is not None:
                made.append(use(clone, loss))
    return made


def _loss_of(clone: Clone, num_clones: int, regularization_losses: list[Any]):
    """The part of the total loss that a clone computes, or None."""
    parts = {}
    with v1.device(clone.device):
        losses = v1.get_collection(GraphKeys.LOSSES, clone.scope)
        if losses:
            loss = tf.add_n(losses, name="clone_loss")
            if num_clones > 1:
                loss = tf.math.truediv(loss, float(num_clones), name="scaled_clone_loss")
            # With the slash that ends the scope, so that curves of resumed trainings go on.
            parts["/".join(filter(None, ["Losses", clone.scope, "clone_loss"]))] = loss
        if regularization_losses:
            parts["Losses/regularization_loss"] = tf.add_n(
                regularization_losses, name="regularization_loss"
            )
        total = tf.add_n(list(parts.values())) if parts else None
    for name, part in parts.items():
        v1.summary.scalar(name, part)
    return total


def _summed(of_clones: Iterable[gradients.GradsAndVars]) -> gradients.GradsAndVars:
    """Sums the gradients that clones have for each variable."""
    variables, found = {}, collections.defaultdict(list)
    for grads_and_vars in of_clones:
        for gradient, variable in grads_and_vars:
            variables[id(variable)] = variable
            if gradient is not None:
                found[id(variable)].append(gradient)
    return [
        (_sum(found[key], variable), variable) for key, variable in variables.items() if found[key]
    ]


def _sum(grads: list[Any], variable):
    if len(grads) == 1:
        return grads[0]
    return tf.add_n(grads, name=f"{gradients.op_name(variable)}/sum_grads")
