/** Puts the page together: who one is comes from the address or is asked for, then the room opens. */
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { Doorway } from "./doorway.tsx";
import { HereaboutsProvider } from "./presence.ts";
import { Room } from "./room.tsx";
import { settingsOf } from "./settings.ts";
import "./style.css";

const { origin, subscribeKey, channel, user: named } = settingsOf(location.search);

function App() {
  const [user, setUser] = useState(named);
  if (user === undefined) return <Doorway channel={channel} onEnter={setUser} />;
  return (
    <HereaboutsProvider options={{ origin, subscribeKey, userId: user }}>
      <Room channel={channel} user={user} />
    </HereaboutsProvider>
  );
}

const place = document.getElementById("app");
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
