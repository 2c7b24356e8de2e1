"""`Pipeline`: from a spec to batches of images and labels, resumable at any batch."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.data import examples, pipeline_arguments
from tf_slim.data.augment import Augment
from tf_slim.data.batching import Batching
from tf_slim.data.checks import check_count, find_fault
from tf_slim.data.class_weights import class_weights as weights_of_classes
from tf_slim.data.class_weights import of_targets
from tf_slim.data.loading import files_of, load
from tf_slim.data.preprocessing import get_pixel_range
from tf_slim.data.preprocessing.choice import chosen
from tf_slim.data.service import check_service, explained, watched
from tf_slim.data.shares import Share
from tf_slim.data.sources.protocol import as_nest
from tf_slim.data.spec import DatasetSpec, as_image_size
from tf_slim.data.stream import Shuffle, record_stream
from tf_slim.data.whole_files import Part
from tf_slim.ops import shapes, tfrecord
from tf_slim.ops.arguments import checked_by, is_ours
from tf_slim.ops.modes import do_not_convert
from tf_slim.ops.tracing import TracedFunction, settled

# Words in the message of an error that came out of a tf.data iterator.
_ITERATOR_MARKS = ("Iterator::", "IteratorGetNext", "tf_slim.data:")


class Pipeline:
    """Batches of preprocessed images and labels, a pure function of the spec and the seed.

    Training streams are shuffled anew in each epoch, repeat forever and never hold a short batch
    (a batch may straddle two epochs). Evaluation streams are one pass in the order of the files,
    and the last batch may be smaller.

    Everything random depends only on `seed`, the epoch and the position of the record in the
    stream: not on `tf.random.set_seed`, the number of cores or threads, or where the stream
    started. It does depend on `shuffle_buffer` and `cycle_length`.

    Attributes:
        spec: The data set.
        files: Its files.
        batch_size: Number of records in a batch.
        is_training: Whether it is a training stream.
        num_epochs: Number of passes over the data, or None for no end.
        drop_remainder: Whether a last batch smaller than `batch_size` is left out.
        preprocessing: The preprocessing: its name, or the function that was given.
        image_size: `(height, width)` in pixels that it is told, or None.
        service: Address of the tf.data service that makes the batches, or None.
        shard_files: Whether each of several workers reads files of its own.

    Examples:
        >>> spec = slim.data.get_dataset("digits", "train")
        >>> train = slim.data.Pipeline(spec, 128, is_training=True)
        >>> train.steps_per_epoch
        11
        >>> images, labels = next(iter(train.dataset(start=100)))
        >>> images.shape, labels.shape
        (TensorShape([128, 8, 8, 1]), TensorShape([128]))
    """

    @checked_by(seed=None)
    def __init__(
        self,
        spec: DatasetSpec,
        batch_size: int,
        *,
        is_training: bool = False,
        preprocess: str | Callable | None = None,
        image_size: int | Sequence[int] | None = None,
        augment: Augment | None = None,
        class_weights: str | Mapping[Any, float] | Sequence[float] | None = None,
        seed: int = 0,
        shuffle_buffer: int = 4096,
        num_epochs: int | None = None,
        drop_remainder: bool | None = None,
        cycle_length: int = 16,
        num_parallel_calls: int = tf.data.AUTOTUNE,
        service: str | None = None,
        shard_files: bool = False,
    ):
        """Makes a pipeline. No record is read yet.

        Args:
            spec: The data set.
            batch_size: Number of records in a batch (of all replicas together).
            is_training: Whether to shuffle, repeat and preprocess for training.
            preprocess: `fn(image, *, is_training, seed)`, as `get_preprocessing` describes it, or
                the name of one. None takes the spec's.
            image_size: Size in pixels to hand to a named preprocessing: one integer or
                `(height, width)`. None takes the spec's.
            augment: What training adds to the augmentation of the preprocessing, such as
                `slim.data.Augment(mixup=0.2)`. Evaluation leaves it out.
            class_weights: How much the pictures of each class count in training: "balanced", or
                weights by name or label (see `slim.data.class_weights`). They multiply the weights
                of the pictures, if these have any. Evaluation leaves them out.
            seed: Any integer from 0.
            shuffle_buffer: Number of (encoded) records to draw the next one from in training.
                Below 2, only the order of the files is shuffled.
            num_epochs: Number of passes over the data. None is one in evaluation and no end in
                training.
            drop_remainder: Whether to leave out a last batch that is smaller. None does so in
                training only.
            cycle_length: Number of files to read side by side in training.
            num_parallel_calls: Number of calls that read and preprocess at the same time.
            service: Address of the dispatcher of a tf.data service, `grpc://host:port`, whose
                workers make the batches: they read the files, by the same paths, and decode. The
                batches and their order are the same as without it. See `slim.data.serve`.
            shard_files: Whether, of several workers, each reads files of its own (TFRecords), and
                none of the bytes of others. Then what is in a batch depends on the number of
                workers, and so does what follows `start`; each worker sees each of its examples
                once in a pass over its files, however many another one has.

        Raises:
            DataError: If there are no files, or they hold no records, or (in files of up to 256 MiB
                together) one whose length is beyond its file.
            ValueError: If an argument is out of its range, `preprocess` is an unknown name, or it
                does not return float32 `[height, width, channels]`.
        """
        pipeline_arguments.check(
            spec,
            batch_size=batch_size,
            cycle_length=cycle_length,
            num_epochs=num_epochs,
            shuffle_buffer=shuffle_buffer,
            seed=seed,
            augment=augment,
            service=service,
            shard_files=shard_files,
        )
        self.spec = spec
        self._source = spec.records()
        self.service = None if service is None else check_service(service, self._source)
        self.shard_files = shard_files
        self.files = self._source.files()
        self.batch_size = batch_size
        self.is_training = is_training
        self.num_epochs = 1 if num_epochs is None and not is_training else num_epochs
        self.drop_remainder = is_training if drop_remainder is None else drop_remainder
        self._num_parallel_calls = num_parallel_calls
        self._num_samples = spec.num_samples
        # Words of their own, so that order, augmentation and mixing are independent of each other.
        words = (np.random.SeedSequence(seed).generate_state(3) >> 1).tolist()
        order, self._augmentation_seed, self._mixing_seed = words
        self._shuffle = Shuffle(order, shuffle_buffer, cycle_length) if is_training else None
        self.preprocessing = spec.preprocessing if preprocess is None else preprocess
        self.image_size = spec.image_size if image_size is None else as_image_size(image_size)
        self._preprocess = chosen(self.preprocessing, self.image_size)
        self._augment = (augment if is_training else None) or Augment()
        self._class_weights = None
        if is_training and class_weights is not None:
            self._class_weights = weights_of_classes(spec, class_weights)
        # A TFRecord file without records has no bytes. An endless stream of nothing would hang.
        if spec.source is None:
            if not any(tf.io.gfile.stat(path).length for path in self.files):
                check_count(spec, self._source, 0)
            if self._num_samples is not None:  # else they are counted, which shows it as well
                tfrecord.refuse_endless(self.files, tfrecord.QUICKLY_READ)
        elif self._source.known_count == 0:
            check_count(spec, self._source, 0)
        self._image_spec = self._trace_preprocessing()

    @property
    def num_samples(self) -> int:
        """Number of records in an epoch.

        If the spec does not say, they are counted once, by their headers: that takes about a
        microsecond for each on a local disk, and shows a file that ends within a record.

        Raises:
            DataError: If they are counted and a file ends within a record.
        """
        if self._num_samples is None:
            self._num_samples = self._source.count()
        return self._num_samples

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches in an epoch.

        In evaluation it counts the last smaller batch, unless that is dropped. In training, where
        epochs need not end with a batch, it is rounded down, and at least 1.
        """
        if self.is_training:
            return max(1, self.num_samples // self.batch_size)
        return self._batches_of(1).count() or 0

    @property
    def element_spec(self) -> tuple[tf.TensorSpec, ...]:
        """The specs of a batch, as `slim.Model.build` and `tf.function` take them.

        They are those of `(images, labels)`; in training on pictures with weights of
        `(images, labels, weights)`.
        """
        batch = self.batch_size if self.drop_remainder else None
        images = tf.TensorSpec([batch, *shapes.of(self._image_spec)], self._image_spec.dtype)
        labels = tf.TensorSpec([batch], tf.int64)
        if self.spec.multi_label or self._augment.mixes:
            labels = tf.TensorSpec([batch, self.spec.num_classes], tf.float32)
        if not self._weighted:
            return images, labels
        of_classes = self.spec.multi_label and self._class_weights is not None
        shape = labels.shape if of_classes else [batch]
        return images, labels, tf.TensorSpec(shape, tf.float32)

    def dataset(
        self, start: int = 0, *, context: tf.distribute.InputContext | None = None
    ) -> tf.data.Dataset:
        """Makes the stream of batches, or a worker's share of it.

        `strategy.distribute_datasets_from_function` takes a function that gives a worker its share:
        `lambda context: train.dataset(start=step, context=context)`.

        The batches of several workers together are those of one, whatever their number. Each
        decodes its own examples alone (where training mixes pictures: all, since partners may be
        anywhere in a batch).

        Args:
            start: Number of batches (of all replicas together) to leave out at the beginning. What
                follows is exactly what follows them in the full stream. Whole epochs are skipped
                by arithmetic, the rest by reading records without decoding them.
            context: Of the worker that reads. It gets an element for each of its replicas in
                turn: replica j of n has the j-th of n consecutive parts of each batch, which
                differ by one example at most. The last batch is shared out too; if it has fewer
                examples than there are replicas, the last replicas get empty batches of it.

        Returns:
            A dataset of `(images, labels)`: float32 `[batch, height, width, channels]` and int64
            `[batch]`. Of several labels a picture they are float32 `[batch, classes]` of 0 and 1,
            and where training mixes pictures float32 `[batch, classes]` of anything in between. In
            training on pictures or classes with weights a third tensor holds these, float32
            `[batch]` (`[batch, classes]` by class of several labels); evaluation never has it.
            Errors while iterating are TensorFlow's: see `diagnose`. For a killed worker of a
            service it waits without end, in which nothing can stop it: iterate over the pipeline
            itself, which raises a `ServiceError`.

        Raises:
            DataError: If the spec does not say how many records there are, and a file ends within
                one.
            ServiceError: If a service is to make them, and it, or one of its workers, is not there.
            ValueError: If `start` is negative, or there are more replicas than examples in a batch.
        """
        if start < 0:
            raise ValueError(f"start must be a number of batches from 0, received {start!r}.")
        # What a user has written that is no function: AutoGraph looks through all for it.
        parts = (self._source, self._augment, self._preprocess)
        if all(is_ours(type(part)) for part in parts):
            return settled(lambda: self._dataset(start, context, do_not_convert))
        return self._dataset(start, context, lambda function: function)

    def _dataset(
        self,
        start: int,
        context: tf.distribute.InputContext | None,
        as_mapped: Callable[[Callable], Callable],
    ) -> tf.data.Dataset:
        share = None if context is None else Share.of(context, self.batch_size)
        mix = self._mix if self._augment.mixes else None
        mapped_mix = as_mapped(mix) if mix else None
        stream = functools.partial(
            record_stream,
            num_epochs=self.num_epochs,
            shuffle=self._shuffle,
            num_parallel_calls=self._num_parallel_calls,
        )
        if self.shard_files and context is not None and context.num_input_pipelines > 1:
            part = Part(
                self._source,
                context,
                self.batch_size,
                self.drop_remainder,
                self._num_parallel_calls,
            )
            batches = part.batches(stream, start, self.num_epochs, self._load, mix, as_mapped)
        else:
            first, total = start * self.batch_size, self.num_samples
            records = functools.partial(stream, self._source, start=first, num_samples=total)
            batching = self._batches_of(self.num_epochs)
            if self.service is None:
                load = as_mapped(self._load)
                batches = batching.batches(records(), start, load, mapped_mix, share)
            else:
                batches = batching.served(
                    records, start, self._load, mix, share, self.service, as_mapped
                )
        options = tf.data.Options()
        options.deterministic = True
        # With several workers each takes its share of one stream; by files it would be another.
        options.experimental_distribute.auto_shard_policy = (
            tf.data.experimental.AutoShardPolicy.DATA
        )
        return batches.with_options(options)

    def diagnose(self, error: BaseException) -> BaseException:
        """Finds out which record made an iteration over `dataset()` fail.

        TensorFlow's error for a damaged file names neither the file nor the record. This reads
        the data again, until it comes to the fault.

        Args:
            error: What was raised.

        Returns:
            A `DataError` that names the file, the record and the remedy; or `error` itself, when
            it did not come from the data or the data is in order.
        """
        if self.service is not None and (lost := explained(error, self.service)) is not None:
            return lost
        if (
            not isinstance(error, tf.errors.OpError)
            or isinstance(error, (tf.errors.OutOfRangeError, tf.errors.CancelledError))
            or not any(mark in str(error) for mark in _ITERATOR_MARKS)
        ):
            return error
        seed = [self._augmentation_seed, 0]
        fault = find_fault(
            self.spec, self._source, lambda picture: self._decode(picture, tf.constant(seed))
        )
        return error if fault is None else fault

    @contextlib.contextmanager
    def diagnosing(self) -> Iterator[None]:
        """Raises what `diagnose` finds for an error inside a `with` block.

        Yields:
            None.

        Raises:
            DataError: In place of TensorFlow's error, if the data is at fault.

        Examples:
            >>> with open("pets/cat/01.jpg", "wb") as picture:
            ...     _ = picture.write(b"no picture")
            >>> test = slim.data.Pipeline(slim.data.from_folder("pets", "all"), 8)
            >>> try:
            ...     with test.diagnosing():
            ...         for images, labels in test.dataset():
            ...             pass
            ... except slim.data.DataError as error:
            ...     print(error)
            pets/cat/01.jpg: the image of 10 bytes, ... does not decode: ...
        """
        try:
            yield
        except tf.errors.OpError as error:
            fault = self.diagnose(error)
            if fault is error:
                raise
            raise fault from error

    def filenames(self, positions: Sequence[int]) -> list[str | None]:
        """Finds the pictures at positions of an evaluation stream.

        Args:
            positions: Positions in the stream of one epoch that is not shuffled, from 0.

        Returns:
            The relative path of each, as in the key `image/filename` of a record; None for a
            picture that has none, such as an array.

        Raises:
            DataError: If a file ends within a record before one of these.
            IndexError: If there is no such position.
        """
        wanted = [int(position) for position in positions]
        if wanted and not 0 <= min(wanted) <= max(wanted) < self.num_samples:
            raise IndexError(
                f"positions must be in [0, {self.num_samples}), received "
                f"{min(wanted)} to {max(wanted)}."
            )
        return self._source.filenames(wanted)

    def __len__(self) -> int:
        """Number of batches in an epoch: `steps_per_epoch`."""
        return self.steps_per_epoch

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[tuple[tf.Tensor, ...]]:
        """The batches of `dataset()`, with errors that name the picture at fault.

        A training stream without `num_epochs` does not end. Where a service makes the batches and
        one of its workers is gone, a `ServiceError` says so within a minute.
        """
        with self.diagnosing():
            yield from watched(iter(self.dataset()), self.service)

    def __getattr__(self, name: str) -> Any:
        if hasattr(type(self), name):  # a property, which has failed: it says how
            return object.__getattribute__(self, name)
        hint = ""
        if not name.startswith("_") and hasattr(tf.data.Dataset, name):
            hint = f" A tf.data.Dataset has it: pipeline.dataset().{name}."
        raise AttributeError(f"A slim.data.Pipeline has no {name!r}.{hint}")

    def __repr__(self) -> str:
        mode = "training" if self.is_training else "evaluation"
        return (
            f"Pipeline({self.spec.name!r}, {self.spec.split!r}, batch_size={self.batch_size}, "
            f"{mode}, {len(self.files)} files)"
        )

    def _batches_of(self, epochs: int | None) -> Batching:
        return Batching(
            self.batch_size,
            None if epochs is None else epochs * self.num_samples,
            self.drop_remainder,
            self._num_parallel_calls,
        )

    @property
    def _weighted(self) -> bool:
        return self.is_training and (self.spec.weighted or self._class_weights is not None)

    def _load(self, indices: tf.Tensor, *records: Any) -> tuple[tf.Tensor, ...]:
        """Turns records `[batch]` and their positions in the stream into a batch."""
        loaded = self._source.load(as_nest(records))
        labels = examples.as_targets(loaded.labels, indices, self.spec.num_classes)
        # The cast wraps around after 2**32 records, which only repeats seeds.
        low = tf.cast(indices, tf.int32)
        seeds = tf.stack([tf.fill(tf.shape(low), self._augmentation_seed), low], axis=1)
        images = self._images(loaded.pictures, seeds)
        if not self._weighted:
            return images, labels
        weights = loaded.weights
        if self._class_weights is not None:
            of_class = of_targets(self._class_weights, labels)
            if weights is not None and self.spec.multi_label:
                weights = weights[:, tf.newaxis]
            weights = of_class if weights is None else weights * of_class
        return images, labels, weights

    def _images(self, pictures: Any, seeds: tf.Tensor) -> tf.Tensor:
        """Pictures `[batch]` and their seeds `[batch, 2]` as the images of a batch."""
        if self._source.encoded:
            # The headers of all of them are read by the same operations.
            pictures = files_of(self._source, pictures)
        return tf.map_fn(
            lambda one: self._image(*one),
            (pictures, seeds),
            fn_output_signature=self._image_spec,
            parallel_iterations=1,
        )

    def _image(self, picture: Any, seed: tf.Tensor) -> tf.Tensor:
        if self._source.encoded:
            image = load(
                picture,
                self.spec.image_channels,
                self._preprocess,
                is_training=self.is_training,
                seed=seed,
            )
        else:
            pixels = self._source.fetch(picture)
            image = self._preprocess(pixels, is_training=self.is_training, seed=seed)
        return self._augmented(image, seed)

    def _augmented(self, image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        if self._augment.changes_images:
            return self._augment.image(image, seed, self._pixel_range())
        return image

    def _decode(self, picture: Any, seed: tf.Tensor) -> tf.Tensor:
        one = tf.nest.map_structure(lambda part: tf.expand_dims(part, 0), picture)
        return self._images(one, seed[tf.newaxis])[0]

    def _mix(self, number: tf.Tensor, batch: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, ...]:
        """Mixes the examples of a batch, whose number in the full stream is given."""
        images, labels, *weights = batch
        seed = tf.stack([tf.constant(self._mixing_seed), tf.cast(number, tf.int32)])
        return self._augment.batch(
            images, labels, weights[0] if weights else None, seed, self.spec.num_classes
        )

    def _pixel_range(self) -> Any:
        """What black and white become in the preprocessing; None where that is not fixed."""
        if isinstance(self.preprocessing, str):
            return get_pixel_range(self.preprocessing, self.spec.image_channels)
        return getattr(self.preprocessing, "pixel_range", None)

    def _trace_preprocessing(self) -> tf.TensorSpec:
        if self._source.encoded:
            decoded = tf.TensorSpec([None, None, self.spec.image_channels], tf.uint8)
            fetch = tf.identity
        else:
            decoded, fetch = self._source.picture_spec, self._source.fetch

        def preprocess(picture: Any, seed: tf.Tensor) -> tf.Tensor:
            image = self._preprocess(fetch(picture), is_training=self.is_training, seed=seed)
            return self._augmented(image, seed)

        traced = TracedFunction(preprocess).get_concrete_function(
            decoded, tf.TensorSpec([2], tf.int32)
        )
        image = traced.structured_outputs
        if not isinstance(image, (tf.Tensor, tf.TensorSpec)) or (
            image.dtype != tf.float32 or image.shape.rank not in (3, None)
        ):
            raise ValueError(
                "preprocess must return one float32 tensor [height, width, channels], received "
                f"{image!r}."
            )
        return tf.TensorSpec(image.shape, image.dtype)
