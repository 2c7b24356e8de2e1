"""Which processes work together: what TF_CONFIG, SLURM and Kubernetes say, and what cannot be."""

from __future__ import annotations

import json
import socket

import pytest
import tensorflow as tf

from tf_slim.learning import ClusterError
from tf_slim.learning.cluster import environment, kubernetes, slurm

TWO = ["a:1", "b:1"]


def of_config(config) -> dict[str, str]:
    return {"TF_CONFIG": config if isinstance(config, str) else json.dumps(config)}


def task(index, kind="worker"):
    return {"type": kind, "index": index}


@pytest.mark.parametrize("environ", [{}, of_config(""), of_config("{}"), {"SLURM_PROCID": "0"}])
def test_a_process_on_its_own(environ):
    assert environment.found(environ) is None


def test_two_workers():
    found = environment.found(of_config({"cluster": {"worker": TWO}, "task": task("1")}))
    assert (found.name, found.address, found.size, found.is_chief) == ("worker 1", "b:1", 2, False)
    assert list(found.tasks()) == [("worker 0", "a:1"), ("worker 1", "b:1")]
    first = environment.found(of_config({"cluster": {"worker": TWO}, "task": task(0)}))
    assert first.is_chief and not first.has_servers


def test_a_chief_leads_workers():
    jobs = {"worker": TWO, "chief": ["c:1"], "ps": ["[::1]:5"]}
    found = environment.found(of_config({"cluster": jobs, "task": task(0, "chief")}))
    assert found.is_chief and found.has_servers and found.name == "chief"
    assert [name for name, _ in found.tasks()] == ["chief", "worker 0", "worker 1", "ps 0"]
    worker = environment.found(of_config({"cluster": jobs, "task": task(0)}))
    assert not worker.is_chief


def test_an_evaluator_need_not_have_an_address():
    config = {"cluster": {"worker": TWO}, "task": task(0, "evaluator")}
    found = environment.found(of_config(config))
    assert (found.name, found.address) == ("evaluator 0", "")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("{'cluster': 1}", ["is no JSON", "got \"{'cluster': 1}\"", "single quotes"]),
        ([1], ["a table", "[1]"]),
        ({"task": task(0)}, ['no "cluster"', "unset TF_CONFIG"]),
        ({"clusters": {"worker": TWO}, "task": task(0)}, ["Did you mean 'clusters'"]),
        ({"cluster": {"worker": TWO}}, ["task must say which", "null"]),
        ({"cluster": {"worker": TWO}, "task": {"type": "worker"}}, ["task must say which"]),
        ({"cluster": {"worker": TWO}, "task": task(2)}, ["task.index is 2", "to 1", "missing"]),
        ({"cluster": {"worker": TWO}, "task": task(-1)}, ["task.index is -1", "from 0"]),
        ({"cluster": {"worker": TWO}, "task": task(0.5)}, ["task.index", "0.5"]),
        ({"cluster": {"worker": TWO}, "task": task(0, "chief")}, ["'chief'", "worker"]),
        ({"cluster": {"wroker": TWO}, "task": task(0)}, ["'wroker'", "Did you mean 'worker'"]),
        ({"cluster": {"master": TWO}, "task": task(0)}, ['is "chief"']),
        ({"cluster": {"worker": "a:1"}, "task": task(0)}, ["cluster.worker", "list", '"a:1"']),
        ({"cluster": {"worker": ["a:1", "a:1"]}, "task": task(0)}, ["worker[1]", "worker[0] too"]),
        ({"cluster": {"worker": ["a:1"], "ps": ["a:1"]}, "task": task(0)}, ["ps[0]", "a:1"]),
        ({"cluster": {"worker": ["a:1", "b"]}, "task": task(0)}, ["worker[1]", "host:2222", '"b"']),
        ({"cluster": {"worker": ["a:1", "b:x"]}, "task": task(0)}, ["worker[1]", "port", "b:x"]),
        ({"cluster": {"worker": ["a:0", "b:1"]}, "task": task(0)}, ["worker[0]", "port", "a:0"]),
        ({"cluster": {"worker": ["a:70000"]}, "task": task(0)}, ["port from 1 to 65535"]),
        ({"cluster": {"worker": ["::1:7"]}, "task": task(0)}, ["[::1]:2222"]),
        ({"cluster": {"worker": ["grpc://a:1"]}, "task": task(0)}, ["without a protocol"]),
        ({"cluster": {"chief": TWO}, "task": task(0, "chief")}, ["cluster.chief has 2", "one"]),
        ({"cluster": {"worker": TWO, "ps": ["p:1"]}, "task": task(0)}, ["ps, and no chief"]),
        ({"cluster": {"ps": ["p:1"]}, "task": task(0, "ps")}, ["nobody who trains", "got ps"]),
    ],
)
def test_a_wrong_tf_config_is_told(config, words):
    with pytest.raises(ClusterError) as caught:
        environment.found(of_config(config))
    text = str(caught.value)
    assert "TF_CONFIG" in text
    for word in words:
        assert word in text, text


SRUN = {
    "SLURM_JOB_ID": "70001",
    "SLURM_PROCID": "2",
    "SLURM_STEP_NUM_TASKS": "3",
    "SLURM_STEP_NODELIST": "n[09-10]",
    "SLURM_STEP_TASKS_PER_NODE": "2,1",
}


def test_the_tasks_of_an_srun():
    found = environment.found(SRUN)
    first = 10000 + 70001 % 1400 * 16
    assert found.jobs == {"worker": (f"n09:{first}", f"n09:{first + 1}", f"n10:{first}")}
    assert (found.name, found.address, found.source) == ("worker 2", f"n10:{first}", "SLURM")
    other = environment.found({**SRUN, "SLURM_JOB_ID": "70002"})
    assert not set(found.jobs["worker"]) & set(other.jobs["worker"])


def test_the_resolver_of_tensorflow_finds_the_same_tasks(monkeypatch):
    for name, value in SRUN.items():
        monkeypatch.setenv(name, value)
    found = environment.found()
    # Without GPUs it has to be told of some: it would ask for them, and divide by their number.
    resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
        port_base=int(found.address.rpartition(":")[2]),
        gpus_per_node=2,
        gpus_per_task=1,
        auto_set_gpu=False,
    )
    assert resolver.cluster_spec().as_dict() == {"worker": list(found.jobs["worker"])}
    assert resolver.get_task_info() == (found.task, found.index)


@pytest.mark.parametrize(
    ("hosts", "names"),
    [
        ("gpu01", ["gpu01"]),
        ("n[9-10],m5", ["n9", "n10", "m5"]),
        ("o[3-4,006,7-8]x", ["o3x", "o4x", "o006x", "o7x", "o8x"]),
        ("r[1-2]n[01-02]", ["r1n01", "r1n02", "r2n01", "r2n02"]),
    ],
)
def test_lists_of_hosts(hosts, names):
    assert slurm.expanded(hosts) == names


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SLURM_STEP_NODELIST": "n[1-"}, ["SLURM_STEP_NODELIST", "n[1-"]),
        ({"SLURM_STEP_NODELIST": "n[a]"}, ["SLURM_STEP_NODELIST", "n[a]"]),
        ({"SLURM_STEP_NODELIST": "n1"}, ["1 hosts", "2,1"]),
        ({"SLURM_STEP_TASKS_PER_NODE": "two"}, ["SLURM_STEP_TASKS_PER_NODE", "'two'"]),
        ({"SLURM_STEP_TASKS_PER_NODE": "1(x2)"}, ["1(x2)", "= 3"]),
        ({"SLURM_PROCID": "3"}, ["of which this is 3"]),
        ({"SLURM_PROCID": "first"}, ["SLURM_PROCID", "'first'"]),
        ({"SLURM_STEP_NODELIST": ""}, ["SLURM_STEP_NODELIST is not set", "srun"]),
    ],
)
def test_wrong_variables_of_slurm_are_told(changes, words):
    with pytest.raises(ClusterError) as caught:
        environment.found({**SRUN, **changes})
    for word in words:
        assert word in str(caught.value)


def test_tasks_that_no_srun_has_started():
    batch = {"SLURM_JOB_ID": "1", "SLURM_NTASKS": "4", "SLURM_PROCID": "0"}
    assert slurm.unused(batch) == 4 and environment.found(batch) is None
    assert slurm.unused(SRUN) == 0 and slurm.unused({"SLURM_NTASKS": "4"}) == 0


POD = {"TF_SLIM_WORKERS": "3", "TF_SLIM_SERVICE": "digits", "JOB_COMPLETION_INDEX": "1"}


def test_the_pods_of_an_indexed_job():
    found = kubernetes.cluster(POD, "my-job-1")
    assert found.jobs == {"worker": tuple(f"my-job-{i}.digits:2222" for i in range(3))}
    assert (found.name, found.source) == ("worker 1", "Kubernetes")
    assert kubernetes.cluster({**POD, "TF_SLIM_PORT": "7"}, "j-1").address == "j-1.digits:7"
    assert kubernetes.cluster({**POD, "TF_SLIM_WORKERS": "1"}, "j-1") is None
    assert kubernetes.cluster({"JOB_COMPLETION_INDEX": "1"}, "j-1") is None


@pytest.mark.parametrize(
    ("changes", "host", "words"),
    [
        ({"JOB_COMPLETION_INDEX": "3"}, "j-3", ["JOB_COMPLETION_INDEX is 3", "completions"]),
        ({"TF_SLIM_WORKERS": "all"}, "j-1", ["TF_SLIM_WORKERS", "'all'"]),
        ({"TF_SLIM_SERVICE": ""}, "j-1", ["TF_SLIM_SERVICE", "'j'"]),
        ({}, "pod-xyz", ["'pod-xyz'", "Indexed"]),
        ({}, socket.gethostname() + "-2", ["JOB_COMPLETION_INDEX is 1"]),
    ],
)
def test_wrong_variables_of_kubernetes_are_told(changes, host, words):
    with pytest.raises(ClusterError) as caught:
        kubernetes.cluster({**POD, **changes}, host)
    for word in words:
        assert word in str(caught.value)
