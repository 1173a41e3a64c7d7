/** A client's options, checked and completed. */
import type { ClientTypes, CoreOptions, StateOf } from "./api.ts";
import { defaultDeviceId } from "./device.ts";
import { createFetchTransport } from "./fetch-transport.ts";
import { checkId, checkName, refuse } from "./names.ts";
import type { Scheduling, Transport } from "./ports.ts";
import { platformScheduling } from "./scheduling.ts";
import type { StateSchema } from "./schema.ts";
import type { Streams } from "./stream-port.ts";

/** What a client goes by. */
export interface Settings<State> {
  readonly origin: string;
  readonly subscribeKey: string;
  readonly publishKey?: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly presenceTimeoutSeconds: number;
  readonly heartbeatMs: number;
  readonly token?: string;
  readonly transport: Transport;
  readonly scheduling: Scheduling;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  readonly callRetries: number;
  readonly stateSchema?: StateSchema<State>;
  readonly streams?: Streams;
}

const heartbeatSecondsMin = 0.5;

/** Checks options and fills in what is left out. Throws a PresenceError `invalid-argument`. */
export function settingsOf<Types extends ClientTypes>(options: CoreOptions<Types>): Settings<StateOf<Types>> {
  const {
    origin,
    retry = {},
    publishKey,
    deviceId = defaultDeviceId(),
    presenceTimeoutSeconds = 300,
    heartbeatIntervalSeconds = Math.max(heartbeatSecondsMin, presenceTimeoutSeconds / 2 - 1),
  } = options;
  const { baseMs = 500, maxMs = Math.max(30_000, baseMs), callRetries = 2 } = retry;
  const [, address = refuse(`origin "${origin}" has to be like https://presence.example.com`)] =
    /^(https?:\/\/[^/?#@\s]+)\/?$/i.exec(origin) ?? [];
  checkName(options.subscribeKey, "subscribeKey");
  if (publishKey !== undefined) checkName(publishKey, "publishKey");
  checkId(options.userId, "userId");
  checkId(deviceId, "deviceId");
  checkNumber(presenceTimeoutSeconds, "presenceTimeoutSeconds", [1, 3600, 1]);
  checkNumber(heartbeatIntervalSeconds, "heartbeatIntervalSeconds", [
    heartbeatSecondsMin,
    // One that is sent at the very end of the timeout arrives after it.
    presenceTimeoutSeconds - heartbeatSecondsMin,
  ]);
  checkNumber(baseMs, "retry.baseMs", [10, 60_000]);
  checkNumber(maxMs, "retry.maxMs", [baseMs, 600_000]);
  checkNumber(callRetries, "retry.callRetries", [0, 10, 1]);
  return {
    transport: createFetchTransport(address),
    scheduling: platformScheduling,
    ...options,
    deviceId,
    presenceTimeoutSeconds,
    heartbeatMs: heartbeatIntervalSeconds * 1_000,
    backoff: { baseMs, maxMs },
    callRetries,
  };
}

/** The least and the greatest that a number may be, and what it has to be a multiple of. */
export type Range = readonly [min: number, max: number, step?: number];

/** Refuses what is not a number within a range. */
export function checkNumber(value: unknown, what: string, [min, max, step]: Range): void {
  if (typeof value === "number" && value >= min && value <= max && (!step || value % step === 0)) return;
  refuse(`${what} is ${String(value)}, and has to be a ${step ? "whole " : ""}number from ${min} to ${max}`);
}
