"""Arguments by their names: what each may be, and the one form of the messages.

The functions of the package call the same things by the same names. So one table says what an
argument of a name may be, for all of them, and `door` looks at what a call passes. What the call
leaves to its default costs nothing, and so does a function without a name of the table.

What depends on other arguments (a rank, a number of dimensions) is checked where these are known.
"""

from __future__ import annotations

from tf_slim.ops.arguments.door import binds as binds
from tf_slim.ops.arguments.door import call as call
from tf_slim.ops.arguments.door import checked as checked
from tf_slim.ops.arguments.door import checked_by as checked_by
from tf_slim.ops.arguments.door import door as door
from tf_slim.ops.arguments.door import is_ours as is_ours
from tf_slim.ops.arguments.door import passes_on as passes_on
from tf_slim.ops.arguments.door import takes as takes
from tf_slim.ops.arguments.kinds import Kind as Kind
from tf_slim.ops.arguments.kinds import optional as optional
from tf_slim.ops.arguments.messages import Caller as Caller
from tf_slim.ops.arguments.messages import describe as describe
from tf_slim.ops.arguments.values import ANY_OR_SPARSE as ANY_OR_SPARSE
from tf_slim.ops.arguments.values import ANY_TENSOR as ANY_TENSOR
from tf_slim.ops.arguments.values import LARGEST as LARGEST
from tf_slim.ops.arguments.values import TENSOR as TENSOR
from tf_slim.ops.arguments.values import integer as integer
