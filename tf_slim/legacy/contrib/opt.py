"""`tf.contrib.opt`: an optimizer that keeps moving averages of what it trains."""

from __future__ import annotations

import tensorflow as tf

__all__ = ["MovingAverageOptimizer"]


class MovingAverageOptimizer(tf.compat.v1.train.Optimizer):
    """Applies another optimizer and keeps exponential moving averages of the variables.

    Args:
      opt: the optimizer that does the training.
      average_decay: of the averages.
      num_updates: the number of updates so far, with which the decay grows, or None.
      sequential_update: whether averages are updated after the variables, and not beside them.
    """

    def __init__(self, opt, average_decay=0.9999, num_updates=None, sequential_update=True):
        super().__init__(False, "MovingAverageOptimizer")
        self._optimizer = opt
        self._averages = tf.train.ExponentialMovingAverage(average_decay, num_updates=num_updates)
        self._sequential = sequential_update
        self._names: dict[str, tf.Variable] | None = None

    def compute_gradients(self, *args, **kwargs):
        """What the other optimizer computes."""
        return self._optimizer.compute_gradients(*args, **kwargs)

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """Applies the gradients, then updates the averages. Returns the operation."""
        grads_and_vars = list(grads_and_vars)
        trained = [variable for _, variable in grads_and_vars]
        train = self._optimizer.apply_gradients(grads_and_vars, global_step, name)
        with tf.control_dependencies([train] if self._sequential else []):
            average = self._averages.apply(trained)
        self._names = {
            self._averages.average_name(v): v
            for v in trained
            if self._averages.average(v) is not None
        }
        return tf.group(train, average, name="train_with_averages")

    def swapping_saver(self, var_list=None, name="swapping_saver", **kwargs):
        """A saver whose files hold each average under the name of its variable, and vice versa.

        Evaluation that restores such a file works with the averages.

        Args:
          var_list: variables, or a dict of them by name; all global variables by default.
          name: of its operations.
          **kwargs: of `tf.compat.v1.train.Saver`.

        Raises:
          RuntimeError: `apply_gradients` or `minimize` has not been called yet.
        """
        if self._names is None:
            raise RuntimeError(
                "swapping_saver needs the averages: call it after apply_gradients or minimize."
            )
        if var_list is None:
            var_list = tf.compat.v1.global_variables()
        if not isinstance(var_list, dict):
            var_list = {variable.op.name: variable for variable in var_list}
        swapped = dict(var_list)
        for average_name, variable in self._names.items():
            own_name = variable.op.name
            if own_name in var_list and average_name in var_list:
                swapped[own_name] = var_list[average_name]
                swapped[average_name] = variable
        return tf.compat.v1.train.Saver(swapped, name=name, **kwargs)
