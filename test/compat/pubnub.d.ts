/** The part of the npm client 7.3.3 that the suite uses; the package has no types of its own. */
declare module "pubnub" {
  namespace PubNub {
    interface Setup {
      readonly subscribeKey: string;
      readonly publishKey: string;
      readonly userId: string;
      readonly origin: string;
      readonly ssl: boolean;
      readonly presenceTimeout?: number;
      readonly heartbeatInterval?: number;
      readonly filterExpression?: string;
      readonly suppressLeaveEvents?: boolean;
      readonly useInstanceId?: boolean;
      readonly useRequestId?: boolean;
    }

    type State = Readonly<Record<string, unknown>>;

    interface Places {
      readonly channels?: readonly string[];
      readonly channelGroups?: readonly string[];
    }

    interface Occupant {
      readonly uuid: string;
      readonly state: State | null | undefined;
    }

    interface HereNow {
      readonly totalChannels: number;
      readonly totalOccupancy: number;
      readonly channels: Readonly<
        Record<
          string,
          { readonly name: string; readonly occupancy: number; readonly occupants: readonly Occupant[] }
        >
      >;
    }

    interface PresenceEvent {
      readonly action: string;
      readonly channel: string;
      readonly subscription: string | null;
      readonly uuid: string;
      readonly occupancy: number;
      readonly timestamp: number;
      readonly timetoken: string;
      readonly state: State | undefined;
      readonly join?: readonly string[];
      readonly leave?: readonly string[];
      readonly timeout?: readonly string[];
    }

    interface Message {
      readonly channel: string;
      readonly subscription: string | null | undefined;
      readonly timetoken: string;
      readonly publisher: string;
      readonly message: unknown;
      readonly userMetadata?: unknown;
    }

    interface Status {
      readonly category?: string;
      readonly operation?: string;
      readonly statusCode?: number;
      readonly error?: boolean;
      readonly errorData?: unknown;
      readonly affectedChannels?: readonly string[];
    }

    interface Listener {
      status?(status: Status): void;
      message?(message: Message): void;
      signal?(signal: Message): void;
      presence?(event: PresenceEvent): void;
    }

    interface Publication {
      readonly channel: string;
      readonly message: unknown;
      readonly meta?: object;
      readonly sendByPost?: boolean;
      readonly storeInHistory?: boolean;
    }

    interface Sent {
      readonly timetoken: string;
    }

    interface ReceivedMessage {
      readonly channel: string;
      readonly payload: unknown;
    }
  }

  class PubNub {
    constructor(setup: PubNub.Setup);
    addListener(listener: PubNub.Listener): void;
    subscribe(places: PubNub.Places & { readonly withPresence?: boolean; readonly timetoken?: string }): void;
    unsubscribe(places: PubNub.Places): void;
    presence(change: PubNub.Places & { readonly connected: boolean }): void;
    disconnect(): void;
    reconnect(): void;
    stop(): void;
    hereNow(
      question: PubNub.Places & {
        readonly includeUUIDs?: boolean;
        readonly includeState?: boolean;
        readonly queryParameters?: Readonly<Record<string, unknown>>;
      },
    ): Promise<PubNub.HereNow>;
    whereNow(question: { readonly uuid?: string }): Promise<{ readonly channels: readonly string[] }>;
    setState(
      change: PubNub.Places & { readonly state: PubNub.State; readonly withHeartbeat?: boolean },
    ): Promise<{ readonly state?: PubNub.State }>;
    getState(
      question: PubNub.Places & { readonly uuid?: string },
    ): Promise<{ readonly channels: Readonly<Record<string, unknown>> }>;
    iAmHere(places: PubNub.Places & { readonly state?: PubNub.State }): Promise<unknown>;
    iAmAway(places: PubNub.Places): Promise<unknown>;
    publish(publication: PubNub.Publication): Promise<PubNub.Sent>;
    fire(publication: PubNub.Publication): Promise<PubNub.Sent>;
    signal(signal: { readonly channel: string; readonly message: unknown }): Promise<PubNub.Sent>;
    time(): Promise<PubNub.Sent>;
    handshake(places: PubNub.Places): Promise<{ readonly timetoken: string; readonly region: number }>;
    receiveMessages(poll: PubNub.Places & { readonly timetoken: string; readonly region: number }): Promise<{
      readonly messages: readonly PubNub.ReceivedMessage[];
      readonly metadata: { readonly timetoken: string; readonly region: number };
    }>;
    readonly channelGroups: {
      addChannels(change: {
        readonly channelGroup: string;
        readonly channels: readonly string[];
      }): Promise<unknown>;
      removeChannels(change: {
        readonly channelGroup: string;
        readonly channels: readonly string[];
      }): Promise<unknown>;
      listChannels(question: {
        readonly channelGroup: string;
      }): Promise<{ readonly channels: readonly string[] }>;
      listGroups(): Promise<{ readonly groups: readonly string[] }>;
      deleteGroup(change: { readonly channelGroup: string }): Promise<unknown>;
    };
  }

  export default PubNub;
}
