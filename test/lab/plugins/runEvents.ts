/** What the engine's events tell of a run. */
import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";

export interface Recorded {
  /** What was done, or in a preview would be, by logical name; in the engine's order where one name has several steps. */
  readonly steps: Readonly<Record<string, readonly OpType[]>>;
  /** By logical name: the properties that differ, and those that ask for a replacement. */
  readonly diffs: Readonly<Record<string, readonly string[]>>;
  readonly replaces: Readonly<Record<string, readonly string[]>>;
  /** The outputs of each resource, in a preview as far as they are known then; by logical name. */
  readonly planned: Readonly<Record<string, Record<string, unknown>>>;
  readonly messages: readonly { severity: string; text: string; transient: boolean }[];
  readonly failed: boolean;
}

/** @param mayBeSilent a run that fails and says nothing is no fault of the test */
export const recorded = async (
  run: (onEvent: (event: EngineEvent) => void) => Promise<unknown>,
  mayBeSilent: () => boolean,
): Promise<Recorded> => {
  const steps: Record<string, OpType[]> = {};
  const diffs: Record<string, readonly string[]> = {};
  const replaces: Record<string, readonly string[]> = {};
  const planned: Record<string, Record<string, unknown>> = {};
  const messages: Recorded["messages"][number][] = [];
  const onEvent = (event: EngineEvent): void => {
    const { resourcePreEvent: step, resOutputsEvent: result, diagnosticEvent: message } = event;
    if (result?.metadata.new) planned[nameOf(result.metadata.urn)] = result.metadata.new.outputs;
    if (message) {
      const plain = message.message.replace(/<\{%\w+%\}>/g, "").trimEnd();
      messages.push({ severity: message.severity, text: plain, transient: message.ephemeral === true });
    }
    if (!step || isEngines(step.metadata.type, nameOf(step.metadata.urn))) return;
    const { urn, op, detailedDiff, diffs: differing = [], keys = [] } = step.metadata;
    const name = nameOf(urn);
    (steps[name] ??= []).push(op);
    if (detailedDiff ?? differing.length > 0) diffs[name] = detailedDiff ? Object.keys(detailedDiff) : differing;
    if (keys.length > 0) replaces[name] = keys;
  };
  let failed = false;
  try {
    await run(onEvent);
  } catch (error) {
    failed = true;
    if (messages.length === 0 && !mayBeSilent()) throw error;
  }
  return { steps, diffs, replaces, planned, messages, failed };
};

/** What the engine makes by itself: the stack, and a provider for resources that were given none. */
export function isEngines(type: string, name: string): boolean {
  return type === "pulumi:pulumi:Stack" || (type.startsWith("pulumi:providers:") && name.startsWith("default"));
}

export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
