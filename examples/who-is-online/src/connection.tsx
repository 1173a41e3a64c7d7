/** Says how the connection is. */
import type { ConnectionStatus } from "@hereabouts/client";
import { useConnectionStatus } from "./presence.ts";

const words: Readonly<Record<ConnectionStatus, string>> = {
  connecting: "Connecting…",
  connected: "Live",
  reconnecting: "Reconnecting…",
  disconnected: "Offline",
};

/** A word with a dot whose colour is not needed to understand it. */
export function Connection() {
  const status = useConnectionStatus();
  return (
    <p className="connection" role="status" data-status={status}>
      <span className="dot" aria-hidden="true" />
      {words[status]}
    </p>
  );
}
