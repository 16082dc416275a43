import type * as pulumi from "@pulumi/pulumi";

/**
 * Whether a preview knows an output's value: it does unless the resource is to be created or replaced. The SDK keeps the
 * field out of its types; should it go away, the preview says less and nothing else changes.
 */
export const isKnown = async (output: pulumi.Output<unknown>): Promise<boolean> =>
  (await (output as unknown as { isKnown?: Promise<boolean> }).isKnown) ?? true;
