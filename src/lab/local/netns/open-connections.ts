/** Connections of a process's network namespace, from /proc/<pid>/net/tcp. */
import { readFileSync } from "node:fs";

const ESTABLISHED = "01";

/** Established connections to the address on one of the ports; 0 when the process is gone. */
export function openConnections(pid: number, address: string, ports: readonly number[]): number {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/net/tcp`, "utf8");
  } catch {
    return 0;
  }
  return countEstablished(text, address, ports);
}

/** Addresses in the file are hexadecimal, the lowest byte first. */
export function countEstablished(table: string, address: string, ports: readonly number[]): number {
  const own = address
    .split(".")
    .toReversed()
    .map((byte) => hex(Number(byte), 2))
    .join("");
  const places = new Set(ports.map((port) => `${own}:${hex(port, 4)}`));
  const lines = table.split("\n").map((line) => line.trim().split(/\s+/));
  return lines.filter(([, local, , state]) => state === ESTABLISHED && places.has(local ?? "")).length;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
