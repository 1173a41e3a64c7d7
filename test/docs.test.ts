/** The written specification against the code: its ids, its numbers, its examples and its links. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as coreLimits from "../packages/core/src/limits.ts";
import type { FaultCode } from "../packages/protocol/src/model/fault.ts";
import * as wireLimits from "../packages/protocol/src/model/limits.ts";
import {
  encodeFault,
  type FaultHint,
  groupsHint,
  presenceHint,
  publishHint,
} from "../packages/protocol/src/wire/status.ts";
import { policyFields } from "../packages/server/src/config/policy-fields.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** A page, by its path from the root. */
interface Page {
  readonly path: string;
  readonly text: string;
}

const pages: readonly Page[] = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
].map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

const protocol = pageAt("docs/protocol.md");
const semantics = pageAt("docs/semantics.md");

function pageAt(path: string): Page {
  const page = pages.find((candidate) => candidate.path === path);
  if (page === undefined) throw new Error(`${path} does not exist`);
  return page;
}

/** A page without its fenced blocks: prose, lists and tables. */
function proseOf(page: Page): string {
  return page.text.replace(/^```[\s\S]*?^```$/gm, "");
}

/** The numbers of the ids that a page defines, in their order: `- **W1** ...` at the start of a line. */
function idsDefined(page: Page, letter: "W" | "I" | "C"): readonly number[] {
  const definition = new RegExp(`^- \\*\\*${letter}(\\d+)\\*\\* `, "gm");
  return [...proseOf(page).matchAll(definition)].map((match) => Number(match[1]));
}

describe("ids", () => {
  const families = [
    { letter: "W", page: protocol },
    { letter: "I", page: semantics },
    { letter: "C", page: semantics },
  ] as const;

  it.each(families)("the $letter ids are unique and count up from 1 without a gap", ({ letter, page }) => {
    const ids = idsDefined(page, letter);
    expect(ids.length).toBeGreaterThan(9);
    expect(ids).toEqual(ids.map((_, position) => position + 1));
  });

  it("every id that a page mentions is defined", () => {
    const defined = new Set(
      families.flatMap(({ letter, page }) => idsDefined(page, letter).map((id) => `${letter}${id}`)),
    );
    const unknown = pages.flatMap((page) =>
      [...proseOf(page).matchAll(/\b[WIC][1-9]\d*\b/g)]
        .map(([id]) => id)
        .filter((id) => !defined.has(id))
        .map((id) => `${page.path}: ${id}`),
    );
    expect(unknown).toEqual([]);
  });
});

/** A row of the limits tables: `| What | 20 min | \`logRetentionMs\` | What happens |`. */
interface LimitRow {
  readonly name: string;
  readonly value: number;
}

const unitsOf: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map([
  ["Ms", new Map(Object.entries({ ms: 1, s: 1_000, min: 60_000 }))],
  ["Seconds", new Map(Object.entries({ s: 1, min: 60, h: 3_600 }))],
  ["Bytes", new Map(Object.entries({ bytes: 1, KiB: 1_024, MiB: 1_048_576 }))],
]);

function limitRows(): readonly LimitRow[] {
  const row = /^\|[^|\n]+\| ([\d ]+?)(?: ([A-Za-z]+))? \| `(\w+)` \|[^|\n]*\|$/gm;
  return [...protocol.text.matchAll(row)].map(([, digits = "", unit, name = ""]) => ({
    name,
    value: Number(digits.replaceAll(" ", "")) * unitSize(name, unit),
  }));
}

function unitSize(name: string, unit: string | undefined): number {
  if (unit === undefined) return 1;
  const family = [...unitsOf].find(([word]) => new RegExp(`${word}(Min|Max)?$`).test(name));
  const size = family?.[1].get(unit);
  if (size === undefined) throw new Error(`${name} cannot be in ${unit}`);
  return size;
}

describe("limits", () => {
  it("the tables give every limit in the code its own number, and no others", () => {
    const written = new Map(limitRows().map(({ name, value }) => [name, value]));
    const inForce = new Map<string, unknown>(Object.entries({ ...wireLimits, ...coreLimits }));
    expect(sorted(written)).toEqual(sorted(inForce));
  });

  it("no limit is listed twice", () => {
    const names = limitRows().map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});

function sorted(entries: ReadonlyMap<string, unknown>): readonly (readonly [string, unknown])[] {
  return [...entries].sort(([left], [right]) => left.localeCompare(right));
}

describe("settings", () => {
  it("the table gives every setting of a keyset its range and its default, and no others", () => {
    const row = /^\| `(\w+)` \| ([^|\n]+) \| (\w+) \| [^|\n]+ \|$/gm;
    const written = [...semantics.text.matchAll(row)].map(([, key, range, standard]) => ({
      key,
      range,
      standard,
    }));
    const inForce = Object.values(policyFields).map(({ key, rule, standard }) => ({
      key,
      // The table leaves the unit to the setting's name.
      range: rule.range.replace(/^(\d+-\d+) .*/, "$1"),
      standard: String(standard),
    }));
    expect(written).toEqual(inForce);
  });
});

/** Which part of the wire the table shows each fault of; complete by its type. */
const hintOf: Readonly<Record<FaultCode, FaultHint>> = {
  "invalid-subscribe-key": presenceHint,
  "invalid-publish-key": publishHint,
  "could-not-parse": presenceHint,
  "invalid-argument": presenceHint,
  "target-too-long": presenceHint,
  "body-too-large": publishHint,
  "not-found": { part: "presence", path: "/v2/presence/nope" },
  "feature-off": presenceHint,
  "state-missing": presenceHint,
  "state-invalid": presenceHint,
  "state-too-large": presenceHint,
  "message-invalid": publishHint,
  "message-too-large": publishHint,
  "signal-too-large": publishHint,
  "channel-unpublishable": publishHint,
  "reserved-character": groupsHint,
  "group-too-large": groupsHint,
  unavailable: presenceHint,
  "too-many-requests": presenceHint,
  internal: presenceHint,
};

describe("errors", () => {
  it("the table gives every fault the status and the body that clients get, and no others", () => {
    const row = /^\| `([a-z-]+)` \| (\d{3}) \| `([^`\n]+)` \|[^|\n]+\|$/gm;
    const written = [...protocol.text.matchAll(row)].map(([, code, status, body]) => ({
      code,
      status: Number(status),
      body,
    }));
    const inForce = (Object.keys(hintOf) as FaultCode[]).map((code) => {
      const { status, body } = encodeFault({ code }, hintOf[code], 17_694_521_380_000_000n);
      return { code, status, body };
    });
    expect(written).toEqual(inForce);
  });
});

describe("examples", () => {
  it("every JSON block parses", () => {
    const blocks = pages.flatMap((page) =>
      [...page.text.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, json = ""]) => ({ page, json })),
    );
    expect(blocks.filter(({ page }) => page === protocol).length).toBeGreaterThan(9);
    expect(
      blocks.filter(({ json }) => !isJson(json)).map(({ page, json }) => `${page.path}: ${json}`),
    ).toEqual([]);
  });

  it("every JSON object or reply array between backquotes parses", () => {
    const spans = [protocol, semantics].flatMap((page) =>
      [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code.replaceAll("\\|", "|")),
    );
    const examples = spans.filter((code) => /^(\{"|\[[\d"])/.test(code));
    expect(examples.length).toBeGreaterThan(9);
    expect(examples.filter((code) => !isJson(code))).toEqual([]);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The anchors of a page's headings, as repository hosts make them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#{1,6} (.+)$/gm)];
  return new Set(
    headings.map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function brokenLinks(page: Page): readonly string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z][a-z\d+.-]*:/i.test(link))
    .filter((link) => !leadsSomewhere(page, link))
    .map((link) => `${page.path}: ${link}`);
}

function leadsSomewhere(page: Page, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? join(root, page.path) : resolve(root, dirname(page.path), path);
  if (relative(root, target).startsWith("..") || !existsSync(target)) return false;
  return anchor === undefined || anchorsOf(readFileSync(target, "utf8")).has(anchor);
}

describe("links", () => {
  it("every relative link leads to a file of this repository, and its anchor to a heading there", () => {
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });
});
