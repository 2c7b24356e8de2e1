"""What a server answers: the page, pictures, TensorFlow Serving's forms, health and counts."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

import tf_slim as slim
from tests.serving.conftest import LABELS, get, options, photograph, png, post, serving
from tf_slim.report.images import data_uri

pytestmark = pytest.mark.one_seed

MODEL = "/v1/models/lenet-5"


def b64(content: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(content).decode()}


def scored(found) -> dict[str, float]:
    return {one["label"]: one["probability"] for one in found}


def near(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)


WAYS = {
    "as it is": {"content": png(3)},
    "as a form": {"files": {"any": ("a.png", png(3))}},
    "as a form of curl, with more": {"files": {"picture": png(3)}, "data": {"more": "x"}},
    "with a type": {"content": png(3), "headers": {"Content-Type": "image/png"}},
}


@pytest.mark.parametrize("way", WAYS)
def test_one_picture_is_sent_in_many_ways(client, predictor, way):
    response = client.post("/predict", params={"top": 3}, **WAYS[way])
    assert response.status_code == 200, response.text
    wanted = predictor(png(3)).top(3)
    assert [one["label"] for one in response.json()["labels"]] == [one.label for one in wanted]
    near([one["probability"] for one in response.json()["labels"]], [p for _, p in wanted])
    assert "image" not in response.json()


def test_a_heat_map_comes_when_it_is_asked_for(client, predictor):
    found = client.post("/predict?heat_map=1", content=png(4)).json()
    (wanted,) = predictor.stream(png(4), heat_maps=True)
    assert found["image"] == data_uri(wanted.image, side=320)
    assert found["heat_map"] == data_uri(wanted.image, wanted.heat_map, side=320)
    assert len(found["labels"]) == len(LABELS)


def test_a_photograph_is_turned_and_made_smaller(client, predictor):
    content = photograph(640, 480)
    found = scored(client.post("/predict", content=content).json()["labels"])
    near([found[label] for label in LABELS], predictor(content).probabilities)


def test_rows_and_columns_of_encoded_pictures(client, predictor):
    pictures = [png(seed) for seed in range(5)]
    wanted = [one.labels for one in predictor(pictures)]
    named = [{"image_bytes": b64(one)} for one in pictures]
    bodies = [
        {"instances": [b64(one) for one in pictures]},
        {"instances": named, "signature_name": "serving_default"},
        {"inputs": [b64(one) for one in pictures]},
        {"inputs": {"image_bytes": [b64(one) for one in pictures]}, "signature_name": ""},
    ]
    for body in bodies:
        response = client.post(f"{MODEL}:predict", json=body)
        assert response.status_code == 200, response.text
        found = response.json()
        if "instances" in body:
            rows = found["predictions"]
        else:
            columns = found["outputs"]
            rows = [dict(zip(columns, row)) for row in zip(*columns.values())]
        assert [row["classes"] for row in rows] == [[one.label for one in row] for row in wanted]
        near([row["scores"] for row in rows], [[one.probability for one in row] for row in wanted])


def test_prepared_images(client, predictor):
    reads = [predictor.read(png(seed)) for seed in range(3)]
    images = np.stack([one.image for one in reads])
    wanted = predictor.compute(images)["probabilities"]
    named = [{"images": one.tolist()} for one in images]
    for version in ("", "/versions/7"):
        for body in (
            {"instances": images.tolist()},
            {"instances": named, "signature_name": "images"},
        ):
            found = client.post(f"{MODEL}{version}:predict", json=body).json()["predictions"]
            near([one["probabilities"] for one in found], wanted)
    body = {"inputs": {"images": images.tolist()}, "signature_name": "images"}
    near(client.post(f"{MODEL}:predict", json=body).json()["outputs"]["probabilities"], wanted)


def test_examples_are_classified(client, predictor):
    pictures = [png(seed) for seed in range(3)]
    wanted = [one.labels for one in predictor(pictures)]
    bodies = [
        {"examples": [{"image/encoded": b64(one)} for one in pictures]},
        {"examples": [{"x": [b64(one)]} for one in pictures], "context": {}},
    ]
    for body in bodies:
        found = client.post(f"{MODEL}:classify", json=body).json()["results"]
        assert [[label for label, _ in row] for row in found] == [
            [one.label for one in row] for row in wanted
        ]
        near([[p for _, p in row] for row in found], [[p for _, p in row] for row in wanted])
    common = {"context": {"x": b64(pictures[0])}, "examples": [{}]}
    (row,) = client.post(f"{MODEL}:classify", json=common).json()["results"]
    assert row[0][0] == found[0][0][0]


def test_status_and_metadata(client):
    for path in (MODEL, f"{MODEL}/versions/7"):
        (version,) = client.get(path).json()["model_version_status"]
        assert (version["version"], version["state"]) == ("7", "AVAILABLE")
        assert version["status"] == {"error_code": "OK", "error_message": ""}
    found = client.get(f"{MODEL}/metadata").json()
    assert found["model_spec"] == {"name": "lenet-5", "signature_name": "", "version": "7"}
    signatures = found["metadata"]["signature_def"]["signature_def"]
    assert sorted(signatures) == ["images", "serving_default"]
    given = signatures["images"]["inputs"]["images"]
    assert given["dtype"] == "DT_FLOAT"
    assert [one["size"] for one in given["tensor_shape"]["dim"]] == ["-1", "8", "8", "1"]
    assert signatures["serving_default"]["inputs"]["image_bytes"]["dtype"] == "DT_STRING"


def test_health_and_counts(client):
    assert client.get("/healthz").text == "ok\n"
    before = counted(client)
    for _ in range(3):
        client.post("/predict", content=png(0))
    client.post("/predict", content=b"no picture")
    client.get("/some/thing/else")
    after = counted(client)
    grown = {key: after[key] - before.get(key, 0) for key in after}
    assert grown['tf_slim_requests_total{path="/predict",status="200"}'] == 3
    assert grown['tf_slim_requests_total{path="/predict",status="400"}'] == 1
    assert grown['tf_slim_requests_total{path="other",status="404"}'] == 1
    assert grown["tf_slim_batch_pictures_sum"] == 3
    assert grown['tf_slim_request_seconds_count{path="/predict"}'] == 4
    assert after["tf_slim_accepted_pictures"] == 0
    assert client.get("/metrics").headers["content-type"].startswith("text/plain; version=")


def counted(client) -> dict[str, float]:
    rows = client.get("/metrics").text.splitlines()
    pairs = [row.rpartition(" ") for row in rows if not row.startswith("#")]
    return {name: float(value) for name, _, value in pairs}


@pytest.mark.parametrize("path", ["/", "/page.js", "/healthz", "/nowhere", "/predict"])
def test_every_answer_has_the_headers_of_a_careful_server(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


def test_the_page_escapes_and_runs_no_script_but_its_own(client):
    response = client.get("/")
    assert "A &lt;net&gt;." in response.text
    assert "<script" in response.text and "<script>" not in response.text
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
    assert 'capture="environment"' in response.text


STRANGERS = {
    "a name that is made to lead here": ({"Host": "evil.example"}, 421, "--allow-host"),
    "no name": ({"Host": ""}, 421, "not called"),
    "a page of somebody else": ({"Origin": "https://evil.example"}, 403, "--cors"),
    "a page without an origin": ({"Origin": "null"}, 403, "--cors"),
    "a name that is allowed": ({"Host": "LENET.example:80"}, 200, "labels"),
    "a page of its own": (
        {"Origin": "http://lenet.example", "Host": "lenet.example"},
        200,
        "labels",
    ),
}


@pytest.mark.parametrize("who", STRANGERS)
def test_who_may_ask(client, who):
    headers, status, words = STRANGERS[who]
    response = client.post("/predict", content=png(0), headers=headers)
    assert (response.status_code, words in response.text) == (status, True), response.text


def test_pages_of_others_may_ask_when_they_are_named(predictor):
    served = slim.serving.Served(predictor, "m")
    with serving(served, origins=["https://good.example"]) as address:
        good = {"Origin": "https://good.example"}
        response = post(f"{address}/predict", content=png(0), headers=good)
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == "https://good.example"
        assert "cross-origin-resource-policy" not in response.headers
        bad = {"Origin": "https://bad.example"}
        assert post(f"{address}/predict", content=png(0), headers=bad).status_code == 403
        asked = {**good, "Access-Control-Request-Method": "POST"}
        assert options(f"{address}/predict", headers=asked).status_code == 200


def test_a_name_stands_in_an_address(predictor):
    for name in ("", "a/b", "ä", "a:b", "-a"):
        with pytest.raises(ValueError, match="name: expected letters"):
            slim.serving.Served(predictor, name)


def test_a_model_without_heat_maps_says_why(predictor):
    model = slim.Model(lambda images: slim.fully_connected(slim.flatten(images), 5, scope="fc"))
    model.build([None, 8, 8, 1])
    flat = slim.Predictor(model, preprocess="digits", image_size=8, channels=1, labels=LABELS)
    served = slim.serving.Served(flat, "flat")
    assert "no feature map" in str(served.warm_up())
    with serving(served) as address:
        found = post(f"{address}/predict?heat_map=1", content=png(0)).json()
        assert "heat_map" not in found and len(found["labels"]) == 5
        assert "where it looks" not in get(address).text


def test_probabilities_that_are_none_are_an_error_of_the_server(predictor):
    model = slim.nets.create("lenet", 5).build([None, 8, 8, 1])
    model.variables[-1].assign(np.full([5], np.nan))
    broken = slim.Predictor(model, preprocess="digits", image_size=8, channels=1)
    served = slim.serving.Served(broken, "broken")
    with serving(served) as address:
        response = post(f"{address}/predict", content=png(0))
        assert response.status_code == 500
        assert "no finite probabilities" in json.loads(response.text)["error"]


def test_an_exported_file_is_served_without_heat_maps(predictor, tmp_path):
    options = {"preprocess": "digits", "image_size": 8, "channels": 1, "labels": LABELS}
    path = tmp_path / "net.onnx"
    slim.export.save(predictor.model, path, **options, verify=False)
    served = slim.serving.Served(slim.Predictor(path), "net")
    assert "nothing inside can be seen" in str(served.warm_up())
    with serving(served) as address:
        found = post(f"{address}/predict?heat_map=1", content=png(2)).json()
    assert "image" not in found
    near([one["probability"] for one in found["labels"]], [p for _, p in predictor(png(2)).labels])
