"""Tables of pictures: CSV, TSV, JSONL and Parquet."""

from __future__ import annotations

import json
import sys
import types
from typing import Any

import numpy as np
import pytest

from tests.data import made
from tests.data.sources import table
from tf_slim import data


@pytest.fixture
def folder(tmp_path):
    """Pictures 0.png to 9.png."""
    for number in range(10):
        (tmp_path / f"{number}.png").write_bytes(table.png(number))
    return tmp_path


def write(folder, text, name="t.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows(path, split="all", **options):
    return sorted(data.from_table(path, split, **options).listing.rows)


EXPECTED = [("0.png", 1, 1.0), ("1.png", 0, 1.0)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "path,label\n0.png,rose\n1.png,daisy\n"),
        ("t.csv", "\ufeffFile,Class\r\n0.png,rose\r\n\r\n1.png,daisy"),
        ("t.csv", "path;label\n0.png;rose\n1.png;daisy\n"),
        ("t.csv", 'note,label,path\n"a, b",rose,0.png\n"two\nlines",daisy,./1.png\n'),
        ("t.tsv", "path\tlabel\n0.png\trose\n1.png\tdaisy\n"),
        ("T.TSV", "image\tcategory\n0.png\trose\n1.png\tdaisy\n"),
        (
            "t.jsonl",
            '{"file": "0.png", "label": "rose"}\n\n{"label": "daisy", "file": "1.png"}\n',
        ),
    ],
)
def test_formats(folder, name, text):
    spec = data.from_table(write(folder, text, name), "all")
    assert sorted(spec.listing.rows) == EXPECTED
    assert spec.labels_to_names == {0: "daisy", 1: "rose"}
    assert (spec.name, spec.num_samples, spec.weighted) == (name[0], 2, False)


def test_parquet(folder, monkeypatch):
    (folder / "t.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ImportError, match=r"pip install 'tf-slim2\[parquet\]'"):
        data.from_table(folder / "t.parquet")
    package, module = types.ModuleType("pyarrow"), types.ModuleType("pyarrow.parquet")
    stub: Any = module
    listed = [{"path": "0.png", "label": ["rose", "red"]}, {"path": "1.png", "label": []}]
    stub.read_table = lambda path: types.SimpleNamespace(to_pylist=lambda: listed)
    vars(package)["parquet"] = module
    monkeypatch.setitem(sys.modules, "pyarrow", package)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", module)
    assert rows(folder / "t.parquet") == [("0.png", (0, 1), 1.0), ("1.png", (), 1.0)]


def test_a_real_parquet_file(folder):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    content = pyarrow.table({"path": ["0.png", "1.png"], "label": ["rose", "daisy"]})
    parquet.write_table(content, folder / "t.parquet")
    assert rows(folder / "t.parquet") == EXPECTED
    (folder / "bad.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(data.DataError, match="no Parquet file"):
        data.from_table(folder / "bad.parquet")


def test_columns_can_be_named(folder):
    path = write(folder, "img,breed,file\n0.png,rose,x\n1.png,daisy,x\n")
    with pytest.raises(data.DataError, match="'file' and 'img' could both be the column 'path'"):
        data.from_table(path)
    assert rows(path, columns={"path": "img", "label": "breed"}) == EXPECTED


def test_splits_of_a_column(folder):
    text = "path,label,split\n0.png,a,train\n1.png,b,Train\n2.png,a,val\n3.png,b,extra\n"
    path = write(folder, text)
    assert data.source_splits(path) == ("train", "validation", "extra")
    assert [row.path for row in rows(path, "train")] == ["0.png", "1.png"]
    with pytest.warns(UserWarning, match="no picture of 'b'"):
        assert [row.path for row in rows(path, "val")] == ["2.png"]
    assert len(rows(path, "all")) == 4
    with pytest.raises(ValueError, match="no split.* 'test'"):
        data.from_table(path, "test")


def test_splits_drawn_by_a_hash(folder):
    path = write(folder, "path,label\n" + "".join(f"{i}.png,{i % 2}\n" for i in range(10)))
    assert data.source_splits(path) == ("train", "validation")
    options = {"validation_share": 0.5}
    train, validation = (rows(path, split, **options) for split in ("train", "validation"))
    assert sorted(train + validation) == rows(path, "all")
    assert train
    assert validation


def test_numbers_as_labels(folder):
    path = write(folder, "path,label\n0.png,0\n1.png,2\n")
    spec = data.from_table(path, "all")
    assert (spec.num_classes, spec.labels_to_names) == (3, None)
    assert data.from_table(path, "all", num_classes=7).num_classes == 7
    with pytest.raises(data.DataError, match=r"line 3: the label is 2, .* in \[0, 2\)"):
        data.from_table(path, num_classes=2)
    (folder / "labels.txt").write_text("0:daisy\n1:rose\n2:tulip\n3:none\n")
    with pytest.warns(UserWarning, match="no picture of 'rose', 'none'"):
        spec = data.from_table(path, "all")
    assert (spec.num_classes, spec.labels_to_names and spec.labels_to_names[3]) == (4, "none")
    named = write(folder, "path,label\n0.png,tulip\n1.png,daisy\n", "n.csv")
    with pytest.warns(UserWarning, match="no picture of 'rose', 'none'"):
        assert [row.label for row in rows(named)] == [2, 0]


def test_weights(folder):
    path = write(folder, "path,label,weight\n0.png,a,2\n1.png,b,0.25\n2.png,a,0\n")
    spec = data.from_table(path, "all", image_channels=1)
    assert spec.weighted
    training = data.Pipeline(spec, 3, is_training=True, preprocess=made.identify)
    ((images, _, weights),) = list(training.dataset().take(1))
    found = dict(zip(images.numpy()[:, 0, 0, 0].tolist(), weights.numpy().tolist()))
    assert found == {0.0: 2.0, 1.0: 0.25, 2.0: 0.0}


def test_several_labels_a_picture(folder):
    path = write(folder, "path,tags\n0.png,sky | sea\n1.png,\n2.png,sea\n3.png,sky\n")
    spec = data.from_table(path, "all", image_channels=1)
    assert spec.multi_label
    assert spec.labels_to_names == {0: "sea", 1: "sky"}
    for is_training in (False, True):
        pipeline = data.Pipeline(spec, 4, preprocess=made.identify, is_training=is_training)
        images, labels = next(iter(pipeline.dataset()))
        assert pipeline.element_spec == pipeline.dataset().element_spec
        assert labels.dtype == np.float32
        found = dict(zip(images.numpy()[:, 0, 0, 0].tolist(), labels.numpy().tolist()))
        assert found == {0.0: [1.0, 1.0], 1.0: [0.0, 0.0], 2.0: [1.0, 0.0], 3.0: [0.0, 1.0]}
    assert data.check(spec) == {0: 2, 1: 2}
    semicolons = write(folder, "path,label\n0.png,a;b\n1.png,b\n", "s.csv")
    assert rows(semicolons)[0].label == (0, 1)
    one = write(folder, "path,label\n0.png,a;b|c\n1.png,c\n", "o.csv")
    assert data.from_table(one, "all").labels_to_names == {0: "a;b", 1: "c"}
    commas = write(folder, 'path,label\n0.png,"a,b"\n1.png,b\n', "c.csv")
    assert rows(commas, separator=",")[0].label == (0, 1)
    whole = data.from_table(path, "all", columns={"label": "path", "path": "path"}, separator=None)
    assert not whole.multi_label


def test_paths_from_another_folder(folder):
    (folder / "tables").mkdir()
    path = write(folder / "tables", "path,label\n0.png,rose\n1.png,daisy\n")
    assert rows(path, root=folder) == EXPECTED
    absolute = write(folder / "tables", f"path,label\n{folder}/0.png,rose\n{folder}/1.png,a\n")
    spec = data.from_table(absolute, "all")
    assert sorted(spec.files()) == [str(folder / "0.png"), str(folder / "1.png")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the table has no rows"),
        ("path,label\n", "the table has no rows"),
        ("file,kind\n0.png,a\n", "there is no column 'label'. Its columns are: 'file', 'kind'"),
        ("0.png,a\n1.png,b\n", "there is no column 'path'.*Name the columns in the first line"),
        ("path,label,label\n0.png,a,a\n", "there are two columns 'label'"),
        ("path,label\n0.png\n", "line 2 has 1 values, but there are 2 columns"),
        ("path,label\n0.png,a\n1.png,b,c\n", "line 3 has 3 values.*between quotes"),
        ('path,label\n0.png,"a\n', "line 2: unexpected end of data"),
        (b"path,label\n0.png,caf\xe9\n", "line 2 is no UTF-8 text"),
        ("path,label\n0.png,a\n,b\n", "line 3: the path must be a text, received ''"),
        ("path,label\n0.png,a\n1.png,\n", "line 3 has no label"),
        ("path,label\n../0.png,a\n", r"line 2: the path '../0.png' has '\.\.' in it"),
        ("path,label\nx/../0.png,a\n", r"has '\.\.' in it"),
        ("path,label\n0.png,a\n0.png,b\n", "line 3 names '0.png' again, after line 2"),
        ("path,label\n0.png,a\n./0.png,a\n", "line 3 names '0.png' again"),
        ("path,label,split\n0.png,a,train\n0.png,a,val\n", "in the split 'validation' and not 'tr"),
        ("path,label\n0.png,-1\n", "line 2: the label is -1"),
        ("path,label\n0.png,a\n1.png,A\n", "'A' and 'a' differ in upper and lower case"),
        ("path,label\n0.png,a|a\n", "line 2 has a label twice"),
        ("path,label,weight\n0.png,a,-1\n", "line 2: the weight must be a number from 0"),
        ("path,label,weight\n0.png,a,nan\n", "line 2: the weight must be a number from 0"),
        ("path,label,weight\n0.png,a,\n", "line 2: the weight must be a number from 0"),
        ("path,label,split\n0.png,a,\n", "line 2: the split must be a name"),
        ("path,label\n0.png,a\nno.png,b\n", "1 of the 2 files .* missing: 'no.png' on line 3"),
    ],
)
def test_tables_at_fault(folder, text, message):
    with pytest.raises(data.DataError, match=message) as info:
        data.from_table(write(folder, text), validation_share=0)
    assert info.value.path == str(folder / "t.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"path": "0.png", "label": 1}\nnot json\n', "line 2 is no JSON"),
        ("[1]\n", "line 1 must be an object"),
        ('{"path": "0.png"}\n', "there is no column 'label'"),
        ('{"path": "0.png", "label": 1}\n{"path": "1.png"}\n', "line 2 has no value for 'label'"),
        ('{"path": "0.png", "label": null}\n', "line 1 has no label"),
        ('{"path": "0.png", "label": 1.5}\n', "line 1: a label must be a name or a number"),
        ('{"path": "0.png", "label": true}\n', "line 1: a label must be a name or a number"),
        ('{"path": 3, "label": 1}\n', "line 1: the path must be a text, received 3"),
    ],
)
def test_json_at_fault(folder, text, message):
    with pytest.raises(data.DataError, match=message):
        data.from_table(write(folder, text, "t.jsonl"))


def test_rows_at_fault_can_be_left_out(folder):
    (folder / "bad.png").write_bytes(b"text")
    text = "path,label\n0.png,a\n1.png,b\nno.png,b\n0.png,b\nbad.png,a\n"
    listing = data.from_table(write(folder, text), "all", on_error="skip").listing
    assert sorted(listing.paths) == ["0.png", "1.png"]
    assert [path for path, _ in listing.skipped] == ["no.png", "0.png", "bad.png"]
    assert listing.skipped[0][1] == "line 4: there is no such file"
    assert listing.skipped[1][1] == "line 5 names '0.png' again, after line 2"


def test_no_table(folder):
    with pytest.raises(data.DataNotFoundError, match="no such table"):
        data.from_table(folder / "none.csv")
    with pytest.raises(data.DataError, match=r"a table is one of \.csv.*'\.xlsx'"):
        data.from_table(write(folder, "", "t.xlsx"))
    with pytest.raises(ValueError, match="columns: 'lable' is none of.*Did you mean 'label'"):
        data.from_table(write(folder, "path,label\n0.png,a\n"), columns={"lable": "x"})
    with pytest.raises(data.DataError, match="there is no column 'x'"):
        data.from_table(write(folder, "path,label\n0.png,a\n"), columns={"label": "x"})
    with pytest.raises(data.DataNotFoundError, match="no such label file"):
        data.from_table(write(folder, "path,label\n0.png,a\n"), labels_file="none.txt")


def test_any_json_text_is_read_back(folder):
    names = ["a\u2028b", 'quote"', "comma,", "日本", "new\nline"]
    lines = [
        json.dumps({"path": f"{i}.png", "label": n}, ensure_ascii=False)
        for i, n in enumerate(names)
    ]
    spec = data.from_table(write(folder, "\n".join(lines), "t.jsonl"), "all")
    assert list((spec.labels_to_names or {}).values()) == sorted(names)
