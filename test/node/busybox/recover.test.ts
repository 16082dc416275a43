import { recovers } from "../recover";
import { hasBusybox } from "../scratch";

if (hasBusybox) recovers("busybox sh");
