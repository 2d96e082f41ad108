// Good news for the view that comes next, after something was done on another one.

import { $ } from "../dom.js";
import { flash } from "../flash.js";

let news;

export function tellNext(text) {
  news = text;
}

/** Shows them after the view has taken the focus, so that they are heard. */
export function showNews(root) {
  if (!news) return;
  const text = news;
  news = undefined;
  setTimeout(() => flash($("[data-flash]", root), text));
}
