import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => decodeURIComponent(new URL(path, import.meta.url).pathname);

/** Takes the one style attribute out of Svelte's templates, which `style-src 'self'` refuses; `editor.css` has it. */
const noStyleAttributes: Plugin = {
  name: "no-style-attributes",
  renderChunk(code) {
    const without = code.replaceAll('<svelte-css-wrapper style="display: contents">', "<svelte-css-wrapper>");
    if (/<[\w-]+[^<>]* style="/.test(without)) this.error("A template has a style attribute: the policy of the page refuses it.");
    return { code: without, map: null };
  },
};

/** The pages that the server has: it serves the folder as it is, below `/console/`. */
export default defineConfig({
  base: "/console/",
  plugins: [svelte(), noStyleAttributes],
  build: {
    outDir: here("../server/pages/console"),
    emptyOutDir: true,
    target: "es2022",
    // A data: URL would need a looser policy than the pages have.
    assetsInlineLimit: 0,
    license: { fileName: "licenses.md" },
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { index: here("index.html"), oauth: here("oauth.html") } },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/schema": "http://127.0.0.1:8000" } },
});
