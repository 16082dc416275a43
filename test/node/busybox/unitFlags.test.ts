import { setsUnitFlags } from "../unitFlags";
import { hasBusybox } from "../scratch";

if (hasBusybox) setsUnitFlags("busybox sh");
