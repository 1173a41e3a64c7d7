/** Where it is known which servers take writes, and which slots each owns: by kind of deployment. */

import type { SlotRange } from "../port.ts";
import { slotCount } from "../slots.ts";
import type { Connection } from "./connection.ts";
import type { Links } from "./links.ts";
import type { HostAndPort, RedisTarget } from "./url.ts";

/** A server that takes writes. */
export interface Owner {
  readonly address: string;
  readonly slots: readonly SlotRange[];
}

/** Asks for the servers that take writes. Rejects when nobody can say. */
export type Source = () => Promise<readonly Owner[]>;

/** What a source asks with. */
export interface SourceOptions {
  readonly target: RedisTarget;
  /** Connections to servers. */
  readonly links: Links;
  /** Connections to Sentinels. */
  readonly sentinels: Links;
  /** Gives up on an answer that takes too long. */
  readonly within: <Value>(work: Promise<Value>, what: string) => Promise<Value>;
}

const allSlots: readonly SlotRange[] = [[0, slotCount - 1]];

/** `host:port`, for IPv6 too: the last colon is before the port. */
export function addressOf({ host, port }: HostAndPort): string {
  return `${host}:${port}`;
}

/** The source for a kind of deployment. */
export function createSource(options: SourceOptions): Source {
  const addresses = options.target.nodes.map(addressOf);
  switch (options.target.kind) {
    case "alone":
      return () => Promise.resolve([{ address: addresses[0] ?? "", slots: allSlots }]);
    case "sentinel":
      return sentinelSource(addresses, options);
    case "cluster":
      return clusterSource(addresses, options);
  }
}

/** Any Sentinel says who is the master. The one that answered is asked first the next time. */
function sentinelSource(sentinels: string[], { target, sentinels: links, within }: SourceOptions): Source {
  const order = [...sentinels];
  return () =>
    firstAnswer(order, async (address) => {
      const connection = await within(links.get(address), `The Sentinel ${address}`);
      const reply = await within(
        connection.send(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", target.masterName]),
        `The Sentinel ${address}`,
      );
      if (!Array.isArray(reply)) {
        throw new Error(
          `The Sentinel ${address} knows no master named ${JSON.stringify(target.masterName)}.`,
        );
      }
      return [{ address: `${reply[0]}:${reply[1]}`, slots: allSlots }];
    });
}

/** Any node of the cluster says who owns what. Each is asked in turn, so that one that is cut off misleads only once. */
function clusterSource(seeds: readonly string[], { links, within }: SourceOptions): Source {
  let order = [...seeds];
  return async () => {
    const answered: string[] = [];
    const owners = await firstAnswer(order, async (address) => {
      const connection = await within(links.get(address), `The cluster's node ${address}`);
      const { owners, nodes } = readSlots(await askSlots(connection, within), address);
      if (owners.length === 0) throw new Error(`The cluster's node ${address} knows of no slots.`);
      answered.push(...nodes);
      return owners;
    });
    const [asked, ...others] = order;
    order = [...new Set([...others, ...answered, ...seeds, ...(asked === undefined ? [] : [asked])])]
      .filter((address) => address !== asked && (answered.includes(address) || seeds.includes(address)))
      .concat(asked === undefined ? [] : [asked]);
    return owners;
  };
}

function askSlots(connection: Connection, within: SourceOptions["within"]): Promise<unknown> {
  return within(connection.send(["CLUSTER", "SLOTS"]), `The cluster's node ${connection.address}`);
}

/** The first answer that somebody gives, asked one after another. Who gave it comes first in `order` afterwards. */
async function firstAnswer<Answer>(
  order: string[],
  ask: (address: string) => Promise<Answer>,
): Promise<Answer> {
  let lastError: unknown;
  for (const [index, address] of [...order].entries()) {
    try {
      const answer = await ask(address);
      order.unshift(...order.splice(index, 1));
      return answer;
    } catch (error) {
      lastError = error;
    }
  }
  throw lastError;
}

/** Reads the answer to CLUSTER SLOTS: masters with what they own, and the addresses of all nodes named. */
export function readSlots(
  reply: unknown,
  askedAddress: string,
): { readonly owners: readonly Owner[]; readonly nodes: readonly string[] } {
  const askedHost = askedAddress.slice(0, askedAddress.lastIndexOf(":"));
  const slotsOf = new Map<string, SlotRange[]>();
  const nodes = new Set<string>();
  for (const range of listOf(reply)) {
    const [from, to, ...members] = listOf(range);
    const addresses = members.map((member) => {
      const [host, port] = listOf(member);
      // A node that does not know its own address means: where you found me.
      return `${typeof host === "string" && host !== "" && host !== "?" ? host : askedHost}:${port}`;
    });
    for (const address of addresses) nodes.add(address);
    const [master] = addresses;
    if (master === undefined || typeof from !== "number" || typeof to !== "number") continue;
    const slots = slotsOf.get(master) ?? [];
    slots.push([from, to]);
    slotsOf.set(master, slots);
  }
  return { owners: [...slotsOf].map(([address, slots]) => ({ address, slots })), nodes: [...nodes] };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
