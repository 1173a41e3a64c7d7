/** Which version this is. */
import { readFileSync } from "node:fs";

/** The version of this package, as its `package.json` says. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const content: unknown = JSON.parse(text);
  const version =
    typeof content === "object" && content !== null && "version" in content ? content.version : "";
  return String(version);
}
