// Builds what visitors' browsers get: `npm run build`. The results are committed; the tests compare them with a rebuild.
import { readFile, writeFile } from "node:fs/promises";
import { brotliCompressSync, constants } from "node:zlib";
import { build, transform } from "esbuild";

const OUT = process.argv[2] ?? new URL("../signup/visitor/static", import.meta.url).pathname;
const HERE = new URL(".", import.meta.url).pathname;

/** A style sheet is text to the script, minified. @type {import("esbuild").Plugin} */
const styles = {
  name: "styles",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      // What stands behind a custom property is left alone by the minifier.
      return { contents: code.trim().replace(/(--[\w-]+): /g, "$1:").replace(/, /g, ","), loader: "text" };
    });
  },
};

for (const name of ["embed", "form"]) {
  const { outputFiles } = await build({
    entryPoints: [`${HERE}${name}.js`],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2021",
    charset: "utf8",
    legalComments: "none",
    plugins: [styles],
    write: false,
  });
  const { contents } = outputFiles[0];
  await writeFile(`${OUT}/${name}.js`, contents);
  if (name === "embed") {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length };
    const packed = brotliCompressSync(contents, { params });
    await writeFile(`${OUT}/embed.js.br`, packed);
    console.log(`embed.js: ${contents.length} bytes, ${packed.length} in brotli`);
  }
}
