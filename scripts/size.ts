/** Prints how large the SDK is, and fails when it is over its budget. */
import { budgets, sizeOf } from "./lib/size.ts";

for (const { name, entry, bytesMax } of budgets) {
  const bytes = await sizeOf(entry);
  console.log(`${name}: ${bytes} of ${bytesMax} bytes, minified and gzipped (${entry})`);
  if (bytes > bytesMax) process.exitCode = 1;
}
