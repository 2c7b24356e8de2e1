"""Why a checkpoint does not fit a model: the few reasons that are behind most reports.

Each rule looks at a `Report` and gives a `Cause`, or None. A rule speaks only where everything that
does not fit bears it out: a wrong cause is worse than none. The lists in the report are the facts.
"""

from __future__ import annotations

import dataclasses
import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from tf_slim.checkpoints import renaming

_RULES: list[Callable] = []

_SLOT = re.compile(
    r"/(Momentum|RMSProp(_\d)?|Adam(_\d)?|Adagrad|Adadelta(_\d)?|Ftrl(_\d)?|Lion|LARSOptimizer|"
    r"(momentum|velocity|m|v|vhat|accumulator)(_\d+)?)$"
)
_COUNTERS = re.compile(r"(^|/)(global_step|beta[12]_power|iterations?|learning_rate|save_counter)$")
_NORM = re.compile(r"/(BatchNorm|GroupNorm|InstanceNorm|LayerNorm)/(beta|gamma)$")
_KERAS = re.compile(r"(^|/)vars/\d+$|/(kernel|bias)$")


@dataclasses.dataclass(frozen=True)
class Cause:
    """What went wrong.

    Attributes:
      fact: what the report shows.
      remedies: what to do about it, by the argument that it takes; "" for none. In a text
        `{argument}` stands for how the caller spells it.
    """

    fact: str
    remedies: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def text(self, arguments: Mapping[str, str]) -> str:
        """The fact, and the remedies that a caller can use.

        Args:
          arguments: those that the caller takes, and how they are called there.
        """
        usable = [
            text.replace("{argument}", arguments.get(argument, ""))
            for argument, text in self.remedies.items()
            if not argument or argument in arguments
        ]
        return f"{self.fact}: {', or '.join(usable)}." if usable else f"{self.fact}."


def _rule(function: Callable) -> Callable:
    _RULES.append(function)
    return function


def likely_causes(report) -> Iterator[Cause]:
    """What went wrong, with remedies; nothing if the report is complete, or shows no cause."""
    if report.complete:
        return
    for rule in _RULES:
        cause = rule(report)
        if cause:
            yield cause


def is_slot(name: str) -> bool:
    """Whether a name belongs to an optimizer or a counter of training, not to a model."""
    return bool(_SLOT.search(name) or _COUNTERS.search(name))


def _of_the_model(names: Iterable[str]) -> list[str]:
    return [name for name in names if not is_slot(name)]


@_rule
def _prefix(report) -> Cause | None:
    """The same names below another scope."""
    theirs, ours = set(report.unexpected), report.missing
    if not ours or not theirs:
        return None
    below = [
        prefix
        for prefix in _prefixes(ours, theirs)
        if all(f"{prefix}/{name}" in theirs for name in ours)
        and not any(f"{prefix}/{name}" in theirs for name in report.restored)
    ]
    if below:
        scopes = " and below ".join(map(repr, below[:3]))
        ways = " or ".join(f"{{argument}}={{{prefix!r}: ''}}" for prefix in below[:3])
        return Cause(
            f"the checkpoint has these variables below the scope {scopes}", {"rename": ways}
        )
    for prefix in _prefixes(theirs, ours):
        inside = [name.removeprefix(prefix + "/") for name in ours]
        if all(name in theirs for name in inside):
            return Cause(
                f"the model has these variables below the scope {prefix!r}, the checkpoint has not",
                {"rename": f"{{argument}}={{'': {prefix!r}}}"},
            )
    mine, other = _outermost(ours), _outermost(theirs)
    if mine and other and mine != other and all(other + n[len(mine) :] in theirs for n in ours):
        return Cause(
            f"the outermost scope is {mine!r} in the model and {other!r} in the checkpoint",
            {"rename": f"{{argument}}={{{other!r}: {mine!r}}}"},
        )
    return None


def _prefixes(shorter: Iterable[str], longer: Iterable[str]) -> list[str]:
    """What may have been put before a name of `shorter` to make one of `longer`."""
    first = min(shorter, key=len)
    return sorted(n[: -len(first) - 1] for n in longer if n.endswith("/" + first))[:20]


def _outermost(names: Iterable[str]) -> str | None:
    heads = {name.split("/", 1)[0] for name in _of_the_model(names)}
    return heads.pop() if len(heads) == 1 else None


@_rule
def _arg_scope(report) -> Cause | None:
    """Layers have biases where they should have a normalizer, or the reverse."""
    missing = _of_the_model(report.missing)
    biases = _scopes(missing, "/biases")
    if not missing:
        return None
    only_biases = len(biases) == len(missing)
    if only_biases and biases <= _normalized(report.unexpected):
        return Cause(
            "the net was built outside its arg scope: its layers have biases where those of the "
            "checkpoint have a normalizer. Build it inside",
            {"": "slim.Model(net, arg_scope=...), or slim.nets.create(name), which does so"},
        )
    if _normalized(missing) and _normalized(missing) <= _scopes(report.unexpected, "/biases"):
        return Cause(
            "the checkpoint comes from a net without the normalizer that the arg scope of this "
            "one has. Build the net with the arg scope that it was trained with"
        )
    if only_biases and biases <= {name.rpartition("/")[0] for name in _present(report)}:
        return Cause(
            "the layers of the checkpoint have no biases. Build the net in the arg scope that it "
            "was trained with, or with biases_initializer=None"
        )
    return None


def _scopes(names: Iterable[str], suffix: str) -> set[str]:
    return {name.removesuffix(suffix) for name in names if name.endswith(suffix)}


def _normalized(names: Iterable[str]) -> set[str]:
    return {_NORM.sub("", name) for name in names if _NORM.search(name)}


def _present(report) -> list[str]:
    """What is on both sides, be it of one shape or of two."""
    return [*report.restored, *(name for name, *_ in report.mismatched)]


@_rule
def _gamma(report) -> Cause | None:
    missing = _of_the_model(report.missing)
    gammas = _scopes(missing, "/gamma")
    if gammas and len(gammas) == len(missing) and gammas <= _scopes(_present(report), "/beta"):
        return Cause(
            "batch_norm was told scale=True here, and not where the checkpoint was written"
        )
    return None


@_rule
def _classes(report) -> Cause | None:
    """Nothing but the last dimension differs, and everywhere by as much: other classes."""
    pairs = {_differing_units(ours, theirs) for _, ours, theirs in report.mismatched}
    pair = pairs.pop() if len(pairs) == 1 else None
    if pair is None:
        return None
    ours, theirs = pair
    scopes = list(dict.fromkeys(name.rpartition("/")[0] for name, *_ in report.mismatched))
    patterns = ", ".join(repr(f"{glob.escape(scope)}/*") for scope in scopes[:3])
    if abs(ours - theirs) == 1:
        which = "checkpoint" if theirs > ours else "model"
        return Cause(
            f"{ours} classes here and {theirs} in the checkpoint: the {which} has one for the "
            "background, at index 0",
            {
                "": f"build the net with num_classes={theirs} (and add 1 to, or take 1 from, the "
                "labels)",
                "exclude": f"begin a new head with {{argument}}=[{patterns}]",
            },
        )
    return Cause(
        f"{ours} outputs here and {theirs} in the checkpoint, at {scopes[0]}",
        {"exclude": f"a new head on what is below it there takes {{argument}}=[{patterns}]"},
    )


@_rule
def _widths(report) -> Cause | None:
    """Layers one behind the other are all wider, or all narrower: not a new head."""
    sizes = [(_dimensions(ours), _dimensions(theirs)) for _, ours, theirs in report.mismatched]
    pairs = [(a, b) for ours, theirs in sizes for a, b in zip(ours, theirs, strict=False)]
    inner = any(len(ours) > 1 and ours[:-1] != theirs[:-1] for ours, theirs in sizes)
    outer = any(ours and theirs and ours[-1] != theirs[-1] for ours, theirs in sizes)
    if not (inner and outer) or any(len(ours) != len(theirs) for ours, theirs in sizes):
        return None
    if all(a <= b for a, b in pairs):
        which = "wider"
    elif all(a >= b for a, b in pairs):
        which = "narrower"
    else:
        return None
    return Cause(
        f"the layers of the checkpoint are {which}, {report.mismatched[0][0]!r} among them. Build "
        "the net with the widths that it was trained with, such as its depth_multiplier"
    )


def _differing_units(ours: str, theirs: str) -> tuple[int, int] | None:
    a, b = (_dimensions(text) for text in (ours, theirs))
    if a and b and len(a) == len(b) and a[:-1] == b[:-1] and a[-1] != b[-1]:
        return a[-1], b[-1]
    return None


def _dimensions(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text.partition("(")[2])]


@_rule
def _averages(report) -> Cause | None:
    """Moving averages on one side."""
    averaged = {renaming.averages(n) for n in report.unexpected if renaming.is_average(n)}
    missing = set(_of_the_model(report.missing))
    if missing and missing <= averaged:
        return Cause(
            "the checkpoint has moving averages under names of their own. To restore them in "
            "place of the weights",
            {"rename": "{argument}=slim.checkpoints.averages"},
        )
    theirs = [*report.unexpected, *_present(report)]
    if any(map(renaming.is_average, report.missing)) and not any(map(renaming.is_average, theirs)):
        return Cause("the model keeps moving averages, and the checkpoint has none")
    return None


@_rule
def _global_step(report) -> Cause | None:
    """The global step was made inside a scope, on one side."""
    ours, theirs = (
        [name for name in names if name == "global_step" or name.endswith("/global_step")]
        for names in (report.missing, report.unexpected)
    )
    if len(ours) != 1 or len(theirs) != 1 or "global_step" not in (*ours, *theirs):
        return None
    inside = theirs[0] if ours[0] == "global_step" else ours[0]
    return Cause(
        f"the global step was made inside a scope, as {inside!r}",
        {
            "": "call slim.get_or_create_global_step() before the net is built",
            "rename": f"{{argument}}={{{theirs[0]!r}: {ours[0]!r}}}",
        },
    )


@_rule
def _training(report) -> Cause | None:
    """Optimizer slots that the checkpoint lacks."""
    slots = [name for name in report.missing if is_slot(name)]
    if not slots or _global_step(report):
        return None
    others = [name for name in report.unexpected if is_slot(name)]
    why = f"has others ({others[0]!r})" if others else "has none of its own"
    return Cause(
        f"{len(slots)} of the missing ones belong to the optimizer or to training ({slots[0]!r}), "
        f"and the checkpoint {why}",
        {"include": "restore the model's own variables, and let training begin anew"},
    )


@_rule
def _auxiliary(report) -> Cause | None:
    """An auxiliary head on one side."""
    missing = _of_the_model(report.missing)
    if not missing or not all(_is_auxiliary(name) for name in missing):
        return None
    if any(_is_auxiliary(name) for name in (*report.unexpected, *_present(report))):
        return None
    return Cause(
        "the checkpoint has no auxiliary head",
        {
            "": "build the net with create_aux_logits=False (or is_training=False)",
            "exclude": "leave that head out with {argument}=[...]",
        },
    )


def _is_auxiliary(name: str) -> bool:
    return "/Aux" in f"/{name}" or "/aux_" in f"/{name}"


@_rule
def _keras(report) -> Cause | None:
    """Names of Keras."""
    keras = [name for name in report.unexpected if _KERAS.search(name)]
    ours = [*report.missing, *_present(report)]
    if not report.missing or not keras or any(_KERAS.search(name) for name in ours):
        return None
    return Cause(
        f"the checkpoint has names of Keras ({keras[0]!r}). Say which variables they are",
        {"rename": f"{{argument}}={{{keras[0]!r}: {report.missing[0]!r}, ...}}"},
    )


@_rule
def _another_net(report) -> Cause | None:
    """Nothing in common."""
    if _present(report) or not report.missing or not report.unexpected:
        return None
    if _prefix(report) or _averages(report):
        return None
    return Cause(
        f"not one name in common: {os.path.basename(report.path)} is a checkpoint of another net, "
        "or of one with other names"
    )
