// Takes the pictures that a person gives, one after the other, and shows what is found in each.
// What comes behind calls askAbout(ask): `ask(file)` promises {labels, image, heat_map}, the images
// only where there are some.
"use strict";

const results = document.getElementById("results");
const MOST_SHOWN = 24;
let before = Promise.resolve();
let ask = null;

function made(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function image(source, className, alt) {
  const element = made("img", className);
  element.alt = alt;
  element.src = source;
  return element;
}

function card(file) {
  const article = made("article", "picture");
  const stack = made("div", "stack");
  const address = URL.createObjectURL(file);
  const shown = image(address, "", file.name || "picture");
  shown.addEventListener("error", () => shown.remove()); // a format that the browser does not know
  stack.append(shown);
  article.append(stack, made("p", "name", file.name), made("p", "soft", "…"));
  results.prepend(article);
  while (results.children.length > MOST_SHOWN) results.lastElementChild.remove();
  return { article, stack, address };
}

function label(one) {
  const row = made("div", "label");
  const percent = 100 * one.probability;
  const bar = made("div", "bar");
  const filled = made("i");
  filled.style.width = `${percent}%`;
  bar.append(filled);
  row.append(made("span", "", one.label), made("span", "", `${percent.toFixed(1)} %`), bar);
  return row;
}

function show(there, answer) {
  const { article, stack } = there;
  if (answer.image) {
    const best = answer.labels.length ? answer.labels[0].label : "";
    stack.replaceChildren(
      image(answer.image, "seen", "as the model is given it"),
      image(answer.heat_map, "seen warm", `where the model saw ${best}`),
    );
  }
  article.lastElementChild.replaceWith(...answer.labels.map(label));
}

async function predict(file, there) {
  try {
    show(there, await ask(file));
  } catch (error) {
    there.article.lastElementChild.replaceWith(made("p", "failed", error.message));
  } finally {
    if (there.stack.querySelector(".seen")) URL.revokeObjectURL(there.address);
  }
}

function take(files) {
  for (const file of files) {
    const there = card(file);
    before = before.then(() => predict(file, there));
  }
}

function askAbout(how) {
  ask = how;
  for (const input of document.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      take([...input.files]);
      input.value = ""; // so that the same picture can be given again
    });
  }
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    take([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => take([...event.clipboardData.files]));
}
