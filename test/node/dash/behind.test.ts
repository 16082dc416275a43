import { provesBehind } from "../behind";

provesBehind("dash");
