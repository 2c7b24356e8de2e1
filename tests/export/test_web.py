"""A model in a page: pictures are prepared as TensorFlow does it, and the same classes come out."""

from __future__ import annotations

import base64
import contextlib
import functools
import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.report import browser, chromium
from tf_slim.data import preprocessing
from tf_slim.export.browser import recipes, runtime

SCRIPT = Path(recipes.__file__).with_name("preparing.js")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with chromium.page(tmp_path_factory.mktemp("chromium")) as made:
        yield made


@pytest.fixture
def preparing(page):
    """A page that knows the function `prepared`."""
    script = SCRIPT.read_text(encoding="utf-8")
    page.value(f"globalThis.prepared = (() => {{ {script}; return prepare; }})(); 0")
    return page


# The preprocessing, the size of the net, channels, and the size of the picture.
PREPARED = [
    ("lenet", (28, 28), 1, (28, 28)),
    ("lenet", (28, 28), 3, (61, 37)),
    ("digits", (8, 8), 1, (5, 13)),
    ("digits", (9, 8), 1, (50, 50)),
    ("lenet", None, 3, (7, 9)),
    ("none", (6, 7), 3, (6, 7)),
    ("none", None, 4, (6, 7)),
    ("cifarnet", None, 3, (40, 25)),
    ("cifarnet", (33, 32), 3, (32, 47)),
    ("inception", (32, 32), 3, (47, 61)),
    ("inception", (64, 33), 3, (20, 16)),
    ("vgg", (32, 32), 3, (47, 61)),
    ("vgg", (48, 32), 1, (33, 20)),
]


@browser.needed
@pytest.mark.parametrize(("name", "size", "channels", "sides"), PREPARED)
def test_pictures_are_prepared_as_in_evaluation(preparing, name, size, channels, sides):
    pixels = np.random.RandomState(0).randint(0, 256, [*sides, 4]).astype(np.uint8)
    if channels == 1:
        pixels[..., :3] = pixels[..., :1]
    fn = preprocessing.get_preprocessing(name, size)
    image = tf.constant(pixels[..., :channels])
    wanted = fn(image, is_training=False, seed=tf.constant([0, 0])).numpy()
    given = {"height": sides[0], "width": sides[1], "data": pixels.ravel().tolist()}
    found = preparing.value(
        f"(p => [p.height, p.width, ...p.data])"
        f"(prepared({json.dumps(recipes.recipe(name, size, channels))}, {json.dumps(given)}))"
    )
    assert found[:2] == list(wanted.shape[:2])
    scale = np.abs(wanted).max()
    np.testing.assert_allclose(np.reshape(found[2:], wanted.shape), wanted, atol=1e-5 * scale)


@browser.needed
def test_a_picture_of_another_size_is_refused_where_nothing_changes_it(preparing):
    recipe = json.dumps(recipes.recipe("none", (2, 2), 3))
    said = preparing.value(
        f"(() => {{ try {{ prepared({recipe}, {{data: new Uint8Array(24), height: 2, width: 3}}) }}"
        " catch (error) { return error.message } })()"
    )
    assert said == "The picture has 2x3 pixels; the model takes 2x2 alone."


def test_what_a_page_cannot_prepare_is_refused():
    for name, words in (("mine", "'mine'"), (None, "by a function")):
        with pytest.raises(slim.export.ExportError, match=f"{words}.*which a page cannot do"):
            recipes.recipe(name, None, 3)


def package(folder: Path, version: str = runtime.VERSION, name: str = runtime.PACKAGE) -> Path:
    """A package as npm puts it, of empty files."""
    made = folder / "node_modules" / runtime.PACKAGE
    (made / "dist").mkdir(parents=True)
    (made / "package.json").write_text(json.dumps({"name": name, "version": version}))
    for one in runtime.FILES:
        (made / "dist" / one).write_text("")
    return made


def test_the_runtime_is_found_from_below(tmp_path, monkeypatch):
    made = package(tmp_path)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert os.path.samefile(runtime.find(), made)
    for given in (made, tmp_path, tmp_path / "node_modules"):
        assert os.path.samefile(runtime.find(given), made)


def test_a_runtime_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    install = f"npm install onnxruntime-web@{runtime.VERSION}"
    with pytest.raises(ImportError, match=install):
        runtime.find()
    with pytest.raises(slim.export.ExportError, match=f"holds none. Install it there: {install}"):
        runtime.find(tmp_path)
    package(tmp_path, version="1.2.3")
    with pytest.raises(ImportError, match=r"installed is 1\.2\.3 in .*--runtime, to take it"):
        runtime.find()
    made = runtime.find(tmp_path)  # who names it wants it
    os.remove(os.path.join(made, "dist", runtime.FILES[-1]))
    with pytest.raises(slim.export.ExportError, match=f"lacks {runtime.FILES[-1]}"):
        runtime.find(tmp_path)


def test_it_is_missed_before_any_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImportError, match="onnxruntime-web"):
        slim.export.save("no such run", "page", "web")
    with pytest.raises(slim.export.ExportError, match="takes no program along"):
        slim.export.save("no such run", "model.onnx", runtime=".")


def _installed() -> str | None:
    try:
        return runtime.find(os.environ.get("ONNXRUNTIME_WEB"))
    except slim.export.ExportError:
        return None


LABELS = tuple(f"<i>class {number}</i>" for number in range(10))


@pytest.fixture(scope="module")
def model():
    made = slim.nets.create("lenet", 10).build([None, 28, 28, 3])
    rng = np.random.RandomState(0)
    for variable in made.variables:
        variable.assign(0.05 * rng.randn(*variable.shape))
    return made


@contextlib.contextmanager
def offered(folder: Path) -> Iterator[str]:
    """Offers the files of a folder.

    Yields:
      The address.
    """

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@browser.needed
@pytest.mark.skipif(
    _installed() is None,
    reason=f"no onnxruntime-web here: npm install onnxruntime-web@{runtime.VERSION}, or set "
    "ONNXRUNTIME_WEB to its folder",
)
def test_the_page_sees_what_the_model_sees(page, model, tmp_path):
    made = slim.export.save(
        model,
        tmp_path / "page",
        "web",
        preprocess="lenet",
        image_size=28,
        labels=LABELS,
        pictures=8,
        runtime=_installed(),
    )
    assert made.verified.agreement == 1.0
    assert slim.export.engines.open(made.path).metadata.labels == LABELS
    predict = slim.Predictor(model, preprocess="lenet", image_size=28, labels=LABELS)
    rng = np.random.RandomState(1)
    pictures = {}
    for number in range(6):
        pixels = rng.randint(0, 256, [20 + 9 * number, 60 - 7 * number, 3]).astype(np.uint8)
        pictures[f"{number}.png"] = tf.io.encode_png(pixels).numpy()
    smooth = tf.image.resize(rng.randint(0, 256, [6, 8, 3]), [480, 640], "bicubic")
    smooth = tf.cast(tf.clip_by_value(smooth, 0, 255), tf.uint8)
    pictures["photo.jpg"] = tf.io.encode_jpeg(smooth, quality=92).numpy()
    paths = []
    for name, content in pictures.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    (tmp_path / "none.txt").write_text("dear diary")
    wanted = {one.path: one for one in predict(list(map(str, paths)))}
    with offered(tmp_path / "page") as address:
        page.open(address)
        page.choose("#files", *paths, tmp_path / "none.txt")
        page.until("document.querySelector('#results .failed')")
        page.until(f"document.querySelectorAll('.label').length === {5 * len(paths)}")
        rows = page.value(
            """[...document.querySelectorAll("#results article")].map(card => [
              card.querySelector(".name").textContent,
              [...card.querySelectorAll(".label")].map(row => row.firstChild.textContent),
            ])"""
        )
        assert dict(rows)["none.txt"] == []
        for path in paths:
            top = [one.label for one in wanted[str(path)].top(5)]
            assert dict(rows)[path.name] == top, path.name
            coded = base64.b64encode(path.read_bytes()).decode()
            found = page.value(
                f"(async () => [...await probabilitiesOf(new Blob([Uint8Array.from(atob("
                f"'{coded}'), c => c.charCodeAt(0))]))])()"
            )
            exact = path.suffix == ".png"  # browsers decode a JPEG by another arithmetic
            np.testing.assert_allclose(
                found, wanted[str(path)].probabilities, atol=1e-5 if exact else 1e-2
            )
        assert page.said == [], page.said
    assert not any("http" in one for one in _addresses(tmp_path / "page"))


def _addresses(folder: Path) -> Iterator[str]:
    """What our own files of a page fetch."""
    for name in ("index.html", "asking.js", "preparing.js", "model.js"):
        text = (folder / name).read_text(encoding="utf-8")
        yield from (part for part in text.split('"') if part.startswith("http"))
