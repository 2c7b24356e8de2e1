"""NASNets and PNASNets whole: a file of their own, so that another process can take them."""

from __future__ import annotations

import pytest

from tests.goldens import loader
from tests.goldens.test_nets import check, net_parameters, release

__all__ = ["release"]


@pytest.mark.parametrize(("key", "case", "mode"), net_parameters(cells=True))
def test_net(key: str, case: loader.Case, mode: str):
    check(key, case, mode)
