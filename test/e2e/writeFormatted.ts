import { writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";

/** Writes a file as `npm run format` would leave it. */
export const writeFormatted = async (file: string, text: string): Promise<void> => {
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
};
