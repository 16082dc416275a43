/** `npm run protocol`: writes what follows from core/protocol/grammar.ts, the node's copy of it and the lists of its page. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { documented, grammarScript } from "../core/protocol/grammarTexts";

const ROOT = join(__dirname, "..");
const PAGE = join(ROOT, "docs", "node-protocol.md");

writeFileSync(join(ROOT, "node", "18-grammar.sh"), grammarScript());
writeFileSync(PAGE, documented(readFileSync(PAGE, "utf8")));
