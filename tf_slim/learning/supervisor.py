"""The old path `slim.learning.supervisor.Supervisor`."""

from tf_slim.legacy.supervisor import Supervisor

__all__ = ["Supervisor"]
