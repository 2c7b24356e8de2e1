// Behind asking.js: pictures are sent to the server that the page comes from.
"use strict";

const MOST_TRIES = 5;

async function reason(response) {
  try {
    return (await response.json()).error;
  } catch {
    return `The server answered with status ${response.status}.`;
  }
}

async function sent(file) {
  try {
    return await fetch("predict?heat_map=1", {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: file,
    });
  } catch {
    throw new Error("The server cannot be reached.");
  }
}

askAbout(async (file) => {
  for (let number = 1; ; number++) {
    const response = await sent(file);
    if (response.ok) return response.json();
    if (response.status !== 503 || number === MOST_TRIES) throw new Error(await reason(response));
    const seconds = Number(response.headers.get("Retry-After")) || 1;
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  }
});
