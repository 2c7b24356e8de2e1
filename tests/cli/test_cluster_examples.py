"""The files in examples/cluster/, as far as they can be tried without a cluster."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys

import pytest
import yaml

from tests.house.sources import ROOT
from tf_slim.cli.main import run
from tf_slim.learning.cluster import environment, kubernetes

EXAMPLES = ROOT / "examples/cluster"

# Runs a command once for each of two tasks, one on each node, as srun does with the given options.
SRUN = """#!/bin/bash
while [[ "$1" == -* ]]; do echo "$1" >> "$SAID"; shift; done
for rank in 0 1; do
    SLURM_STEP_NUM_TASKS=2 SLURM_STEP_NODELIST='n[9-10]' SLURM_STEP_TASKS_PER_NODE='1(x2)' \\
        SLURM_PROCID=$rank "$@" || exit $?
done
"""

# Tells what a worker finds, and with which command line.
TF_SLIM = f"""#!{sys.executable}
import json, os, sys
from tf_slim.learning.cluster import environment
found = environment.found()
print(json.dumps([found.jobs, found.task, found.index, sys.argv[1:]]))
sys.exit(int(os.environ["STATUS"]))
"""

SCONTROL = """#!/bin/bash
echo "scontrol $*" >> "$SAID"
"""


def batch(folder, *arguments, status=0):
    """Runs the batch script, with programs of ours for those of SLURM; what it printed and said."""
    programs = folder / "programs"
    programs.mkdir()
    for name, text in (("srun", SRUN), ("tf-slim", TF_SLIM), ("scontrol", SCONTROL)):
        path = programs / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    said = folder / "said"
    result = subprocess.run(
        [shutil.which("bash") or "bash", str(EXAMPLES / "slurm.sh"), *arguments],
        cwd=folder,
        env={
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
            "SLURM_JOB_ID": "31",
            "SAID": str(said),
            "STATUS": str(status),
        },
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert result.stderr == ""
    return result.returncode, result.stdout.splitlines(), said.read_text()


def test_the_tasks_of_the_batch_script_find_each_other(tmp_path):
    status, lines, said = batch(tmp_path, "--steps", "30")
    assert status == 0
    for index, line in enumerate(lines):
        jobs, task, number, command = json.loads(line)
        assert jobs == {"worker": ["n9:10496", "n10:10496"]}
        assert (task, number) == ("worker", index)
        assert command[:3] == ["train", "--logdir", str(tmp_path / "runs/digits")]
        assert command[-2:] == ["--steps", "30"]
    assert len(lines) == 2
    assert f"--output={tmp_path}/runs/digits/workers/worker-%t.log" in said
    assert (tmp_path / "runs/digits/workers").is_dir()
    assert "scontrol" not in said


@pytest.mark.parametrize(("status", "again"), [(143, True), (1, False)])
def test_a_job_whose_time_is_over_is_queued_again(tmp_path, status, again):
    got, _, said = batch(tmp_path, status=status)
    assert got == status
    assert ("scontrol requeue 31" in said) is again


def test_the_options_of_the_batch_script_are_its_comments():
    lines = (EXAMPLES / "slurm.sh").read_text().splitlines()
    commands = [i for i, line in enumerate(lines) if line and not line.startswith("#")]
    options = [i for i, line in enumerate(lines) if line.startswith("#SBATCH ")]
    assert options and max(options) < commands[0]  # SLURM reads no further


def test_the_pods_of_the_job_find_each_other():
    service, job = yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text())
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    environ = {one["name"]: one["value"] for one in container["env"]}
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == {"job-name": job["metadata"]["name"]}
    assert service["metadata"]["name"] == pod["subdomain"] == environ[kubernetes.SERVICE]
    assert spec["completionMode"] == "Indexed"
    assert spec["completions"] == spec["parallelism"] == int(environ[kubernetes.WORKERS])
    ports = {service["spec"]["ports"][0]["port"], container["ports"][0]["containerPort"]}
    for index in range(spec["completions"]):
        name = f"{job['metadata']['name']}-{index}"  # as Kubernetes calls the pods of such a Job
        found = kubernetes.cluster({**environ, "JOB_COMPLETION_INDEX": str(index)}, name)
        assert found is not None
        host, _, port = found.address.rpartition(":")
        assert host == f"{name}.{service['metadata']['name']}" and {int(port)} == ports
        assert (found.index, found.size) == (index, spec["completions"])


def test_the_containers_find_each_other():
    services = yaml.safe_load((EXAMPLES / "compose.yaml").read_text())["services"]
    for index, (name, service) in enumerate(services.items()):
        found = environment.found(service["environment"])
        assert found is not None and found.size == len(services)
        assert found.address.partition(":")[0] == name and found.index == index


def commands() -> dict[str, list[str]]:
    """The command lines of the examples, by file."""
    text = (EXAMPLES / "slurm.sh").read_text().replace("\\\n", " ")
    batch = re.findall(r"tf-slim (train .*?) \"\$@\"", text)[0].replace('"$RUN"', "run").split()
    _, job = yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text())
    (container,) = job["spec"]["template"]["spec"]["containers"]
    services = yaml.safe_load((EXAMPLES / "compose.yaml").read_text())["services"]
    return {
        "slurm.sh": batch,
        "kubernetes.yaml": container["command"][1:] + container["args"],
        "compose.yaml": services["worker-0"]["command"][1:],
    }


@pytest.mark.parametrize("name", ["slurm.sh", "kubernetes.yaml", "compose.yaml"])
def test_the_command_of_each_is_one(name, capsys):
    assert run([*commands()[name], "--print-config"]) == 0
    assert "[train]" in capsys.readouterr().out
