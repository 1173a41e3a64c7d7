/** Single requests, for checks before and after a measurement and for learning what the server answers. */
import { Agent, get } from "node:http";
import type { BareAnswer } from "./bare/answers.ts";

const usuallyWithinMs = 30_000;
const addedByServers = new Set(["date", "connection", "keep-alive", "content-length", "transfer-encoding"]);
const agent = new Agent({ keepAlive: false });

/** Sends one GET and gives the answer, whatever its status, as a bare server would have to send it. */
export function capture(
  port: number,
  target: string,
  withinMs: number = usuallyWithinMs,
): Promise<BareAnswer> {
  return new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, path: target, agent, timeout: withinMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const headers = Object.entries(response.headers).flatMap(([name, value]) =>
          typeof value === "string" && !addedByServers.has(name) ? [[name, value] as const] : [],
        );
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(headers),
          body: Buffer.concat(chunks).toString("utf8"),
        });
      });
    });
    request.on("timeout", () => request.destroy(new Error(`No answer to ${target} in ${withinMs} ms.`)));
    request.on("error", reject);
  });
}

/** Sends one GET that must be answered with 200, and gives the JSON of the answer. */
export async function askJson(port: number, target: string): Promise<unknown> {
  const answer = await capture(port, target);
  if (answer.status !== 200) throw new Error(`${target} was answered ${answer.status}: ${answer.body}`);
  return JSON.parse(answer.body);
}

/** A channel's occupants and occupancy, as here now gives them. */
export async function hereNow(
  port: number,
  channel: string,
  query = "",
): Promise<{ readonly users: readonly string[]; readonly occupancy: number }> {
  const answer = await askJson(port, `/v2/presence/sub-key/demo/channel/${channel}?uuid=bench${query}`);
  if (typeof answer !== "object" || answer === null || !("occupancy" in answer))
    throw new Error(`Here now of ${channel} has no occupancy: ${JSON.stringify(answer)}`);
  const uuids: unknown = "uuids" in answer ? answer.uuids : [];
  if (!Array.isArray(uuids)) throw new Error(`Here now of ${channel} has no list of users.`);
  return { users: uuids.map(String), occupancy: Number(answer.occupancy) };
}

/** The server's present timetoken. */
export async function timeOf(port: number): Promise<string> {
  // The number is larger than a double holds: it is taken from the text.
  const { body } = await capture(port, "/time/0");
  const digits = /^\[(\d{17})\]$/.exec(body)?.[1];
  if (digits === undefined) throw new Error(`The server's time is no timetoken: ${body}`);
  return digits;
}

/** Throws unless something that must hold of the answers does. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Wrong result: ${what}`);
}
