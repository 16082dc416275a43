import { keepsOwners } from "../owners";
import { hasBusybox } from "../scratch";

if (hasBusybox) keepsOwners("busybox sh");
