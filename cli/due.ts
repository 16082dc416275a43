import type { Exit } from "./failure";
import { Failure } from "./failure";
export const DUE_USAGE = "";
export const due = (_args: readonly string[]): Promise<Exit> => Promise.reject(new Failure("x"));
