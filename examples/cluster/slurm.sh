#!/bin/bash
# LeNet on the digits, on two nodes of a SLURM cluster, one worker each.
#
#   sbatch examples/cluster/slurm.sh
#
# The tasks of the srun find each other by what SLURM tells them. The run folder has to be on a file
# system that all nodes see. Two minutes before its time is over the training saves and ends, and the
# job is queued again: it goes on where it was. So it does after a node has failed.

#SBATCH --job-name=digits
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --time=04:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=digits-%j.log

set -u
RUN="${RUN:-$PWD/runs/digits}"
mkdir -p "$RUN/workers"

# What each worker prints has a file of its own; one that fails ends the others.
srun --kill-on-bad-exit=1 --output="$RUN/workers/worker-%t.log" --open-mode=append \
    tf-slim train --logdir "$RUN" --wait-for-workers 600 \
    --set train.save_every_secs=300 "$@"
status=$?

if [ "$status" -eq 143 ]; then # stopped by SIGTERM, and saved
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
