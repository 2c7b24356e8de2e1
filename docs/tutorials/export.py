"""From a run to a phone, a browser and a server: each file is run and compared first."""

# --8<-- [start:imports]
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import tf_slim as slim

tf.random.set_seed(1)

# --8<-- [end:imports]

# --8<-- [start:training]
train = slim.data.Pipeline(slim.data.get_dataset("digits", "train"), 64, is_training=True)
test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 355)

model = slim.nets.create("lenet", num_classes=10).build(train.element_spec[0])
step = slim.learning.make_train_step(
    model,
    slim.losses.sparse_softmax_cross_entropy,
    tf.keras.optimizers.SGD(0.05, momentum=0.9),
)
slim.learning.fit(step, train, "runs/digits", 150, validation=test, hooks=[])
# --8<-- [end:training]

# --8<-- [start:files]
source = slim.export.source_of("runs/digits")
print("file                size     accuracy  same class  largest difference")
for path, quantize in [
    ("digits.tflite", None),
    ("digits-int8.tflite", "int8"),
    ("saved", None),
]:
    export = slim.export.save(source, path, quantize=quantize)
    if found := export.verified:  # None if it was not asked for
        print(
            f"{path:18} {export.size / 1000:5.0f} kB   {found.accuracy:6.1%}"
            f"  {found.agreement:9.1%}   {found.difference:.0e}"
        )
# --8<-- [end:files]

# --8<-- [start:phone]
images, labels = (x.numpy() for x in next(iter(test.dataset())))
run = Interpreter("digits-int8.tflite").get_signature_runner()
answer = run(images=images[:5])
print(sorted(answer), answer["probabilities"].argmax(axis=1), "true:", labels[:5])
# --8<-- [end:phone]

# --8<-- [start:picture]
pixels = tf.cast((images[0] + 1) * 127.5, tf.uint8)
tf.io.write_file("digit.png", tf.io.encode_png(pixels))
# --8<-- [end:picture]

# --8<-- [start:server]
serve = tf.saved_model.load("saved").signatures["serving_default"]
with open("digit.png", "rb") as file:
    answer = serve(image_bytes=tf.constant([file.read()]))
print(answer["classes"][0, 0].numpy(), "true:", labels[0])
# --8<-- [end:server]
