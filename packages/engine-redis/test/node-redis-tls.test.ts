/** The port over TLS: a real redis-server with a certificate that openssl makes for the test, trusted by nobody else. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNodeRedisPort } from "@hereabouts/engine-redis";
import { freePort, startRedis } from "@hereabouts/testkit/redis";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "./eventually.ts";
import { echo, publish } from "./scripts.ts";

interface TlsRedis {
  /** `rediss://127.0.0.1:port`. */
  readonly url: string;
  /** What vouches for the server, in PEM. */
  readonly ca: string;
}

/** A redis-server with a TLS port, whose certificate is for one address. */
async function startTlsRedis(certifiedAddress: string): Promise<TlsRedis> {
  const directory = mkdtempSync(join(tmpdir(), "hereabouts-tls-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const [key, certificate] = [join(directory, "key.pem"), join(directory, "certificate.pem")];
  execFileSync(
    "openssl",
    [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
      ],
      ...["-subj", "/CN=redis", "-addext", `subjectAltName=IP:${certifiedAddress}`],
      ...["-keyout", key, "-out", certificate],
    ],
    { stdio: "pipe" },
  );
  const tlsPort = await freePort();
  const files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate];
  const redis = await startRedis({
    args: ["--tls-port", `${tlsPort}`, "--tls-auth-clients", "no", ...files],
  });
  onTestFinished(() => redis[Symbol.asyncDispose]());
  return { url: `rediss://127.0.0.1:${tlsPort}`, ca: readFileSync(certificate, "utf8") };
}

test("over TLS scripts are run and sharded channels heard, where the certificate is trusted", async () => {
  const { url, ca } = await startTlsRedis("127.0.0.1");
  const port = await openNodeRedisPort(url, { tls: { ca } });
  onTestFinished(() => port.close());
  const heard: string[] = [];
  await port.subscribe("news", (message) => heard.push(message));

  const answer = await port.run(echo, ["k"], ["1"]);
  await port.run(publish, ["news"], ["2"]);
  await eventually(() => heard.length > 0, "the message came");

  expect([answer, heard]).toEqual(["1", ["2"]]);
});

test("a certificate that nobody vouches for is refused, and one for another address, too", async () => {
  const unknown = await startTlsRedis("127.0.0.1");
  const another = await startTlsRedis("127.0.0.2");

  await expect(openNodeRedisPort(unknown.url)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/self-signed certificate/i),
  });
  await expect(openNodeRedisPort(another.url, { tls: { ca: another.ca } })).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/altnames/i),
  });
});
