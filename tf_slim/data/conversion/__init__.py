"""How a conversion is done: what there is, how it is read and written, and where it waits."""
