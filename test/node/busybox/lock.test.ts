import { takesTurns } from "../lock";
import { hasBusybox } from "../scratch";

if (hasBusybox) takesTurns("busybox sh");
