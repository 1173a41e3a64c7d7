/** Verbs in few words, for tests of several stores. */
import type { Change, ChannelView, Instant, Page, Touched } from "@hereabouts/core";
import type { Channel, DeviceId, State, SubscribeKey, UserId } from "@hereabouts/protocol";
import type { TestStore } from "./stores.ts";

/** The keyset that everything is done in. */
export const keyset = "sub-key" as SubscribeKey;
/** When tests begin. */
export const start: Instant = 1_750_000_000_000;

/** The parts of a touch that a test says something about. */
export interface TouchOptions {
  readonly device?: string;
  /** Default 60. */
  readonly seconds?: number;
  readonly state?: string;
  readonly isHandshake?: boolean;
}

/** A heartbeat, or a handshake. */
export function touched(
  { presence }: TestStore,
  user: string,
  channels: readonly string[],
  { at, device, seconds = 60, state, isHandshake = false }: TouchOptions & { readonly at: Instant },
): Promise<Touched> {
  const states = state === undefined ? undefined : new Map(channels.map((each) => [each, state]));
  const request = {
    user: user as UserId,
    device: device as DeviceId | undefined,
    channels: channels as readonly Channel[],
    timeoutSeconds: seconds,
    defaultTimeoutSeconds: 300,
    states: states as ReadonlyMap<Channel, State> | undefined,
    intent: "deliberate" as const,
    asksForOwnJoins: isHandshake,
  };
  return presence.touch(keyset, request, at);
}

/** A touch, told in words. */
export async function touch(
  store: TestStore,
  user: string,
  channels: readonly string[],
  options: TouchOptions & { readonly at: Instant },
): Promise<string[]> {
  return told((await touched(store, user, channels, options)).changes);
}

/** Gives a seat up, at once or with a grace. */
export async function leave(
  { presence }: TestStore,
  user: string,
  channels: readonly string[],
  at: Instant,
  graceMs = 0,
  device?: string,
): Promise<string[]> {
  const request = {
    user: user as UserId,
    device: device as DeviceId | undefined,
    channels: channels as readonly Channel[],
    debounceMs: 0,
    graceMs,
  };
  return told(await presence.leave(keyset, request, at));
}

/** Ends what is due. */
export async function sweep({ presence }: TestStore, at: Instant, limit = 2_000): Promise<string[]> {
  return told(await presence.sweep(keyset, at, limit));
}

/** A page of a channel. */
export function view(
  { presence }: TestStore,
  channel: string,
  at: Instant,
  page: Partial<Page> = {},
): Promise<ChannelView> {
  const whole: Page = { offset: 0, limit: 1_000, unless: undefined };
  return presence.channel(keyset, channel as Channel, { ...whole, ...page }, at);
}

/** Who is in a channel, in the order of their seats. */
export async function hereNow(store: TestStore, channel: string, at: Instant): Promise<string[]> {
  const { occupants = [] } = await view(store, channel, at);
  return occupants.map(({ user }) => user);
}

/** Where a user is, by name. */
export async function whereNow({ presence }: TestStore, user: string, at: Instant): Promise<string[]> {
  return [...(await presence.user(keyset, user as UserId, at))].sort();
}

/** Changes in words: what, who, where, and the occupancy after it. */
export function told(changes: readonly Change[]): string[] {
  return changes.map(({ kind, user, channel, occupancy }) => `${kind} ${user} in ${channel} (${occupancy})`);
}
