/** `npm run schema`: writes the stack files' JSON schema, so that editors complete and check them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackFileSchemaText } from "../core/schema/stackFile";

writeFileSync(join(__dirname, "..", "stacks", "kube-pki.schema.json"), stackFileSchemaText());
