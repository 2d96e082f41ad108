// The organisation's logo: any picture that this browser can read, drawn small here, sent as PNG.

import { Lost, Problem, put, remove } from "../../api.js";
import { $ } from "../../dom.js";
import { flash, warn } from "../../flash.js";
import { may } from "../rights.js";

const MOST_WIDTH = 480;
const MOST_HEIGHT = 160;
const MOST_BYTES = 24 * 1024;
const MANY_PIXELS = 50_000_000;

const REFUSED = {
  not_an_image: "This is not a picture that can be used. Choose a PNG or a JPEG.",
  too_large: "This picture has too many details for a logo. Choose a simpler one.",
  too_many_pixels: "This picture is too large. Choose a smaller one.",
};

/** The picture on a canvas, no larger than a logo may be, times `scale`. */
function draw(canvas, picture, scale) {
  const fit = Math.min(MOST_WIDTH / picture.width, MOST_HEIGHT / picture.height, 1) * scale;
  canvas.width = Math.max(1, Math.round(picture.width * fit));
  canvas.height = Math.max(1, Math.round(picture.height * fit));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

async function base64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** A PNG that is small enough; where the details are too many, in a smaller size. */
async function shrink(file, canvas) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    throw new Error(REFUSED.not_an_image);
  }
  if (picture.width * picture.height > MANY_PIXELS) throw new Error(REFUSED.too_many_pixels);
  for (const scale of [1, 0.75, 0.5, 0.35]) {
    const blob = await draw(canvas, picture, scale);
    if (blob && blob.size <= MOST_BYTES) return base64(blob);
  }
  throw new Error(REFUSED.too_large);
}

/** `changed(customisation)` is told what is saved now. */
export function prepareLogo(root, saved, changed) {
  const state = { version: saved.version, logo: saved.logo };
  const canvas = $("canvas", root);
  const picture = $("[data-logo]", root);
  const place = $("[data-logo-flash]", root);
  const file = $("#f-logo", root);
  const drop = $("[data-drop-logo]", root);
  const show = () => {
    picture.hidden = !state.logo;
    if (state.logo) picture.src = `/api/logo/${state.logo}`;
    $("[data-no-logo]", root).hidden = Boolean(state.logo);
    if (drop) drop.hidden = !state.logo;
  };
  show();
  if (!may("manage")) return;
  const save = async (act, words) => {
    file.disabled = true;
    place.replaceChildren();
    try {
      const now = (await act()).customisation;
      Object.assign(state, { version: now.version, logo: now.logo });
      changed(now);
      show();
      flash(place, words);
    } catch (error) {
      warn(place, explain(error, state));
    } finally {
      file.disabled = false;
      file.value = "";
    }
  };
  file.addEventListener("change", () => {
    const [chosen] = file.files;
    if (!chosen) return;
    save(
      async () => put("/api/policy/logo", { png: await shrink(chosen, canvas), version: state.version }),
      "The logo is saved. It is on all pages now.",
    );
  });
  drop.addEventListener("click", () =>
    save(() => remove("/api/policy/logo", { version: state.version }), "The logo is removed."),
  );
  // Another save of the page makes a new version.
  root.addEventListener("saved", ({ detail }) => Object.assign(state, { version: detail.version }));
}

function explain(error, state) {
  if (error instanceof Lost) return "The connection was lost. Check that you are online, then choose the logo again.";
  if (error.code === "stale_version" && error.current) {
    state.version = error.current.version ?? state.version;
    return "Somebody else saved a change of this page first. Nothing was changed: choose the logo again.";
  }
  if (error instanceof Problem) return error.reasons.map((reason) => REFUSED[reason]).find(Boolean) ?? error.message;
  return error.message;
}
