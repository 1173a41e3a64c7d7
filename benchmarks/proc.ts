/** What Linux tells about a process and a core: CPU time spent and memory resident. Reads /proc and nothing else. */
import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds per clock tick of /proc: USER_HZ is 100 on every Linux that Bun and Node run on. */
const tickMs = 10;

/** CPU time a process has used so far, all its threads, user and system, in milliseconds. Steps of 10 ms. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the command's name in brackets and may hold spaces: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** CPU time a core has spent on anything at all, in milliseconds. */
export function busyMsOfCore(core: number): number {
  const stat = readFileSync("/proc/stat", "latin1");
  const line = stat.split("\n").find((candidate) => candidate.startsWith(`cpu${core} `));
  if (line === undefined) throw new Error(`/proc/stat has no core ${core}.`);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(" ").slice(1).map(Number);
  return (user + nice + system + irq + softirq) * tickMs;
}

/** User-space memory of a process that is resident, in bytes. */
export function residentBytesOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`Process ${pid} has no VmRSS: it has ended.`);
  return Number(kilobytes) * 1024;
}

/** How many file descriptors a process has open. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** How many file descriptors this process, and so its children, may have open. */
export function descriptorLimit(): number {
  const limits = readFileSync("/proc/self/limits", "latin1");
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  return soft === undefined || soft === "unlimited" ? 1_000_000 : Number(soft);
}
