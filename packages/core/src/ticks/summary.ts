/** What happened in a channel since it was summed up last: who came and went, as long as that is short enough to tell. */
import type { State, UserId } from "@hereabouts/protocol";
import { summaryBytesMax } from "../limits.ts";
import type { Change, IntervalNotice } from "../ports.ts";
import { jsonBytes } from "./json-bytes.ts";

/** One user's comings and goings, in the order of its first. */
interface Visit {
  joined: boolean;
  left: boolean;
  timedOut: boolean;
  /** Whether it sits there after the last of them, and with what state. */
  isHere: boolean;
  state: State | undefined;
}

/** Collects a channel's changes, each once and in their order. */
export class Summary {
  /** The revision before the first change that it tells of. */
  readonly sinceRevision: number;
  readonly #visits: Map<UserId, Visit> = new Map();
  #listBytes = 0;
  #stateBytes = 0;

  constructor(sinceRevision: number) {
    this.sinceRevision = sinceRevision;
  }

  /** Takes a change in. */
  add(change: Change): void {
    if (this.#isTooLong) return;
    if (change.kind === "state-change") this.#changeState(change);
    else this.#comeOrGo(change.kind, change);
    if (this.#isTooLong) this.#visits.clear();
  }

  /** The part of a notice that says who came and went; that it was too much to say; or that of rosters alone it was. */
  tell(): Pick<IntervalNotice, "joined" | "left" | "timedOut" | "hereNowRefresh" | "sinceRevision" | "here"> {
    if (this.#isTooLong) return { hereNowRefresh: true };
    const lists = {
      joined: this.#usersWho((visit) => visit.joined),
      left: this.#usersWho((visit) => visit.left),
      timedOut: this.#usersWho((visit) => visit.timedOut),
      hereNowRefresh: false,
    };
    if (this.#stateBytes > summaryBytesMax) return lists;
    const here = new Map<UserId, State | undefined>();
    for (const [user, visit] of this.#visits) if (visit.isHere) here.set(user, visit.state);
    return { ...lists, sinceRevision: this.sinceRevision, here };
  }

  get #isTooLong(): boolean {
    return this.#listBytes > summaryBytesMax;
  }

  #comeOrGo(kind: "join" | "leave" | "timeout", { user, state }: Change): void {
    const visit = this.#visits.get(user) ?? absent();
    const list = listOf[kind];
    if (!visit[list]) this.#listBytes += jsonBytes(user) + 1;
    visit[list] = true;
    visit.isHere = kind === "join";
    this.#putState(visit, kind === "join" ? state : undefined);
    this.#visits.set(user, visit);
  }

  /** Told by itself, too: here it counts only for who came since. */
  #changeState({ user, state }: Change): void {
    const visit = this.#visits.get(user);
    if (visit?.isHere) this.#putState(visit, state);
  }

  #putState(visit: Visit, state: State | undefined): void {
    this.#stateBytes += (state?.length ?? 0) - (visit.state?.length ?? 0);
    visit.state = state;
  }

  #usersWho(did: (visit: Visit) => boolean): readonly UserId[] {
    const users: UserId[] = [];
    for (const [user, visit] of this.#visits) if (did(visit)) users.push(user);
    return users;
  }
}

const listOf = { join: "joined", leave: "left", timeout: "timedOut" } as const;

function absent(): Visit {
  return { joined: false, left: false, timedOut: false, isHere: false, state: undefined };
}
