/**
 * Loaded before a server: lets a test shift its wall clock while it runs. `Date.now()` is off by what the file named
 * by CLOCK_STEP_FILE says in milliseconds; the file is read at the start and on SIGUSR2.
 */
import { readFileSync } from "node:fs";

const path = process.env.CLOCK_STEP_FILE ?? "";
const trueNow = Date.now.bind(Date);
let offset = 0;

function readOffset() {
  offset = Number(readFileSync(path, "utf8"));
  console.log(`clock-step: ${offset}`);
}

Date.now = () => trueNow() + offset;
readOffset();
process.on("SIGUSR2", readOffset);
