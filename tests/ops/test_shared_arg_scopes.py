"""One arg_scope object, entered by many at once: each leaves it where it was."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading

import hypothesis
import hypothesis.strategies as st

import tf_slim as slim


@slim.add_arg_scope
def block(net, depth=8, rate=1, scope=None):
    return depth, rate


def make_scopes():
    with slim.arg_scope([block], depth=7, rate=7) as saved:
        pass
    return [
        slim.arg_scope([block], depth=1),
        slim.arg_scope([block], depth=2, rate=2),
        slim.arg_scope([block], rate=3),
        slim.arg_scope(saved),
    ]


SETS = [{"depth": 1}, {"depth": 2, "rate": 2}, {"rate": 3}, {"depth": 7, "rate": 7}]


def expected(entered: list[int]) -> tuple[int, int]:
    """Of the scopes in force, in their order, the last one to set something has its way."""
    values = {"depth": 8, "rate": 1}
    for index in entered:
        values.update(SETS[index])
    return values["depth"], values["rate"]


def holder(scope):
    """A generator within a scope."""
    with scope:
        yield


@hypothesis.given(st.lists(st.tuples(st.booleans(), st.integers(0, 7)), max_size=24))
@hypothesis.example([(True, 0), (True, 1), (True, 0), (False, 0), (False, 0), (False, 0)])
def test_generators_end_in_any_order(steps):
    scopes = make_scopes()
    live: list[tuple[int, object]] = []
    for enters, number in steps:
        if enters:
            generator = holder(scopes[number % 4])
            next(generator)
            live.append((number % 4, generator))
        elif live:
            live.pop(number % len(live))[1].close()
        assert block("net") == expected([index for index, _ in live])
    for _, generator in live:
        generator.close()
    assert block("net") == (8, 1)
    assert not slim.current_arg_scope()


@hypothesis.given(st.lists(st.tuples(st.booleans(), st.integers(0, 7)), max_size=16))
def test_a_scope_within_itself(steps):
    scopes = make_scopes()
    with contextlib.ExitStack() as outer:
        stacks: list[tuple[int, contextlib.ExitStack]] = []
        outer.callback(lambda: [stack.close() for _, stack in reversed(stacks)])
        for enters, number in steps:
            if enters:
                stack = contextlib.ExitStack()
                stack.enter_context(scopes[number % 4])
                stacks.append((number % 4, stack))
            elif stacks:
                stacks.pop()[1].close()
            assert block("net") == expected([index for index, _ in stacks])
    assert block("net") == (8, 1)


def test_threads_share_an_object_and_a_decorator():
    shared = slim.arg_scope([block], depth=1)
    barrier = threading.Barrier(4)
    seen = []

    @slim.arg_scope([block], rate=5)
    def decorated(mine):
        barrier.wait(100)
        return block("net", scope=mine)

    def work(index):
        with slim.arg_scope([block], rate=index):
            for _ in range(20):
                barrier.wait(100)
                with shared:
                    barrier.wait(100)
                    found = block("net"), decorated(index)
                seen.append((index, *found, block("net")))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 80
    assert set(seen) == {(i, (1, i), (1, 5), (8, i)) for i in range(4)}


def test_tasks_share_an_object():
    shared = slim.arg_scope([block], depth=1)

    async def work(index):
        with slim.arg_scope([block], rate=index):
            for _ in range(5):
                with shared:
                    await asyncio.sleep(0)
                    assert block("net") == (1, index)
                await asyncio.sleep(0)
                assert block("net") == (8, index)
        return block("net")

    async def main():
        return await asyncio.gather(*map(work, range(5)))

    assert asyncio.run(main()) == [(8, 1)] * 5


def test_a_generator_that_another_thread_ends_takes_none_of_its_scopes():
    shared = slim.arg_scope([block], depth=1)
    ended: list = []

    def begin():
        generator = holder(shared)
        next(generator)
        thread = threading.Thread(target=end, args=(generator,))
        thread.start()
        thread.join()

    def end(generator):
        with shared:
            generator.close()
            ended.append(block("net"))
        ended.append(block("net"))

    contextvars.copy_context().run(begin)
    assert ended == [(1, 1), (8, 1)]


def test_an_exit_stack_is_closed_from_anywhere():
    """The frame that entered the scope has ended, and others have its address."""
    shared = slim.arg_scope([block], depth=1)

    def deeper(levels, close):
        return close() if not levels else deeper(levels - 1, close)

    for levels in range(30):
        with contextlib.ExitStack() as stack:
            stack.enter_context(shared)
            assert block("net") == (1, 1)
            deeper(levels, stack.close)
            assert block("net") == (8, 1)
