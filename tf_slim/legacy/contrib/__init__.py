"""`tensorflow.contrib` for programs of TensorFlow 1, as far as programs of Slim use it.

`namespaces` says which module of `tf.contrib` has what; the other files hold the few things that
Slim itself has no place for.
"""
