/** The house rules as a test: what no compiler and no linter checks. */
import { dirname, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow, type SourceFile, withoutComments } from "./source-files.ts";

/** Which packages a package's sources may import. Every package has a line; `testkit` is for tests. */
const floors: ReadonlyMap<string, readonly string[]> = new Map([
  ["protocol", []],
  ["core", ["protocol"]],
  ["engine-embedded", ["core", "protocol"]],
  ["engine-redis", ["core", "protocol"]],
  ["server", ["engine-embedded", "engine-redis", "core", "protocol"]],
  ["client", ["protocol"]],
  ["react", ["client"]],
  ["cli", ["server", "client", "core", "protocol"]],
  ["testkit", ["server", "client", "engine-embedded", "engine-redis", "core", "protocol"]],
]);

/** Packages that see no platform at all. */
const pure: readonly string[] = ["protocol", "core"];

/** Where the real clock and the real dice are. Everywhere else time is an argument. */
const clocks: ReadonlyMap<string, string> = new Map([
  ["packages/server/src/system-scheduler.ts", "the service's clock and timers"],
  ["packages/server/src/http/bun.ts", "how long Bun's server waits for answers when it stops"],
  ["packages/server/src/http/node.ts", "how long Node's server waits for sockets when it stops"],
  ["packages/server/src/http/node-streams.ts", "how long Node's server waits for streams when it stops"],
  ["packages/engine-redis/src/timers.ts", "timers of connections, where nobody gives others"],
  ["packages/client/src/scheduling.ts", "the SDK's clock and timers"],
]);

const linesMax = 400;

const clockOrDice =
  /\bMath\.random\b|\bDate\.now\b|\bnew Date\b|\bset(?:Timeout|Interval)\(|\bperformance\.|\bBun\.sleep\b/;
const notRun = /\b(?:it|test|describe|suite)\.(?:skip|only|todo|fails)\b/;
const untyped = /[:<,|&]\s*any\b(?=\s*[;,)>\]=|&[]|$)|\bas any\b/;

const sources: readonly SourceFile[] = filesBelow(["packages"], /^packages\/[^/]+\/src\/.*\.tsx?$/);
const tests: readonly SourceFile[] = filesBelow(
  ["packages", "test"],
  /^(packages\/[^/]+\/test|test)\/.*\.(tsx?|mjs)$/,
).filter(({ path }) => path !== "test/tidy.test.ts");
const everything: readonly SourceFile[] = [
  ...sources,
  ...tests,
  ...filesBelow(["scripts", "benchmarks", "examples"], /\.(tsx?|mjs)$/),
  ...filesBelow(["packages"], /^packages\/[^/]+\/bin\/.*\.mjs$/),
];

function packageOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** What a file imports, by any of the ways to do so. */
function importsOf({ text }: SourceFile): readonly string[] {
  const statements = withoutComments(text).matchAll(/\b(?:from|import)\s*\(?\s*"([^"\n]+)"/g);
  return [...statements].map(([, specifier = ""]) => specifier);
}

/** The places in these files that a pattern finds outside comments: `path:line: what it found`. */
function findings(files: readonly SourceFile[], pattern: RegExp): readonly string[] {
  return files.flatMap(({ path, text }) =>
    withoutComments(text)
      .split("\n")
      .flatMap((line, index) => {
        const found = pattern.exec(line);
        return found === null ? [] : [`${path}:${index + 1}: ${found[0].trim()}`];
      }),
  );
}

describe("floors", () => {
  it("every package has its floor", () => {
    const unknown = sources.map(({ path }) => packageOf(path)).filter((name) => !floors.has(name));

    expect([...new Set(unknown)]).toEqual([]);
  });

  it("packages import what lies below them, and nothing above", () => {
    const wrong = sources.flatMap((file) => {
      const allowed = floors.get(packageOf(file.path)) ?? [];
      return importsOf(file)
        .filter((specifier) => specifier.startsWith("@hereabouts/"))
        .filter((specifier) => !allowed.includes(specifier.split("/")[1] ?? ""))
        .map((specifier) => `${file.path} imports ${specifier}`);
    });

    expect(wrong).toEqual([]);
  });

  it("no file reaches into another package by its path", () => {
    const wrong = sources.flatMap(({ path, text }) =>
      importsOf({ path, text })
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => posix.join(dirname(path), specifier))
        .filter((target) => !target.startsWith(`packages/${packageOf(path)}/src/`))
        .map((target) => `${path} imports ${target}`),
    );

    expect(wrong).toEqual([]);
  });

  it("pure packages import no platform, and the core does not know the wire", () => {
    const wrong = sources.flatMap((file) => {
      const name = packageOf(file.path);
      return importsOf(file)
        .filter(
          (specifier) => (pure.includes(name) && specifier.startsWith("node:")) || isWireIn(name, specifier),
        )
        .map((specifier) => `${file.path} imports ${specifier}`);
    });

    expect(wrong).toEqual([]);
  });

  it("inside the server, the service does not know HTTP, and only the composition root knows the engine", () => {
    const wrong = sources
      .filter(({ path }) => path.startsWith("packages/server/src/"))
      .flatMap(({ path, text }) =>
        importsOf({ path, text })
          .filter(
            (specifier) =>
              (path.includes("/service/") && /\/http\/|\/main\.ts$/.test(specifier)) ||
              // The address reader alone knows no Redis.
              (/^@hereabouts\/engine-(embedded|redis)$/.test(specifier) &&
                !path.endsWith("/src/open-engine.ts")),
          )
          .map((specifier) => `${path} imports ${specifier}`),
      );

    expect(wrong).toEqual([]);
  });
});

function isWireIn(name: string, specifier: string): boolean {
  return name === "core" && specifier === "@hereabouts/protocol/wire";
}

describe("time and chance", () => {
  it("are arguments, but for the files that hold the real ones", () => {
    const files = sources.filter(
      ({ path }) => !clocks.has(path) && packageOf(path) !== "testkit" && !path.endsWith(".d.ts"),
    );

    expect(findings(files, clockOrDice)).toEqual([]);
  });

  it("are in every file that is allowed to hold them", () => {
    const paths = sources.map(({ path }) => path);

    expect([...clocks.keys()].filter((path) => !paths.includes(path))).toEqual([]);
  });

  it("no test throws dice of its own: seeds are given", () => {
    expect(findings(tests, /\bMath\.random\b/)).toEqual([]);
  });
});

describe("files", () => {
  it(`have at most ${linesMax} lines`, () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ lines }) => lines > linesMax);

    expect(long).toEqual([]);
  });

  it("say at their top what they are for", () => {
    expect(sources.filter(({ text }) => !text.startsWith("/**")).map(({ path }) => path)).toEqual([]);
  });

  it("called index only pass on what others export", () => {
    const wrong = sources
      .filter(({ path }) => path.endsWith("/index.ts"))
      .filter(({ text }) => {
        const rest = withoutComments(text).replace(
          /export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*(?:from\s*"[^"]+")?;/g,
          "",
        );
        return rest.trim() !== "";
      });

    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it("explain every export", () => {
    expect(sources.flatMap(unexplainedExports)).toEqual([]);
  });
});

/** Exported declarations without a comment before them. Overloads after the first share its comment. */
function unexplainedExports({ path, text }: SourceFile): readonly string[] {
  const declaration =
    /^export (?:declare |default |async |abstract )*(?:function|class|const|let|interface|type)\*? (\w+)/;
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const name = declaration.exec(line)?.[1];
    if (name === undefined) return [];
    const before = lines[index - 1] ?? "";
    if (before.trimEnd().endsWith("*/") || declaration.exec(before)?.[1] === name) return [];
    return [`${path}:${index + 1}: ${name}`];
  });
}

describe("what is left behind", () => {
  it("has the number of an issue: no bare TODO", () => {
    const wrong = everything.flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, index) =>
          /\b(?:TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))/.test(line)
            ? [`${path}:${index + 1}: ${line.trim()}`]
            : [],
        ),
    );

    expect(wrong).toEqual([]);
  });

  it("is no test that does not run", () => {
    // Where a client's runtime is missing, its suite says so and is skipped; nowhere else.
    const files = tests.filter(({ path }) => path !== "test/compat/support/python.ts");

    expect(findings(files, notRun)).toEqual([]);
  });

  it("is no any", () => {
    const files = everything.filter(({ path }) => /\.tsx?$/.test(path));

    expect(findings(files, untyped)).toEqual([]);
  });

  it("is no word to the compiler or the linter to look away", () => {
    const wrong = everything.flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, index) =>
          /@ts-(?:ignore|nocheck)|biome-ignore(?!\s+\S+: \S)/.test(line)
            ? [`${path}:${index + 1}: ${line.trim()}`]
            : [],
        ),
    );

    expect(wrong).toEqual([]);
  });
});

describe("the rules themselves", () => {
  it("see comments as comments and strings as strings", () => {
    expect(withoutComments('a("https://x"); // Date.now\n/* new Date\n */ b')).toBe(
      'a("https://x");            \n           \n    b',
    );
  });

  it.each([
    [clockOrDice, ["Date.now()", "new Date(1)", "setTimeout(run, 1)", "performance.now()", "Math.random()"]],
    [notRun, ["it.skip(", "describe.only(", "test.todo(", "test.fails("]],
    [
      untyped,
      ["(a: any)", "Map<string, any>", "x as any", "let a: any;", "any | b: any", "any[] = a: any[]"],
    ],
  ])("find what %s is there to find", (pattern, lines) => {
    const files = lines.map((text) => ({ path: text, text }));

    expect(findings(files, pattern)).toHaveLength(lines.length);
  });

  it.each([
    [
      clockOrDice,
      ["now()", "updateNow(Date)", "readonly setTimeout: Timer", "// Date.now", "performanceIndex"],
    ],
    [notRun, ["it.skipIf(", "stream.skip(", "it.each("]],
    [untyped, ["if any of them", "company: Company", '"say: anything"']],
  ])("let pass what %s is not about", (pattern, lines) => {
    const files = lines.map((text) => ({ path: text, text }));

    expect(findings(files, pattern)).toEqual([]);
  });

  it("see every way to import", () => {
    const text =
      'import "a";\nimport { b } from "b";\nimport type { c } from\n  "c";\nexport * from "d";\nawait import("e");';

    expect(importsOf({ path: "x", text })).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("look at what there is", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(tests.length).toBeGreaterThan(20);
  });
});
