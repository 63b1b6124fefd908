// Three outputs, three builds: what a shop's customer loads must not share a chunk with what an agent loads, or the
// widget would carry the console's part of the runtime. `--mode` names the face.
//
//   loader   → static/loader.js            one classic script under a fixed name, cached for minutes
//   widget   → static/widget.html          the frame's page; assets hashed, cached for ever
//   console  → static/console.html         the staff's single page application
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type UserConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const shared: UserConfig = {
  base: "/",
  publicDir: false,
  resolve: { alias: { $shared: here("./src/shared") } },
};

const build = {
  // The build hook builds beside the present output and swaps when all three stand.
  outDir: process.env.CONTACT_HUB_UI_OUT ?? here("../static"),
  // The three builds share the folder.
  emptyOutDir: false,
  target: "es2022",
  assetsInlineLimit: 0,
  reportCompressedSize: false,
  modulePreload: { polyfill: false },
  license: { fileName: "licenses.md" },
};

const loader: UserConfig = {
  ...shared,
  build: {
    ...build,
    license: false,
    lib: { entry: here("./src/widget/loader.ts"), formats: ["iife"], name: "ContactHubLoader", fileName: () => "loader.js" },
  },
};

const page = (face: "widget" | "console"): UserConfig => ({
  ...shared,
  plugins: [svelte()],
  build: {
    ...build,
    license: { fileName: `licenses-${face}.md` },
    manifest: `manifest-${face}.json`,
    rolldownOptions: {
      input: here(`./${face}.html`),
      output: {
        entryFileNames: `assets/${face}-[hash].js`,
        chunkFileNames: `assets/${face}-[name]-[hash].js`,
        assetFileNames: `assets/${face}-[name]-[hash][extname]`,
      },
    },
  },
});

export default defineConfig(({ mode }): UserConfig => {
  switch (mode) {
    case "loader":
      return loader;
    case "widget":
    case "console":
      return page(mode);
    default:
      return { ...shared, plugins: [svelte()] };
  }
});
