"""`NasNetConfig`: the hyperparameters of NASNet and PNASNet."""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = ["NasNetConfig"]

_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclasses.dataclass
class NasNetConfig:
    """The hyperparameters of a NASNet or a PNASNet.

    It does what programs do with the `HParams` of TF 1, and the nets take those in its place.

    Attributes:
      num_conv_filters: the number of channels of each branch of the first cells.
      num_cells: the number of cells, without those of the stem and without reduction cells.
      stem_multiplier: of the number of channels of the first convolution.
      filter_scaling_rate: how many times more channels there are after each reduction.
      num_reduction_layers: how often cells make the map smaller.
      skip_reduction_layer_input: whether the second input of a cell that follows a reduction is
        what went into the reduction.
      drop_path_keep_prob: how likely each path of the last cell is kept at the end of training.
      dense_dropout_keep_prob: the share of features that dropout keeps before the logits.
      use_aux_head: whether there is a second classifier, in training.
      data_format: "NHWC" or "NCHW": of what is computed inside. Images are NHWC.
      total_training_steps: after how many steps paths are dropped at the full rate.
      use_bounded_activation: whether all activations are within [-6, 6], for quantization.

    Examples:
      >>> config = slim.nets.nasnet.nasnet.mobile_imagenet_config()
      >>> config.drop_path_keep_prob = 0.9
      >>> config = config.parse("num_cells=6,use_aux_head=0")
      >>> config.num_cells, config.use_aux_head, config.get("drop_path_keep_prob")
      (6, 0, 0.9)
    """

    num_conv_filters: int
    num_cells: int
    stem_multiplier: float = 1.0
    filter_scaling_rate: float = 2.0
    num_reduction_layers: int = 2
    skip_reduction_layer_input: int = 0
    drop_path_keep_prob: float = 1.0
    dense_dropout_keep_prob: float = 0.5
    use_aux_head: int = 1
    data_format: str = "NHWC"
    total_training_steps: int = 250000
    use_bounded_activation: bool = False

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.__dataclass_fields__:
            raise AttributeError(f"NasNetConfig has no {name!r}. {self._known()}")
        super().__setattr__(name, value)

    def set_hparam(self, name: str, value: Any) -> None:
        """Sets one of the attributes.

        Raises:
          AttributeError: there is none of this name.
        """
        setattr(self, name, value)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of an attribute, or `default` if there is none of this name."""
        return self.values().get(name, default)

    def values(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return dataclasses.asdict(self)

    def override_from_dict(self, values: dict[str, Any]) -> NasNetConfig:
        """Sets several attributes. Returns the config itself."""
        for name, value in values.items():
            self.set_hparam(name, value)
        return self

    def parse(self, values: str) -> NasNetConfig:
        """Sets attributes from text such as "num_cells=6,drop_path_keep_prob=0.9".

        Returns:
          The config itself.

        Raises:
          ValueError: the text cannot be read, or names something else.
        """
        parsed = {}
        for assignment in filter(None, values.split(",")):
            name, equals, text = (part.strip() for part in assignment.partition("="))
            if name not in self.__dataclass_fields__ or not equals:
                raise ValueError(
                    f"NasNetConfig cannot read {assignment!r}. Write name=value,name=value. "
                    f"{self._known()}"
                )
            parsed[name] = _read(name, type(getattr(self, name)), text)
        return self.override_from_dict(parsed)

    def __contains__(self, name: str) -> bool:
        return name in self.__dataclass_fields__

    def _known(self) -> str:
        return f"There are: {', '.join(self.__dataclass_fields__)}."


def _read(name: str, kind: type, text: str) -> Any:
    try:
        return _TRUTH[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        raise ValueError(
            f"NasNetConfig: {name} is of type {kind.__name__}; got {text!r}."
        ) from None
