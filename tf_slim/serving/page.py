"""The page of a server, on which a person drops or photographs a picture and sees what it shows."""

from __future__ import annotations

import functools
import importlib.resources

from tf_slim.report import asking
from tf_slim.serving.served import Served

SCRIPT = "/page.js"

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; "
    "img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The report's policy, and that the page's own script runs and asks its own server."""


def html(served: Served, about: str) -> str:
    """The text of the page.

    Args:
      served: the model.
      about: a line about it.
    """
    return asking.html(
        f"What {served.name} sees",
        about,
        policy=POLICY.partition("; frame-ancestors")[0],  # which only a header can say
        scripts=[SCRIPT],
        heat_maps=served.heat_maps,
        footer="Pictures are computed by the server that this page comes from, and are not kept.",
    )


@functools.cache
def script() -> str:
    """The script of the page."""
    own = importlib.resources.files("tf_slim.serving").joinpath("page.js").read_text("utf-8")
    return asking.script() + own
