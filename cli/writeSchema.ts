/** `npm run schema`: writes what follows from the schema: the stack files' JSON schema, and the types of programs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { argsText } from "../core/schema/argsText";
import { stackFileSchemaText } from "../core/schema/stackFile";

const ROOT = join(__dirname, "..");

writeFileSync(join(ROOT, "stacks", "kube-pki.schema.json"), stackFileSchemaText());
writeFileSync(join(ROOT, "components", "sections.ts"), argsText());
