import { mergeConfig } from "vite";
import { defineConfig } from "vitest/config";
import base from "./vite.config.ts";

export default mergeConfig(
  base({ mode: "test", command: "serve" }),
  defineConfig({ test: { include: ["src/**/*.test.ts"], environment: "happy-dom", maxWorkers: 2, restoreMocks: true, unstubGlobals: true } }),
);
