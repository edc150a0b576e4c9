import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const here = (path: string): string => decodeURIComponent(new URL(path, import.meta.url).pathname);

/** The pages that the server has: it serves the folder as it is, below `/console/`. */
export default defineConfig({
  base: "/console/",
  plugins: [svelte()],
  build: {
    outDir: here("../server/pages/console"),
    emptyOutDir: true,
    target: "es2022",
    // A data: URL would need a looser policy than the pages have.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { index: here("index.html"), oauth: here("oauth.html") } },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/schema": "http://127.0.0.1:8000" } },
});
