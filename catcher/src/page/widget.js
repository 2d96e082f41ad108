// Stands in for the widget of a bot check: a button that gives a token.

(() => {
  const random = () => crypto.getRandomValues(new Uint32Array(2)).join("");
  const render = (place, options) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button plain";
    button.textContent = "I am a person";
    button.addEventListener("click", () => {
      options.callback(`stub/${location.hostname}/${window.botCheckAction ?? options.action ?? ""}/${options.sitekey}-${random()}`);
    });
    place.append(button);
    return "0";
  };
  window.NAME = { render };
  window[new URL(document.currentScript.src).searchParams.get("onload")]?.();
})();
