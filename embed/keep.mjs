// Before a release changes the script: keeps the build that websites may have pinned, under its digest. `npm run keep`.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile } from "node:fs/promises";

const FROM = new URL("../signup/visitor/static/embed.js", import.meta.url).pathname;
const KEPT = new URL("../signup/visitor/static/kept/", import.meta.url).pathname;

const digest = createHash("sha256").update(await readFile(FROM)).digest("hex").slice(0, 16);
await mkdir(KEPT, { recursive: true });
for (const end of [".js", ".js.br"]) await copyFile(FROM.replace(/\.js$/, end), `${KEPT}${digest}${end}`);
console.log(`kept/${digest}.js`);
