// Pictures as the net is given them in evaluation: what tf_slim.data.preprocessing does, step by
// step. A picture is {data, height, width}, with `channels` numbers a pixel, row by row.
"use strict";

// To the nearest integer, of two equally near to the even one.
function rint(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

// What a canvas gives, red, green, blue and alpha, with the channels that the net takes. As long as
// it has the size of a photograph it stays one octet a number.
function withChannels({ data, height, width }, channels) {
  const count = height * width;
  const made = new Uint8Array(count * channels);
  for (let i = 0; i < count; i++) {
    if (channels === 1) {
      const [red, green, blue] = [data[4 * i], data[4 * i + 1], data[4 * i + 2]];
      made[i] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    } else {
      for (let c = 0; c < channels; c++) made[channels * i + c] = data[4 * i + c];
    }
  }
  return { data: made, height, width };
}

function part(picture, channels, top, left, height, width) {
  const made = new picture.data.constructor(height * width * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * picture.width + left) * channels;
    made.set(picture.data.subarray(from, from + width * channels), y * width * channels);
  }
  return { data: made, height, width };
}

// Of each row and each column of the result, what of the picture it is made of.
function eachWay(picture, height, width, source) {
  const sides = [
    [picture.height, height],
    [picture.width, width],
  ];
  return sides.map(([from, to]) => {
    const scale = Math.fround(from / to);
    return Array.from({ length: to }, (_, i) => source(i, from, scale));
  });
}

// Bilinear, with the corners of pixels at whole numbers, as TensorFlow 1 did it.
function resize(picture, channels, height, width) {
  const made = new Float32Array(height * width * channels);
  const alongs = eachWay(picture, height, width, (i, from, scale) => {
    const at = Math.fround(i * scale);
    const low = Math.min(Math.floor(at), from - 1);
    return [low, Math.min(low + 1, from - 1), at - low];
  });
  const value = (y, x, c) => picture.data[(y * picture.width + x) * channels + c];
  alongs[0].forEach(([top, bottom, down], y) => {
    alongs[1].forEach(([left, right, across], x) => {
      for (let c = 0; c < channels; c++) {
        const above = value(top, left, c) + (value(top, right, c) - value(top, left, c)) * across;
        const below =
          value(bottom, left, c) + (value(bottom, right, c) - value(bottom, left, c)) * across;
        made[(y * width + x) * channels + c] = above + (below - above) * down;
      }
    });
  });
  return { data: made, height, width };
}

// Each pixel is the mean of those that it stands for.
function resizeByArea(picture, channels, height, width) {
  const made = new Float32Array(height * width * channels);
  const alongs = eachWay(picture, height, width, (i, from, scale) => {
    const [begin, end] = [Math.fround(i * scale), Math.fround((i + 1) * scale)];
    const shares = [];
    for (let at = Math.floor(begin); at < Math.ceil(end); at++) {
      const share = Math.min(at + 1, end) - Math.max(at, begin);
      shares.push([Math.min(at, from - 1), share / scale]);
    }
    return shares;
  });
  alongs[0].forEach((rows, y) => {
    alongs[1].forEach((columns, x) => {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const [row, down] of rows) {
          for (const [column, across] of columns) {
            sum += down * across * picture.data[(row * picture.width + column) * channels + c];
          }
        }
        made[(y * width + x) * channels + c] = sum;
      }
    });
  });
  return { data: made, height, width };
}

// A margin is cut off or added evenly; an odd pixel goes to the bottom or right.
function cropOrPad(picture, channels, height, width) {
  const [kept, wide] = [Math.min(picture.height, height), Math.min(picture.width, width)];
  const top = Math.floor(Math.max(picture.height - height, 0) / 2);
  const left = Math.floor(Math.max(picture.width - width, 0) / 2);
  const inner = part(picture, channels, top, left, kept, wide);
  const [down, across] = [Math.floor((height - kept) / 2), Math.floor((width - wide) / 2)];
  const made = new Float32Array(height * width * channels);
  for (let y = 0; y < kept; y++) {
    const row = inner.data.subarray(y * wide * channels, (y + 1) * wide * channels);
    made.set(row, ((down + y) * width + across) * channels);
  }
  return { data: made, height, width };
}

function computed(picture, change) {
  return { ...picture, data: Float32Array.from(picture.data, change) };
}

const STEPS = {
  check(picture, { size }) {
    if (picture.height === size[0] && picture.width === size[1]) return picture;
    throw new Error(
      `The picture has ${picture.height}x${picture.width} pixels; the model takes ` +
        `${size[0]}x${size[1]} alone.`,
    );
  },

  fit(picture, { size, channels }) {
    const sides = [picture.height, picture.width];
    if (sides[0] > size[0] || sides[1] > size[1]) {
      const factor = Math.min(...sides.map((side, i) => Math.fround(size[i] / side)));
      const fitted = sides.map((side, i) =>
        Math.min(Math.max(rint(Math.fround(side * factor)), 1), size[i]),
      );
      picture = resizeByArea(picture, channels, ...fitted);
      picture.data = picture.data.map(rint);
    }
    return cropOrPad(picture, channels, ...size);
  },

  cropOrPad(picture, { size, channels }) {
    return cropOrPad(picture, channels, ...size);
  },

  standardize(picture) {
    const count = picture.data.length;
    const mean = picture.data.reduce((sum, value) => sum + value, 0) / count;
    const variance = picture.data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    const deviation = Math.max(Math.sqrt(variance), 1 / Math.sqrt(count));
    return computed(picture, (value) => (value - mean) / deviation);
  },

  middle(picture, { fraction, channels }) {
    const begin = [picture.height, picture.width].map((side) =>
      Math.trunc((side - side * fraction) / 2),
    );
    const [height, width] = [picture.height - 2 * begin[0], picture.width - 2 * begin[1]];
    return part(picture, channels, ...begin, height, width);
  },

  resize(picture, { size, channels }) {
    return resize(picture, channels, ...size);
  },

  shortSide(picture, { side, channels }) {
    const sides = [picture.height, picture.width];
    const scale = Math.fround(side / Math.min(...sides));
    return resize(picture, channels, ...sides.map((one) => rint(Math.fround(one * scale))));
  },

  crop(picture, { size, channels }) {
    const top = Math.floor((picture.height - size[0]) / 2);
    const left = Math.floor((picture.width - size[1]) / 2);
    return part(picture, channels, top, left, ...size);
  },

  scale(picture, { mean, by }) {
    return computed(picture, (value) => (value - mean) * by);
  },

  lessMeans(picture, { means, channels }) {
    return computed(picture, (value, i) => value - means[i % channels]);
  },
};

// What the net is given of a picture: a recipe names the steps, and what these have to know.
function prepare(recipe, pixels) {
  let picture = withChannels(pixels, recipe.channels);
  for (const step of recipe.steps) picture = STEPS[step](picture, recipe);
  return computed(picture, (value) => value);
}
