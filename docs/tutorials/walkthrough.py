"""The walkthrough: variables, layers, scopes, VGG, training, fine-tuning and evaluation, twice."""

# --8<-- [start:imports]
import tensorflow as tf

import tf_slim as slim

tf1 = tf.compat.v1  # what old programs call tf
tf.random.set_seed(1)
# --8<-- [end:imports]

# --8<-- [start:variables-new]
weights = slim.model_variable(
    "weights",
    shape=[10, 10, 3, 3],
    initializer=tf.keras.initializers.TruncatedNormal(stddev=0.1),
    regularizer=slim.l2_regularizer(0.05),
    device="/CPU:0",
)
my_var = slim.variable("my_var", shape=[20, 1], initializer=tf.keras.initializers.Zeros())

print([v.name for v in slim.get_model_variables()])
print([v.name for v in slim.get_variables()])
print("deviation", round(float(tf.math.reduce_std(weights)), 2))
slim.reset_default_store()
# --8<-- [end:variables-new]

# --8<-- [start:variables-old]
with tf.Graph().as_default():
    weights = slim.model_variable(
        "weights",
        shape=[10, 10, 3, 3],
        initializer=tf1.truncated_normal_initializer(stddev=0.1),
        regularizer=slim.l2_regularizer(0.05),
        device="/CPU:0",
    )
    my_var = slim.variable("my_var", shape=[20, 1], initializer=tf1.zeros_initializer())

    print([v.name for v in slim.get_model_variables()])
    print([v.name for v in slim.get_variables()])
    with tf1.Session() as session:
        session.run(tf1.global_variables_initializer())
        print("deviation", round(float(session.run(weights).std()), 2))
# --8<-- [end:variables-old]

# --8<-- [start:layer-by-hand]
with tf.Graph().as_default():
    images = tf1.placeholder(tf.float32, [None, 32, 32, 64])
    with tf1.variable_scope("conv1_1"):
        kernel = tf1.get_variable(
            "weights",
            [3, 3, 64, 128],
            initializer=tf1.truncated_normal_initializer(stddev=0.1),
        )
        conv = tf.nn.conv2d(images, kernel, strides=1, padding="SAME")
        biases = tf1.get_variable("biases", [128], initializer=tf1.zeros_initializer())
        conv1 = tf.nn.relu(tf.nn.bias_add(conv, biases))
    print([v.name for v in tf1.trainable_variables()], conv1.shape)
# --8<-- [end:layer-by-hand]

# --8<-- [start:layer]
images = tf.zeros([1, 32, 32, 64])
conv1 = slim.conv2d(images, 128, [3, 3], scope="conv1_1")
print([v.name for v in slim.get_trainable_variables()], conv1.shape)
# --8<-- [end:layer]

# --8<-- [start:repeat]
net = slim.repeat(conv1, 3, slim.conv2d, 256, [3, 3], scope="conv3")
net = slim.max_pool2d(net, [2, 2], scope="pool3")
net = slim.stack(slim.flatten(net), slim.fully_connected, [32, 64, 128], scope="fc")
print([v.name for v in slim.get_variables_by_name("weights")])
print(net.shape)
slim.reset_default_store()
# --8<-- [end:repeat]


# --8<-- [start:arg-scope-without]
def long_net(images):
    net = slim.conv2d(
        images, 64, [11, 11], 4, padding="SAME", scope="conv1",
        weights_initializer=tf.keras.initializers.TruncatedNormal(stddev=0.01),
        weights_regularizer=slim.l2_regularizer(0.0005),
    )  # fmt: skip
    net = slim.conv2d(
        net, 128, [11, 11], padding="VALID", scope="conv2",
        weights_initializer=tf.keras.initializers.TruncatedNormal(stddev=0.01),
        weights_regularizer=slim.l2_regularizer(0.0005),
    )  # fmt: skip
    return slim.conv2d(
        net, 256, [11, 11], padding="SAME", scope="conv3",
        weights_initializer=tf.keras.initializers.TruncatedNormal(stddev=0.01),
        weights_regularizer=slim.l2_regularizer(0.0005),
    )  # fmt: skip


# --8<-- [end:arg-scope-without]


# --8<-- [start:arg-scope]
def short_net(images):
    with slim.arg_scope(
        [slim.conv2d],
        padding="SAME",
        weights_initializer=tf.keras.initializers.TruncatedNormal(stddev=0.01),
        weights_regularizer=slim.l2_regularizer(0.0005),
    ):
        net = slim.conv2d(images, 64, [11, 11], 4, scope="conv1")
        net = slim.conv2d(net, 128, [11, 11], padding="VALID", scope="conv2")
        return slim.conv2d(net, 256, [11, 11], scope="conv3")


for net in (long_net, short_net):
    model = slim.Model(net).build(tf.TensorSpec([None, 64, 64, 3]))
    print(model, len(model.losses), "losses of weights")
# --8<-- [end:arg-scope]

# --8<-- [start:arg-scope-nested]
with (
    slim.arg_scope([slim.conv2d, slim.fully_connected], biases_initializer=None),
    slim.arg_scope([slim.conv2d], padding="VALID") as saved,
):
    pass

with slim.arg_scope(saved):
    net = slim.conv2d(tf.zeros([1, 9, 9, 3]), 8, [3, 3], scope="valid")
    net = slim.conv2d(net, 8, [3, 3], padding="SAME", scope="same")
    net = slim.fully_connected(slim.flatten(net), 2, scope="full")
for v in slim.get_variables_by_name("weights"):
    print(v.name, v.shape)
slim.reset_default_store()
# --8<-- [end:arg-scope-nested]


# --8<-- [start:vgg]
def vgg16(inputs, num_classes=1000, is_training=False):
    with (
        slim.scope("vgg_16"),
        slim.arg_scope(
            [slim.conv2d],
            weights_initializer=tf1.truncated_normal_initializer(0.0, 0.01),
            weights_regularizer=slim.l2_regularizer(0.0005),
        ),
    ):
        net = slim.repeat(inputs, 2, slim.conv2d, 64, [3, 3], scope="conv1")
        net = slim.max_pool2d(net, [2, 2], scope="pool1")
        net = slim.repeat(net, 2, slim.conv2d, 128, [3, 3], scope="conv2")
        net = slim.max_pool2d(net, [2, 2], scope="pool2")
        net = slim.repeat(net, 3, slim.conv2d, 256, [3, 3], scope="conv3")
        net = slim.max_pool2d(net, [2, 2], scope="pool3")
        net = slim.repeat(net, 3, slim.conv2d, 512, [3, 3], scope="conv4")
        net = slim.max_pool2d(net, [2, 2], scope="pool4")
        net = slim.repeat(net, 3, slim.conv2d, 512, [3, 3], scope="conv5")
        net = slim.max_pool2d(net, [2, 2], scope="pool5")
        net = slim.conv2d(net, 4096, [7, 7], padding="VALID", scope="fc6")
        net = slim.dropout(net, 0.5, is_training=is_training, scope="dropout6")
        net = slim.conv2d(net, 4096, [1, 1], scope="fc7")
        net = slim.dropout(net, 0.5, is_training=is_training, scope="dropout7")
        return slim.conv2d(net, num_classes, [1, 1], activation_fn=None, scope="fc8")


# --8<-- [end:vgg]


# --8<-- [start:vgg-check]
def variables_of(net):
    with tf.Graph().as_default():  # a graph holds no weights until a session fills them
        net(tf1.placeholder(tf.float32, [None, 224, 224, 3]))
        return {v.op.name: v.shape.as_list() for v in slim.get_model_variables()}


mine, published = variables_of(vgg16), variables_of(slim.nets.vgg.vgg_16)
sizes = [tf.TensorShape(shape).num_elements() for shape in mine.values()]
print(len(mine), "variables,", sum(sizes))
print("those of the published net:", mine == published)
# --8<-- [end:vgg-check]


# --8<-- [start:digits-net]
def digits_net(images, num_classes=10, is_training=True):
    with (
        slim.scope("digits"),
        slim.arg_scope([slim.batch_norm], is_training=is_training, decay=0.9),
        slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm),
        slim.arg_scope(
            [slim.conv2d, slim.fully_connected],
            weights_regularizer=slim.l2_regularizer(0.0005),
        ),
    ):
        net = slim.conv2d(images, 16, [3, 3], scope="conv1")
        net = slim.max_pool2d(net, [2, 2], scope="pool1")
        net = slim.conv2d(net, 32, [3, 3], scope="conv2")
        net = slim.max_pool2d(net, [2, 2], scope="pool2")
        net = slim.fully_connected(slim.flatten(net), 64, scope="fc3")
        return slim.fully_connected(net, num_classes, activation_fn=None, scope="fc4")


train = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 64, is_training=True)
test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 355)
print(train.element_spec[0].shape, train.spec.num_classes, "classes")
# --8<-- [end:digits-net]

# --8<-- [start:training-new]
model = slim.Model(digits_net).build(train.element_spec[0])
step = slim.learning.make_train_step(
    model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.Adam(0.005)
)
run = slim.learning.fit(step, train, "runs/new", number_of_steps=120, hooks=[])
print(f"step {run.step}, loss {run.loss_value:.3f}, {run.checkpoint}")
# --8<-- [end:training-new]

# --8<-- [start:training-old]
with tf.Graph().as_default():
    images, labels = tf1.data.make_one_shot_iterator(train.dataset()).get_next()
    logits = digits_net(images, is_training=True)
    slim.losses.sparse_softmax_cross_entropy(logits, labels)
    total_loss = slim.losses.get_total_loss()  # with the losses of the weights

    optimizer = tf1.train.AdamOptimizer(0.005)
    train_op = slim.learning.create_train_op(total_loss, optimizer)
    loss = slim.learning.train(train_op, "runs/old", number_of_steps=120, save_summaries_secs=0)
    print(f"loss {loss:.3f}, {tf1.train.latest_checkpoint('runs/old')}")
# --8<-- [end:training-old]

# --8<-- [start:evaluation-new]
metrics = slim.evaluation.classification_metrics(10)
for checkpoint in ("runs/old", "runs/new"):
    model.restore(checkpoint)
    results = slim.evaluation.evaluate(model, test, metrics)
    print(f"{checkpoint}: accuracy {results['accuracy']:.2%}")
# --8<-- [end:evaluation-new]

# --8<-- [start:evaluation-old]
with tf.Graph().as_default():
    images, labels = tf1.data.make_one_shot_iterator(test.dataset()).get_next()
    logits = digits_net(images, is_training=False)
    names_to_values, names_to_updates = slim.metrics.aggregate_metric_map(
        {
            "accuracy": slim.metrics.streaming_accuracy(tf.argmax(logits, 1), labels),
            "recall at 5": slim.metrics.streaming_recall_at_k(logits, labels, 5),
        }
    )
    values = slim.evaluation.evaluate_once(
        "",
        tf1.train.latest_checkpoint("runs/new"),
        "runs/evaluation",
        num_evals=1,
        eval_op=list(names_to_updates.values()),
        final_op=names_to_values,
        variables_to_restore=slim.get_model_variables(),
    )
    print(f"runs/new: accuracy {values['accuracy']:.2%}")
# --8<-- [end:evaluation-old]


# --8<-- [start:fine-tuning-data]
def even_or_odd(images, labels):
    return images, labels % 2


# --8<-- [end:fine-tuning-data]


# --8<-- [start:fine-tuning-new]
tuned = slim.Model(digits_net, num_classes=2).build(train.element_spec[0])
report = tuned.restore("runs/new", exclude=["digits/fc4/*"])
print(str(report).splitlines()[0])

step = slim.learning.make_train_step(
    tuned,
    slim.losses.sparse_softmax_cross_entropy,
    tf.keras.optimizers.Adam(0.01),
    frozen=["digits/conv*"],
)
even = train.dataset().map(even_or_odd)
slim.learning.fit(step, even, "runs/even", number_of_steps=40, hooks=[])
results = slim.evaluation.evaluate(
    tuned, test.dataset().map(even_or_odd), slim.evaluation.classification_metrics(2)
)
print(f"even or odd: accuracy {results['accuracy']:.2%}")
# --8<-- [end:fine-tuning-new]

# --8<-- [start:fine-tuning-old]
with tf.Graph().as_default():
    few = train.dataset().map(even_or_odd)
    images, labels = tf1.data.make_one_shot_iterator(few).get_next()
    logits = digits_net(images, num_classes=2, is_training=True)
    slim.losses.sparse_softmax_cross_entropy(logits, labels)

    variables_to_restore = slim.get_variables_to_restore(exclude=["digits/fc4"])
    init_fn = slim.assign_from_checkpoint_fn(
        tf1.train.latest_checkpoint("runs/old"), variables_to_restore
    )
    train_op = slim.learning.create_train_op(
        slim.losses.get_total_loss(),
        tf1.train.AdamOptimizer(0.01),
        variables_to_train=slim.get_trainable_variables("digits/fc"),
    )
    loss = slim.learning.train(
        train_op,
        "runs/old_even",
        number_of_steps=40,
        init_fn=init_fn,
        save_summaries_secs=0,
    )
    print(f"loss {loss:.2f}, {len(variables_to_restore)} variables restored")
# --8<-- [end:fine-tuning-old]


# --8<-- [start:renamed]
def in_a_bigger_net(images):
    with slim.scope("both"):
        return slim.fully_connected(digits_net(images), 5, scope="five")


bigger = slim.Model(in_a_bigger_net).build(train.element_spec[0])
report = bigger.restore("runs/new", rename={"": "both"}, exclude=["both/five/*"])
print(len(report.restored), "variables, the first:", report.restored[0])
# --8<-- [end:renamed]
