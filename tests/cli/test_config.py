"""The configuration: defaults, file, settings; written, read back, compared."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tf_slim.cli import config as configs
from tf_slim.cli.config import Config, differences, dumped, load
from tf_slim.cli.options import ConfigError

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))


def _file(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(text)
    return str(path)


def test_nothing_given_is_the_defaults():
    assert load() == Config()


def test_settings_win_over_the_file_and_the_file_over_the_defaults(tmp_path):
    path = _file(tmp_path, "[train]\nsteps = 5\nseed = 7\n[model]\nname = 'vgg_a'\n")
    config = load(path, ["train.steps=9", "optimizer.learning_rate=1"])
    assert (config.train.steps, config.train.seed, config.model.name) == (9, 7, "vgg_a")
    assert config.optimizer.learning_rate == 1.0
    assert config.data == Config().data


def test_the_last_setting_wins():
    assert load(None, ["train.steps=1", "train.steps=2"]).train.steps == 2


def test_settings_inside_a_table_join_it(tmp_path):
    path = _file(tmp_path, "[model.kwargs]\ndropout_keep_prob = 0.5\n")
    config = load(path, ["model.kwargs.scope=Net", "model.kwargs.dropout_keep_prob=0.8"])
    assert config.model.kwargs == {"dropout_keep_prob": 0.8, "scope": "Net"}


def test_a_pattern_with_dots_and_slashes_is_a_key():
    config = load(None, ["train.gradient_multipliers.'LeNet/conv1/*'=0.1"])
    assert config.train.gradient_multipliers == {"LeNet/conv1/*": 0.1}


@pytest.mark.parametrize(
    ("setting", "value"),
    [("data.train_split=2024", "2024"), ("data.eval_split=", ""), ("model.name='x'", "x")],
)
def test_a_text_may_look_like_something_else(setting, value):
    section, key = setting.partition("=")[0].split(".")
    assert getattr(getattr(load(None, [setting]), section), key) == value


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.stepz=3", "--set train.stepz=3: [train] has no key 'stepz'. Did you mean 'steps'?"),
        ("train.batch_size=8", "[train] has no key 'batch_size'. Did you mean data.batch_size?"),
        ("train.batchsize=8", "Did you mean data.batch_size?"),
        ("optimizer.num_classes=8", "Did you mean model.num_classes or data.num_classes?"),
        ("trian.steps=3", "there is no section 'trian'. Did you mean 'train'?"),
        ("steps=3", "'steps' stands in no section. Did you mean train.steps?"),
        ("num_classes=3", "Did you mean model.num_classes or data.num_classes?"),
        ("train=3", "train must be a section; got the text '3'"),
        ("train.steps", "write section.key=value"),
        ("train.=3", "write section.key=value"),
        ("train.steps=x", "train.steps must be an integer; got the text 'x'"),
        ("train.steps.more=1", "train.steps must be an integer; got a table"),
    ],
)
def test_a_setting_that_cannot_be(setting, message):
    with pytest.raises(ConfigError) as caught:
        load(None, [setting])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[optimzer]\nname = 'sgd'", "there is no section 'optimzer'. Did you mean 'optimizer'?"),
        ("[optimizer]\nrate = 1", "[optimizer] has no key 'rate'."),
        ("steps = 3", "'steps' stands in no section. Did you mean train.steps?"),
        ("[train]\nsteps = 1979-05-27", "must be an integer; got the date or time 1979-05-27"),
    ],
)
def test_a_file_that_cannot_be_names_itself(tmp_path, text, message):
    path = _file(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(path)
    assert message in str(caught.value)


def test_what_is_written_is_read_back(tmp_path):
    config = load(
        None,
        [
            'data.files=["a{split}.tfrecord", "b \\"c\\""]',
            "model.kwargs.global_pool=true",
            "train.gradient_multipliers={'a/*' = 2}",
            "data.image_size=[8, 9]",
            "optimizer.epsilon=1e-9",
            "train.save_every_steps=3",
        ],
    )
    path = _file(tmp_path, dumped(config))
    assert load(path) == config
    assert load(_file(tmp_path, dumped(Config()))) == Config()


def test_every_option_is_written_with_its_explanation():
    lines = dumped(Config()).splitlines()
    for kind in configs.SECTIONS.values():
        for field in dataclasses.fields(kind):
            (line,) = (
                line
                for line in lines
                if line.removeprefix("# ").startswith(f"{field.name} =")
                and line.endswith(f"# {field.metadata['doc']}")
            )
            assert line.startswith("# ") == (getattr(kind(), field.name) is None)


def test_defaults_obey_their_own_rules(tmp_path):
    load(_file(tmp_path, dumped(Config())))


def test_differences_tell_what_may_change():
    old, new = Config(), load(None, ["train.steps=5", "train.seed=1", "data.image_size=28"])
    found = {one.key: one.free for one in differences(old, new)}
    assert found == {"data.image_size": False, "train.steps": True, "train.seed": False}
    assert "train.seed: 0 there, 1 now" in map(str, differences(old, new))
    assert "data.image_size: unset there, 28 now" in map(str, differences(old, new))
    assert differences(old, Config()) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_configurations(path):
    assert load(str(path)) != Config()


def test_there_are_examples():
    assert len(EXAMPLES) >= 3


def test_what_all_workers_must_have_alike():
    found = configs.settled(load(None, ["optimizer.learning_rate=0.5"]))
    assert found["optimizer.learning_rate"] == 0.5 and found["model.name"] == "lenet"
    assert not {"train.steps", "train.save_every_secs", "data.eval_split"} & found.keys()
