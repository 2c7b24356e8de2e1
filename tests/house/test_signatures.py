"""Public signatures are typed: all parameters, and what is returned."""

from __future__ import annotations

import inspect

import tests.house.public as public


def untyped(function: public.Public) -> list[str]:
    """The parameters of a function, and "return", that have no annotation."""
    empty = inspect.Parameter.empty
    missing = [one.name for one in function.parameters if one.annotation is empty]
    if function.returns is empty and not function.name.endswith(".__init__"):
        missing.append("return")
    return missing


def test_public_signatures_are_typed():
    found = [
        f"{function.name}: {', '.join(untyped(function))}"
        for function in public.everything()
        if untyped(function)
    ]
    assert not found, "\n".join(found)


def test_the_check_catches():
    def half(inputs: int, scope=None):
        return inputs, scope

    function = public.Public("half", half, "", tuple(inspect.signature(half).parameters.values()))
    assert untyped(function) == ["scope", "return"]


def test_all_that_is_offered_is_looked_at():
    names = {function.name for function in public.everything()}
    for name in ("conv2d", "Model.__call__", "fit", "Pipeline.dataset", "Hook.end"):
        assert any(one.endswith(f".{name}") for one in names), name
