"""Arguments by their names: what each may be, and the one form of the messages.

The functions of the package call the same things by the same names. So one table says what an
argument of a name may be, for all of them, and `door` looks at what a call passes. What the call
leaves to its default costs nothing, and so does a function without a name of the table.

What depends on other arguments (a rank, a number of dimensions) is checked where these are known.
"""

from __future__ import annotations

from tf_slim.ops.arguments.door import (
    binds,
    call,
    checked,
    checked_by,
    door,
    is_ours,
    passes_on,
)
from tf_slim.ops.arguments.kinds import Kind, optional
from tf_slim.ops.arguments.messages import Caller, describe
from tf_slim.ops.arguments.values import (
    ANY_OR_SPARSE,
    ANY_TENSOR,
    LARGEST,
    TENSOR,
    integer,
)

__all__ = [
    "ANY_OR_SPARSE",
    "ANY_TENSOR",
    "LARGEST",
    "TENSOR",
    "Kind",
    "Caller",
    "binds",
    "call",
    "checked",
    "checked_by",
    "describe",
    "door",
    "integer",
    "is_ours",
    "optional",
    "passes_on",
]
