// What the address of /reset may bring along: a name and a code from the helpdesk, and where to go
// back to afterwards. They are taken out of the address at once, and nothing is sent before the
// person says so.

/** "#name=…&code=…": { name, code }, or nothing. The address forgets it. */
export function takeLink() {
  const brought = new URLSearchParams(location.hash.slice(1));
  const [name, code] = [brought.get("name"), brought.get("code")];
  if (!name && !code) return undefined;
  history.replaceState(null, "", location.pathname + location.search);
  return { name: name ?? "", code: code ?? "" };
}

/** Where the person wants to go back to. Only what the service allows is ever shown. */
export function wantedReturn() {
  const address = new URLSearchParams(location.search).get("return_to");
  return address?.startsWith("https://") ? address : undefined;
}

/** The name of the place, for the link; nothing when it is no address that a link may lead to. */
export function placeOf(address) {
  const url = URL.canParse(address ?? "") ? new URL(address) : undefined;
  return url?.protocol === "https:" ? url.host : undefined;
}
