"""What is recorded comes back, as lines, as JSON, as a table and as a page."""

from __future__ import annotations

import json
import re
import sys

import pytest

from benchmarks import contestants, page, recording, report, running
from benchmarks.__main__ import main
from benchmarks.recording import Result

MACHINE = {
    "processor": "A chip",
    "usable cores": 2,
    "flags": ["avx2", "fma"],
    "python": "3.12.1",
    "packages": {"tensorflow": "2.21.0"},
    "commit": "0123456789",
    "date": "2026-01-02 03:04 UTC",
    "matrix rates": {"float32": 400.0, "bfloat16": 800.0},
}
RESULTS = [
    Result("net train", "slim", 10.0, "images/s", "bench_a", (9.0, 10.0, 11.0), gflop=20.0),
    Result("net train", "slim folded", 12.0, "images/s", "bench_a", (12.0,), gflop=20.0),
    Result("net train", "Keras <3>", 8.0, "images/s", "bench_a", (8.0,)),
    Result("net train", "torch", 6.0, "images/s", "bench_a", (6.0,)),
    Result("a step", "slim", 0.002, "s", "bench_b", (0.002,)),
    Result("a step", "Keras <3>", 0.001, "s", "bench_b", (0.001,)),
    Result("memory", "slim", 100.0, "MiB", "bench_b", (100.0,)),
]
READY = """
print('{"ready": true, "gflop": 2}', flush=True)
for line in open(0):
    print([0.5], flush=True)
"""


def test_the_record(tmp_path, monkeypatch):
    path = tmp_path / "record.jsonl"
    monkeypatch.setenv(recording.FILE, str(path))
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "benchmarks/bench_a.py::test_it[a::b] (call)")
    first = recording.record("net train", "slim", [3, 1, 2], "s", gflop=4.0, precision="bfloat16")
    assert (first.value, first.samples, first.source) == (2.0, (3.0, 1.0, 2.0), "bench_a")
    assert first.gflop_per_second == 2.0
    recording.record("net train", "Keras 3", 5.0, "s")
    again = recording.record("net train", "slim", 1.0, "s")
    with open(path, "a") as file:
        file.write('{"name": "net tr')  # the run was stopped here
    found = recording.read(path)
    assert [one.contestant for one in found] == ["slim", "Keras 3"]
    assert found[0] == again


@pytest.mark.parametrize(("values", "unit"), [(1.0, "furlongs"), (0.0, "s"), (float("nan"), "s")])
def test_what_cannot_be_recorded(values, unit, tmp_path, monkeypatch):
    monkeypatch.setenv(recording.FILE, str(tmp_path / "record.jsonl"))
    with pytest.raises(ValueError, match="net: expected|net, slim: expected"):
        recording.record("net", "slim", values, unit)
    assert not (tmp_path / "record.jsonl").exists()


def test_json_holds_all_of_it():
    text = report.to_json(MACHINE, RESULTS)
    assert report.from_json(text) == (MACHINE, RESULTS)
    rows = {(row["name"], row["contestant"]): row for row in json.loads(text)["results"]}
    assert rows["net train", "slim"]["ratio"] == pytest.approx(10 / 8)
    assert rows["net train", "slim"]["ratio to"] == "Keras <3>"
    assert rows["net train", "torch"]["ratio"] == pytest.approx(12 / 6)
    assert rows["net train", "slim"]["share of the matrix rate"] == pytest.approx(0.5)
    assert rows["a step", "slim"]["ratio"] == pytest.approx(0.5)
    assert rows["memory", "slim"]["ratio"] is None
    with pytest.raises(ValueError, match="another file"):
        report.from_json('{"version": 99}')


def test_the_table():
    table = report.markdown(MACHINE, RESULTS).splitlines()
    assert "A chip, 2 cores" in table[0]
    assert "400 GFLOP/s in float32, 800 GFLOP/s in bfloat16" in table[0]
    assert "commit 0123456789" in table[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[4:]]
    assert rows[0] == [
        "net train",
        "12.0 images/s (slim folded)",
        "Keras <3> 8.00 images/s",
        "1.50x",
        "60 %",
    ]
    assert rows[1][1:4] == ["2.00 ms", "Keras <3> 1.00 ms", "0.50x"]
    assert rows[2][1:] == ["100 MiB", "–", "–", "–"]


def test_the_table_without_a_peer_has_all_of_ours():
    results = [Result("step", f"slim {way}", one, "s") for way, one in (("a", 2.0), ("b", 1.0))]
    rows = report.markdown(MACHINE, results).splitlines()[4:]
    assert rows == [
        "| step: slim a | 2.00 s | – | 1.00x slim a | – |",
        "| step: slim b | 1.00 s | – | 2.00x slim a | – |",
    ]


def test_the_page():
    text = page.html(MACHINE, RESULTS)
    assert "<script" not in text and "Keras &lt;3&gt;" in text and "<3>" not in text
    assert "1 of 2" in text  # not behind the best peer
    assert "0123456789" in text
    found = re.findall(r'width="([\d.]+)" height="20" class="(?:bar|other)"', text)
    widths = [float(width) for width in found]
    assert len(widths) == len(RESULTS)
    assert widths[0] / widths[1] == pytest.approx(10 / 12, rel=1e-3)
    assert widths[4] / widths[5] == pytest.approx(2, rel=1e-3)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.00123, "s", "1.23 ms"),
        (0.0000123, "s", "12.3 us"),
        (12.34, "s", "12.3 s"),
        (1234.5, "images/s", "1,234 images/s"),
    ],
)
def test_how_a_value_is_written(value, unit, text):
    assert recording.written(value, unit) == text


def test_a_run_writes_what_was_measured_and_can_go_on(tmp_path, monkeypatch, capsys):
    def measure(folder, record, arguments, environment=None, quiet=False):
        rows = RESULTS[:4] if arguments == ["first"] else RESULTS[4:]
        for row in rows:
            recording.append(record, row.__dict__)
        return running.INTERRUPTED if arguments == ["first"] else 0

    monkeypatch.setattr(running, "measure", measure)
    busy = {kind: rate / 2 for kind, rate in MACHINE["matrix rates"].items()}
    rates = iter([busy, MACHINE["matrix rates"], busy, busy])
    monkeypatch.setattr(running.machine, "matrix_rates", lambda: next(rates))
    place = ["--to", str(tmp_path)]
    assert main(["run", *place, "first"]) == running.INTERRUPTED
    assert "4 results are kept" in capsys.readouterr().out
    assert main(["run", *place, "--add", "second"]) == 0
    machine, found = report.from_json((tmp_path / "bench.json").read_text())
    assert found == RESULTS
    assert machine["matrix rates"] == MACHINE["matrix rates"]
    assert "net train" in (tmp_path / "bench.html").read_text()
    assert "net train" in (tmp_path / "bench.md").read_text()
    monkeypatch.setattr(running.machine, "commit", lambda: "another")
    with pytest.raises(SystemExit, match="of commit .*, this is another"):
        main(["run", *place, "--add", "second"])


def test_a_contestant_that_is_missing_is_left_out_in_words(monkeypatch, capsys):
    class Missing(contestants.Contestant):
        name = "nobody"

        def command(self, work):
            raise contestants.LeftOut("nobody is there")

    class Program(contestants.Contestant):
        def __init__(self, name, code):
            self.name, self.code = name, code

        def command(self, work):
            return [sys.executable, "-c", self.code]

    without = Program("no package", """print('{"missing": "no module"}')""")
    there = Program("slim", READY)
    monkeypatch.setattr(contestants, "ALL", [Missing(), without, there])
    work = contestants.Work(contestants.Net("lenet", "", "", 4), "train", "float32", 4)
    with contestants.started(work) as (ready, told):
        (found,) = contestants.measured(work, ready, told, rounds=3, seconds=0.0)
    said = capsys.readouterr().out
    assert "nobody is there" in said and "no module" in said
    assert (found.name, found.value, len(found.samples)) == ("lenet b4 train float32", 8.0, 3)
    assert found.gflop_per_second == 2 * 3 * 8.0
