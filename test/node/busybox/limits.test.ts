import { keepsLimits } from "../limits";
import { hasBusybox } from "../scratch";

if (hasBusybox) keepsLimits("busybox sh");
