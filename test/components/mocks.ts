/** Pulumi's mocks, answering like nodes and like the tls provider: real signing requests, real certificates. */
import "reflect-metadata";
import { generateKeyPairSync, webcrypto } from "node:crypto";
import type { ClientUnaryCall } from "@grpc/grpc-js";
import * as pulumi from "@pulumi/pulumi";
import type { IResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";
import {
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type JsonGeneralName,
} from "@peculiar/x509";

/** A real one: its key id is asked for. */
const PUBLIC_KEY = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }).toString();

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

const generate = () => webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);

const words = (payload: string, word: string, profile: string): string[] =>
  payload
    .split("\n")
    .map((line) => line.split(" "))
    .flatMap(([first, second, third]) => (first === word && second === profile ? [third ?? ""] : []));

/** What a node prints for a request payload. */
export const answerRequest = async (payload: string): Promise<string> => {
  const leaves = payload.split("\n").filter((line) => line.startsWith("leaf "));
  const answers = leaves.map(async (line) => {
    const [, profile = "", id = ""] = line.split(" ");
    const names = words(payload, "san", profile).map((san): JsonGeneralName => {
      const [kind, ...rest] = san.split(":");
      return kind === "IP" ? { type: "ip", value: rest.join(":") } : { type: "dns", value: rest.join(":") };
    });
    const request = await Pkcs10CertificateRequestGenerator.create({
      name: [
        { CN: words(payload, "cn", profile) },
        ...words(payload, "o", profile).map((organization) => ({ O: [organization] })),
      ],
      keys: await generate(),
      signingAlgorithm: ALGORITHM,
      extensions: names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : [],
    });
    return `csr ${profile} ${id}\n${request.toString("pem")}\n`;
  });
  return (await Promise.all(answers)).join("");
};

/** What every certificate's end is, unless a test says otherwise. */
const END = "2027-11-22T00:00:00Z";
const CA_END = "2036-11-22T00:00:00Z";

/** As a server does: at the moment that was asked for, or from now on for as long. */
const endOf = ({ ttl, notAfter }: Readonly<Record<string, unknown>>): string => {
  if (typeof notAfter === "string") return notAfter;
  if (typeof ttl !== "string") return END;
  return new Date(Date.parse("2026-11-22T00:00:00Z") + Number(ttl.replace("s", "")) * 1000).toISOString();
};

const certificate = async (ends: string): Promise<string> =>
  (
    await X509CertificateGenerator.createSelfSigned({
      name: "CN=mock",
      keys: await generate(),
      signingAlgorithm: ALGORITHM,
      notBefore: new Date("2026-11-22T00:00:00Z"),
      notAfter: new Date(ends),
    })
  ).toString("pem");

export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** What the engine is told of a resource beside its inputs; others are named by their logical names. */
export interface Asked {
  readonly parent: string;
  readonly dependsOn: readonly string[];
  /** Of the resource that is its provider; undefined: the default one. */
  readonly provider: string | undefined;
  readonly retainOnDelete: boolean;
  readonly protect: boolean;
  readonly ignoreChanges: readonly string[];
  /** Undefined: none. */
  readonly replacementTrigger: unknown;
  readonly additionalSecretOutputs: readonly string[];
  readonly deleteBeforeReplace: boolean;
  /** Before it is made, and before it is changed. */
  readonly hooks: readonly string[];
}

const textOf = (value: unknown): string => {
  if (typeof value === "string") return value;
  // a secret reaches mocks in the engine's envelope
  const inner = (value as { value?: unknown } | undefined)?.value;
  return typeof inner === "string" ? inner : "";
};

const answer = (create: string, payload: string): Promise<string> | string => {
  if (create.endsWith(" request")) return answerRequest(payload);
  // a node that was taken over trusts theirs as well; one with etcd alone has no CA of kubernetes
  if (create.endsWith(" trust") && payload.includes("\ntrust ca:kubernetes "))
    return `trusted ca:kubernetes\n${THEIRS}done 01234567 changed\n`;
  return "";
};

/** Of a step in the cluster; else of the program that names a rotation attempt. */
const answerLocal = (create: string, stdin: string): string => {
  if (!create.endsWith(" cluster-step")) return "0123456789abcdef";
  return stdin.includes('"root-ca"') ? "since 1795305600\ntask root-ca done\n" : "";
};

const outputsOf = async ({ type, name, inputs }: Registered, caEnds: string): Promise<Record<string, unknown>> => {
  const validity = { validityStartTime: "2026-11-22T00:00:00Z", validityEndTime: END };
  switch (type) {
    case "command:remote:Command":
      return { stdout: await answer(textOf(inputs["create"]), textOf(inputs["stdin"])) };
    case "command:local:Command":
      return { stdout: answerLocal(textOf(inputs["create"]), textOf(inputs["stdin"])) };
    case "tls:index/privateKey:PrivateKey":
      return { privateKeyPem: "PRIVATE KEY of the mock\n", publicKeyPem: PUBLIC_KEY };
    case "tls:index/certRequest:CertRequest":
      return { certRequestPem: "REQUEST\n" };
    case "tls:index/selfSignedCert:SelfSignedCert":
      return { certPem: await certificate(caEnds), ...validity };
    default:
      if (type.startsWith("vault:"))
        return {
          certificate: await certificate(endOf(inputs)),
          issuerId: `issuer of ${name}`,
          importedIssuers: [`imported by ${name}`],
          csr: "REQUEST\n",
        };
      return type.startsWith("tls:") ? { certPem: await certificate(END), ...validity } : {};
  }
};

/** The CA of a cluster that is taken over. */
export const THEIRS = "-----BEGIN CERTIFICATE-----\nVEhFSVJT\n-----END CERTIFICATE-----\n";

/** What the envelope of a secret is known by. */
const SECRET = "4dabf18193072939515e22adb298388d";

/** A key as it is, or as a kubeconfig holds it, whatever stands before it. */
const isKey = (text: string): boolean =>
  text.includes("PRIVATE KEY") ||
  (text.match(/[A-Za-z0-9+/]{40,}={0,2}/g) ?? []).some((data) =>
    Buffer.from(data, "base64").toString("latin1").includes("PRIVATE KEY"),
  );

/** Where a private key stands in inputs outside the envelope. */
export const plainKeys = (value: unknown, path = ""): string[] => {
  if (typeof value === "string") return isKey(value) ? [path] : [];
  if (typeof value !== "object" || value === null || SECRET in value) return [];
  return Object.entries(value).flatMap(([key, inner]) => plainKeys(inner, `${path}/${key}`));
};

const nameIn = (urn: string): string => urn.split("::").slice(3).join("::");

/** Mocks are not told what a resource waits for, so it is read off the requests. */
const listenTo = (asked: Map<string, Asked>): void => {
  const monitor = getMonitor() as unknown as Pick<IResourceMonitorClient, "registerResource">;
  const registerResource = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request: RegisterResourceRequest, ...rest: unknown[]) => {
    const hooks = request.getHooks();
    // a component may share its name with what it is about
    asked.set(request.getCustom() ? request.getName() : `${request.getType()} ${request.getName()}`, {
      parent: nameIn(request.getParent()),
      dependsOn: request.getDependenciesList().map(nameIn),
      provider: request.getProvider() === "" ? undefined : nameIn(request.getProvider()).replace(/::.*/, ""),
      retainOnDelete: request.getRetainondelete() === true,
      protect: request.getProtect() === true,
      ignoreChanges: request.getIgnorechangesList(),
      replacementTrigger: request.getReplacementTrigger()?.toJavaScript(),
      additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
      deleteBeforeReplace: request.getDeletebeforereplace(),
      hooks: [...(hooks?.getBeforeCreateList() ?? []), ...(hooks?.getBeforeUpdateList() ?? [])],
    });
    return (registerResource as (...all: unknown[]) => ClientUnaryCall)(request, ...rest);
  };
};

/** Runs a program under mocks and gives what it registered. */
export const registeredBy = async (
  program: () => pulumi.Output<unknown>,
  preview: boolean,
  asked = new Map<string, Asked>(),
  /** When generated CAs end, ISO 8601. */
  caEnds = CA_END,
  /** Is given the name of each as it is registered. */
  names: string[] = [],
): Promise<Registered[]> => {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name, inputs, id }) => {
        const resource = { type, name, inputs: inputs as Record<string, unknown> };
        registered.push(resource);
        names.push(name);
        return { id: id ?? `${name}-id`, state: { ...resource.inputs, ...(await outputsOf(resource, caEnds)) } };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "kube-pki",
    "test",
    preview,
  );
  listenTo(asked);
  await new Promise((resolve, reject) => {
    program().apply(resolve);
    setTimeout(() => {
      reject(new Error("the program did not come to an end"));
    }, 60_000).unref();
  });
  return registered;
};
