// Makes the third-party modules of the pages from the packages in the lock file: node vendor.mjs FOLDER. The
// build of the pages calls it; nothing it makes is committed.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PACKAGES = ["@zxcvbn-ts/core", "@zxcvbn-ts/language-common", "@zxcvbn-ts/dictionary-compression", "fastest-levenshtein"];

const read = (path) => readFileSync(here(path), "utf8");
const inPackage = (name, file) => read(`node_modules/${name}/${file}`);

function describe(name) {
  const { version, license } = JSON.parse(inPackage(name, "package.json"));
  return `${name} ${version} (${license})`;
}

/** Which packages went into it: exactly those named, or the licences would not be complete. */
function check({ inputs }) {
  const used = Object.keys(inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  const found = [...new Set(used.filter(Boolean))].sort().join(", ");
  const named = PACKAGES.toSorted().join(", ");
  if (found !== named) throw new Error(`the bundle is made of ${found}; named are ${named}`);
}

function licence(name) {
  const file = readdirSync(here(`node_modules/${name}`)).find((entry) => /^LICENSE/.test(entry));
  return `== ${describe(name)}\n\n${inPackage(name, file).trim()}\n`;
}

/** Every file of /js/vendor, by its name. */
async function files() {
  const made = await build({
    absWorkingDir: here("."),
    entryPoints: ["zxcvbn.mjs"],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    banner: { js: `/* ${PACKAGES.map(describe).join(", ")}. See /js/vendor/licences.txt. */` },
    metafile: true,
    write: false,
  });
  check(made.metafile);
  return {
    "zxcvbn.js": made.outputFiles[0].text,
    "licences.txt": `Licences of the modules in this folder\n\n${PACKAGES.map(licence).join("\n")}`,
  };
}

const place = `${process.argv[2]}/js/vendor/`;
mkdirSync(place, { recursive: true });
for (const [name, text] of Object.entries(await files())) writeFileSync(place + name, text);
