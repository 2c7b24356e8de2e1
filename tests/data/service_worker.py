"""A worker of a tf.data service in a process of its own: its dispatcher, its address."""

from __future__ import annotations

from tf_slim import data


def main(words: list[str]) -> None:
    dispatcher, address = words
    port = int(address.rpartition(":")[2])
    data.serve(dispatcher=dispatcher, address=address, port=port).join()
