/** Summaries of a large channel as ten thousand observers get them: each is read once, and each observer follows. */

/** An `interval` event with what rosters are kept by. */
export interface Summary {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly since: number;
  readonly revision: number;
  /** Whether it has no lists: who it is told to must read here now again. */
  readonly isRefresh: boolean;
  readonly joined: readonly string[];
  readonly gone: readonly string[];
  /** Who of those on several lists is there at the end. */
  readonly here: ReadonlySet<string>;
}

interface Envelope {
  readonly d?: {
    readonly action?: string;
    readonly precise_timestamp?: number;
    readonly revision?: number;
    readonly since_revision?: number;
    readonly here_now_refresh?: boolean;
    readonly join?: readonly string[];
    readonly leave?: readonly string[];
    readonly timeout?: readonly string[];
    readonly here?: Readonly<Record<string, unknown>>;
  };
}

const textsKept = 64;

/** The summaries of one channel, and the roster that they make. */
export class Summaries {
  readonly #users: Set<string>;
  readonly #known = new Map<string, readonly Summary[]>();
  #revision: number;
  #count = 0;

  /** Begins with who is there at a revision. */
  constructor(users: Iterable<string>, revision: number) {
    this.#users = new Set(users);
    this.#revision = revision;
  }

  /** Who is there by all summaries so far. */
  get users(): ReadonlySet<string> {
    return this.#users;
  }

  /** Up to where that is. */
  get revision(): number {
    return this.#revision;
  }

  /** How many summaries there were. */
  get count(): number {
    return this.#count;
  }

  /** The summaries in a frame or an answer. Observers get the same text: it is parsed once. */
  read(text: string): readonly Summary[] {
    // Only where it goes on from may differ between those who are told the same.
    const from = text.indexOf('"m":[');
    // Words between the server and one client: they tell of no event.
    if (from < 0) return [];
    const events = text.slice(from);
    const known = this.#known.get(events);
    if (known !== undefined) return known;
    const summaries = summariesOf(text);
    this.#known.set(events, summaries);
    const [oldest] = this.#known.keys();
    if (this.#known.size > textsKept && oldest !== undefined) this.#known.delete(oldest);
    return summaries;
  }

  /** An observer at a revision is told a summary; gives the revision it is at then. Throws when it missed something. */
  follow(revision: number, summary: Summary, who: string): number {
    // Of what was before it came.
    if (summary.revision <= revision) return revision;
    if (summary.isRefresh) throw new Error("A summary had no lists, although they are short.");
    if (summary.since > revision)
      throw new Error(`${who} is at ${revision} and was told what happened since ${summary.since}.`);
    if (summary.revision > this.#revision) this.#apply(summary);
    return summary.revision;
  }

  #apply({ joined, gone, here, since, revision }: Summary): void {
    if (since > this.#revision)
      throw new Error(`Between ${this.#revision} and ${since} nothing was told to anybody.`);
    const arrivals = new Set(joined);
    const departures = new Set(gone);
    for (const user of new Set([...joined, ...gone])) {
      const isBoth = arrivals.has(user) && departures.has(user);
      if (isBoth ? here.has(user) : arrivals.has(user)) this.#users.add(user);
      else this.#users.delete(user);
    }
    this.#revision = revision;
    this.#count++;
  }
}

function summariesOf(text: string): readonly Summary[] {
  const frame: { readonly m?: readonly Envelope[] } = JSON.parse(text);
  return (frame.m ?? []).map(({ d = {} }) => {
    if (d.action !== "interval") throw new Error(`A ${d.action} was told in a channel that is summed up.`);
    const { precise_timestamp: at, revision, here_now_refresh: isRefresh = false } = d;
    const since = d.since_revision ?? (isRefresh ? 0 : undefined);
    if (at === undefined || revision === undefined || since === undefined)
      throw new Error(`A summary has no revisions: ${text.slice(0, 300)}`);
    const { join = [], leave = [], timeout = [], here = {} } = d;
    return {
      at,
      since,
      revision,
      isRefresh,
      joined: join,
      gone: [...leave, ...timeout],
      here: new Set(Object.keys(here)),
    };
  });
}
