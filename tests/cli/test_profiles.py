"""Profiles: defaults that go together, and the reasons that a config file repeats."""

from __future__ import annotations

import pytest

from tf_slim.cli import config as configs
from tf_slim.cli.config import Config, Flag, dumped, load
from tf_slim.cli.profiles import PROFILES

KEYS = [(profile, key) for profile, table in PROFILES.items() for key in table]


@pytest.mark.parametrize(("profile", "key"), KEYS)
def test_each_value_is_one_that_the_configuration_takes_and_has_a_reason(profile, key):
    value, reason = PROFILES[profile][key]
    section, name = key.split(".")
    config = load(None, [f"train.profile={profile}"])
    assert getattr(getattr(config, section), name) == value
    configs._checked({section: {name: value}}, "profile")
    lines = dumped(config).splitlines()
    (at,) = (i for i, line in enumerate(lines) if line.endswith(f"# {profile}: {reason}"))
    assert lines[at - 1].startswith(f"{name} = ")


def test_what_is_said_goes_before_a_profile(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[train]\nprofile = 'fine_tuning'\n[data]\nbatch_size = 5\n")
    flag = Flag("--learning-rate", "optimizer.learning_rate", 0.5)
    config = load(str(path), ["train.label_smoothing=0.3"], [flag])
    assert (config.data.batch_size, config.train.label_smoothing) == (5, 0.3)
    assert config.optimizer.learning_rate == 0.5
    assert "fine_tuning: a few wrong labels" not in dumped(config)
    assert load(str(path), (), [Flag("--x", "train.profile", "")]).train.epochs is None


def test_without_one_the_defaults_are_as_they_were():
    assert load() == Config()
    assert "fine_tuning:" not in dumped(Config())


def test_what_a_run_has_written_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "config.toml"
    path.write_text(dumped(load(None, ["train.profile=fine_tuning"])))
    before = load(str(path), is_whole=True)
    monkeypatch.setitem(PROFILES["fine_tuning"], "train.jit_compile", (True, "of a later release"))
    assert load(str(path), is_whole=True) == before
    assert load(None, ["train.profile=fine_tuning"]).train.jit_compile


@pytest.mark.parametrize(
    ("settings", "steps", "epochs"),
    [
        ([], 800, 10),
        (["train.steps=7"], 7, None),
        (["train.steps=7", "train.epochs=3"], 800, 3),
        (["train.epochs=3", "train.steps=7"], 7, None),
    ],
)
def test_who_says_steps_means_epochs_no_more(settings, steps, epochs):
    config = load(None, ["train.profile=fine_tuning", *settings])
    assert (config.train.steps, config.train.epochs) == (steps, epochs)


def test_flags_are_checked_as_settings_are(cli):
    for line, words in (
        ("--batch-size 0", "--batch-size: data.batch_size must be at least 1; got 0"),
        ("--learning-rate -1", "--learning-rate: optimizer.learning_rate must be above 0"),
        ("--on-error skp", "Did you mean 'skip'?"),
        ("--epochs 0", "--epochs: train.epochs must be at least 1"),
    ):
        result = cli("train", *line.split())
        assert result.status == 1
        assert words in result.err
