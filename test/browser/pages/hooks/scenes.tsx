/** The scenes: small applications, each for one promise of the hooks. */
import { type ClientOptions, createClient } from "@hereabouts/client";
import { createHooks, type HereaboutsHooks } from "@hereabouts/react";
import {
  Activity,
  Component,
  type ReactNode,
  startTransition,
  useEffect,
  useLayoutEffect,
  useState,
} from "react";
import { note } from "./notes.ts";

/** What a test says of a scene. */
export interface SceneProps {
  readonly origin: string;
  readonly channel: string;
  readonly user: string;
  readonly isStrict?: boolean;
  /** Changes what a scene does, as the scene says. */
  readonly turn?: number;
}

/** What everybody here shows of themselves. */
export interface Mood {
  readonly mood: string;
}

interface Types {
  readonly state: Mood;
}

const hooks: HereaboutsHooks<Types> = createHooks<Types>();
const {
  HereaboutsProvider,
  useClient,
  useConnectionStatus,
  useOccupancy,
  useOwnState,
  usePresenceEvents,
  useRoster,
} = hooks;

/** Polls can be watched from outside, by the requests of the page; streams cannot. */
function optionsOf(origin: string, userId: string): ClientOptions<Types> {
  return { origin, subscribeKey: "demo", publishKey: "demo", userId, stream: "off" };
}

function Own({ origin, user, children }: SceneProps & { readonly children: ReactNode }) {
  return <HereaboutsProvider options={optionsOf(origin, user)}>{children}</HereaboutsProvider>;
}

/** Notes every rendering that reached the page. */
function useNote(line: string): void {
  useEffect(() => note(line));
}

/** Sits in the channel and shows who else does. */
function Lobby(props: SceneProps) {
  return (
    <Own {...props}>
      <Seated {...props} />
      <Names {...props} />
    </Own>
  );
}

function Seated({ channel }: SceneProps) {
  const [own, setOwn] = useOwnState(channel);
  const status = useConnectionStatus();
  useNote(`own ${own?.mood ?? "none"}`);
  const set = (mood: unknown): void => {
    setOwn({ mood } as Mood).then(
      () => note(`set ${mood}`),
      (error: { readonly code: string }) => note(`refused ${error.code}`),
    );
  };
  return (
    <section>
      <output className="status">{status}</output>
      <output className="own">{own?.mood ?? "none"}</output>
      <button type="button" onClick={() => ["red", "green", "blue"].forEach(set)}>
        three
      </button>
      <button type="button" onClick={() => set(() => "a function is no JSON")}>
        wrong
      </button>
    </section>
  );
}

function Names({ channel }: SceneProps) {
  const { occupants, occupancy, complete } = useRoster(channel);
  return (
    <p className="names" data-complete={complete}>
      {occupancy}: {[...occupants.keys()].sort().join(", ")}
    </p>
  );
}

/** Three readers of one channel: all of it, whether Grace is there, and the names, in a new array every time. */
function Readers(props: SceneProps) {
  return (
    <Own {...props}>
      <All {...props} />
      <Grace {...props} />
      <List {...props} />
      <Count {...props} />
    </Own>
  );
}

function All({ channel }: SceneProps) {
  const { occupants } = useRoster(channel);
  const all = [...occupants].map(([user, { state }]) => `${user}=${state?.mood ?? ""}`).sort();
  useNote(`all ${all.join(" ")}`);
  return <p className="all">{all.join(" ")}</p>;
}

function Grace({ channel }: SceneProps) {
  const isHere = useRoster(channel, ({ occupants }) => occupants.has("grace"));
  useNote(`grace ${isHere}`);
  return null;
}

function List({ channel }: SceneProps) {
  const names = useRoster(channel, ({ occupants }) => [...occupants.keys()].sort(), {
    isEqual: (left, right) => left.join() === right.join(),
  });
  useNote(`list ${names.join(" ")}`);
  return null;
}

function Count({ channel }: SceneProps) {
  const occupancy = useOccupancy(channel);
  useNote(`count ${occupancy}`);
  return null;
}

/** Turn 1: the roster is read by one component; turn 2: by another in its place; turn 3: by none. */
function Relay(props: SceneProps) {
  const { turn } = props;
  return (
    <Own {...props}>
      <Idle {...props} channel={`${props.channel}-other`} />
      {turn === 1 && <Names key="first" {...props} />}
      {turn === 2 && <Names key="second" {...props} />}
    </Own>
  );
}

function Idle({ channel }: SceneProps) {
  usePresenceEvents(channel, () => {});
  return <output className="status">{useConnectionStatus()}</output>;
}

/** Calls the handler of the last rendering. */
function Listener(props: SceneProps) {
  return (
    <Own {...props}>
      <Listening {...props} />
    </Own>
  );
}

function Listening({ channel, turn }: SceneProps) {
  usePresenceEvents(channel, ({ action, occupancy }) => note(`${turn}: ${action} ${occupancy}`));
  return (
    <p>
      turn {turn} <output className="status">{useConnectionStatus()}</output>
    </p>
  );
}

/** Many slow readers, rendered in slices: whatever reaches the page at one moment must agree. */
function Chorus(props: SceneProps) {
  return (
    <Own {...props}>
      <Voices {...props} />
    </Own>
  );
}

function Voices({ channel }: SceneProps) {
  const [isSinging, sing] = useState(false);
  useLayoutEffect(() => {
    const observer = new MutationObserver(() => {
      const heard = new Set([...document.querySelectorAll(".voice")].map(({ textContent }) => textContent));
      note(`heard ${[...heard].join(" and ")}`);
    });
    observer.observe(document.body, { childList: true, characterData: true, subtree: true });
    return () => observer.disconnect();
  }, []);
  return (
    <>
      <button type="button" onClick={() => startTransition(() => sing(true))}>
        sing
      </button>
      <Names {...{ channel, origin: "", user: "" }} />
      {isSinging && voices.map((voice) => <Voice key={voice} channel={channel} />)}
    </>
  );
}

const voices: readonly number[] = Array.from({ length: 40 }, (_, index) => index);

function Voice({ channel }: { readonly channel: string }) {
  const occupancy = useOccupancy(channel);
  const until = performance.now() + 5;
  while (performance.now() < until);
  return <i className="voice">{occupancy}</i>;
}

/** A client that the scene made: the provider does not close it. Turn 2 takes the provider away. */
function Foreign(props: SceneProps) {
  const [client] = useState(() => {
    const { origin, user } = props;
    const made = createClient<Types>(optionsOf(origin, user));
    made.subscribe({ channels: `${props.channel}-own` });
    return made;
  });
  return (
    <>
      <output className="client">{client.userId}</output>
      <button
        type="button"
        onClick={() => void client.publish({ channel: "x", message: 1 }).then(() => note("alive"))}
      >
        publish
      </button>
      {props.turn === 1 && (
        <HereaboutsProvider client={client}>
          <Names {...props} />
          <Publisher {...props} />
        </HereaboutsProvider>
      )}
    </>
  );
}

function Publisher({ channel }: SceneProps) {
  const client = useClient();
  const publish = (): void =>
    void client()
      .publish({ channel, message: "hi" })
      .then(() => note("published"));
  return (
    <button type="button" onClick={publish}>
      say
    </button>
  );
}

/** Sits in the channel by reading its roster. */
function Sitting(props: SceneProps) {
  return (
    <Own {...props}>
      <Sitter {...props} />
    </Own>
  );
}

function Sitter({ channel }: SceneProps) {
  const occupancy = useRoster(channel, (snapshot) => snapshot.occupancy, { join: "join" });
  return <p>seated: {occupancy}</p>;
}

/** Hidden at turn 2, with all its state kept, and shown again. */
function Hideable(props: SceneProps) {
  return (
    <Activity mode={props.turn === 2 ? "hidden" : "visible"}>
      <Lobby {...props} />
    </Activity>
  );
}

/** Options that break a rule. */
function Wrong(props: SceneProps) {
  return (
    <Boundary>
      <Lobby {...props} user={"x".repeat(200)} />
    </Boundary>
  );
}

class Boundary extends Component<{ readonly children: ReactNode }, { readonly code: string | undefined }> {
  override state: { readonly code: string | undefined } = { code: undefined };

  static getDerivedStateFromError(error: { readonly code: string }): { readonly code: string } {
    return { code: error.code };
  }

  override render(): ReactNode {
    return this.state.code === undefined ? this.props.children : <p className="caught">{this.state.code}</p>;
  }
}

/** By name, as tests ask for them. */
export const scenes = { Lobby, Readers, Relay, Listener, Chorus, Foreign, Sitting, Hideable, Wrong } as const;

/** The scenes there are. */
export type SceneName = keyof typeof scenes;
