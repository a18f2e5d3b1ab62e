import { brotliCompressSync, constants } from "node:zlib";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// Writes a brotli copy beside every text file, so that the server compresses nothing while it serves.
function brotliCopies() {
  return {
    name: "kuseki-brotli-copies",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const [fileName, part] of Object.entries(bundle)) {
          if (!/\.(js|mjs|css|html|svg|json)$/.test(fileName)) continue;
          const plain = Buffer.from(part.type === "chunk" ? part.code : part.source);
          const packed = brotliCompressSync(plain, {
            params: { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
          });
          if (packed.length < plain.length * 0.9) {
            this.emitFile({ type: "asset", fileName: `${fileName}.br`, source: packed });
          }
        }
      },
    },
  };
}

export default defineConfig({
  plugins: [svelte(), brotliCopies()],
  build: {
    target: "es2022",
    // MapLibre alone is about 1 MB; it is loaded only by the board and only when the map is drawn.
    chunkSizeWarningLimit: 1400,
    rolldownOptions: { input: { index: "index.html", driver: "driver.html", town: "town.html", day: "day.html", import: "import.html", policy: "policy.html", "sign-in": "sign-in.html", accounts: "accounts.html" } },
  },
  worker: { format: "es" },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
