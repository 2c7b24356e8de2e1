"""Spreading variables over parameter servers."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

_VARIABLE_OPS = frozenset(["Variable", "VariableV2", "AutoReloadVariable", "VarHandleOp"])


class VariableDeviceChooser:
    """A device function that gives each new variable to the next parameter server.

    Args:
      num_tasks: how many parameter servers there are; with 0 variables stay in this process.
      job_name: the job of the parameter servers.
      device_type: "CPU" or "GPU".
      device_index: which device of that type.
      replica: the replica, or None.

    Raises:
      ValueError: `num_tasks` is negative.

    Examples:
      >>> choose = slim.VariableDeviceChooser(num_tasks=2)
      >>> with tf.Graph().as_default(), slim.arg_scope([slim.variable], device=choose):
      ...     [slim.variable(name, shape=[2]).device for name in ("a", "b", "c")]
      ['/job:ps/task:0/device:CPU:0', '/job:ps/task:1/device:CPU:0', '/job:ps/task:0/device:CPU:0']
    """

    def __init__(
        self,
        num_tasks: int = 0,
        job_name: str = "ps",
        device_type: str = "CPU",
        device_index: int = 0,
        replica: int | None = None,
    ):
        if num_tasks < 0:
            raise ValueError(f"num_tasks must not be negative; got {num_tasks}.")
        self._num_tasks = num_tasks
        self._job_name = job_name
        self._device = {
            "device_type": device_type,
            "device_index": device_index,
            "replica": replica,
        }
        self._task = -1

    def __call__(self, op: Any) -> str:
        """The device for `op`: a new one for a variable, that of the last one for what reads it."""
        if not self._num_tasks:
            return tf.DeviceSpec(**self._device).to_string()
        if self._task < 0 or op.type in _VARIABLE_OPS:
            self._task = (self._task + 1) % self._num_tasks
        spec = tf.DeviceSpec(job=self._job_name, task=self._task, **self._device)
        return spec.to_string()
