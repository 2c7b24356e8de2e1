"""Which golden cases are in scope now: those whose functions TF-Slim 2 has.

A case of a function that does not exist yet is not collected. `MILESTONE` lists the functions that
must exist, and `COMPLETE` the files that must be there as a whole, so that none can drop out
unseen; `NETS` and `SCENARIO_GROUPS` say what else is in.
"""

from __future__ import annotations

import dataclasses
import re

import pytest

from tests.goldens import departures, loader
from tests.goldens.decode import exists, names_in

COMPLETE = ("layers", "losses", "metrics")
"""Files whose cases are all in scope."""

MILESTONE = (
    "slim.convolution",
    "slim.convolution2d",
    "slim.conv1d",
    "slim.conv2d",
    "slim.conv3d",
    "slim.fully_connected",
    "slim.relu",
    "slim.relu6",
    "slim.elu",
    "slim.linear",
    "slim.batch_norm",
    "slim.bias_add",
    "slim.dropout",
    "slim.max_pool2d",
    "slim.avg_pool2d",
    "slim.flatten",
    "slim.softmax",
    "slim.one_hot_encoding",
    "slim.repeat",
    "slim.stack",
    "slim.xavier_initializer",
    "slim.variance_scaling_initializer",
    "slim.l1_regularizer",
    "slim.l2_regularizer",
    "slim.l1_l2_regularizer",
    "slim.sum_regularizer",
    "slim.spatial_softmax",
    "slim.images_to_sequence",
    "slim.sequence_to_images",
    "slim.dense_to_sparse",
    "slim.scale_gradient",
    "slim.gdn",
    "slim.rev_block",
    "slim.legacy_fully_connected",
    "slim.legacy_linear",
    "slim.legacy_relu",
    "slim.layers.poincare_normalize",
    "slim.embed_sequence",
    "slim.bow_encoder",
    "slim.safe_embedding_lookup_sparse",
    "slim.embedding_lookup_unique",
    "slim.optimize_loss",
    "slim.summarize_collection",
)


@dataclasses.dataclass(frozen=True)
class Net:
    """How the cases of a net are run.

    `large` nets are marked slow, and not run eagerly: it would compute what `v1` and `function`
    compute already, at the same cost. Nets of a thousand layers that are not `traced` are not run
    in a function either, where a smaller net with the same cells is. The cases of nets with `turns`
    are run in one mode each, in a function and in a v1 graph in turn.
    """

    large: bool = False
    traced: bool = True
    turns: bool = False

    @property
    def modes(self) -> tuple[str, ...]:
        left_out = {departures.EAGER: self.large, departures.FUNCTION: not self.traced}
        return tuple(m for m in departures.MODES if not left_out.get(m))


NETS = {
    "nets.lenet.lenet": Net(),
    "nets.cifarnet.cifarnet": Net(),
    "factory lenet": Net(),
    "factory cifarnet": Net(),
    "slim.nets.alexnet.alexnet_v2": Net(large=True),
    "nets.alexnet.alexnet_v2": Net(large=True),
    "slim.nets.overfeat.overfeat": Net(large=True),
    "nets.overfeat.overfeat": Net(large=True),
    "slim.nets.vgg.vgg_a": Net(large=True),
    "slim.nets.vgg.vgg_16": Net(large=True),
    "slim.nets.vgg.vgg_19": Net(large=True),
    "nets.vgg.vgg_a": Net(large=True),
    "nets.vgg.vgg_16": Net(large=True),
    "slim.nets.inception.inception_v1_base": Net(large=True, turns=True),
    "slim.nets.inception.inception_v1": Net(large=True, turns=True),
    "slim.nets.inception.inception_v2_base": Net(large=True, turns=True),
    "slim.nets.inception.inception_v2": Net(large=True, turns=True),
    "slim.nets.inception.inception_v3_base": Net(large=True, turns=True),
    "slim.nets.inception.inception_v3": Net(large=True, turns=True),
    "nets.inception.inception_v1_base": Net(),
    "nets.inception.inception_v1": Net(large=True, turns=True),
    "nets.inception.inception_v2_base": Net(large=True, turns=True),
    "nets.inception.inception_v2": Net(large=True, turns=True),
    "nets.inception.inception_v3_base": Net(),
    "nets.inception.inception_v3": Net(large=True, turns=True),
    "nets.inception.inception_v4_base": Net(large=True, turns=True),
    "nets.inception.inception_v4": Net(large=True, turns=True),
    "nets.inception.inception_resnet_v2_base": Net(large=True, turns=True),
    "nets.inception.inception_resnet_v2": Net(large=True, turns=True),
    "nets.i3d.i3d_base": Net(),
    "nets.i3d.i3d": Net(large=True, turns=True),
    "nets.s3dg.s3dg": Net(large=True, turns=True),
    "slim.nets.resnet_v1.resnet_v1": Net(),
    "slim.nets.resnet_v1.resnet_v1_50": Net(large=True, turns=True),
    "slim.nets.resnet_v2.resnet_v2": Net(),
    "slim.nets.resnet_v2.resnet_v2_50": Net(large=True, turns=True),
    "nets.resnet_v1.resnet_v1_50": Net(large=True, turns=True),
    "nets.resnet_v1.resnet_v1_101": Net(large=True, turns=True),
    "nets.resnet_v1.resnet_v1_152": Net(large=True, turns=True),
    "nets.resnet_v2.resnet_v2_50": Net(large=True, turns=True),
    "nets.resnet_v2.resnet_v2_101": Net(large=True, turns=True),
    "nets.resnet_v2.resnet_v2_152": Net(large=True, turns=True),
    "nets.mobilenet_v1.mobilenet_v1": Net(large=True),
    "nets.mobilenet_v1.mobilenet_v1_075": Net(large=True),
    "nets.mobilenet_v1.mobilenet_v1_050": Net(large=True),
    "nets.mobilenet_v1.mobilenet_v1_025": Net(large=True),
    "nets.mobilenet_v1.mobilenet_v1_base": Net(large=True),
    "factory mobilenet_v1_025": Net(),
    "nets.mobilenet.mobilenet_v2.mobilenet": Net(large=True),
    "nets.mobilenet.mobilenet_v2.mobilenet_v2_140": Net(large=True),
    "nets.mobilenet.mobilenet_v2.mobilenet_v2_050": Net(large=True),
    "nets.mobilenet.mobilenet_v2.mobilenet_v2_035": Net(large=True),
    "nets.mobilenet.mobilenet_v2.mobilenet_base": Net(large=True),
    "nets.mobilenet.mobilenet_v3.large": Net(large=True),
    "nets.mobilenet.mobilenet_v3.small": Net(large=True),
    "nets.mobilenet.mobilenet_v3.large_minimalistic": Net(large=True),
    "nets.mobilenet.mobilenet_v3.small_minimalistic": Net(large=True),
    "nets.mobilenet.mobilenet_v3.edge_tpu": Net(large=True),
    "nets.mobilenet.mobilenet_v3.mobilenet_base": Net(large=True),
    "factory mobilenet_v3_small": Net(),
    "nets.nasnet.nasnet.build_nasnet_cifar": Net(large=True),
    "nets.nasnet.nasnet.build_nasnet_mobile": Net(large=True, traced=False),
    "nets.nasnet.nasnet.build_nasnet_large": Net(large=True, traced=False),
    "nets.nasnet.pnasnet.build_pnasnet_mobile": Net(large=True),
    "nets.nasnet.pnasnet.build_pnasnet_large": Net(large=True, traced=False),
    "nets.dcgan.discriminator": Net(),
    "nets.dcgan.generator": Net(),
    "nets.cyclegan.cyclegan_generator_resnet": Net(),
    "nets.pix2pix.pix2pix_generator": Net(large=True),
    "nets.pix2pix.pix2pix_discriminator": Net(),
}
"""The nets in scope, by recorded name. Those made by `nets_factory` are "factory <name>"."""

CHECKPOINTS = ("lenet_ish", "resnet_v1_tiny")

SCENARIO_GROUPS = (
    "arg_scope",
    "variables",
    "names",
    "utils",
    "regularizers",
    "learning",
    "summaries",
    "model_analyzer",
    "rev_block",
    "data",
    "evaluation",
)


def net_name(case: loader.Case) -> str:
    """The key of a case of nets in `NETS`."""
    return f"factory {case['kwargs']['name']}" if case.get("factory") else case["net"]


def net_is_there(case: loader.Case) -> bool:
    """Whether the function of a case of nets exists."""
    return exists(case["net"])


def call_is_there(case: loader.Case) -> bool:
    """Whether all functions that a case of layers, losses, metrics ... names exist."""
    names = {*names_in([case.get("args", []), case.get("kwargs", {}), case.get("call", {})])}
    names.update(names_in([case.get("arg_scope") or []]))
    names.update(op for ops, _ in case.get("arg_scope") or () for op in ops)
    if "fn" in case:
        names.add(case["fn"])
    return all(map(exists, names))


def code_is_there(case: loader.Case) -> bool:
    """Whether all names that a snippet takes from `slim` exist."""
    code = case["code"]
    names = set(re.findall(r"\bslim(?:\.[A-Za-z_]\w*)+", code))
    for alias, module in re.findall(r"^(\w+) = (slim\.\w+)$", code, re.MULTILINE):
        used = re.findall(rf"\b{alias}\.(\w+(?:\.\w+)*)", code)
        names.update(f"{module}.{name}" for name in used)
    if "getattr(slim, " in code:
        names.update(f"slim.{name}" for name in re.findall(r"'(\w+)'", code))
    return all(map(exists, names))


def parameters(kind: str, case: loader.Case, modes=departures.MODES, marks=()) -> list:
    """One pytest parameter (key, case, mode) for each mode in which the case says something."""
    key = f"{kind}/{case['id']}"
    marks = list(marks)
    if key in departures.DEPARTURES:
        marks.append(pytest.mark.xfail(reason=departures.DEPARTURES[key], strict=True))
    return [
        pytest.param(key, case, mode, id=f"{key}-{mode}", marks=marks)
        for mode in modes
        if (key, mode) not in departures.NOT_IN_MODE
    ]


def call_parameters(*kinds: str) -> list:
    """The parameters of all cases of files of calls."""
    return [
        parameter
        for kind in kinds
        for case in loader.cases(kind)
        if call_is_there(case)
        for parameter in parameters(kind, case, _modes_of(case))
    ]


def scenario_parameters() -> list:
    """The parameters of the scenarios in scope. Quirks were accidents: recorded, not asked for."""
    return [
        parameter
        for case in loader.cases("scenarios")
        if case["group"] in SCENARIO_GROUPS
        if not case.get("quirk") and code_is_there(case)
        for parameter in parameters("scenarios", case, departures.scenario_modes(case["code"]))
    ]


def training_parameters() -> list:
    """The parameters of all trainings."""
    return [p for case in loader.cases("learning") for p in parameters("learning", case)]


def _modes_of(case: loader.Case) -> tuple[str, ...]:
    # What was only built, because no kernel exists, cannot be called eagerly.
    built_only = not case.get("run", True)
    return tuple(m for m in departures.MODES if not (built_only and m == departures.EAGER))
