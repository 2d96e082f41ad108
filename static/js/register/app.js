// An authenticator app: a picture to scan or a key to type, then the first code it shows.

import { post } from "../api.js";
import { prepareCopy } from "../copy.js";
import { $, stamp } from "../dom.js";
import { codeFrom } from "../fields.js";
import { GONE, handle } from "../form.js";
import { explainSpent } from "../ways.js";

/** The key is made once; going back shows the same one. */
export async function loadApp(page) {
  page.known.app ??= await post("/api/register/app");
}

export function renderApp(page) {
  const { secret, uri, qr } = page.known.app;
  const root = stamp("t-app", { kicker: page.kicker() });
  $(".qr", root).append(drawn(qr));
  const key = $("[data-secret]", root);
  key.textContent = secret;
  prepareCopy($("[data-copy]", root), { text: secret.replaceAll(" ", ""), said: "The key is", show: () => key });
  if (uri.startsWith("otpauth://")) $("[data-open]", root).href = uri;
  else $("[data-open]", root).remove();
  $("[data-next]", root).addEventListener("click", () => page.walk.go("app-code"));
  page.prepareOther(root);
  return root;
}

const PICTURE = "A square picture for the camera of your authenticator app. The key below says the same in letters.";

/** The picture, in black on white whatever the colours of the page are. */
function drawn({ size, path }) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const squares = document.createElementNS(ns, "path");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", PICTURE);
  squares.setAttribute("d", path);
  svg.append(squares);
  return svg;
}

export function renderAppCode(page) {
  const root = stamp("t-app-code", {
    kicker: "Your authenticator app",
    lead: "The app now shows 6 digits for this account. They change every 30 seconds.",
    back: "Show the picture again",
    help: null,
  });
  $("[data-back]", root).addEventListener("click", () => page.walk.go("app"));
  handle($("form", root), {
    explain: (problem) => explain(problem, page),
    send: async (values) => {
      const { registered } = await post("/api/register/app/confirm", { code: codeFrom(values, 6) });
      await page.registered(registered);
    },
  });
  return root;
}

const WRONG =
  "This is not the right code. Wait until the app shows the next one, and type that. Is the clock of your phone right?";
const ANEW =
  "You have ten minutes to do this, and they are over. Take the account out of your app again, and scan this new picture.";
const INSTEAD = "Check the clock of your phone. You can add another way instead.";

async function explain(problem, page) {
  if (problem.code === "wrong_code") {
    return [{ field: "code", text: WRONG }];
  }
  if (problem.code !== "code_expired") return explainSpent(problem, false, INSTEAD) ?? page.explain(problem);
  page.known.app = undefined;
  await page.walk.go("app");
  page.tell(ANEW);
  return GONE;
}
