/** Whatever bytes come in, both HTTP servers answer in HTTP or close, stay alive, and hold nothing back. */
import {
  createSeededRandom,
  exchange,
  type SeededRandom,
  socketWorldKinds,
  type TestClient,
} from "@hereabouts/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crlf, expectAlive, expectProperExchange, portOf, requestText } from "./raw-support.ts";
import { inEachWorld } from "./support.ts";

const seeds: readonly string[] = [
  requestText("GET", "/time/0"),
  requestText("GET", "/v2/subscribe/sub-test/a,b/0?tt=0&uuid=u&heartbeat=5"),
  requestText("GET", "/v2/subscribe/sub-test/a/0?tt=17672256000000000&uuid=u"),
  requestText("GET", "/v2/presence/sub-key/sub-test/channel/a/heartbeat?uuid=u&state=%7B%22a%22:1%7D"),
  requestText("GET", "/v2/presence/sub-key/sub-test/channel/%C3%BC,b?state=1&limit=3"),
  requestText("GET", "/v1/channel-registration/sub-key/sub-test/channel-group/g?add=a,b"),
  requestText("POST", "/publish/pub-test/sub-test/0/a/0?uuid=u", {
    headers: ["Content-Type: application/json"],
    body: '{"hey":[1,2,3]}',
  }),
  requestText("POST", "/publish/pub-test/sub-test/0/a/0", {
    headers: ["Content-Encoding: gzip"],
    body: "\u001f\u008b\u0008not really",
  }),
  requestText("POST", "/publish/pub-test/sub-test/0/a/0", { headers: ["Transfer-Encoding: chunked"] }) +
    `3${crlf}"a"${crlf}0${crlf}${crlf}`,
  requestText("OPTIONS", "/v2/subscribe/sub-test/a/0", { headers: ["Access-Control-Request-Headers: x"] }),
];

inEachWorld(
  "arbitrary bytes",
  (open) => {
    const run = async (
      client: TestClient,
      inputs: readonly Uint8Array[],
      seen: Set<number>,
    ): Promise<void> => {
      const port = portOf(client);
      const exchanges = await Promise.all(
        inputs.map((bytes, index) => {
          const cut = index % 3 === 0 ? Math.floor(bytes.length / 2) : bytes.length;
          const parts = [bytes.subarray(0, cut), bytes.subarray(cut)].filter((part) => part.length > 0);
          return exchange({ port, parts, patienceMs: 150 });
        }),
      );
      for (const each of exchanges) for (const status of expectProperExchange(each)) seen.add(status);
    };

    test("noise is answered in HTTP or not at all", async () => {
      const client = await open();
      const noise = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), {
        minLength: 16,
        maxLength: 16,
      });

      await fc.assert(
        fc.asyncProperty(noise, (inputs) => run(client, inputs, new Set())),
        { numRuns: 20, seed: 1 },
      );

      await expectAlive(client);
    });

    test("damaged requests are answered in HTTP or not at all", async () => {
      const client = await open();
      const seen = new Set<number>();

      await fc.assert(
        fc.asyncProperty(fc.integer(), (seed) => {
          const random = createSeededRandom(seed);
          return run(
            client,
            Array.from({ length: 24 }, () => damaged(random)),
            seen,
          );
        }),
        { numRuns: 60, seed: 2 },
      );

      // The damage went deep enough, and not too deep, to be seen by every part.
      expect([...seen]).toEqual(expect.arrayContaining([200, 400, 404]));

      await expectAlive(client);
    });
  },
  socketWorldKinds,
);

/** A proper request with a few bytes changed, lost, doubled, or another request's tail. */
function damaged(random: SeededRandom): Uint8Array {
  let bytes = Buffer.from(random.pick(seeds), "latin1");
  for (let damages = 1 + random.below(4); damages > 0; damages -= 1) {
    const at = random.below(bytes.length);
    const head = bytes.subarray(0, at);
    const tail = bytes.subarray(at);
    switch (random.below(5)) {
      case 0:
        bytes = Buffer.concat([head, Buffer.from([random.below(256)]), tail.subarray(1)]);
        break;
      case 1:
        bytes = Buffer.concat([head, tail.subarray(random.below(10))]);
        break;
      case 2:
        bytes = Buffer.concat([
          head,
          Buffer.from(random.pick([" ", crlf, "\0", "%", "/", "\u00ff", ":", "\n"]), "latin1"),
          tail,
        ]);
        break;
      case 3:
        bytes = Buffer.concat([head, tail.subarray(0, 20), tail]);
        break;
      default:
        bytes = Buffer.concat([head, Buffer.from(random.pick(seeds), "latin1")]);
    }
    if (bytes.length === 0) return Buffer.from("x");
  }
  return bytes;
}
