"""Why a checkpoint does not fit a model: the few reasons that are behind most reports.

Each rule looks at a `Report` and gives a sentence with a remedy, or None. They are guesses: the
lists of names in the report are the facts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator

from tf_slim.ops.checkpoints import renaming

_RULES: list[Callable] = []

_SLOT = re.compile(
    r"/(Momentum|RMSProp(_\d)?|Adam(_\d)?|Adagrad|Adadelta(_\d)?|Ftrl(_\d)?|Lion|LARSOptimizer|"
    r"(momentum|velocity|m|v|vhat|accumulator)(_\d+)?)$"
)
_COUNTERS = re.compile(r"(^|/)(global_step|beta[12]_power|iterations?|learning_rate|save_counter)$")
_NORM = re.compile(r"/(BatchNorm|GroupNorm|InstanceNorm|LayerNorm)/(beta|gamma)$")


def _rule(function: Callable) -> Callable:
    _RULES.append(function)
    return function


def likely_causes(report) -> Iterator[str]:
    """What probably went wrong, with remedies; nothing if the report is complete."""
    if report.complete:
        return
    for rule in _RULES:
        cause = rule(report)
        if cause:
            yield cause


def is_slot(name: str) -> bool:
    """Whether a name belongs to an optimizer or a counter of training, not to a model."""
    return bool(_SLOT.search(name) or _COUNTERS.search(name))


@_rule
def _prefix(report) -> str | None:
    """The same names below another scope."""
    theirs, ours = set(report.unexpected), report.missing
    if not ours or not theirs:
        return None
    for prefix in _prefixes(ours, theirs):
        if all(f"{prefix}/{name}" in theirs for name in ours):
            return (
                f"the checkpoint has these variables below the scope {prefix!r}: "
                f"rename={{{prefix!r}: ''}}."
            )
    for prefix in _prefixes(theirs, ours):
        inside = [name.removeprefix(prefix + "/") for name in ours]
        if all(name in theirs for name in inside):
            return (
                f"the model has these variables below the scope {prefix!r}, the checkpoint has "
                f"not: rename={{'': {prefix!r}}}."
            )
    mine, other = _outermost(ours), _outermost(theirs)
    if mine and other and mine != other and all(other + n[len(mine) :] in theirs for n in ours):
        return (
            f"the outermost scope is {mine!r} in the model and {other!r} in the checkpoint: "
            f"rename={{{other!r}: {mine!r}}}."
        )
    return None


def _prefixes(shorter: Iterable[str], longer: Iterable[str]) -> list[str]:
    """What may have been put before a name of `shorter` to make one of `longer`."""
    first = min(shorter, key=len)
    return [n[: -len(first) - 1] for n in longer if n.endswith("/" + first)][:20]


def _outermost(names: Iterable[str]) -> str | None:
    heads = {name.split("/", 1)[0] for name in names if not is_slot(name)}
    return heads.pop() if len(heads) == 1 else None


@_rule
def _arg_scope(report) -> str | None:
    """Layers have biases where they should have a normalizer, or the reverse."""
    biases = _scopes(report.missing, "/biases")
    if biases & {_NORM.sub("", name) for name in report.unexpected if _NORM.search(name)}:
        return (
            "the net was built outside its arg scope: its layers have biases where those of the "
            "checkpoint have a normalizer. Build it inside: slim.Model(net, arg_scope=...), or "
            "slim.nets.create(name), which does so."
        )
    normalized = {_NORM.sub("", name) for name in report.missing if _NORM.search(name)}
    if normalized & _scopes(report.unexpected, "/biases"):
        return (
            "the checkpoint comes from a net without the normalizer that the arg scope of this "
            "one has. Build the net with the arg scope that it was trained with."
        )
    if biases and biases == {name.rpartition("/")[0] for name in report.missing}:
        return (
            "the layers of the checkpoint have no biases: the net was built outside its arg "
            "scope, or with another biases_initializer."
        )
    return None


def _scopes(names: Iterable[str], suffix: str) -> set[str]:
    return {name.removesuffix(suffix) for name in names if name.endswith(suffix)}


@_rule
def _gamma(report) -> str | None:
    gammas = [name for name in report.missing if name.endswith("/gamma")]
    if gammas and len(gammas) == len(report.missing):
        return "batch_norm was told scale=True here, and not where the checkpoint was written."
    return None


@_rule
def _classes(report) -> str | None:
    """Only the last dimension differs: another number of classes."""
    pairs = [(name, *_differing_units(ours, theirs)) for name, ours, theirs in report.mismatched]
    pairs = [pair for pair in pairs if pair[1] is not None]
    if not pairs:
        return None
    _, ours, theirs = pairs[0]
    scopes = list(dict.fromkeys(name.rpartition("/")[0] for name, *_ in pairs))
    patterns = ", ".join(repr(f"{scope}/*") for scope in scopes[:3])
    if abs(ours - theirs) == 1:
        which = "checkpoint" if theirs > ours else "model"
        return (
            f"{ours} classes here and {theirs} in the checkpoint: the {which} has one for the "
            f"background, at index 0. Build the net with num_classes={theirs} (and add 1 to, or "
            f"take 1 from, the labels), or begin a new head with exclude=[{patterns}]."
        )
    return (
        f"{ours} outputs here and {theirs} in the checkpoint, at {scopes[0]}. For a new head on "
        f"what the checkpoint has below it: exclude=[{patterns}]."
    )


def _differing_units(ours: str, theirs: str) -> tuple[int | None, int | None]:
    a, b = (_dimensions(text) for text in (ours, theirs))
    if a and b and len(a) == len(b) and a[:-1] == b[:-1] and a[-1] != b[-1]:
        return a[-1], b[-1]
    return None, None


def _dimensions(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text.partition("(")[2])]


@_rule
def _averages(report) -> str | None:
    """Moving averages on one side."""
    averaged = {renaming.averages(n) for n in report.unexpected if renaming.is_average(n)}
    if averaged & set(report.missing):
        return (
            "the checkpoint has moving averages under names of their own. To restore them in "
            "place of the weights: rename=slim.checkpoints.averages."
        )
    if any(map(renaming.is_average, report.missing)):
        return "the model keeps moving averages, and the checkpoint has none."
    return None


@_rule
def _training(report) -> str | None:
    """Optimizer slots that the checkpoint lacks."""
    slots = [name for name in report.missing if is_slot(name)]
    if not slots:
        return None
    steps = [n for n in (*report.missing, *report.unexpected) if n.endswith("/global_step")]
    if steps:
        return (
            f"the global step was made inside a scope, as {steps[0]!r}. Call "
            "slim.get_or_create_global_step() before the net is built, or pass "
            f"rename={{{steps[0]!r}: 'global_step'}}."
        )
    return (
        f"{len(slots)} of the missing ones belong to the optimizer or to training ({slots[0]!r}). "
        "The checkpoint holds a model only, or was trained by another optimizer: restore the "
        "model's own variables, and let training begin anew."
    )


@_rule
def _auxiliary(report) -> str | None:
    """An auxiliary head on one side."""
    if report.missing and all("/Aux" in f"/{n}" or "/aux_" in f"/{n}" for n in report.missing):
        return (
            "the checkpoint has no auxiliary head. Build the net with create_aux_logits=False (or "
            "is_training=False), or leave that head out with exclude=[...]."
        )
    return None


@_rule
def _keras(report) -> str | None:
    """Names of Keras."""
    keras = [n for n in report.unexpected if re.search(r"(^|/)vars/\d+$|/(kernel|bias)$", n)]
    if report.missing and keras:
        return (
            f"the checkpoint has names of Keras ({keras[0]!r}). Say which variables they are: "
            f"rename={{{keras[0]!r}: {report.missing[0]!r}, ...}}."
        )
    return None


@_rule
def _another_net(report) -> str | None:
    """Nothing in common."""
    if report.restored or report.mismatched or not report.missing or not report.unexpected:
        return None
    tails = {name.rpartition("/")[2] for name in report.missing}
    if tails & {name.rpartition("/")[2] for name in report.unexpected} and (
        _prefix(report) or _averages(report)
    ):
        return None
    return (
        f"not one name in common: {os.path.basename(report.path)} is probably a checkpoint of "
        "another net."
    )
