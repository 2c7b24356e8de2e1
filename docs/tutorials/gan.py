"""A generative adversarial net: DCGAN learns to draw digits."""

# --8<-- [start:imports]
import numpy as np
import tensorflow as tf

import tf_slim as slim

tf.random.set_seed(1)
# --8<-- [end:imports]


# --8<-- [start:data]
def all_digits(split):
    spec = slim.data.get_dataset("digits", split)
    images, _ = next(iter(slim.data.Pipeline(spec, 2000).dataset()))
    return images.numpy()


real, held_out = all_digits("train"), all_digits("test")
train = tf.data.Dataset.from_tensor_slices(real)
train = train.shuffle(1442, seed=1).repeat().batch(64)
print(real.shape, "from", real.min(), "to", real.max())
# --8<-- [end:data]


# --8<-- [start:nets]
def generate(noise, is_training=False):
    logits, _ = slim.nets.dcgan.generator(
        noise, depth=32, final_size=8, num_outputs=1, is_training=is_training
    )
    return tf.tanh(logits)


generator = slim.Model(generate)


def both(inputs, is_training=False):
    """What the discriminator says of made images, and of real ones."""
    noise, images = inputs
    discriminate = slim.nets.dcgan.discriminator
    made = generator(noise, is_training=is_training)
    of_made, _ = discriminate(made, depth=32, is_training=is_training)
    of_real, _ = discriminate(images, depth=32, is_training=is_training, reuse=True)
    return of_made, of_real


specs = tf.TensorSpec([None, 32]), tf.TensorSpec([None, 8, 8, 1])
model = slim.Model(both).build(specs)
for scope in ("Generator", "Discriminator"):
    print(scope, sum(v.name.startswith(scope) for v in model.trainable_variables))
# --8<-- [end:nets]


# --8<-- [start:losses]
def of_discriminator(outputs, ones):
    of_made, of_real = outputs
    right = slim.losses.sigmoid_cross_entropy(of_real, 0.9 * ones)
    caught = slim.losses.sigmoid_cross_entropy(of_made, 0.0 * ones)
    return right + caught


def of_generator(outputs, ones):
    of_made, _ = outputs
    return slim.losses.sigmoid_cross_entropy(of_made, ones)


def step_of(scope, loss):
    return slim.learning.make_train_step(
        model,
        loss,
        tf.keras.optimizers.Adam(0.001, beta_1=0.5),
        variables_to_train=[f"{scope}/*"],
    )


discriminator_step = step_of("Discriminator", of_discriminator)
generator_step = step_of("Generator", of_generator)
# --8<-- [end:losses]


# --8<-- [start:measure]
def report(step, images):
    to_real = np.square(images[:, None] - real[None]).mean((2, 3, 4)).min(1).mean()
    spread = images.std(axis=0).mean()
    print(f"{step}: to the nearest digit {to_real:.3f}, spread {spread:.2f}")


report("digits held out", held_out)
# --8<-- [end:measure]

# --8<-- [start:training]
fixed = tf.random.stateless_normal([64, 32], seed=[1, 2])
history = [generator(fixed).numpy()]
report("step 0", history[-1])
for step, images in enumerate(train.take(450), 1):
    noise = tf.random.normal([64, 32])
    ones = tf.ones([64, 1])
    d_loss = discriminator_step((noise, images), ones)
    g_loss = generator_step((noise, images), ones)
    if step % 150 == 0:
        history.append(generator(fixed).numpy())
        report(f"step {step}", history[-1])
# --8<-- [end:training]

# --8<-- [start:picture]
framed = [np.pad(x[:16, :, :, 0], 1, constant_values=-0.5)[1:-1] for x in [*history, real]]
sheet = np.kron(np.vstack([np.hstack([*row]) for row in framed]), np.ones([4, 4]))
pixels = tf.cast((sheet[..., None] + 1) * 127.5, tf.uint8)
tf.io.write_file("gan.png", tf.io.encode_png(pixels))
# --8<-- [end:picture]
