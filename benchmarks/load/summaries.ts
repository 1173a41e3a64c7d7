/** Summaries of a large channel as ten thousand observers get them: each is read once, and each observer follows. */

/** An `interval` event with what rosters are kept by. */
export interface Summary {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly since: number;
  readonly revision: number;
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
  #revision: number | undefined;
  #count = 0;

  constructor(users: Iterable<string>) {
    this.#users = new Set(users);
  }

  /** Who is there by all summaries so far. */
  get users(): ReadonlySet<string> {
    return this.#users;
  }

  /** Up to where that is. */
  get revision(): number | undefined {
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
  follow(revision: number | undefined, summary: Summary, who: string): number {
    if (revision !== undefined && summary.since > revision)
      throw new Error(`${who} is at ${revision} and was told what happened since ${summary.since}.`);
    if (this.#revision === undefined || summary.revision > this.#revision) this.#apply(summary);
    return Math.max(revision ?? 0, summary.revision);
  }

  #apply({ joined, gone, here, since, revision }: Summary): void {
    if (this.#revision !== undefined && since > this.#revision)
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
    if (d.here_now_refresh === true) throw new Error("A summary had no lists, although they are short.");
    const { precise_timestamp: at, revision, since_revision: since } = d;
    if (at === undefined || revision === undefined || since === undefined)
      throw new Error(`A summary has no revisions: ${text.slice(0, 300)}`);
    const { join = [], leave = [], timeout = [], here = {} } = d;
    return {
      at,
      since,
      revision,
      joined: join,
      gone: [...leave, ...timeout],
      here: new Set(Object.keys(here)),
    };
  });
}
