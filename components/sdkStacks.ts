/**
 * The SDK takes a stack for each of its promises, for debugging, and one for each resource, for the state: with source maps
 * half of a large program's CPU. Those few are put together here, short and without source maps; every other error keeps
 * what it has.
 */

/**
 * Functions of @pulumi/pulumi (`runtime/debuggable.js`, `resource.js`) and how many frames each of them gets. The first is
 * read with `PULUMI_DEBUG_PROMISE_LEAKS` alone; the second drops its own five and stores the rest.
 */
const FRAMES_FOR: ReadonlyMap<string | null | undefined, number> = new Map([
  ["debuggablePromise", 1],
  ["callsites", 8],
]);

type Prepare = NonNullable<ErrorConstructor["prepareStackTrace"]>;

const text = (error: Error, frames: readonly NodeJS.CallSite[]): string =>
  [String(error), ...frames.map(String)].join("\n    at ");

let installed: Prepare | undefined;

/** Once in a process; `PULUMI_DEBUG_PROMISE_LEAKS`, which prints those stacks, is respected. */
export const shortenSdkStacks = (): void => {
  if (installed !== undefined || process.env["PULUMI_DEBUG_PROMISE_LEAKS"] !== undefined) return;
  const { prepareStackTrace: before } = Error as { prepareStackTrace?: Prepare };
  installed = (error, frames) => {
    const wanted = FRAMES_FOR.get(frames[0]?.getFunctionName());
    if (wanted !== undefined) return text(error, frames.slice(0, wanted));
    return before === undefined ? text(error, frames) : (before(error, frames) as string);
  };
  Error.prepareStackTrace = installed;
};
