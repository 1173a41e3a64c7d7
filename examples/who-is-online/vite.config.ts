/** How Vite builds the page: from the sources of this repository. Outside it, leave `resolve` out. */
import { defineConfig, type UserConfig } from "vite";

const config: UserConfig = defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ["source", "module", "browser", "development|production"] },
  build: { target: "es2022" },
});

export default config;
