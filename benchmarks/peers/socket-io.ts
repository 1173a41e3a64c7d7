/**
 * Presence on Socket.IO 4 as it is usually written by hand: a room per channel, a map of who is in it, and a broadcast
 * when somebody comes or goes. Run with Node, Socket.IO's own platform, and with what its manual recommends for many
 * connections: WebSocket only, no compression, and the request of the handshake let go of.
 */
import { createServer } from "node:http";
import { Server, type Socket } from "socket.io";

/** For each channel, each user's sockets: somebody with two tabs is there once. */
const rosters = new Map<string, Map<string, number>>();

const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
});
io.engine.on("connection", (socket: { request: unknown }) => {
  socket.request = null;
});

io.on("connection", (socket) => {
  const user = String(socket.handshake.auth.user);
  const channels = new Set<string>();
  socket.on("watch", (channel: string, done: (users: readonly string[]) => void) => {
    void socket.join(channel);
    done(rosterOf(channel));
  });
  socket.on("join", (channel: string, done: (users: readonly string[]) => void) => {
    void socket.join(channel);
    if (!channels.has(channel)) enter(socket, channel, user);
    channels.add(channel);
    done(rosterOf(channel));
  });
  socket.on("leave", (channel: string, done: () => void) => {
    void socket.leave(channel);
    if (channels.delete(channel)) exit(channel, user);
    done();
  });
  socket.on("roster", (channel: string, done: (users: readonly string[]) => void) => done(rosterOf(channel)));
  socket.on("disconnect", () => {
    for (const channel of channels) exit(channel, user);
  });
});

function enter(socket: Socket, channel: string, user: string): void {
  const roster = rosters.get(channel) ?? new Map<string, number>();
  rosters.set(channel, roster);
  const sockets = (roster.get(user) ?? 0) + 1;
  roster.set(user, sockets);
  if (sockets === 1) socket.to(channel).emit("presence", { action: "join", channel, user });
}

function exit(channel: string, user: string): void {
  const roster = rosters.get(channel);
  const sockets = (roster?.get(user) ?? 0) - 1;
  if (sockets > 0) {
    roster?.set(user, sockets);
    return;
  }
  roster?.delete(user);
  if (roster?.size === 0) rosters.delete(channel);
  io.to(channel).emit("presence", { action: "leave", channel, user });
}

function rosterOf(channel: string): readonly string[] {
  return [...(rosters.get(channel)?.keys() ?? [])];
}

http.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
  const address = http.address();
  if (typeof address === "object") console.log(`Listening on http://127.0.0.1:${address?.port}`);
});
process.on("SIGTERM", () => process.exit(0));
