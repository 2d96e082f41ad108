// Leads through the steps of a page. Every step has its own address (#code), its own title and one
// h1, which takes the focus. The address never carries data: what was typed lives in memory only, so
// a step whose precondition is gone gives way to the first one.

import { Lost } from "./api.js";
import { $, $$, make, stamp } from "./dom.js";

const main = $("#main");

/**
 * A step is { title, at?, of?, latch?, ready?, load?, render }.
 * - find(name) gives a step, or nothing when it does not exist or may not be shown now.
 * - first() names the step to fall back to.
 * - leave() may hold somebody back: false, or a promise of false, stays.
 * - trouble(error) may give a step to show instead of the usual words.
 * - mark(step) shows, beside the page, where the person is.
 */
export class Walk {
  constructor({ site, find, first, leave = () => true, trouble, mark = showProgress }) {
    Object.assign(this, { site, find, first, leave, trouble, mark });
    this.shown = undefined;
    this.turn = 0;
    addEventListener("popstate", () => this.arrive());
    // A page that comes back from the browser's memory may show what is over: load it again.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    listenForSkip();
    listenForNetwork();
  }

  get wanted() {
    return location.hash.slice(1);
  }

  /** Shows what the address asks for. */
  async arrive() {
    const name = this.wanted;
    if (name !== this.shown && this.shown !== undefined && !(await this.leave())) {
      history.pushState(null, "", address(this.shown));
      return;
    }
    if (this.find(name)) await this.show(name);
    else await this.replace(this.first());
  }

  /** One step further: a new entry in the history. */
  async go(name) {
    if (name !== this.shown && !(await this.leave())) return;
    if (name !== this.wanted) history.pushState(null, "", address(name));
    await this.show(name);
  }

  /** Another step in the same place of the history. */
  async replace(name) {
    history.replaceState(null, "", address(name));
    await this.show(name);
  }

  async show(name) {
    const turn = ++this.turn;
    const step = this.find(name);
    let data;
    try {
      main.setAttribute("aria-busy", "true");
      if (step.load) data = await step.load();
    } catch (error) {
      if (turn === this.turn) this.stumble(error, name);
      return;
    }
    if (turn !== this.turn) return;
    this.put(name, step, step.render(data));
  }

  put(name, step, content) {
    const isFirst = this.shown === undefined;
    this.shown = name;
    main.removeAttribute("aria-busy");
    main.replaceChildren(content);
    setTitle(step.title, this.site);
    this.mark(step);
    if (isFirst) return;
    scrollTo(0, 0);
    $("h1", main).focus();
  }

  /** Says that a step cannot be shown, and offers to try again. */
  stumble(error, name, again = () => this.show(name)) {
    const other = this.trouble?.(error);
    if (other) {
      this.put(name, other, other.render());
      return;
    }
    const slots = error instanceof Lost ? {} : { title: "This does not work right now", text: excuse(error) };
    const content = stamp("t-trouble", slots);
    $("[data-try]", content).addEventListener("click", again);
    this.put(name, { title: slots.title ?? "No connection" }, content);
  }
}

/** Finds a step by its own name, if it is due: a step's ready() says so. */
export function among(steps) {
  return (name) => {
    const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
    return step && (!step.ready || step.ready()) ? step : undefined;
  };
}

function excuse({ status, message }) {
  return status < 500 ? message : "The fault is ours, not yours. Wait a moment, then try again. If it stays so, ask your helpdesk.";
}

const address = (name) => (name ? `#${name}` : location.pathname + location.search);

export function setTitle(title, site) {
  document.title = [title, site, "Relatch"].filter(Boolean).join(" – ");
}

/** Fills the list of steps beside the page: names in `of`, the current one `at` (from 1). */
function showProgress({ at, of = [], latch }) {
  const progress = $("#progress");
  document.body.dataset.latch = latch ?? at ?? 1;
  progress.hidden = of.length === 0;
  $(".where", progress).textContent = at > of.length ? "Done" : `Step ${at} of ${of.length}: ${of[at - 1]}`;
  const items = of.map((text, index) => {
    const item = make("li", {}, make("span", {}, text));
    if (index + 1 < at) item.className = "done";
    if (index + 1 === at) item.setAttribute("aria-current", "step");
    return item;
  });
  $("ol", progress).replaceChildren(...items);
}

/** The skip link must not look like a step to the address. */
function listenForSkip() {
  $(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
}

function listenForNetwork() {
  const tell = () => {
    $$(".banner").forEach((banner) => banner.remove());
    if (!navigator.onLine) document.body.prepend(stamp("t-offline"));
  };
  addEventListener("online", tell);
  addEventListener("offline", tell);
}
