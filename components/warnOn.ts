import * as pulumi from "@pulumi/pulumi";

/** On the resource's row, once it is there: a log on one that a refusal keeps from being registered would keep the run from ending. */
export const warnOn = (resource: pulumi.Resource, sentence: string): void => {
  resource.urn.apply(() => pulumi.log.warn(sentence, resource));
};
