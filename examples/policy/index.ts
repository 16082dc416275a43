// The rules of rules.ts as a policy pack of Pulumi. docs/pipelines.md of kube-pki explains it.
import {
  PolicyPack,
  type ReportViolation,
  type ResourceValidationArgs,
  type StackValidationArgs,
} from "@pulumi/policy";
import { LIMITS, RESOURCE_RULES, STACK_RULES, type Limits } from "./rules";

const schemaOf = (names: readonly (keyof Limits)[]) => ({
  properties: Object.fromEntries(names.map((name) => [name, LIMITS[name]])),
});

new PolicyPack("kube-pki", {
  enforcementLevel: "mandatory",
  policies: [
    ...RESOURCE_RULES.map(({ name, description, limits, check }) => ({
      name,
      description,
      configSchema: schemaOf(limits),
      validateResource: (resource: ResourceValidationArgs, report: ReportViolation) => {
        for (const violation of check(resource, resource.getConfig<Limits>())) report(violation);
      },
    })),
    ...STACK_RULES.map(({ name, description, limits, check }) => ({
      name,
      description,
      configSchema: schemaOf(limits),
      validateStack: (stack: StackValidationArgs, report: ReportViolation) => {
        for (const violation of check(stack.resources, stack.getConfig<Limits>())) report(violation);
      },
    })),
  ],
});
