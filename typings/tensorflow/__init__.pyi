# TensorFlow's public API is put together when it is imported, which no type checker follows, and
# partial stubs report far more false errors than true ones. To pyright everything in it is `Any`.
from typing import Any

def __getattr__(name: str) -> Any: ...
