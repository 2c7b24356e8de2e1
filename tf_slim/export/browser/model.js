// Behind asking.js and preparing.js: a model that is computed in the page itself. Pictures go
// nowhere.
"use strict";

const about = JSON.parse(document.getElementById("model").textContent);
const MOST_LABELS = 5;

ort.env.wasm.wasmPaths = new URL("runtime/", document.baseURI).href;
// Several threads need memory that they share, which only some pages may have.
if (!globalThis.crossOriginIsolated) ort.env.wasm.numThreads = 1;

async function loaded() {
  let content;
  try {
    const response = await fetch("model.onnx");
    if (!response.ok) throw new Error(`status ${response.status}`);
    content = await response.arrayBuffer();
  } catch (error) {
    const hint =
      location.protocol === "file:"
        ? "A browser loads it from a server only: python -m http.server, in the folder of the page."
        : error.message;
    throw new Error(`The model cannot be loaded. ${hint}`);
  }
  return ort.InferenceSession.create(content, { executionProviders: ["wasm"] });
}

const session = loaded();
session.catch((error) => {
  const text = document.createElement("p");
  text.className = "failed";
  text.textContent = error.message;
  document.getElementById("results").before(text);
});

async function pixelsOf(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, {
      imageOrientation: "from-image",
      colorSpaceConversion: "none",
    });
  } catch {
    throw new Error(`${file.name || "This"} is no picture that this browser knows.`);
  }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

async function probabilitiesOf(file) {
  const { data, height, width } = prepare(about.recipe, await pixelsOf(file));
  const images = new ort.Tensor("float32", data, [1, height, width, about.recipe.channels]);
  const outputs = await (await session).run({ images }, ["probabilities"]);
  return outputs.probabilities.data;
}

askAbout(async (file) => {
  const labels = Array.from(await probabilitiesOf(file), (probability, i) => ({
    label: about.labels ? about.labels[i] : String(i),
    probability,
  }));
  labels.sort((a, b) => b.probability - a.probability);
  return { labels: labels.slice(0, MOST_LABELS) };
});
