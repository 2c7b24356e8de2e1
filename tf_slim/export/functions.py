"""Functions that a graph calls: put into it, or given values in the place of variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.export import graph as graphs

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
_CONTROL_FLOW = ("If", "StatelessIf", "While", "StatelessWhile", "Case", "StatelessCase")
TAKES_FUNCTIONS = (*CALLS, *_CONTROL_FLOW)
"""Operations that run functions."""

# More than any program nests its functions: a function may call itself.
_DEEPEST = 50


def inline(graph_def: Any, operations: Mapping[str, Any]) -> bool:
    """Puts the functions that a graph calls into it, so that it can be seen what is in them.

    Args:
      graph_def: is changed.
      operations: what TensorFlow knows of each operation, by its name: an `OpDef`.

    Returns:
      Whether there were any.
    """
    functions = {one.signature.name: one for one in graph_def.library.function}
    found = False
    for _ in range(_DEEPEST):
        calls = [node for node in graph_def.node if _can_inline(node, functions, operations)]
        if not calls:
            break
        found = True
        nodes = [node for node in graph_def.node if node not in calls]
        outputs: dict[str, str] = {}
        for call in calls:
            body = functions[graphs.attribute(call, "f").func.name]
            made, results = _body(call, body, operations)
            nodes += made
            outputs.update((f"{call.name}:{i}", name) for i, name in enumerate(results))
        _rewire(nodes, outputs)
        made = tf.compat.v1.GraphDef(node=nodes)
        del graph_def.node[:]
        graph_def.node.extend(made.node)
    return found


def _can_inline(node: Any, functions: Mapping[str, Any], operations: Mapping[str, Any]) -> bool:
    if node.op not in CALLS:
        return False
    body = functions.get(graphs.attribute(node, "f").func.name)
    return body is not None and all(one.op in operations for one in body.node_def)


def _body(call: Any, body: Any, operations: Mapping[str, Any]) -> tuple[list[Any], list[str]]:
    """The nodes of a function for one call of it, and the names of the tensors that it returns."""
    given = dict(
        zip((arg.name for arg in body.signature.input_arg), graphs.data_inputs(call), strict=True)
    )
    offsets = {node.name: dict(_outputs(node, operations[node.op])) for node in body.node_def}

    def tensor(reference: str) -> str:
        if reference in given:
            return given[reference]
        name, output, index = reference.split(":")
        return f"{call.name}/{name}:{offsets[name][output] + int(index)}"

    nodes = []
    for node in body.node_def:
        made = tf.compat.v1.NodeDef()
        made.CopyFrom(node)
        made.name = f"{call.name}/{node.name}"
        del made.input[:]
        made.input.extend(map(tensor, graphs.data_inputs(node)))
        nodes.append(made)
    return nodes, [tensor(body.ret[arg.name]) for arg in body.signature.output_arg]


def _outputs(node: Any, operation: Any) -> Iterator[tuple[str, int]]:
    """The names of the outputs of an operation, and the number of the first tensor of each."""
    number = 0
    for arg in operation.output_arg:
        yield arg.name, number
        if arg.number_attr:
            number += graphs.attribute(node, arg.number_attr).i
        elif arg.type_list_attr:
            number += len(graphs.attribute(node, arg.type_list_attr).list.type)
        else:
            number += 1


def _rewire(nodes: list[Any], outputs: Mapping[str, str]) -> None:
    """Has nodes take other tensors in the place of the outputs of calls."""

    def source(name: str) -> str:
        full = graphs.full_name(name)
        while full in outputs:
            full = graphs.full_name(outputs[full])
        return full

    for node in nodes:
        inputs = list(graphs.data_inputs(node))
        del node.input[:]
        node.input.extend(map(source, inputs))


def take_values(library: Any, node: Any, types: Mapping[int, int]) -> bool:
    """Has a node that runs functions give them values, where it gave them variables.

    Args:
      library: the functions; is added to.
      node: is changed, but for its inputs.
      types: of the values, by the number of the input of the functions.

    Returns:
      Whether it can be: the functions do nothing with the variables but read them.
    """
    changed = {}
    for key, value in node.attr.items():
        for function in (value.func, *value.list.func):
            if function.name:
                made = _with_values(library, function.name, types)
                if made is None:
                    return False
                changed[key, function.name] = made
    for key in {key for key, _ in changed}:
        value = node.attr[key]
        for function in value.list.func or (value.func,):
            function.name = changed[key, function.name]
    loops = node.op in ("While", "StatelessWhile")
    for i, dtype in types.items():
        for key in ("T",) if loops else ("Tin",):
            node.attr[key].list.type[i] = dtype
        if loops and len(graphs.attribute(node, "output_shapes").list.shape) > i:
            node.attr["output_shapes"].list.shape[i].CopyFrom(tf.TensorShape(None).as_proto())
    return True


def _with_values(library: Any, name: str, types: Mapping[int, int]) -> str | None:
    """A function like another one, which is given values in the place of variables.

    Returns:
      Its name; None if there can be none.
    """
    functions = {one.signature.name: one for one in library.function}
    made = type(functions[name])()
    made.CopyFrom(functions[name])
    new = f"{name}_of_values"
    while new in functions:
        new += "_"
    made.signature.name = new
    known = {}
    for i, dtype in types.items():
        arg = made.signature.input_arg[i]
        arg.type = dtype
        arg.ClearField("handle_data")
        known[arg.name] = dtype
        if i in made.arg_attr:
            made.arg_attr[i].attr.clear()
    reads = set()
    for node in made.node_def:
        passed = {i: known[one] for i, one in enumerate(node.input) if one in known}
        if not passed:
            continue
        if node.op in ("ReadVariableOp", "Identity"):
            if node.op == "ReadVariableOp":
                reads.add(node.name)
            else:
                known[f"{node.name}:output:0"] = passed[0]
            node.op = "Identity"
            node.attr.clear()
            node.attr["T"].type = passed[0]
        elif node.op in TAKES_FUNCTIONS:
            # The first input of a branch says which, and is not given to the functions.
            skip = 1 if node.op in ("If", "StatelessIf", "Case", "StatelessCase") else 0
            if not take_values(library, node, {i - skip: one for i, one in passed.items()}):
                return None
        else:
            return None
    for node in made.node_def:
        for i, one in enumerate(node.input):
            name, _, output = one.partition(":")
            if name in reads and output == "value:0":
                node.input[i] = f"{name}:output:0"
    for arg in made.signature.output_arg:
        returned = made.ret[arg.name]
        name, _, output = returned.partition(":")
        if name in reads and output == "value:0":
            made.ret[arg.name] = f"{name}:output:0"
        if returned in known:
            arg.type = known[returned]
    library.function.append(made)
    return new
