import { hasBusybox } from "../scratch";
import { isKilledWhileTrusting } from "../trustKill";

if (hasBusybox) isKilledWhileTrusting("busybox sh");
