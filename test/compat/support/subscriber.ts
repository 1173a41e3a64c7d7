/** A JavaScript client, and what its listener has heard. */
import PubNub from "pubnub";
import { type CompatServer, type KeysetName, keysetOf } from "./compat-server.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

/** A client with its ears. */
export interface Subscriber {
  readonly client: PubNub;
  readonly presence: Recorder<PubNub.PresenceEvent>;
  readonly messages: Recorder<PubNub.Message>;
  readonly signals: Recorder<PubNub.Message>;
  readonly statuses: Recorder<PubNub.Status>;
  /** Subscribes and resolves when the server has answered. */
  subscribe(places: Parameters<PubNub["subscribe"]>[0]): Promise<void>;
}

/** A configuration beyond where the server is and who the user is. */
export type SubscriberOptions = Partial<PubNub.Setup> & { readonly keyset?: KeysetName };

/** Makes clients of one server, and stops them. */
export interface Company extends Disposable {
  open(userId: string, options?: SubscriberOptions): Subscriber;
}

/** A company without members. */
export function companyOn(server: CompatServer): Company {
  const clients = new Set<PubNub>();
  return {
    open(userId, { keyset = "common", ...options } = {}) {
      const setup = { ...keysetOf(keyset), userId, origin: server.origin, ssl: false, ...options };
      const client = new PubNub(setup);
      clients.add(client);
      return listeningTo(client);
    },
    [Symbol.dispose]() {
      for (const client of clients) client.stop();
      clients.clear();
    },
  };
}

function listeningTo(client: PubNub): Subscriber {
  const presence = createRecorder<PubNub.PresenceEvent>("presence event");
  const messages = createRecorder<PubNub.Message>("message");
  const signals = createRecorder<PubNub.Message>("signal");
  const statuses = createRecorder<PubNub.Status>("status");
  client.addListener({
    presence: presence.hear,
    message: messages.hear,
    signal: signals.hear,
    status: statuses.hear,
  });
  return {
    client,
    presence,
    messages,
    signals,
    statuses,
    async subscribe(places) {
      client.subscribe(places);
      const status = await statuses.next();
      if (status.category === "PNConnectedCategory") return;
      throw new Error(`The client did not connect: ${JSON.stringify(status)}`);
    },
  };
}
