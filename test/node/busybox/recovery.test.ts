import { recovers } from "../recovery";
import { hasBusybox } from "../scratch";

if (hasBusybox) recovers("busybox sh");
