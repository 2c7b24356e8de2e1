"""NumPy's old names, for the program alone."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tf_slim.legacy import source
from tf_slim.legacy.numpy1 import methods, names, numpy1, old_numpy, starred
from tf_slim.legacy.numpy1.functions import allow_pickle


@pytest.fixture
def old():
    numpy1.cache_clear()
    yield numpy1()
    numpy1.cache_clear()


@pytest.mark.parametrize(
    ("name", "meaning"), [("int", int), ("float", float), ("object", object), ("unicode", str)]
)
def test_old_names_with_one_warning_each(old, name, meaning):
    with pytest.warns(FutureWarning, match=f"np.{name} is gone") as caught:
        assert getattr(old, name) is meaning
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert getattr(old, name) is meaning
    assert name not in vars(np)


def test_bool_and_long_are_python_s(old):
    # NumPy 2 has these names again, for types of its own.
    assert isinstance(True, old.bool) and isinstance(3, old.long)
    assert np.zeros(1, old.bool).dtype == np.bool_


def test_all_else_is_numpy(old):
    assert old.ndarray is np.ndarray
    assert old.random is np.random
    assert "linspace" in dir(old)
    with pytest.raises(AttributeError):
        _ = old.unheard_of


def objects(*values):
    made = np.empty(len(values), object)
    made[:] = values
    return made


# What NumPy 1.18.5 gave for each of these lines, written for today's NumPy.
LINES = {
    "np.fromstring(b'\\x01\\x00\\x02\\x00', np.int16)": np.array([1, 2], np.int16),
    "np.fromstring(b'abcd', np.uint8, 2)": np.array([97, 98], np.uint8),
    "np.fromstring('ab', np.uint8)": np.array([97, 98], np.uint8),
    "np.fromstring(b'', np.uint8)": np.zeros(0, np.uint8),
    "np.fromstring('1 2', sep=' ')": np.array([1.0, 2.0]),
    "np.reshape(np.arange(4), newshape=[2, 2])": np.array([[0, 1], [2, 3]]),
    "np.reshape([1, 2], (2, 1))": np.array([[1], [2]]),
    "np.array([1, 2], copy=False)": np.array([1, 2]),
    "np.array(np.zeros(2), np.int32, copy=False)": np.zeros(2, np.int32),
    "np.array([[1, 2], [3]])": objects([1, 2], [3]),
    "np.asarray([[[1, 2], [3, 4]], [[5, 6]]])": objects([[1, 2], [3, 4]], [[5, 6]]),
    "np.shape([[1, 2], [3]])": (2,),
    "np.max([[1, 2], [3]])": [3],
    "np.sum([[1, 2], [3]])": [1, 2, 3],
    "np.array([300, -1], np.uint8)": np.array([44, 255], np.uint8),
    "np.full(2, -1, np.uint32)": np.full(2, 2**32 - 1, np.uint32),
    "np.in1d([[1, 2], [3, 4]], [2, 3], invert=True)": np.array([True, False, False, True]),
    "np.trapz([1, 2, 3], dx=2)": 8.0,
    "np.infty, np.PINF, np.NINF, np.Inf": (np.inf, np.inf, -np.inf, np.inf),
    "np.mat('1 2; 3 4')": np.matrix([[1, 2], [3, 4]]),
    "np.asfarray([1, 2], dtype='int32')": np.array([1.0, 2.0]),
    "np.asfarray([1, 2], dtype='float32')": np.array([1, 2], np.float32),
    "np.cast['float32'](3)": np.array(3, np.float32),
    "np.cast[np.int32]([1.5])": np.array([1], np.int32),
    "np.nbytes[np.float32], np.nbytes['f8']": (4, 8),
    "np.product([2, 3]), np.sometrue([0, 1])": (6, True),
    "np.msort([[3, 1], [1, 2]])": np.array([[1, 1], [3, 2]]),
    "np.alen([1, 2]), np.asscalar(np.array([3]))": (2, 3),
    "np.find_common_type([np.float32], [np.int64, np.float64])": np.dtype("float32"),
    "np.find_common_type([], ['i4', 'f8'])": np.dtype("float64"),
    "np.obj2sctype(np.zeros(1)), np.obj2sctype('zz')": (np.float64, None),
    "np.issctype(np.float32), np.issctype(1), np.issubclass_(1, int)": (True, False, False),
    "np.sctype2char('float32'), np.maximum_sctype(np.int8)": ("f", np.int64),
    "np.nonzero(np.array(3))[0], np.where(np.array(0))[0]": (np.array([0]), np.zeros(0, int)),
    "np.bincount([1, 2], minlength=None)": np.array([0, 1, 1]),
    "np.corrcoef([1, 2, 3], [2, 4, 6], bias=True)": np.ones([2, 2]),
    "np.histogram([1, 2, 2, 2], bins=2, range=(1, 2), normed=True)[0]": np.array([0.5, 1.5]),
    "np.percentile([1, 2, 3], 40, interpolation='lower')": 1,
    "np.vstack(np.zeros(1) for _ in range(2))": np.zeros([2, 1]),
    "np.stack(map(np.zeros, [2, 2]))": np.zeros([2, 2]),
    "np.sum(x for x in [1, 2])": 3,
    "np.linspace(0, 1, 3.0)": np.array([0, 0.5, 1]),
    "np.lib.pad([1], 1, 'constant')": np.array([0, 1, 0]),
    "np.lib.function_base.trapz([1, 2])": 1.5,
    "np.linalg.linalg.norm([3.0, 4.0])": 5.0,
    "np.lib.stride_tricks.as_strided(np.arange(2), [2])": np.arange(2),
    "np.issubdtype(np.float32, float), np.issubdtype(np.int32, np.int)": (True, True),
    "np.issubdtype(np.float32, 'int'), np.issubdtype(np.int8, np.int32)": (False, False),
    "np.issubdtype(np.float32, np.dtype('float64'))": False,
    "np.can_cast(300, np.uint8), np.can_cast(3, np.uint8)": (False, True),
    "np.meshgrid([1], [2])": [np.array([[1]]), np.array([[2]])],
    "np.linalg.solve(np.eye(2) + np.zeros([2, 2, 2]), [[1, 2], [3, 4]])": np.array(
        [[1.0, 2.0], [3.0, 4.0]]
    ),
    "np.linalg.lstsq([[1.0, 0], [0, 3e-16]], [0.0, 1.0])[0]": np.array([0, 1 / 3e-16]),
    "np.typeDict['f4'], np.argsort([[3], [1, 2]])": (np.float32, np.array([1, 0])),
    "np.math.floor(1.5), np.safe_eval('[1]')": (1, [1]),
    "np.set_printoptions(threshold=np.nan)": None,
    "np.arange(4).ptp(), np.float32(1).tostring()": (3, b"\x00\x00\x80?"),
    "np.ndarray.tostring(np.zeros(1, np.uint8))": b"\x00",
    "np.arange(4, dtype='>i2').newbyteorder().dtype": np.dtype("<i2"),
    "float(np.array([[3.5]])), int(np.array(['3'])), int('3'), int('11', 2)": (3.5, 3, 3, 3),
    "'%d %s %.1f' % (np.array([3.7]), np.array([1.0]), np.array([[2.0]]))": "3 [1.] 2.0",
    "'%(a)d, %%' % {'a': np.array([3])}": "3, %",
    "'%d' % np.array([3])": "3",
}


def same(got, expected):
    if isinstance(expected, tuple):
        return len(got) == len(expected) and all(map(same, got, expected))
    if isinstance(expected, np.ndarray) and expected.dtype != object:
        close = np.allclose if expected.dtype.kind == "f" else np.array_equal
        return type(got) is type(expected) and got.dtype == expected.dtype and close(got, expected)
    if isinstance(expected, np.ndarray):
        return got.dtype == object and got.tolist() == expected.tolist()
    return got == expected


def run(text, tmp_path, **scope):
    path = tmp_path / "program.py"
    path.write_text(text)
    scope[source.HELPER] = methods
    exec(source.compiled(path), scope)
    return scope


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    text = "".join(f"def line_{index}():\n    return {line}\n" for index, line in enumerate(LINES))
    scope = run(text, tmp_path_factory.mktemp("lines"), np=numpy1())
    return {line: scope[f"line_{index}"] for index, line in enumerate(LINES)}


@pytest.mark.filterwarnings("ignore:np.:FutureWarning")
@pytest.mark.parametrize("line", LINES)
def test_lines_of_old_programs(line, results):
    with np.printoptions():
        assert same(results[line](), LINES[line])


def test_writing_into_arrays(tmp_path):
    scope = run(
        "a = np.zeros([2, 2])\na.itemset(3, 1)\na.itemset((0, 1), 2)\na.itemset(1, 0, 3)\n"
        "kept = np.fromstring(b'ab', np.uint8)\nkept[0] = 1\n",
        tmp_path,
        np=numpy1(),
    )
    assert scope["a"].tolist() == [[0, 2], [3, 1]]
    assert scope["kept"].tolist() == [1, 98]


@pytest.mark.parametrize(
    "line",
    [
        "np.array([[1, 2], [3]], np.float32)",
        "np.fromstring(b'abc', np.uint16)",
        "'%d' % np.array([3, 4])",
        "float(np.zeros(2))",
        "[].tostring()",
        "np.unheard_of()",
    ],
)
def test_what_was_refused_is_refused(line, tmp_path):
    with pytest.raises((AttributeError, TypeError, ValueError)):
        run(line, tmp_path, np=numpy1())


@pytest.mark.filterwarnings("ignore:np.:FutureWarning")
@pytest.mark.parametrize("name", [*names.RENAMED, *names.VALUES, *names.EXCEPTIONS])
def test_every_old_name_is_there(name):
    assert getattr(numpy1(), name) is not None


def test_modules():
    assert old_numpy("numpy.lib.arraysetops").unique is np.unique
    assert old_numpy("numpy.random") is np.random
    with pytest.raises(ImportError):
        old_numpy("numpy.lib.unheard_of")


def test_star():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert starred().infty == np.inf
    assert not hasattr(starred(), "int") and starred().linspace


def test_pickles_only_when_asked_for(tmp_path, old):
    old.save(tmp_path / "d.npy", {"conv1": 1})
    old.savez(tmp_path / "ragged.npz", weights=[[1, 2], [3]])
    for load in (
        lambda **how: old.load(tmp_path / "d.npy", **how).item(),
        lambda **how: old.load(tmp_path / "ragged.npz", **how)["weights"],
    ):
        with pytest.raises(ValueError, match="allow_pickle=False"):
            load()
        try:
            allow_pickle(True)
            assert len(load()) in (1, 2)
            with pytest.raises(ValueError, match="allow_pickle=False"):
                load(allow_pickle=False)
        finally:
            allow_pickle(False)
        assert len(load(allow_pickle=True)) in (1, 2)


def test_errors_show_the_program_s_own_line(tmp_path):
    with pytest.raises(ZeroDivisionError) as caught:
        run("a = np.zeros(1)\n\nb = float(a) / int(\n    a)\n", tmp_path, np=np)
    assert caught.traceback[-1].lineno == 2
