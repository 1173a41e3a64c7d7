/** Requests at the edge of HTTP: pipelined, cut up, too large, misspelt, smuggling; and what a runtime refuses by itself. */
import { exchange, readAnswers, socketWorldKinds, type TestClient } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import {
  answersTo,
  bareStatuses,
  countAnswers,
  crlf,
  expectAlive,
  expectProperExchange,
  portOf,
  requestText,
} from "./raw-support.ts";
import { bodyOf, inEachWorld } from "./support.ts";

inEachWorld(
  "requests at the edge of HTTP",
  (open, kind) => {
    test("pipelined requests are answered each, in order", async () => {
      const client = await open();
      const text = [1, 2, 3, 4, 5]
        .map((number) => requestText("GET", `/v2/presence/sub-key/sub-test/channel/c${number}/uuid/u`))
        .join("");

      const answers = await answersTo(client, text, 5);

      const channels = answers.map((answer) => JSON.parse(answer.body).channel as string);
      expect(channels).toEqual(["c1", "c2", "c3", "c4", "c5"]);
    });

    test("a request in many small segments is one request", async () => {
      const client = await open();
      const text = requestText("POST", "/publish/pub-test/sub-test/0/a/0?uuid=u", { body: '"in pieces"' });

      const { bytes } = await exchange({
        port: portOf(client),
        parts: [...Buffer.from(text)].map((byte) => Uint8Array.of(byte)),
        finish: false,
        enough: (received) => countAnswers(received) >= 1,
      });

      const [answer] = readAnswers(bytes);
      expect(answer?.status).toBe(200);
      expect(JSON.parse(answer?.body ?? "")).toEqual([1, "Sent", expect.any(String)]);
    });

    test("an HTTP/1.0 request is answered and its connection closed", async () => {
      const client = await open();

      const { bytes, closedByServer } = await exchange({
        port: portOf(client),
        parts: [Buffer.from(`GET /time/0 HTTP/1.0${crlf}${crlf}`)],
        finish: false,
      });

      expect(closedByServer).toBe(true);
      expect(readAnswers(bytes).map((answer) => answer.status)).toEqual([200]);
    });

    test("a client that asks for it finds its connection closed after the answer", async () => {
      const client = await open();

      const { bytes, closedByServer } = await exchange({
        port: portOf(client),
        parts: [Buffer.from(requestText("GET", "/time/0", { headers: ["Connection: close"] }))],
        finish: false,
      });

      expect(closedByServer).toBe(true);
      expect(readAnswers(bytes).map((answer) => answer.status)).toEqual([200]);
    });

    test("HEAD is answered without a body", async () => {
      const client = await open();

      const { bytes } = await exchange({
        port: portOf(client),
        parts: [Buffer.from(requestText("HEAD", "/time/0", { headers: ["Connection: close"] }))],
        finish: false,
      });

      const text = bytes.toString("latin1");
      expect(text).toMatch(/^HTTP\/1\.1 \d{3} /);
      expect(text.indexOf(crlf + crlf)).toBe(text.length - 4);
    });

    test.each(["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])(
      "%s on a path of GET is refused in JSON",
      async (method) => {
        const client = await open();

        const [answer] = await answersTo(client, requestText(method, "/time/0"));

        expect(answer?.status).toBeGreaterThanOrEqual(400);
        expect(answer?.status).toBeLessThan(500);
      },
    );

    test("a method that is none is refused", async () => {
      const client = await open();

      const answers = await answersTo(client, requestText("HEREABOUTS", "/time/0"));

      for (const answer of answers) expect(answer.status).toBeGreaterThanOrEqual(400);
      await expectAlive(client);
    });

    test("a body that is no UTF-8 is refused in JSON", async () => {
      const client = await open();

      const reply = await client.world.post(
        "/publish/pub-test/sub-test/0/a/0",
        Uint8Array.of(0x22, 0xff, 0xfe, 0x22),
      );

      bodyOf(reply, 400);
    });

    test.each([32_769, 40_000, 900_000])("a body of %i bytes is too large, in JSON", async (bytes) => {
      const client = await open();

      const reply = await client.world.post("/publish/pub-test/sub-test/0/a/0", "x".repeat(bytes), {
        connection: "own",
      });

      bodyOf(reply, 413);
      await expectAlive(client);
    });

    test("a body without end is cut off", async () => {
      const client = await open();
      const head = requestText("POST", "/publish/pub-test/sub-test/0/a/0", {
        headers: ["Content-Length: 99999999999"],
      });

      const each = await exchange({
        port: portOf(client),
        parts: [Buffer.from(head), ...Array.from({ length: 64 }, () => Buffer.alloc(65_536, 0x78))],
        finish: false,
        patienceMs: 3_000,
      });

      expect(each.closedByServer).toBe(true);
      expectProperExchange(each);
      await expectAlive(client);
    });

    test("a body shorter than its length, and then nothing, leaves nothing behind", async () => {
      const client = await open();
      const head = `POST /publish/pub-test/sub-test/0/a/0 HTTP/1.1${crlf}Host: x${crlf}Content-Length: 50${crlf}${crlf}"a"`;

      expectProperExchange(
        await exchange({ port: portOf(client), parts: [Buffer.from(head)], patienceMs: 300 }),
      );

      await expectAlive(client);
    });

    test("what follows a body's length is another request, or ends the connection", async () => {
      const client = await open();
      const text = `POST /publish/pub-test/sub-test/0/a/0 HTTP/1.1${crlf}Host: x${crlf}Content-Length: 3${crlf}${crlf}"a"garbage${crlf}${crlf}`;

      const { bytes, closedByServer } = await exchange({
        port: portOf(client),
        parts: [Buffer.from(text)],
        finish: false,
      });

      // The garbage may be refused before the first request is answered.
      const statuses = readAnswers(bytes).map((answer) => answer.status);
      expect(statuses.slice(statuses[0] === 200 ? 1 : 0).filter((status) => status !== 400)).toEqual([]);
      expect(closedByServer).toBe(true);
      await expectAlive(client);
    });

    test.each([
      ["two lengths", ["Content-Length: 3", "Content-Length: 4"]],
      ["a length and chunks", ["Content-Length: 3", "Transfer-Encoding: chunked"]],
      ["a length that is no number", ["Content-Length: three"]],
      ["a negative length", ["Content-Length: -3"]],
    ])("%s cannot smuggle a second request in", async (_what, headers) => {
      const client = await open();
      const smuggled = requestText("GET", "/v2/presence/sub-key/sub-test/channel/smuggled/heartbeat?uuid=u");
      const text = [
        `POST /publish/pub-test/sub-test/0/a/0 HTTP/1.1`,
        "Host: x",
        ...headers,
        "",
        `0${crlf}${crlf}${smuggled}`,
      ].join(crlf);

      expectProperExchange(
        await exchange({ port: portOf(client), parts: [Buffer.from(text)], patienceMs: 500 }),
      );

      expect(bodyOf(await client.hereNow("smuggled"))).toMatchObject({ occupancy: 0 });
    });

    test("headers without end are refused", async () => {
      const client = await open();
      const headers = Array.from({ length: 3_000 }, (_, number) => `X-${number}: ${"y".repeat(60)}`);

      const answers = await answersTo(client, requestText("GET", "/time/0", { headers }));

      for (const answer of answers) expect([400, 414, 431]).toContain(answer.status);
      await expectAlive(client);
    });

    test.each([
      ["/", 404],
      ["//", 404],
      ["//time/0", 404],
      ["/time//0", 404],
      ["/time/0/", 404],
      ["/TIME/0", 404],
      ["/V2/presence/sub-key/sub-test/channel/a", 404],
      ["/v2/presence/sub-key/sub-test/CHANNEL/a", 404],
      ["/%74ime/0", undefined],
      ["/%2e%2e/", 404],
      ["/../", 404],
      ["/../../../../etc/passwd", 404],
      ["/%2e%2e/%2e%2e/etc/passwd", 404],
      ["/time/0#fragment", undefined],
      ["/time/0?#fragment", 200],
      ["/v2/presence/sub-key/sub-test/channel/a;b?x=1", 200],
      ["/time/0?a=b?c=d&&&==&%", undefined],
    ])("the target %s is answered in JSON", async (target, status) => {
      const client = await open();

      const [answer] = await answersTo(client, requestText("GET", target));

      expect(answer?.body).not.toBe("");
      if (status !== undefined) expect(answer?.status).toBe(status);
    });

    test("an absolute target is answered as its path is", async () => {
      const client = await open();

      const [answer] = await answersTo(client, requestText("GET", "http://other.example/time/0"));

      expect(answer?.status).toBe(200);
    });

    test("a strange Host header changes nothing", async () => {
      const client = await open();
      for (const host of ["", "a/b", "x:99999", "[::1", "a b", "?q", "#", "user:pw@h", "\u00ff"]) {
        const text = `GET /v2/presence/sub-key/sub-test/channel/a HTTP/1.1${crlf}Host: ${host}${crlf}${crlf}`;
        const answers = await answersTo(client, text);
        for (const answer of answers) {
          if (answer.status !== 200) expect(bareStatuses, host).toContain(answer.status);
          else expect(JSON.parse(answer.body), host).toMatchObject({ occupancy: 0, uuids: [] });
        }
      }
      await expectAlive(client);
    });

    test("a request behind a held poll is answered after it, or both end with their connection", async () => {
      const client = await open();
      const { t } = await client.handshake("u", "a");
      const waiting = exchange({
        port: portOf(client),
        parts: [
          Buffer.from(requestText("GET", `/v2/subscribe/sub-test/a/0?tt=${t}`)),
          Buffer.from(requestText("GET", "/time/0")),
        ],
        finish: false,
        enough: (received) => countAnswers(received) >= 2,
      });
      while ((await client.world.waiters()) < 1 && kind === "node");

      await client.publish("writer", "a", "hey");

      // Bun takes no request behind one that waits: it closes the connection.
      const { bytes, closedByServer } = await waiting;
      const answers = readAnswers(bytes);
      if (kind === "bun") expect(closedByServer || answers.length > 0).toBe(true);
      else expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
      if (answers[0] !== undefined) expect(answers[0].body).toContain('"d":"hey"');
      if (answers[1] !== undefined) expect(answers[1].body).toMatch(/^\[\d{17}\]$/);
      await expectAlive(client);
    });
  },
  socketWorldKinds,
);

inEachWorld(
  "what the runtimes refuse by themselves",
  (open, kind) => {
    const rest = `Host: test${crlf}Connection: close${crlf}${crlf}`;
    const hereNow = "/v2/presence/sub-key/sub-test/channel";

    /** The status of the one answer, and whether it has a body; `closed` when there is no answer. */
    const outcome = async (client: TestClient, text: string | Buffer): Promise<string> => {
      const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text;
      const each = await exchange({ port: portOf(client), parts: [bytes], finish: false });
      expectProperExchange(each);
      const [answer] = readAnswers(each.bytes);
      if (answer === undefined) return each.closedByServer ? "closed" : "nothing";
      return `${answer.status} ${answer.body === "" ? "bare" : "in JSON"}`;
    };

    test.each([
      [
        "a head over 64 KiB",
        `GET /time/0 HTTP/1.1${crlf}X: ${"x".repeat(70_000)}${crlf}${rest}`,
        "431 bare",
        "414 in JSON",
      ],
      ["what is not HTTP", `hello${crlf}${crlf}`, "400 bare", "400 in JSON"],
      ["no Host", `GET /time/0 HTTP/1.1${crlf}Connection: close${crlf}${crlf}`, "400 bare", "400 bare"],
      ["unescaped UTF-8", `GET ${hereNow}/\u00c3\u00bc HTTP/1.1${crlf}${rest}`, "200 in JSON", "400 in JSON"],
      ["an unescaped backslash", `GET ${hereNow}/a\\b HTTP/1.1${crlf}${rest}`, "404 in JSON", "200 in JSON"],
      ["dots for a channel", `GET ${hereNow}/.. HTTP/1.1${crlf}${rest}`, "404 in JSON", "404 in JSON"],
      ["dots behind a path", `GET /x/../time/0 HTTP/1.1${crlf}${rest}`, "200 in JSON", "404 in JSON"],
      ["dots among names", `GET ${hereNow}/a,.. HTTP/1.1${crlf}${rest}`, "200 in JSON", "200 in JSON"],
      ["a blank in the target", `GET ${hereNow}/a b HTTP/1.1${crlf}${rest}`, "505 bare", "400 in JSON"],
    ])("%s is answered as documented", async (_what, text, onBun, onNode) => {
      const client = await open();

      expect(await outcome(client, text)).toBe(kind === "bun" ? onBun : onNode);
      await expectAlive(client);
    });

    test("a body over 1 MiB is cut off as documented", async () => {
      const client = await open();
      const head = `POST /publish/pub-test/sub-test/0/a/0 HTTP/1.1${crlf}Content-Length: 2000000${crlf}${rest}`;

      const ended = await outcome(client, Buffer.concat([Buffer.from(head), Buffer.alloc(2_000_000, 0x78)]));

      // Bun's answer may be lost when the connection is reset under the rest of the body.
      expect(kind === "bun" ? ["413 bare", "closed"] : ["closed"]).toContain(ended);
    });
  },
  socketWorldKinds,
);
