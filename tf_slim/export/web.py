"""A folder that is a web page: the model runs in the browser of whoever looks at it."""

from __future__ import annotations

import importlib.resources
import json
import os

from tf_slim.export import metadata, onnx
from tf_slim.export.browser import recipes, runtime
from tf_slim.export.engines.endings import PREPARING
from tf_slim.export.engines.web import MODEL
from tf_slim.export.errors import ExportError
from tf_slim.export.formats import Options, register
from tf_slim.export.source import Source
from tf_slim.ops import files
from tf_slim.report import asking
from tf_slim.report.markup import Markup, tag

_RUNTIME = "runtime"

# Everything comes from the folder itself, and nothing leaves it.
_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "connect-src 'self'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
    "form-action 'none'"
)


@register("web", quantize=("int8",), modules=onnx.MODULES, extra="onnx", runtime=runtime.find)
def write(source: Source, path: str, options: Options) -> None:
    """Writes a folder with a page, `index.html`, that any server of files can offer.

    On it a person drops or photographs a picture and sees the top classes. The model is an ONNX
    file, which onnxruntime-web runs in the page; that is copied into the folder from an installed
    npm package, and the page fetches nothing from elsewhere. Pictures are prepared in the page as
    the run's preprocessing does in evaluation, and never leave it.

    Args:
      source: the model.
      path: of the folder.
      options: what is asked for.

    Raises:
      ExportError: the model does not tell classes apart, its preprocessing is none that a page
        knows, or ONNX lacks an operation of it.
      MissingExtraError: onnxruntime-web is not installed.

    Examples: see `slim.export.save`.
    """
    package = runtime.find(options.runtime)
    if not source.takes_images or not source.tells_classes:
        raise ExportError(
            f"{source.model.name} takes no pictures or tells no classes apart, so that a page has "
            "nothing to show. Export to onnx."
        )
    recipe = recipes.recipe(source.preprocessing, source.image_size, source.channels)
    os.makedirs(path)
    onnx.write(source, os.path.join(path, MODEL), options)
    metadata.write_beside(path, options.metadata)
    runtime.copy(package, os.path.join(path, _RUNTIME))
    scripts = {"asking.js": asking.script()}
    folder = importlib.resources.files("tf_slim.export.browser")
    for name in (PREPARING, "model.js"):
        scripts[name] = folder.joinpath(name).read_text("utf-8")
    for name, text in scripts.items():
        files.replace_text(os.path.join(path, name), text)
    page = _page(source, recipe, [f"{_RUNTIME}/{runtime.SCRIPT}", *scripts])
    files.replace_text(os.path.join(path, "index.html"), page)


def _page(source: Source, recipe: dict, scripts: list[str]) -> str:
    about = {"recipe": recipe, "labels": source.labels}
    # Within a script element, `</script>` would end it.
    text = json.dumps(about).replace("<", "\\u003c")
    after = "" if source.step is None else f", {source.step} steps"
    return asking.html(
        f"What {source.model.name} sees",
        f"{source.model.name}{after}, computed by this page itself.",
        policy=_POLICY,
        head=[tag("script", Markup(text), type="application/json", id="model")],
        scripts=scripts,
        footer="Pictures stay on this device: the model runs in the page.",
    )
