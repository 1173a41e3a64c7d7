/**
 * What a node remembers of one keyset's groups while it is told of their changes. A change that nobody told it of is
 * found by the version of all groups, which is looked at every second.
 */
import { type Cancel, Watchers } from "@hereabouts/core";
import type { Channel, Group, SubscribeKey } from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import { loadScript } from "../scripts.ts";
import { textAt, textsOf } from "./replies.ts";

/** How often it is looked whether a change was missed. */
const checkEveryMs = 1_000;
/** A cache that nobody used for so long goes. */
const idleMs = 60_000;
/** Channels remembered per keyset, over all groups; past it, everything is forgotten. */
const channelsMax = 500_000;

const scripts = { read: loadScript("group-read"), version: loadScript("group-version") };

interface Loading {
  readonly members: Promise<readonly Channel[]>;
}

/** The groups of one keyset, as this node knows them. */
export class GroupCache {
  readonly #context: EngineContext;
  readonly #keyset: SubscribeKey;
  readonly #onIdle: () => void;
  readonly #watchers = new Watchers();
  readonly #members = new Map<Group, readonly Channel[]>();
  readonly #loading = new Map<Group, Loading>();
  /** All that are under way, the outdated ones too. */
  readonly #loads = new Set<Promise<unknown>>();
  /** The groups that are watched, and how often: for when it is not known which of them changed. */
  readonly #watched = new Map<Group, number>();
  #channels = 0;
  /** The version that the cache is of; `undefined` while changes are not told: then nothing is remembered. */
  #version: string | undefined;
  #isSubscribed = false;
  #unsubscribe: (() => void) | undefined;
  #cancelCheck: Cancel | undefined;
  #checking: Promise<void> | undefined;
  #usedAt: number;
  #isClosed = false;

  constructor(context: EngineContext, keyset: SubscribeKey, onIdle: () => void) {
    this.#context = context;
    this.#keyset = keyset;
    this.#onIdle = onIdle;
    this.#usedAt = context.scheduler.now();
    this.#checkSoon();
  }

  /** A group's channels, from memory where they are in it. */
  channels(group: Group): Promise<readonly Channel[]> {
    this.#usedAt = this.#context.scheduler.now();
    const known = this.#members.get(group);
    if (known !== undefined) return Promise.resolve(known);
    const underWay = this.#loading.get(group);
    if (underWay !== undefined) return underWay.members;
    const isCurrent = (): boolean => this.#loading.get(group) === loading;
    const loading: Loading = {
      members: this.#load(group, isCurrent).finally(() => {
        if (isCurrent()) this.#loading.delete(group);
      }),
    };
    this.#loading.set(group, loading);
    this.#loads.add(loading.members);
    const done = (): void => void this.#loads.delete(loading.members);
    loading.members.then(done, done);
    return loading.members;
  }

  watch(groups: readonly Group[], wake: () => void): Cancel {
    const names = [...new Set(groups)];
    const watch = this.#watchers.watch(names, { wake });
    for (const name of names) this.#watched.set(name, (this.#watched.get(name) ?? 0) + 1);
    let isEnded = false;
    return () => {
      if (isEnded) return;
      isEnded = true;
      watch.stop();
      for (const name of names) this.#unwatch(name);
    };
  }

  /** This node changed a group. */
  changed(group: Group): void {
    this.#forget(group);
    // After the close nobody can do anything about it.
    if (!this.#isClosed) this.#watchers.wake([group]);
  }

  /** Messages may have been missed. */
  recheck(): void {
    if (this.#isSubscribed) this.#checkNow();
  }

  /** Resolves when nobody waits for an answer any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelCheck?.();
    this.#unsubscribe?.();
    await Promise.allSettled([...this.#loads, this.#checking]);
  }

  #unwatch(name: Group): void {
    const count = (this.#watched.get(name) ?? 1) - 1;
    if (count > 0) this.#watched.set(name, count);
    else this.#watched.delete(name);
  }

  async #load(group: Group, isCurrent: () => boolean): Promise<readonly Channel[]> {
    const { port, keys } = this.#context;
    const reply = await port.run(
      scripts.read,
      [keys.group(this.#keyset, group), keys.groupVersions(this.#keyset)],
      [],
    );
    const members = Object.freeze(textsOf(Array.isArray(reply) ? reply[1] : undefined) as Channel[]);
    // What was read is the cache's only where nothing was missed and nothing is on its way.
    if (textAt(reply, 0) === this.#version && isCurrent()) this.#remember(group, members);
    return members;
  }

  #remember(group: Group, members: readonly Channel[]): void {
    if (this.#channels + members.length > channelsMax) this.#forgetAll();
    this.#members.set(group, members);
    this.#channels += members.length + 1;
  }

  /** Who asks from now on is not answered with what was read before now. */
  #forget(group: Group): void {
    this.#loading.delete(group);
    const known = this.#members.get(group);
    if (known === undefined) return;
    this.#members.delete(group);
    this.#channels -= known.length + 1;
  }

  #forgetAll(): void {
    this.#loading.clear();
    this.#members.clear();
    this.#channels = 0;
  }

  #onNews(text: string): void {
    const [before, version, group] = readNews(text);
    if (before === undefined || version === undefined || group === undefined || before !== this.#version) {
      this.#checkNow();
      return;
    }
    this.#version = version;
    this.changed(group as Group);
  }

  /** Nothing that is known holds any more. */
  #lost(version: string | undefined): void {
    this.#version = version;
    this.#forgetAll();
    if (!this.#isClosed) this.#watchers.wake([...this.#watched.keys()]);
  }

  #checkNow(): void {
    this.#cancelCheck?.();
    this.#checkSoon();
  }

  #checkSoon(): void {
    if (this.#isClosed) return;
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
      if (this.#isClosed) return;
      const { scheduler } = this.#context;
      this.#cancelCheck = scheduler.at(scheduler.now() + checkEveryMs, () => this.#checkOrGo());
    });
  }

  #checkOrGo(): void {
    const isIdle = this.#watchers.isEmpty && this.#context.scheduler.now() - this.#usedAt > idleMs;
    if (isIdle) this.#onIdle();
    else this.#checkSoon();
  }

  /** Subscribes where that was not done yet, and compares versions. What fails is tried again a second later. */
  async #check(): Promise<void> {
    const { port, keys } = this.#context;
    try {
      if (!this.#isSubscribed) await this.#subscribe();
      const version = await port.run(scripts.version, [keys.groupVersions(this.#keyset)], []);
      if (typeof version === "string" && version !== this.#version) this.#lost(version);
    } catch {
      // While Redis is away nothing is remembered, and who asks is told that it is away.
      if (this.#version !== undefined) this.#lost(undefined);
    }
  }

  async #subscribe(): Promise<void> {
    const { port, keys } = this.#context;
    const news = keys.groupNews(this.#keyset);
    const unsubscribe = await port.subscribe(news, (text) => this.#onNews(text));
    if (this.#isClosed) unsubscribe();
    this.#unsubscribe = unsubscribe;
    this.#isSubscribed = true;
  }
}

function readNews(text: string): readonly (string | undefined)[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.map((part) => (typeof part === "string" ? part : undefined)) : [];
  } catch {
    return [];
  }
}
