/** One request and its answer: built, sent, waited for, and tried again where that may help. */
import { backoffMs, mayPass } from "../backoff.ts";
import { PresenceError, type PresenceErrorCode } from "../error.ts";
import { refuse } from "../names.ts";
import type { Settings } from "../options.ts";
import type { Reply } from "../ports.ts";
import { ignore } from "../turns.ts";
import { sdkName } from "../version.ts";
import { field } from "./reply.ts";

/** A part of a path, or a parameter; not escaped yet. A list has commas between its names. */
export type Part = string | number | readonly string[] | undefined;

/** What to ask. */
export interface Question {
  /** Segments; an empty list is a comma. */
  readonly path: readonly Part[];
  /** Parameters; those that are `undefined` or empty are left out. */
  readonly query?: Readonly<Record<string, Part>>;
}

/** How to ask. */
export interface Manner {
  /** Gives the question up. */
  readonly signal?: AbortSignal | undefined;
  /** JSON to post. Default: a GET without a body. */
  readonly body?: string;
  /** How long to wait for each answer. Default 15000. */
  readonly timeoutMs?: number;
  /** How often to try again when that may help. Default: as the client's options say. */
  readonly retries?: number;
  /** Whether the request shall outlive the page. Default false. */
  readonly keepalive?: boolean;
}

/** What came: JSON, `undefined` if it is none, and as it was. */
export interface Answer {
  readonly json: unknown;
  readonly text: string;
}

/** Asks. */
export interface Ask {
  /** `closing` gives the question up, too. Rejects with a PresenceError. */
  (question: Question, manner?: Manner, closing?: AbortSignal): Promise<Answer>;
  /** Ends the stream, if there is one: seats are given up, or nothing is subscribed to. It comes back with the next poll. */
  end?(): void;
}

const timeoutMsDefault = 15_000;
/** What servers take at most for path and query. */
const targetCharactersMax = 32_768;

/** Makes a client ask. */
export function createAsk(settings: Settings<unknown>): Ask {
  const { scheduling, backoff, transport } = settings;

  /** Runs something until it is done, its time is over, or it is given up. */
  const within = async <Result>(
    ms: number,
    signals: readonly AbortSignal[],
    run: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> => {
    const controller = new AbortController();
    const { signal } = controller;
    const cancel = scheduling.after(ms, () =>
      controller.abort(new PresenceError("timeout", `No answer in ${ms} ms.`)),
    );
    const giveUp = (): void => controller.abort(abortError(signals));
    for (const given of signals) given.addEventListener("abort", giveUp);
    try {
      return await new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        if (signals.some(({ aborted }) => aborted)) giveUp();
        else run(signal).then(resolve, reject);
      });
    } finally {
      cancel();
      for (const given of signals) given.removeEventListener("abort", giveUp);
    }
  };

  return async (question, manner = {}, closing) => {
    const { retries = settings.callRetries, timeoutMs = timeoutMsDefault, body, keepalive } = manner;
    const signals = [manner.signal, closing].filter((signal) => signal !== undefined);
    const request = {
      method: body ? "POST" : "GET",
      target: targetOf(settings, question),
      ...(body && { body }),
      ...(keepalive && { keepalive }),
    } as const;
    for (let failures = 1; ; failures += 1) {
      try {
        return await within(timeoutMs, signals, async (signal) =>
          readReply(await transport({ ...request, signal })),
        );
      } catch (thrown) {
        const error = PresenceError.from(thrown);
        if (failures > retries || !mayPass(error)) throw error;
        const ms = backoffMs(backoff, failures, { dice: scheduling.random(), error });
        // A pause is what takes longer than it may.
        await within(ms, signals, () => new Promise(ignore)).catch(unlessTimeout);
      }
    }
  };
}

function unlessTimeout(error: PresenceError): void {
  if (error.code !== "timeout") throw error;
}

/** A question as path and query, escaped, with who asks. Throws `invalid-argument` when it is too long. */
export function targetOf({ userId, deviceId, token }: Settings<unknown>, { path, query }: Question): string {
  const common = { uuid: userId, instanceid: deviceId, pnsdk: sdkName, auth: token };
  const pairs = Object.entries({ ...query, ...common }).map(([name, part]) => `${name}=${escaped(part)}`);
  const search = pairs.filter((pair) => !pair.endsWith("=")).join("&");
  const target = `/${path.map((part) => escaped(part) || ",").join("/")}?${search}`;
  if (target.length <= targetCharactersMax) return target;
  return refuse(`The request has ${target.length} characters, and may have ${targetCharactersMax}`);
}

/** Commas stay as they are: they part the names of lists. */
function escaped(part: Part): string {
  try {
    return encodeURIComponent(String(part ?? "")).replaceAll("%2C", ",");
  } catch {
    return refuse("A text is no Unicode");
  }
}

/** What a call is given up with, by whichever signal. */
export function abortError(signals: readonly AbortSignal[]): PresenceError {
  const reason = signals.find(({ aborted }) => aborted)?.reason;
  if (reason instanceof PresenceError) return reason;
  return new PresenceError("aborted", "The call was given up.", { cause: reason });
}

function readReply({ status, body, retryAfterSeconds }: Reply): Answer {
  const json = parse(body);
  if (status < 400) return { json, text: body };
  const said = field(json, "detail") ?? field(json, "message") ?? field(json, 1) ?? "";
  throw new PresenceError(codeOf(status), `The server answered ${status} ${said}`.trim(), {
    status,
    retryAfterSeconds,
  });
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function codeOf(status: number): PresenceErrorCode {
  if (status === 401 || status === 403) return "denied";
  return status === 408 || status === 429 || status >= 500 ? "unavailable" : "refused";
}
