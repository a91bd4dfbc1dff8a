// Checks (or, with --write, puts right) the layout of the plugin's Lua with StyLua's WebAssembly build,
// which npm carries: StyLua's own program is downloaded from places that a mirror may not have.
// The rules are those of .stylua.toml, so that a StyLua in an editor agrees.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as stylua from "@johnnymorganz/stylua";

const plugin = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(dirname(plugin));

/** The enumeration that each named choice of .stylua.toml belongs to. */
const ENUMERATIONS = {
  call_parentheses: stylua.CallParenType,
  collapse_simple_statement: stylua.CollapseSimpleStatement,
  indent_type: stylua.IndentType,
  quote_style: stylua.QuoteStyle,
  syntax: stylua.LuaVersion,
};

function readConfig() {
  const config = stylua.Config.new();
  for (const line of readFileSync(join(root, ".stylua.toml"), "utf8").split("\n")) {
    const found = /^(\w+) = (?:"(.*)"|(\d+))$/.exec(line.trim());
    if (!found) continue;
    const [, key, name, number] = found;
    const value = number === undefined ? ENUMERATIONS[key]?.[name] : Number(number);
    if (!(key in config) || value === undefined) throw new Error(`.stylua.toml: unknown: ${line}`);
    config[key] = value;
  }
  return config;
}

const write = process.argv.includes("--write");
const files = readdirSync(plugin, { recursive: true })
  .filter((name) => name.endsWith(".lua") && !name.includes("node_modules"))
  .map((name) => join(plugin, name));
let wrong = 0;
for (const file of files) {
  const before = readFileSync(file, "utf8");
  const after = stylua.formatCode(before, readConfig(), undefined, stylua.OutputVerification.Full);
  if (after === before) continue;
  if (write) writeFileSync(file, after);
  else console.error(`${relative(root, file)}: layout differs: npm --prefix editor/neovim/tooling run format`);
  wrong += 1;
}
console.log(`stylua: ${files.length} files, ${wrong} ${write ? "formatted" : "to format"}`);
process.exit(wrong > 0 && !write ? 1 : 0);
