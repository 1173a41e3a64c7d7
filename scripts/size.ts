/** Prints how large the SDK is, writes that into its README, and fails when it is over a budget. */
import { writeFileSync } from "node:fs";
import { budgets, sizeOf, sizesPage, withSizes } from "./lib/size.ts";

const sizes: number[] = [];
for (const { name, program, bytesMax } of budgets) {
  const bytes = await sizeOf(program);
  sizes.push(bytes);
  console.log(`${name}: ${bytes} of ${bytesMax} bytes, minified and gzipped`);
  if (bytes > bytesMax) process.exitCode = 1;
}
writeFileSync(sizesPage, withSizes(sizes));
