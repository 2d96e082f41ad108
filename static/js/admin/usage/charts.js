// Charts, drawn as SVG through the DOM. Patterns and words say what colours say, and the numbers stand
// in a table behind each one.

import { $, make, stamp } from "../../dom.js";

const SVG = "http://www.w3.org/2000/svg";

function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const fill = (index) => `url(#fill-${index + 1})`;
const share = (part, whole) => `${whole > 0 ? Math.round((part / whole) * 10_000) / 100 : 0}%`;

/** A round number at or above the largest: the top of the scale. */
function topOf(largest) {
  if (largest <= 4) return 4;
  const size = 10 ** Math.floor(Math.log10(largest));
  return [1, 2, 4, 5, 10].map((step) => step * size).find((top) => top >= largest);
}

/**
 * A figure: title, what it says in a sentence, a drawing, and the table of `columns` and `rows`,
 * whose first cell is the head.
 */
export function chart({ title, about, legend = [], drawing, columns, rows }) {
  const figure = stamp("t-chart", { title, about });
  const marks = legend.map((name, index) => make("li", {}, swatch(index), name));
  if (marks.length > 0) $("[data-legend]", figure).append(...marks);
  else $("[data-legend]", figure).remove();
  $("[data-drawing]", figure).replaceWith(drawing);
  const place = $("[data-table]", figure);
  place.setAttribute("aria-label", title);
  place.append(tableOf(title, columns, rows));
  return figure;
}

function swatch(index) {
  const svg = draw("svg", { class: "swatch", "aria-hidden": "true" });
  svg.append(draw("rect", { width: "100%", height: "100%", fill: fill(index) }));
  return svg;
}

function tableOf(title, columns, rows) {
  const head = columns.map((name) => Object.assign(make("th", {}, name), { scope: "col" }));
  const lines = rows.map(([name, ...cells]) => {
    const first = Object.assign(make("th", {}, name), { scope: "row" });
    return make("tr", {}, first, ...cells.map((value) => make("td", {}, String(value))));
  });
  const caption = make("caption", { className: "hidden" }, title);
  return make(
    "table",
    { className: "numbers" },
    caption,
    make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...lines),
  );
}

/** Bars that lie, one under the other, each with its words and number: [name, value]. */
export function bars(things, top = Math.max(...things.map(([, value]) => value))) {
  const lines = things.map(([name, value], index) => {
    const svg = draw("svg", { class: "bar", "aria-hidden": "true" });
    svg.append(draw("rect", { class: "track", width: "100%", height: "100%" }));
    svg.append(draw("rect", { width: share(value, top), height: "100%", fill: fill(index % 3) }));
    return make("li", {}, make("span", {}, name), make("strong", {}, String(value)), svg);
  });
  return make("ul", { className: "bars-list" }, ...lines);
}

/** One column for each day, the parts on top of each other: [label, [values]]. */
export function columns(days, words) {
  const top = topOf(Math.max(...days.map(([, values]) => values.reduce((sum, value) => sum + value, 0))));
  const svg = draw("svg", { class: "columns-drawing", role: "img", "aria-label": words });
  for (const part of [0, 1, 2]) {
    const y = share(part, 2);
    svg.append(draw("line", { class: "grid", x1: "0", x2: "100%", y1: y, y2: y }));
  }
  days.forEach(([label, values], day) => {
    const group = draw("g", {}, draw("title", {}, `${label}: ${values.join(" + ")}`));
    let below = 0;
    values.forEach((value, index) => {
      below += value;
      if (value === 0) return;
      const place = { x: share(day + 0.15, days.length), width: share(0.7, days.length) };
      group.append(
        draw("rect", {
          ...place,
          y: share(top - below, top),
          height: share(value, top),
          fill: fill(index),
          class: "column",
        }),
      );
    });
    svg.append(group);
  });
  const scale = make(
    "div",
    { className: "scale" },
    make("span", {}, String(top)),
    make("span", {}, String(top / 2)),
    make("span", {}, "0"),
  );
  const ends = make("p", { className: "ends" }, make("span", {}, days[0][0]), make("span", {}, days.at(-1)[0]));
  scale.setAttribute("aria-hidden", "true");
  ends.setAttribute("aria-hidden", "true");
  return make("div", { className: "plot" }, scale, svg, ends);
}
