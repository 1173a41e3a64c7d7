/** One request and its answer: built, sent, waited for, read, and tried again where that may help. */
import { backoffMs, mayPass } from "../backoff.ts";
import { PresenceError, type PresenceErrorCode } from "../error.ts";
import { refuse } from "../names.ts";
import type { Settings } from "../options.ts";
import type { Reply } from "../ports.ts";
import { sdkName } from "../version.ts";
import { field } from "./reply.ts";

/** What to ask, and how to read the answer. */
export interface Call<Result> {
  /** Escaped; begins with a slash. */
  readonly path: string;
  /** Parameters, not escaped yet; those that are `undefined` are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** JSON to post. Default: a GET without a body. */
  readonly body?: string;
  /** Any of these gives the call up. */
  readonly signals?: readonly (AbortSignal | undefined)[];
  /** How long to wait for each answer. Default 15000. */
  readonly timeoutMs?: number;
  /** How often to try again when that may help. Default: as the client's options say. */
  readonly retries?: number;
  /** Whether the request shall outlive the page. Default false. */
  readonly keepalive?: boolean;
  /** Makes the result of the answer's JSON and its text. Throws `malformed-reply` where it cannot. */
  read(json: unknown, text: string): Result;
}

/** Sends a call. Rejects with a PresenceError. */
export type Caller = <Result>(call: Call<Result>) => Promise<Result>;

const timeoutMsDefault = 15_000;
/** What servers take at most for path and query. */
const targetCharactersMax = 32_768;

/** Makes the caller of a client. */
export function createCaller(settings: Settings<unknown>): Caller {
  return async (call) => {
    const { retries = settings.callRetries, signals = [] } = call;
    for (let failures = 1; ; failures += 1) {
      try {
        return await once(call, settings);
      } catch (thrown) {
        const error = PresenceError.from(thrown);
        if (failures > retries || !mayPass(error)) throw error;
        const { scheduling, backoff } = settings;
        await pause(backoffMs(backoff, failures, { dice: scheduling.random(), error }), {
          scheduling,
          signals,
        });
      }
    }
  };
}

/** What a pause goes by. */
type PauseOptions = Pick<Settings<unknown>, "scheduling"> & Pick<Call<unknown>, "signals">;

/** Resolves after a time; rejects when given up. */
function pause(ms: number, { scheduling, signals }: PauseOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    throwIfAborted(signals);
    const cancel = scheduling.after(ms, () => {
      off();
      resolve();
    });
    const off = onAbort(signals, (error) => {
      cancel();
      reject(error);
    });
  });
}

/** Path and query of a call. */
export function targetOf(call: Call<unknown>, settings: Settings<unknown>): string {
  const { userId, deviceId, token } = settings;
  const common = { uuid: userId, instanceid: deviceId, pnsdk: sdkName, auth: token };
  const pairs = Object.entries({ ...call.query, ...common }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  // Commas are fine in a query, and lists read better with them.
  const target = `${call.path}?${pairs.join("&").replaceAll("%2C", ",")}`;
  if (target.length > targetCharactersMax) {
    refuse(`The request has ${target.length} characters, and may have ${targetCharactersMax}`);
  }
  return target;
}

function once<Result>(call: Call<Result>, settings: Settings<unknown>): Promise<Result> {
  const { timeoutMs = timeoutMsDefault, body, keepalive } = call;
  const target = targetOf(call, settings);
  const controller = new AbortController();
  const request = {
    method: body === undefined ? "GET" : "POST",
    target,
    signal: controller.signal,
    ...(body !== undefined && { body }),
    ...(keepalive && { keepalive }),
  } as const;
  return new Promise((resolve, reject) => {
    throwIfAborted(call.signals);
    const stop = (error: PresenceError): void => {
      done();
      reject(error);
      controller.abort(error);
    };
    const cancel = settings.scheduling.after(timeoutMs, () =>
      stop(new PresenceError("timeout", `No answer within ${timeoutMs} ms.`)),
    );
    const off = onAbort(call.signals, stop);
    const done = (): void => {
      cancel();
      off();
    };
    const answered = async (): Promise<Result> => readReply(await settings.transport(request), call);
    answered()
      .then(resolve, (thrown) => reject(PresenceError.from(thrown)))
      .then(done, done);
  });
}

function throwIfAborted(signals: Call<unknown>["signals"] = []): void {
  for (const signal of signals) if (signal?.aborted) throw abortError(signal);
}

/** Calls `run` when any of the signals aborts. Returns how to take that back. */
function onAbort(signals: Call<unknown>["signals"] = [], run: (error: PresenceError) => void): () => void {
  const offs = signals.map((signal) => {
    const listener = (): void => signal && run(abortError(signal));
    signal?.addEventListener("abort", listener);
    return () => signal?.removeEventListener("abort", listener);
  });
  return () => {
    for (const off of offs) off();
  };
}

function abortError({ reason }: AbortSignal): PresenceError {
  if (reason instanceof PresenceError) return reason;
  return new PresenceError("aborted", "The call was given up.", { cause: reason });
}

function readReply<Result>({ status, body, retryAfterSeconds }: Reply, call: Call<Result>): Result {
  const json = parse(body);
  if (status >= 400) {
    const said = field(json, "detail") ?? field(json, "message") ?? field(json, 1) ?? "";
    const message = `The server answered ${status}${said === "" ? "" : `: ${String(said)}`}`;
    throw new PresenceError(codeOf(status), message, { status, retryAfterSeconds });
  }
  try {
    return call.read(json, body);
  } catch (cause) {
    if (cause instanceof PresenceError) throw new PresenceError(cause.code, cause.message, { status });
    throw cause;
  }
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
