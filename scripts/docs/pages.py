"""The pages of the reference: what stands where, in the order in which people look for it.

A pattern is held against where a thing is written (`tf_slim.layers.conv.convolution2d`) and
against the path by which it is documented (`tf_slim.conv2d`). A thing stands in the first section
that fits, in the order of the patterns, and each room ends with a section for all the rest: what is
added to a room is on its page at once.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Section:
    title: str
    patterns: tuple[str, ...]
    text: str = ""


@dataclasses.dataclass(frozen=True)
class Page:
    name: str
    title: str
    text: str
    sections: tuple[Section, ...]


def _section(title: str, *patterns: str, text: str = "") -> Section:
    return Section(title, tuple(f"tf_slim.{one}" for one in patterns), text)


def _net(title: str, *modules: str, text: str = "") -> Section:
    return _section(title, *(f"nets.{one}.*" for one in modules), text=text)


PAGES = (
    # First, since rooms above offer what is in it under names of their own.
    Page(
        "v1",
        "Programs of TensorFlow 1",
        "The training and evaluation loops, queues and decoders of the original, for v1 graphs. "
        "New programs take [`slim.learning.fit`][tf_slim.learning.fit] and "
        "[`slim.data.Pipeline`][tf_slim.data.Pipeline]. Whole programs of TensorFlow 1 are run by "
        "[`tf-slim run`](command-line.md#tf-slim-run).",
        (
            _section(
                "Training",
                "v1.train_*",
                "v1.gradients.*",
                "v1.supervisor.*",
                "v1.training.training.*",
            ),
            _section("Optimizing a loss", "v1.optimize_loss.*", "layers.adaptive_clipping.*"),
            _section("Evaluation", "v1.evaluation_loop.*", "v1.training.*"),
            _section("Data sets and queues", "v1.*", "data.dataset.*"),
            _section("Decoding examples", "data.decoding.*"),
            _section("Layers of old", "layers.legacy_dense.*"),
            _section("Helpers of layers", "layers.utils.*", "ops.outputs.*"),
        ),
    ),
    Page(
        "scopes",
        "Scopes, variables, models",
        "What every layer rests on: default arguments, names, variables, and the model that holds "
        "them.",
        (
            _section("Models", "Model", "ops.calls.*", "ops.collect.*"),
            _section("Scopes", "arg_scope", "ops.scopes.*", "ops.arg_scope.*", "ops.randomness.*"),
            _section("Precision and quantization", "ops.precision.*", "ops.*quantization.*"),
            _section("Variables", "ops.variables.*", "ops.stores.*", "ops.zero_initializer.*"),
            _section("The global step", "ops.global_step.*"),
            _section("Devices", "ops.device_chooser.*"),
        ),
    ),
    Page(
        "layers",
        "Layers",
        "Every layer is a function, and its defaults can be set by "
        "[`slim.arg_scope`][tf_slim.arg_scope]. All of them work in v1 graphs, eagerly and in a "
        "`tf.function`.",
        (
            _section(
                "Convolutions",
                "conv2d",
                *(f"layers.{one}.*" for one in ("conv", "transpose", "separable")),
            ),
            _section("Fully connected", "layers.dense.*", "layers.bias.*", "layers.maxout.*"),
            _section("Normalization", "layers.batch_norm.*", "layers.norm.*", "layers.gdn.*"),
            _section("Pooling", "layers.pool.*", "layers.spatial_softmax.*"),
            _section(
                "Dropout, shapes, activations",
                *(
                    f"layers.{one}.*"
                    for one in ("dropout", "shape", "softmax", "poincare", "gradient")
                ),
            ),
            _section("Composing layers", "layers.compose.*", "layers.block.*"),
            _section("Sparing memory", "layers.recompute.*", "layers.reversible.*"),
            _section(
                "Sequences, words, embeddings",
                *(f"layers.{one}.*" for one in ("sequence", "encoders", "embedding_ops", "sparse")),
            ),
            _section("Keras", "layers.keras_layers.*", "export.keras_layer.as_keras_layer"),
        ),
    ),
    Page(
        "initializers",
        "Initializers and regularizers",
        "What layers take as `weights_initializer` and `weights_regularizer`.",
        (
            _section("Initializers", "layers.initializers.*"),
            _section("Regularizers", "layers.regularizers.*"),
        ),
    ),
    Page(
        "losses",
        "Losses",
        "Each computes a scalar and files it, so that "
        "[`slim.losses.get_total_loss`][tf_slim.losses.get_total_loss] has the sum.",
        (
            _section(
                "Classification",
                *(f"losses.{one}.*" for one in ("classification", "of_labels", "focal", "dice")),
            ),
            _section("Regression", "losses.regression.*"),
            _section("Metric learning", "losses.metric_learning.*"),
            _section("Filing and adding up", "losses.*"),
        ),
    ),
    Page(
        "metrics",
        "Metrics",
        "A `streaming_*` function returns a value and an update in a v1 graph; elsewhere "
        "[`slim.metrics.stateful`][tf_slim.metrics.stateful] makes an object of it.",
        (
            _section("Metrics as objects", "metrics.objects.*", "metrics.engine.*"),
            _section("Accuracy", "metrics.accuracies.*"),
            _section("Means and errors", "metrics.means.*", "metrics.correlation.*"),
            _section("Precision, recall, confusion", "metrics.confusion.*", "metrics.matrices.*"),
            _section(
                "Curves and their areas",
                *(f"metrics.{one}.*" for one in ("curves", "histograms", "growing")),
            ),
            _section("At thresholds", "metrics.thresholds.*"),
            _section("Ranking and several labels", "metrics.ranking.*", "metrics.multi_label.*"),
            _section("Several metrics at once, sets", "metrics.*"),
        ),
    ),
    Page(
        "nets",
        "Nets",
        "A net is made by its name with [`slim.nets.create`][tf_slim.nets.create], or called as a "
        "function. What each takes and costs is in the [gallery](../nets.md).",
        (
            _section(
                "By name",
                *(f"nets._{one}.*" for one in ("create", "registry", "published", "fetch")),
            ),
            _net("LeNet and CifarNet", "lenet", "cifarnet"),
            _net("AlexNet and OverFeat", "alexnet", "overfeat"),
            _net("VGG", "vgg"),
            _net("Inception", "inception", "inception_v?", "inception_resnet_v2"),
            _net("ResNet", "resnet_v?"),
            _net("MobileNet v1", "mobilenet_v1"),
            _net("MobileNet v2, v3 and EdgeTPU", "mobilenet.mobilenet_v?"),
            _net("NASNet and PNASNet", "nasnet.nasnet", "nasnet.pnasnet", "nasnet.config"),
            _net("Video: I3D and S3D-G", "i3d", "s3dg"),
            _net("Generators: DCGAN, CycleGAN, pix2pix", "dcgan", "cyclegan", "pix2pix"),
        ),
    ),
    Page(
        "net-parts",
        "Parts of nets",
        "What the nets of the package share, for a net of your own.",
        (
            _net("Any net", "blocks", "dialects"),
            _net("Inception", "inception_utils"),
            _net("ResNet", "resnet_utils"),
            _net("MobileNet", "mobilenet.mobilenet", "mobilenet.conv_blocks"),
            _net("NASNet", "nasnet.nasnet_utils"),
            _section("Video, and all others", "nets.*"),
        ),
    ),
    Page(
        "data",
        "Data",
        "Where pictures come from, how they are prepared, and the batches that are made of them.",
        (
            _section("Batches", "data.pipeline.*"),
            _section(
                "Sources",
                "data.from_*",
                "data.get_dataset",
                "data.source_splits",
                "data.registry.*",
                "data.spec.*",
                "data.datasets.*",
            ),
            _section(
                "Preprocessing", "data.preprocessing.registry.*", "data.preprocessing.Cropping"
            ),
            _section("Augmentation", "data.augment.*"),
            _section(
                "Looking at data, and weighing it",
                *(f"data.{one}.*" for one in ("inspect*", "checks", "class_weights", "verifying")),
            ),
            _section(
                "Writing records",
                *(f"data.{one}.*" for one in ("converting", "writer", "manifest", "labels")),
            ),
            _section("Several machines", "data.service*"),
            _section("Errors", "data.*Error"),
            _section("A source of your own", "data.sources.*"),
            _section("The steps of each preprocessing", "data.preprocessing.*"),
        ),
    ),
    Page(
        "training",
        "Training",
        "One compiled step, the loop over it, and what else happens between steps.",
        (
            _section("The loop", "learning.fit", "learning.Run", "learning.read_history"),
            _section(
                "The step",
                *(
                    f"learning.{one}"
                    for one in ("make_train_step", "TrainStep", "SeveralSteps", "HeadFirst")
                ),
            ),
            _section("The learning rate", "learning.*_learning_rate", "learning.RateSearch"),
            _section("Several devices and machines", "learning.make_strategy"),
            _section("Hooks", "learning.hooks.*"),
            _section("Errors, and all the rest", "learning.*Error", "learning.*"),
        ),
    ),
    Page(
        "evaluation",
        "Evaluation and prediction",
        "How good a model is, and what it says of new pictures.",
        (
            _section("Evaluation", "evaluation.measure.*", "evaluation.classification.*"),
            _section(
                "Prediction",
                "evaluation.predict*.*",
                "evaluation.loading.*",
                "evaluation.heat_maps.*",
            ),
            _section("Reports", "report.*"),
        ),
    ),
    Page(
        "checkpoints",
        "Checkpoints",
        "Saving, restoring, converting and comparing, in every format that is known.",
        (
            _section(
                "Saving and restoring",
                "checkpoints.saving.*",
                "checkpoints.restoring.*",
                "checkpoints.report.*",
                "checkpoints.errors.*",
            ),
            _section(
                "Finding and marking",
                *(f"checkpoints.{one}.*" for one in ("places", "listing", "notes")),
            ),
            _section(
                "Reading, converting, comparing",
                *(
                    f"checkpoints.{one}.*"
                    for one in ("reader", "converting", "comparing", "averaging", "renaming")
                ),
            ),
            _section("Assigning, in v1 graphs as well", "checkpoints.assigning.*", "checkpoints.*"),
        ),
    ),
    Page(
        "export",
        "Export",
        "Files of other formats, compared with the model before they are there.",
        (
            _section(
                "Writing a file",
                *(
                    f"export.{one}.*"
                    for one in ("saving", "inference", "finding", "source", "metadata", "fold")
                ),
            ),
            _section(
                "Comparing and timing",
                *(f"export.{one}.*" for one in ("benchmarking", "comparison", "verify")),
            ),
            _section("Running a file", "export.engines.*"),
            _section("Errors", "export.*Error"),
            _section("A format of your own", "export.formats.*"),
            _section("The formats", "export.*"),
        ),
    ),
    Page(
        "serving",
        "Serving",
        "A model behind HTTP. `tf-slim serve` is made of this.",
        (_section("The server", "serving.*"),),
    ),
    Page(
        "analysis",
        "Summaries and analysis",
        "What TensorBoard shows of a training, and what a net is made of.",
        (
            _section("What a net is made of", "model_analyzer.*"),
            _section("Summaries", "summaries.*", "layers.summaries.*"),
        ),
    ),
)
