"""The package `preprocessing` of research/slim: its functions, round the preprocessing of TF-Slim.

What is random here changes with every run of the graph, and follows `tf.compat.v1.set_random_seed`.
"""
