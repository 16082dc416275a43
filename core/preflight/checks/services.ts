/** How services run and where they listen. */
import { isAdopted } from "../../authorities/rotation";
import { howText, manifestTrouble, unitOf } from "../../init/layout";
import { toldListener } from "../../init/listeners";
import { singleSigners } from "../../init/singleSigners";
import { externalSigner, signerText } from "../../init/tokenKey";
import { LAYOUTS } from "../../layouts";
import type { ConsumerRow } from "../../layouts/layout";
import { LISTENER_NAMES, type ListenerName } from "../../model/listeners";
import type { ComponentFacts } from "../../survey/model";
import { refused, type Check, type Compared, type Mismatch, type World } from "../world";

const isAsPlanned = (component: ComponentFacts, { kind, unit }: ConsumerRow): boolean =>
  component.start.by === kind && (kind !== "systemd" || unitOf(component) === unit);

/** Not there at all, as the node sees it (node/60-services.sh, `absent`); a service that is down is there. */
const isAbsent = ({ survey }: Compared, { kind, unit, name }: ConsumerRow): boolean =>
  kind === "systemd"
    ? survey.missingUnits?.includes(`${unit}.service`) === true
    : survey.components.every((each) => each.name !== name) &&
      survey.staticPods.every(({ manifest }) => !manifest.endsWith(`/${unit}.yaml`));

const wantedText = ({ kind, unit }: ConsumerRow): string => howText(kind, kind === "systemd" ? unit : undefined);

const serviceTrouble = (node: Compared, row: ConsumerRow, { cluster }: World): Mismatch | undefined => {
  const { name } = row;
  const running = node.survey.components.filter((each) => each.name === name);
  const planned = running.find((component) => isAsPlanned(component, row));
  if (planned !== undefined) {
    const elsewhere = cluster.rotates ? manifestTrouble(planned, row) : undefined;
    return elsewhere === undefined ? undefined : { kind: "refused", text: elsewhere };
  }
  // a manifest that is being written again is away for a moment, and what runs of it is a pod like any other
  const other = running.find(({ start: { by } }) => by === "systemd" || by === "static-pod");
  const wanted = `the stack has it as ${wantedText(row)}`;
  if (other !== undefined) {
    const { by } = other.start;
    const unit = unitOf(other);
    const field =
      by === row.kind
        ? `services.${name}.unit: ${unit ?? ""}`
        : `services.${name}.kind: ${by}${unit === undefined ? "" : `, services.${name}.unit: ${unit}`}`;
    return refused(`${name} runs as ${howText(by, unit)}, and ${wanted}`, field);
  }
  return node.plan.start === "existing" && isAbsent(node, row)
    ? refused(
        `${name} is not there, and ${wanted}`,
        `services.${name}: how it runs, or nodes[].joining: true for a machine that is not set up yet`,
      )
    : undefined;
};

/** A service that runs otherwise is neither restarted nor proven. */
export const services: Check = (node, world) =>
  node.isTouched ? node.plan.consumers.flatMap((row) => serviceTrouble(node, row, world) ?? []) : [];

const listenerTrouble = ({ plan, survey }: Compared, name: ListenerName, { config }: World): Mismatch | undefined => {
  const planned = plan.listeners[name];
  const { address } = plan.node;
  const found = toldListener(name, survey, address, LAYOUTS[config.layout].listeners[name]);
  if (found === undefined || plan.consumers.every((row) => row.name !== found.component)) return undefined;
  const { component, port, addresses, sides, trouble } = found;
  const field = `cluster.listeners.${name}`;
  const wanted = `the stack asks it on port ${String(planned.port)} (${planned.on})`;
  if (trouble !== undefined)
    return refused(`${trouble}, and ${wanted}`, `${field}, or start it so that it can be asked`);
  if (port !== planned.port)
    return refused(`${component} listens on port ${String(port)}, and ${wanted}`, `${field}.port: ${String(port)}`);
  if (sides.includes(planned.on)) return undefined;
  const [side] = sides;
  return refused(
    `${component} listens at ${addresses.join(", ")}, and ${wanted}`,
    side === undefined ? `nodes[].address: one of these` : `${field}.on: ${side}`,
  );
};

/** Every proof asks there. */
export const listeners: Check = (node, world) =>
  node.isTouched ? LISTENER_NAMES.flatMap((name) => listenerTrouble(node, name, world) ?? []) : [];

/** API servers that have tokens signed elsewhere read none of the stack's. */
export const tokenSigner: Check = ({ plan, survey, isTouched }, { config }) => {
  const endpoint = externalSigner(survey);
  if (endpoint === undefined || !isTouched || plan.files.every(({ content }) => content.kind !== "serviceAccount"))
    return [];
  return [
    refused(
      `${signerText(endpoint)}, and kube-apiserver would not read the stack's key`,
      isAdopted(config, "serviceAccount") ? "adopt.serviceAccount: false" : "authority.serviceAccount.enabled: false",
    ),
  ];
};

/** It would not start with what a rotation gives it. */
export const signers: Check = ({ survey, plan }, { cluster }) => {
  const trouble = plan.signing !== undefined && cluster.rotates ? singleSigners(survey) : undefined;
  return trouble === undefined ? [] : [{ kind: "refused", text: trouble }];
};
