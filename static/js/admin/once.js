// What is shown once, like a first password: forgotten as soon as another view is shown.

let kept;

export function keep(view, value) {
  kept = { view, value };
}

export const keptFor = (view) => (kept?.view === view ? kept.value : undefined);

export function forgetUnless(view) {
  if (kept?.view !== view) kept = undefined;
}
