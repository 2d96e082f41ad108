// Wherever a page says "your helpdesk", now or later, there is a link to it, if the organisation named one: people read
// these words where they cannot help themselves.

import { make } from "./dom.js";

const WORDS = "your helpdesk";
/** What is pressed as a whole or names something else, and what is only heard. */
const NO_PLACE_FOR_LINKS = "a, button, label, legend, h1, h2, .hidden";

let href;

export function linkHelpdesk({ helpdesk }) {
  if (!helpdesk) return;
  const isFirst = href === undefined;
  href = helpdesk.startsWith("https://") ? helpdesk : `mailto:${helpdesk}`;
  if (!isFirst) return;
  const later = new MutationObserver((changes) => {
    for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) linkIn(node);
  });
  later.observe(document.body, { childList: true, subtree: true });
  linkIn(document.body);
}

function linkIn(root) {
  const texts = root.nodeType === Node.TEXT_NODE ? [root] : [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    const at = text.data.indexOf(WORDS);
    if (at < 0 || !text.isConnected || text.parentElement.closest(NO_PLACE_FOR_LINKS)) continue;
    const words = text.splitText(at);
    words.splitText(WORDS.length);
    words.replaceWith(make("a", { href }, WORDS));
  }
}
