import { mergesTrust } from "../merge";
import { hasBusybox } from "../scratch";

if (hasBusybox) mergesTrust("busybox sh");
