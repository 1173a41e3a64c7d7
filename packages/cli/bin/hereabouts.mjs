#!/usr/bin/env node
/** The `hereabouts` program. Runs on Node 20 and newer, only to find what the command itself runs on. */
import { launch } from "./launch.mjs";

launch(process.argv.slice(2));
