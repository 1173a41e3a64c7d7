/** `node scripts/python-venv.mjs`: sets up `.cache/python` for the compatibility suite; at once when it is there. */
import { ensurePython, python } from "./lib/python.mjs";

const problem = await ensurePython();
if (problem === undefined) {
  console.log(python);
} else {
  console.error(`The Python client cannot be had: ${problem}.`);
  process.exitCode = 1;
}
