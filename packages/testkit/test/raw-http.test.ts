/** Answers are read out of bytes, and what is none is refused. */
import { describe, expect, test } from "vitest";
import { readAnswers } from "../src/raw-http.ts";

const read = (text: string): readonly unknown[] =>
  readAnswers(Buffer.from(text)).map(({ status, headers, body }) => [
    status,
    Object.fromEntries(headers),
    body,
  ]);

describe("reading answers", () => {
  test("takes answers of a declared length one after the other", () => {
    const first = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n[]";
    const second = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";

    expect(read(first + second)).toEqual([
      [200, { "content-length": "2", x: "y" }, "[]"],
      [404, { "content-length": "0" }, ""],
    ]);
  });

  test("puts chunks together and skips interim answers", () => {
    const interim = "HTTP/1.1 100 Continue\r\n\r\n";
    const chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";

    expect(read(interim + chunked)).toEqual([[200, { "transfer-encoding": "chunked" }, "abc0123456789"]]);
  });

  test.each([
    "nonsense",
    "HTTP/2 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
  ])("refuses %j", (text) => {
    expect(() => read(text)).toThrow();
  });
});
