/** `npm run schema`: writes what follows from the schema: the stack files' JSON schema, the types of programs, the pages of fields and of layouts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { layoutsPage } from "../core/schema/layoutsPage";
import { argsText } from "../core/schema/argsText";
import { fieldsPage } from "../core/schema/fieldsPage";
import { plainArgsText } from "../core/schema/plainArgsText";
import { stackFileSchemaText } from "../core/schema/stackFile";

const ROOT = join(__dirname, "..");

writeFileSync(join(ROOT, "stacks", "kube-pki.schema.json"), stackFileSchemaText());
writeFileSync(join(ROOT, "components", "sections.ts"), argsText());
writeFileSync(join(ROOT, "plugin", "args.ts"), plainArgsText());
writeFileSync(join(ROOT, "docs", "fields.md"), fieldsPage());
writeFileSync(join(ROOT, "docs", "layouts.md"), layoutsPage());
