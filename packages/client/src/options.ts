/** A client's options, checked and completed. */
import type { ClientOptions, ClientTypes, StateOf } from "./api.ts";
import { defaultDeviceId } from "./device.ts";
import { createFetchTransport } from "./fetch-transport.ts";
import { checkId, refuse } from "./names.ts";
import type { Scheduling, Transport } from "./ports.ts";
import { platformScheduling } from "./scheduling.ts";
import type { StateSchema } from "./schema.ts";

/** What a client goes by. */
export interface Settings<State> {
  readonly subscribeKey: string;
  readonly publishKey: string | undefined;
  readonly userId: string;
  readonly deviceId: string;
  readonly presenceTimeoutSeconds: number;
  readonly heartbeatMs: number;
  readonly token: string | undefined;
  readonly transport: Transport;
  readonly scheduling: Scheduling;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  readonly callRetries: number;
  readonly stateSchema: StateSchema<State> | undefined;
}

const heartbeatSecondsMin = 0.5;

/** Checks options and fills in what is left out. Throws a PresenceError `invalid-argument`. */
export function settingsOf<Types extends ClientTypes>(
  options: ClientOptions<Types>,
): Settings<StateOf<Types>> {
  const { retry = {}, presenceTimeoutSeconds = 300 } = options;
  const timeout = checkNumber(presenceTimeoutSeconds, "presenceTimeoutSeconds", {
    min: 1,
    max: 3600,
    step: 1,
  });
  const baseMs = checkNumber(retry.baseMs ?? 500, "retry.baseMs", { min: 10, max: 60_000 });
  const maxMs = checkNumber(retry.maxMs ?? Math.max(30_000, baseMs), "retry.maxMs", {
    min: baseMs,
    max: 600_000,
  });
  const origin = checkOrigin(options.origin);
  return {
    subscribeKey: checkKey(options.subscribeKey, "subscribeKey"),
    publishKey: options.publishKey === undefined ? undefined : checkKey(options.publishKey, "publishKey"),
    userId: checkId(options.userId, "userId"),
    deviceId: checkId(options.deviceId ?? defaultDeviceId(), "deviceId"),
    presenceTimeoutSeconds: timeout,
    heartbeatMs: heartbeatSeconds(options.heartbeatIntervalSeconds, timeout) * 1_000,
    token: options.token,
    transport: options.transport ?? createFetchTransport(origin),
    scheduling: options.scheduling ?? platformScheduling,
    backoff: { baseMs, maxMs },
    callRetries: checkNumber(retry.callRetries ?? 2, "retry.callRetries", { min: 0, max: 10, step: 1 }),
    stateSchema: options.stateSchema,
  };
}

function checkOrigin(origin: unknown): string {
  if (typeof origin !== "string" || !/^https?:\/\/[^/?#@\s]+\/?$/i.test(origin)) {
    refuse(
      `origin "${String(origin)}" has to be like https://presence.example.com: a scheme and a host, no path, no query`,
    );
  }
  return origin.replace(/\/$/, "");
}

function checkKey(key: unknown, what: string): string {
  const text = checkId(key, what);
  if (/[/,\s]/.test(text)) refuse(`${what} "${text}" has a character that keys do not have`);
  return text;
}

function heartbeatSeconds(given: number | undefined, timeout: number): number {
  const standard = Math.max(heartbeatSecondsMin, timeout / 2 - 1);
  const interval = checkNumber(given ?? standard, "heartbeatIntervalSeconds", {
    min: heartbeatSecondsMin,
    max: 3600,
  });
  if (interval < timeout) return interval;
  return refuse(
    `heartbeatIntervalSeconds is ${interval}, and has to be less than presenceTimeoutSeconds, which is ${timeout}`,
  );
}

/** What numbers may be. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** What it has to be a multiple of. */
  readonly step?: number;
}

/** A number within a range, as it is; refused when it is none. */
export function checkNumber(value: unknown, what: string, { min, max, step }: Range): number {
  if (
    typeof value === "number" &&
    value >= min &&
    value <= max &&
    (step === undefined || value % step === 0)
  ) {
    return value;
  }
  const kind = step === undefined ? "a number" : "a whole number";
  return refuse(`${what} is ${String(value)}, and has to be ${kind} from ${min} to ${max}`);
}
