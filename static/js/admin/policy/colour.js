// Can white words be read on it? The contrast of WCAG 2.

const part = (value) => {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
};

/** From 1 (white) to 21 (black); `colour` is "#rrggbb". */
export function contrastWithWhite(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => part(Number.parseInt(colour.slice(at, at + 2), 16)));
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
