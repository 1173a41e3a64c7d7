/** A room: its head, who is in it, what oneself is up to, and what has just happened. */
import { ComingsAndGoings } from "./comings-and-goings.tsx";
import { Composer } from "./composer.tsx";
import { Connection } from "./connection.tsx";
import { People } from "./people.tsx";
import { useOccupancy } from "./presence.ts";

/** Which room, and who looks. */
export interface RoomProps {
  readonly channel: string;
  readonly user: string;
}

/** The page. */
export function Room({ channel, user }: RoomProps) {
  return (
    <div className="room">
      <header>
        <div>
          <h1>{channel}</h1>
          <Headcount channel={channel} />
        </div>
        <Connection />
      </header>
      <main>
        <People channel={channel} user={user} />
        <Composer channel={channel} />
      </main>
      <aside aria-labelledby="happened">
        <h2 id="happened">Just now</h2>
        <ComingsAndGoings channel={channel} user={user} />
      </aside>
    </div>
  );
}

function Headcount({ channel }: { readonly channel: string }) {
  const occupancy = useOccupancy(channel);
  return (
    <p className="headcount">
      <strong>{occupancy}</strong> {occupancy === 1 ? "person" : "people"} here
    </p>
  );
}
