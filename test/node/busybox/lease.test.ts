import { handsOver } from "../lease";
import { hasBusybox } from "../scratch";

if (hasBusybox) handsOver("busybox sh");
