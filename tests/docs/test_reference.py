"""Every public name stands in the reference once, with its own signature and docstring."""

from __future__ import annotations

import functools
import inspect
import logging
import re

import griffe
import pytest

import tests.house.public as house
from scripts.docs import command_line, for_tools, griffe_names, public, reference
from scripts.docs.pages import PAGES
from scripts.docs.writing import ROOT

_ENTRY = re.compile(r"^::: (\S+)$", re.MULTILINE)


@functools.cache
def _pages() -> dict[str, list[str]]:
    """The paths on each page."""
    return {name: _ENTRY.findall(text) for name, text in reference.written().items()}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package as mkdocstrings reads it."""
    names = tmp_path_factory.mktemp("docs") / "names.json"
    names.write_text(reference.names(), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(griffe_names, "_NAMES", names)
        extensions = griffe.load_extensions(griffe_names.PublicNames)
        return griffe.load("tf_slim", search_paths=[ROOT], extensions=extensions)


def test_every_public_function_and_method_is_on_one_page():
    pages = [path for paths in _pages().values() for path in paths]
    paths = {name: one.path for one in public.everything() for name in (one.path, *one.also)}
    found = {}
    for one in house.everything():
        name = one.name.replace("slim", "tf_slim", 1)
        # A method stands with its class.
        path = paths.get(name) or paths.get(name.rpartition(".")[0])
        found[one.name] = pages.count(path)
    assert {name: count for name, count in found.items() if count != 1} == {}


def test_no_page_is_empty_and_none_has_a_name_twice():
    pages = _pages()
    assert list(pages) == [page.name for page in PAGES]
    assert [name for name, paths in pages.items() if not paths] == []
    assert [name for name, paths in pages.items() if len(paths) != len(set(paths))] == []


def test_each_page_is_in_the_navigation():
    settings = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    pages = [*_pages(), "index", "command-line", "types"]
    assert [name for name in pages if f'"reference/{name}.md"' not in settings] == []


def test_the_overview_leads_to_each_page_and_section():
    text = reference.overview()
    for page in PAGES:
        assert f"**[{page.title}]({page.name}.md)**" in text
        for section in page.sections:
            assert f"[{section.title}]({page.name}.md#" in text


def test_griffe_finds_each_by_its_path_and_with_a_docstring(package):
    bare = []
    for paths in _pages().values():
        for path in paths:
            thing = package[path.removeprefix("tf_slim.")]
            assert thing.path == path
            if not thing.has_docstring:
                bare.append(path)
    assert bare == [], "write a docstring; of a constant, a string below its assignment"


def test_the_other_paths_lead_there(package):
    assert "tf_slim.nets.vgg.vgg_d" in package["nets.vgg.vgg_16"].aliases
    assert {
        "tf_slim.convolution2d",
        "tf_slim.layers.conv2d",
        "tf_slim.layers.conv.convolution2d",
    } <= {*package["conv2d"].aliases, package["conv2d"].canonical_path}
    assert "tf_slim.evaluation.Predictor.stream" in package["Predictor.stream"].aliases


def test_the_words_of_signatures_are_explained(package):
    words = _ENTRY.findall(reference.words())
    assert "tf_slim.ops.types.TensorLike" in words
    assert [word for word in words if not package[word.partition(".")[2]].has_docstring] == []
    annotation = package["conv2d"].parameters["inputs"].annotation
    assert annotation.canonical_path == "tf_slim.ops.types.TensorLike"


def test_signatures_are_those_of_the_functions(package):
    wrong = {}
    for one in public.everything():
        if one.function is None:
            continue
        read = package[one.path.removeprefix("tf_slim.")].parameters
        real = inspect.signature(one.value).parameters.values()
        if [(p.name, p.kind.description) for p in real] != [(p.name, p.kind.value) for p in read]:
            wrong[one.path] = str(read)
    assert wrong == {}


def test_defaults_are_written_as_in_the_text(package):
    read = package["conv2d"].parameters
    assert str(read["activation_fn"].default) == "tf.nn.relu"
    assert str(read["stride"].default) == "1"
    assert str(package["relu6"].parameters["activation_fn"].default) == "tf.nn.relu6"
    net = package["nets.resnet_v1.resnet_v1_50"].parameters
    assert str(net["scope"].default) == "'resnet_v1_50'", "not that of the function it is made of"
    shown = [
        f"{one.path}({parameter.name})"
        for one in public.everything()
        if one.function is not None
        for parameter in package[one.path.removeprefix("tf_slim.")].parameters
        if " at 0x" in str(parameter.default)
    ]
    assert shown == []


def test_docstrings_are_read_without_a_warning(package, caplog):
    settings = for_tools.settings()["plugins"]["mkdocstrings"]["handlers"]["python"]["options"]
    split = []

    def read(thing):
        if thing.docstring is not None:
            sections = thing.docstring.parse("google", **settings["docstring_options"])
            # A second line of what is returned goes on with the first.
            returned = [section for section in sections if section.kind.value == "returns"]
            split.extend(thing.path for section in returned if len(section.value) > 1)
        if thing.is_class:
            for member in thing.members.values():
                if not member.is_alias and not member.name.startswith("_"):
                    read(member)

    with caplog.at_level(logging.WARNING):
        for one in public.everything():
            read(package[one.path.removeprefix("tf_slim.")])
    assert caplog.messages == []
    assert split == []


def test_names_in_docstrings_become_links(package):
    text = package["conv2d"].docstring.value
    assert "see [`convolution`][tf_slim.convolution]" in text
    assert "Also called `slim.convolution2d`." in text


def test_every_command_and_option_is_described():
    text = command_line.written()
    missing = []
    for name, command in command_line.commands():
        assert f"\n## {name} {{ #" in text
        part = text.partition(f"\n## {name} {{ #")[2].partition("\n## ")[0]
        options = {option for one in command.params for option in one.opts if option[0] == "-"}
        missing += [f"{name} {one}" for one in options - {"--debug"} if f"`{one}" not in part]
    assert missing == []


def test_a_name_without_a_place_is_refused(monkeypatch):
    monkeypatch.setattr(reference, "PAGES", [page for page in PAGES if page.name != "scopes"])
    with pytest.raises(LookupError, match="tf_slim.Model, written in tf_slim.ops.model.Model"):
        reference.placed()
