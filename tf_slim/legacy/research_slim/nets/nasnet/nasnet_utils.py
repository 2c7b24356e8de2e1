"""`nets.nasnet.nasnet_utils` of research/slim."""

from tf_slim.nets.nasnet.nasnet_utils import (
    NasNetABaseCell,
    NasNetANormalCell,
    NasNetAReductionCell,
    calc_reduction_layers,
    drop_path,
    factorized_reduction,
    get_channel_dim,
    get_channel_index,
    global_avg_pool,
)

__all__ = [
    "NasNetABaseCell",
    "NasNetANormalCell",
    "NasNetAReductionCell",
    "calc_reduction_layers",
    "drop_path",
    "factorized_reduction",
    "get_channel_dim",
    "get_channel_index",
    "global_avg_pool",
]
