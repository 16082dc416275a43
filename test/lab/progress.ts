/** Takes one line of progress for people. */
export type Log = (line: string) => void;

/** Says what begins and, when it took longer than a second, how long it took. */
export async function step<T>(log: Log, what: string, action: () => Promise<T>): Promise<T> {
  const start = Date.now();
  log(`${what} ...`);
  // Long steps keep saying that they are alive.
  const alive = setInterval(() => {
    log(`${what}: ${seconds(start)} so far`);
  }, 30_000);
  try {
    const value = await action();
    log(`${what}: done in ${seconds(start)}`);
    return value;
  } catch (error) {
    log(`${what}: failed after ${seconds(start)}`);
    throw error;
  } finally {
    clearInterval(alive);
  }
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
