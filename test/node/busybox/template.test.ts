import { hasBusybox } from "../scratch";
import { fillsInItsName } from "../template";

if (hasBusybox) fillsInItsName("busybox sh");
