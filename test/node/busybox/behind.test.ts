import { provesBehind } from "../behind";
import { hasBusybox } from "../scratch";

if (hasBusybox) provesBehind("busybox sh");
