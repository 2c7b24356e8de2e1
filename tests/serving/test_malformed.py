"""Malformed requests: each is answered with a status from 400 to 499, and with a reason."""

from __future__ import annotations

import base64
import json
import random
import socket

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.conftest import PATIENCE, png
from tf_slim.evaluation.pictures import encoded

pytestmark = pytest.mark.one_seed

PREDICT, CLASSIFY = "/v1/models/lenet-5:predict", "/v1/models/lenet-5:classify"
PICTURE = {"b64": base64.b64encode(png(0)).decode()}
IMAGE = [[[0.0]] * 8] * 8


def instances(*given) -> dict:
    return {"json": {"instances": list(given)}}


# What is sent where, the status, and words of the reason.
TABLE = {
    "nothing": (PREDICT, {}, 400, "is empty"),
    "no JSON": (PREDICT, {"content": b"{"}, 400, "no JSON"),
    "half a JSON": (PREDICT, {"content": b'{"instances": [1, 2'}, 400, "no JSON"),
    "no text": (PREDICT, {"content": bytes(range(128, 200))}, 400, "no JSON"),
    "a list": (PREDICT, {"json": [1]}, 400, "Expected a JSON object; got [1]"),
    "a number of a million digits": (PREDICT, {"content": b"9" * 100_000}, 400, "no JSON"),
    "too deep": (PREDICT, {"content": b'{"instances":' + b"[" * 90_000}, 400, "too deeply"),
    "no instances": (PREDICT, {"json": {}}, 400, '"instances"'),
    "both": (PREDICT, {"json": {"instances": [1], "inputs": [1]}}, 400, "one of"),
    "a near word": (PREDICT, {"json": {"instance": [PICTURE]}}, 400, "Did you mean 'instances'"),
    "none": (PREDICT, instances(), 400, "at least one"),
    "null": (PREDICT, {"json": {"instances": None}}, 400, "at least one"),
    "an object of them": (PREDICT, {"json": {"instances": {"b64": "AAAA"}}}, 400, "at least one"),
    "a signature": (
        PREDICT,
        {"json": {"instances": [PICTURE], "signature_name": "tpu"}},
        400,
        'there is no "tpu" here. Known: serving_default, images',
    ),
    "a signature that is no name": (
        PREDICT,
        {"json": {"instances": [PICTURE], "signature_name": [1]}},
        400,
        "there is no [1]",
    ),
    "a picture for images": (
        PREDICT,
        {"json": {"instances": [PICTURE], "signature_name": "images"}},
        400,
        "takes prepared images",
    ),
    "no base 64": (PREDICT, instances({"b64": "%%%%"}), 400, "instances[0]: this is no base 64"),
    "other letters": (PREDICT, instances({"b64": "äöü"}), 400, "no base 64"),
    "half of base 64": (PREDICT, instances(PICTURE, {"b64": "AAA"}), 400, "instances[1]: this is"),
    "an empty one": (PREDICT, instances({"b64": ""}), 400, "it is empty"),
    "a number for base 64": (PREDICT, instances({"b64": 5}), 400, "a picture in base 64"),
    "more than base 64": (PREDICT, instances({**PICTURE, "x": 1}), 400, "a picture in base 64"),
    "no picture": (
        PREDICT,
        instances(PICTURE, {"b64": "AAAA"}),
        400,
        "picture 1: it is not a JPEG, PNG",
    ),
    "half a picture": (
        PREDICT,
        instances({"b64": base64.b64encode(png(0)[:60]).decode()}),
        400,
        "truncated",
    ),
    "another input": (PREDICT, instances({"x": PICTURE}), 400, 'the one input "image_bytes"'),
    "two inputs": (PREDICT, instances({"images": 1, "image_bytes": 1}), 400, "the one input"),
    "both kinds": (PREDICT, instances(PICTURE, IMAGE), 400, "cannot stand in one request"),
    "a path": (PREDICT, instances("/etc/passwd"), 400, "expected prepared images"),
    "a path in base 64's place": (PREDICT, instances({"b64": "/etc/passwd"}), 400, "base 64"),
    "one image, not a batch": (PREDICT, {"json": {"instances": IMAGE}}, 400, "got [8, 8, 1]"),
    "of another size": (PREDICT, instances([[[0.0]] * 9] * 8), 400, "got [1, 8, 9, 1]"),
    "ragged": (PREDICT, instances([[[0.0]] * 8] * 7 + [[[0.0]]]), 400, "expected prepared images"),
    "words": (PREDICT, instances([[["a"]] * 8] * 8), 400, "they are not"),
    "objects": (PREDICT, instances([[[{}]] * 8] * 8), 400, "they are not"),
    "no finite numbers": (
        PREDICT,
        {"content": json.dumps({"instances": [[[[float("nan")]] * 8] * 8]})},
        400,
        "finite",
    ),
    "too large a number": (
        PREDICT,
        {"content": json.dumps({"instances": [IMAGE]}).replace("0.0", "1e999", 1)},
        400,
        "finite",
    ),
    "too many": (PREDICT, instances(*[PICTURE] * 65), 413, "several requests"),
    "a column of none": (PREDICT, {"json": {"inputs": {"images": []}}}, 400, "at least one"),
    "a column by another name": (PREDICT, {"json": {"inputs": {"x": [IMAGE]}}}, 400, "images"),
    "no examples": (CLASSIFY, {"json": {}}, 400, "examples: expected a list"),
    "an example that is none": (CLASSIFY, {"json": {"examples": [3]}}, 400, "examples[0]"),
    "two features": (CLASSIFY, {"json": {"examples": [{"a": 1, "b": 2}]}}, 400, "one feature"),
    "a feature of numbers": (CLASSIFY, {"json": {"examples": [{"a": [1, 2]}]}}, 400, "base 64"),
    "a context": (CLASSIFY, {"json": {"examples": [{}], "context": 3}}, 400, "context:"),
    "the wrong form": (CLASSIFY, instances(PICTURE), 400, "Known: signature_name, context"),
    "another verb": ("/v1/models/lenet-5:regress", {}, 404, "knows :predict and :classify"),
    "another model": ("/v1/models/vgg:predict", {}, 404, "The one that is: lenet-5"),
    "another version": ("/v1/models/lenet-5/versions/8:predict", {}, 404, "The one that is: 7"),
    "no version": ("/v1/models/lenet-5/versions/x:predict", {}, 404, "no version x"),
    "no place": ("/v1/model/lenet-5", {}, 404, "nothing at"),
    "up": ("/v1/models/../../etc/passwd", {}, 404, "nothing at"),
    "a page that is only read": ("/", {}, 405, "does not know the method POST"),
    "counts": ("/metrics", {}, 405, "does not know the method POST"),
    "no picture at all": ("/predict", {}, 400, "is empty"),
    "a text": ("/predict", {"content": b"dear diary"}, 400, "The picture is not a JPEG"),
    "a PDF": ("/predict", {"content": b"%PDF-1.7 ..."}, 400, "is a PDF"),
    "JSON": ("/predict", {"json": {"instances": []}}, 415, "send the file as it is"),
    "a form without a file": (
        "/predict",
        {"files": {"a": (None, "b")}},
        400,
        "no file in the form",
    ),
    "a form of two files": ("/predict", {"files": {"a": b"b", "c": b"d"}}, 400, "Too many files"),
    "a form that is none": (
        "/predict",
        {"content": b"abc", "headers": {"Content-Type": "multipart/form-data"}},
        400,
        "boundary",
    ),
    "an empty file": ("/predict", {"files": {"a": b""}}, 400, "is empty"),
    "a number of labels": ("/predict?top=-1", {"content": png(0)}, 400, "top: expected a number"),
    "no number": ("/predict?heat_map=yes", {"content": png(0)}, 400, "heat_map: expected"),
    "too many bytes": ("/predict", {"content": bytes(200_001)}, 413, "200.0 kB at most"),
    "too many pixels": (
        "/predict",
        {"content": encoded(np.zeros([1001, 1000, 1], np.uint8))},
        400,
        "max_pixels",
    ),
    "a bomb": (
        "/predict",
        {"content": png(0)[:16] + (60_000).to_bytes(4, "big") * 2 + png(0)[24:]},
        400,
        "is a PNG of 60000x60000 pixels",
    ),
}


def checked(response, status: int | None = None) -> str:
    assert 400 <= response.status_code < 500, (response.status_code, response.text)
    assert status in (None, response.status_code), response.text
    assert response.headers["content-type"] == "application/json"
    ((key, reason),) = response.json().items()
    assert key == "error" and len(reason) > 10
    assert "Traceback" not in reason and "{{node" not in reason
    return reason


@pytest.mark.parametrize("what", TABLE)
def test_it_is_refused_with_a_reason(client, what):
    path, kwargs, status, words = TABLE[what]
    assert words in checked(client.post(path, **kwargs), status)


KEYS = st.sampled_from(["b64", "images", "image_bytes", "x", ""]) | st.text(max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
FIELDS = st.sampled_from(["instances", "inputs", "examples", "context", "signature_name", "x"])


@settings(
    max_examples=70, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.sampled_from([PREDICT, CLASSIFY]), body=st.dictionaries(FIELDS, JSON) | JSON)
def test_json_that_asks_nothing(client, path, body):
    checked(client.post(path, content=json.dumps(body)))


@settings(
    max_examples=45, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(start=st.sampled_from([b"", png(0)[:20], b"\xff\xd8\xff", b"GIF89a"]), rest=st.binary())
def test_bytes_that_are_no_picture(client, start, rest):
    checked(client.post("/predict", content=start + rest))


def test_a_picture_with_faults_is_refused_or_read(client):
    rng = random.Random(0)
    whole = png(0)
    for _ in range(20):
        content = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        response = client.post("/predict", content=bytes(content))
        if response.status_code != 200:
            checked(response, 400)


RAW = {
    "no HTTP": b"hello\r\n\r\n",
    "a wrong length": b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
    "two lengths": b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\n"
    b"Content-Length: 2\r\n\r\nab",
    "no host": b"POST /predict HTTP/1.1\r\n\r\n",
    "a wrong chunk": b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a huge length": b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    b"Expect: 100-continue\r\nContent-Length: 99999999999999999999\r\n\r\n",
}


@pytest.mark.parametrize("what", RAW)
def test_what_is_not_even_http(address, what):
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(RAW[what])
        answer = b""
        while part := connection.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 4"), answer
    assert answer.partition(b"\r\n\r\n")[2]


def test_the_server_is_well_after_all_that(client, predictor):
    found = client.post("/predict", content=png(1)).json()["labels"][0]
    assert found["label"] == predictor(png(1)).label
