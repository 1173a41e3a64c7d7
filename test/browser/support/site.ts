/** Pages built by Vite and served from memory on the loopback interface. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { build, type InlineConfig } from "vite";

/** A served build. */
export interface Site extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/` */
  readonly address: string;
}

const types: ReadonlyMap<string, string> = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
]);

/** Builds a page, by its folder, as its own `vite.config.ts` says, and serves it. Nothing is written. */
export async function openSite(root: string, config: InlineConfig = {}): Promise<Site> {
  const files = await filesOf({
    root,
    logLevel: "warn",
    ...config,
    build: { ...config.build, write: false },
  });
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://site").pathname.slice(1);
    const body = files.get(path === "" ? "index.html" : path);
    if (body === undefined) return void response.writeHead(404).end();
    const type = types.get(extname(path === "" ? "index.html" : path)) ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(body);
  });
  return { address: await listen(server), [Symbol.asyncDispose]: () => close(server) };
}

async function filesOf(config: InlineConfig): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const built = await build(config);
  const outputs = Array.isArray(built) ? built : [built];
  const files = outputs.flatMap((one) => ("output" in one ? one.output : []));
  return new Map(files.map((file) => [file.fileName, file.type === "chunk" ? file.code : file.source]));
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve(`http://127.0.0.1:${port}/`);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
