import { isKilled } from "../kill";
import { hasBusybox } from "../scratch";

if (hasBusybox) isKilled("busybox sh");
