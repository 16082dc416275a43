/**
 * The SDK takes a stack for each of its promises, for debugging, and one for each resource, for the state: with source maps
 * half of a large program's CPU. Those few are put together here, short and without source maps; every other error keeps
 * what it has.
 */

/** `runtime/debuggable.js` and `resource.js` of @pulumi/pulumi. */
const TAKERS: ReadonlySet<string> = new Set(["debuggablePromise", "callsites"]);

/** Of these the first five are the SDK's own and are not stored. */
const FRAMES = 8;

type Prepare = NonNullable<ErrorConstructor["prepareStackTrace"]>;

const text = (error: Error, frames: readonly NodeJS.CallSite[]): string =>
  [String(error), ...frames.map(String)].join("\n    at ");

let installed: Prepare | undefined;

/** Once in a process; `PULUMI_DEBUG_PROMISE_LEAKS`, which prints those stacks, is respected. */
export const shortenSdkStacks = (): void => {
  if (installed !== undefined || process.env["PULUMI_DEBUG_PROMISE_LEAKS"] !== undefined) return;
  const { prepareStackTrace: before } = Error as { prepareStackTrace?: Prepare };
  installed = (error, frames) => {
    const taker = frames[0]?.getFunctionName();
    if (taker != null && TAKERS.has(taker)) return text(error, frames.slice(0, FRAMES));
    return before === undefined ? text(error, frames) : (before(error, frames) as string);
  };
  Error.prepareStackTrace = installed;
};
