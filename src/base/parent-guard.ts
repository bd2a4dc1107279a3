/** Tells a process when the one that started it is gone without a word, so that a killed lab leaves nothing behind. */
const LOOK_INTERVAL_MS = 500;

/** `pid`: value of KVPROOF_PARENT_PID; anything but a process id = no guard. Returns the way to stop looking. */
export function guardParent(pid: string | undefined, onGone: () => void): () => void {
  const parent = Number(pid);
  if (!Number.isSafeInteger(parent) || parent <= 1) return () => undefined;
  const startedByIt = process.ppid === parent;
  const timer = setInterval(() => {
    // A child of it sees its own parent change; otherwise only the process table can tell.
    if (startedByIt ? process.ppid === parent : isAlive(parent)) return;
    clearInterval(timer);
    onGone();
  }, LOOK_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
}
