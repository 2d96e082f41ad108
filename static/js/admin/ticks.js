// Lists of boxes to tick.

import { $, stamp } from "../dom.js";

/** One box for each of [value, name, about?]; read() gives the values that are ticked. */
export function tickBoxes(place, name, things, template = "t-tick") {
  const boxes = things.map(([value, label, about]) => {
    const line = stamp(template, { label, about: about ?? null });
    const box = $("input", line);
    Object.assign(box, { name, value, id: `f-${name}-${value}` });
    place.append(line);
    return box;
  });
  return {
    read: () => boxes.filter(({ checked }) => checked).map(({ value }) => value),
    write: (values) => {
      for (const box of boxes) box.checked = values.includes(box.value);
    },
  };
}
